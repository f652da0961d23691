"""Phrase the first line of a further triage of an incident."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, words
from bot.policy.replies import Relation
from bot.render.digest_view import DigestView
from bot.render.relation_slack import relation_line
from bot.storage.annotation_store import LogRecord
from bot.triage.summary import TriageSummary
from tests.render import digests

BEFORE = TriageSummary("token", 6000106, 1000.0, 1600.0, has_zone=False, hits=24, users=1, is_ongoing=False)
NEXT = replace(BEFORE, hits=10)


def line(catalogue: Catalogue, now: TriageSummary, *, language: Language = Language.EN, **more: Any) -> str:
    """Return the line about a triage after `BEFORE`."""
    relation = Relation(LogRecord(1.6e9, more.pop("before", BEFORE)), "https://x.slack.com/p1?a=1&b=2", is_same=True)
    view = DigestView(digests.expired(), catalogue, words(language))
    return relation_line(replace(relation, **more), now, view)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (BEFORE, "probably the same log."),
        (NEXT, "Nothing new in this log."),
        (replace(NEXT, first=1100.0, last=1500.0), "Nothing new in this log."),
        (replace(NEXT, first=400.0), "New in this log, by its own clock: starts 10 minutes earlier."),
        (replace(NEXT, last=8800.0), "by its own clock: goes on 2 hours longer."),
        (replace(NEXT, first=5200.0, last=5300.0), "by its own clock: occurs again 60 minutes later."),
        (replace(NEXT, users=3), "New in this log: 3 users or devices (there: 1)."),
        (replace(NEXT, is_ongoing=True), "New in this log: still occurring at the end of the log."),
        (replace(NEXT, users=0, is_ongoing=None), "Nothing new in this log."),
        (replace(NEXT, first=None, last=None), "UTC>."),
    ],
)
def test_the_line_says_what_is_new(catalogue: Catalogue, now: TriageSummary, said: str) -> None:
    """A reader of the second triage wants to know whether it changes anything."""
    assert line(catalogue, now).endswith(said)


def test_an_incident_that_ended_is_news(catalogue: Catalogue) -> None:
    """The most welcome kind."""
    assert line(catalogue, NEXT, before=replace(BEFORE, is_ongoing=True)).endswith("stopped before the end of the log.")


def test_clocks_with_a_zone_need_no_caveat(catalogue: Catalogue) -> None:
    """They can be compared."""
    before = replace(BEFORE, has_zone=True)
    said = line(catalogue, replace(before, hits=10, first=400.0), before=before)
    assert said.endswith("New in this log: starts 10 minutes earlier.")


def test_another_cause_names_the_one_before(catalogue: Catalogue) -> None:
    """In a thread, the reader sees that the trouble has changed. An event may have no code."""
    said = line(catalogue, NEXT, is_same=False)
    assert said.startswith(
        "Another likely cause than in <https://x.slack.com/p1?a=1&amp;b=2|an earlier triage>, <!date^"
    )
    assert said.endswith("which named 6000106 · Token expired.")
    said = line(catalogue, NEXT, is_same=False, link="", before=replace(BEFORE, cause="KICKED_OUT", code=None))
    assert said.startswith("Another likely cause than in an earlier triage, <!date^")
    assert said.endswith("which named KICKED_OUT.")


def test_the_line_in_chinese(catalogue: Catalogue) -> None:
    """No stray space, no Latin comma."""
    now = replace(NEXT, first=400.0, users=1200, is_ongoing=True)
    assert line(catalogue, now, language=Language.ZH) == (
        "可能原因与<https://x.slack.com/p1?a=1&amp;b=2|之前的一次排查>"
        "（<!date^1600000000^{date_short_pretty} {time}|2020-09-13 12:26 UTC>）相同。"
        "本日志的新情况（按日志自身的时间）：早 10 分钟开始、1,200 个用户或设备（之前 1 个）、日志结束时仍在发生。"
    )
