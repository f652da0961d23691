"""The full report, as a terminal and a file show it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Text
from bot.detection.result import LookAlikeReason
from bot.i18n import Language
from bot.render.digest_report import aligned, columns, report
from bot.render.digest_text import offsets, sparkline
from bot.triage.digest import (
    CodeRow,
    Cut,
    Digest,
    Excerpt,
    FileRead,
    FileRefused,
    Pattern,
    Refusal,
    Role,
    Secret,
    SecretKind,
    Timeline,
)
from tests.render.digests import HOSTILE, bundle, expired, mark, nothing, stamp
from tests.snapshots import assert_as_before

SHOWN = {0x1B: 0xFFFD, 0x202E: 0xFFFD}  # a log does not drive the terminal that shows it
SNAPSHOTS = Path(__file__).parent / "reports"


class Reasons:
    """One rule."""

    def reason(self, cause: int, follower: int) -> Text | None:
        """Why not-logged-in follows an expired Token."""
        if (cause, follower) != (6000106, 6000121):
            return None
        return Text(en="An expired Token ends the session.", zh="Token 过期后会话随之结束。")


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("name", ["expired", "bundle", "nothing"])
def test_a_report_reads_as_before(catalogue: Catalogue, name: str, language: Language) -> None:
    """It is attached to tickets and read by the vendor: a change of words or order is made on purpose."""
    digest = {"expired": expired, "bundle": bundle, "nothing": nothing}[name]()
    assert_as_before(report(digest, catalogue, language, Reasons()), SNAPSHOTS / f"report-{name}.{language}.txt")


@pytest.mark.parametrize("language", list(Language))
def test_a_report_leaves_nothing_out(catalogue: Catalogue, language: Language) -> None:
    """What the message cuts is looked up here."""
    rows = tuple(
        CodeRow(entry.code, 7, mark(n, n), mark(n, n), Role.UNRELATED, None, 0, (7,))
        for n, entry in enumerate(catalogue, 1)
    )
    line = f"{HOSTILE} {'长' * 2000} 6000106"
    digest = replace(bundle(), rows=rows, excerpts=(Excerpt(6000106, 0, 1, 1, (line,)),) * 2)
    text = report(digest, catalogue, language)
    assert text.count(line.translate(SHOWN)) == 2
    assert "\x1b" not in text
    for entry in catalogue:
        assert f"\n  {entry.code}  " in text
    assert all(refused.name in text for refused in digest.refused)


def test_chinese_and_latin_cells_stand_below_each_other() -> None:
    """A Chinese character is two columns wide in every terminal."""
    assert columns("错误 é") == 6
    assert columns("e\u0301") == 1
    assert aligned([["码", "次数", "x"], ["abc", "1", "y"]], numbers=[1]) == ["码   次数  x", "abc     1  y"]


def test_bars_show_the_smallest_count() -> None:
    """One error among thousands must not look like none."""
    assert sparkline([0, 1, 5_000, 10_000]) == "·▁▄█"
    assert sparkline([0, 0]) == "··"
    assert sparkline([]) == ""


@pytest.mark.parametrize(
    ("timeline", "labels"),
    [
        (Timeline(stamp(0), 15.0, 3), ["+0:00", "+0:15", "+0:30"]),
        (Timeline(stamp(0), 2400.0, 3), ["+0:00", "+40:00", "+1:20:00"]),
        (Timeline(stamp(0), 0.25, 3), ["+0.00", "+0.25", "+0.50"]),
        (Timeline(stamp(0), 0.001, 3), ["1", "2", "3"]),
        (Timeline(None, 500.0, 3), ["+0", "+500", "+1,000"]),
        (None, []),
    ],
)
def test_the_beginnings_of_buckets_differ(timeline: Timeline | None, labels: list[str]) -> None:
    """Slack refuses a chart whose points can't be told apart."""
    assert offsets(timeline)[0] == labels


def test_a_log_without_times_says_so(catalogue: Catalogue) -> None:
    """No time is made up: the lines count instead."""
    digest = expired()
    rows = tuple(replace(row, first=mark(row.first.line), last=mark(row.last.line)) for row in digest.rows)
    text = report(replace(digest, rows=rows, timeline=Timeline(None, 20.0, 20)), catalogue, Language.EN)
    assert "Since line 18; the log has no times" in text
    assert "First" not in text


@pytest.mark.parametrize(
    ("is_ongoing", "said"), [(True, "still occurring"), (False, "stopped before the end"), (None, "can't tell")]
)
def test_whether_it_goes_on_is_said_honestly(catalogue: Catalogue, is_ongoing: bool | None, said: str) -> None:
    """“Over” makes people go back to bed: it is said only where the log shows it."""
    digest: Digest = replace(expired(), is_ongoing=is_ongoing)
    assert said in report(digest, catalogue, Language.EN)


@pytest.mark.parametrize("language", list(Language))
def test_every_reason_and_kind_has_words(catalogue: Catalogue, language: Language) -> None:
    """A kind that was added without words would fail in the middle of an incident."""
    digest = replace(
        bundle(),
        files=tuple(FileRead("a.log", 1, 1, "UTF-8", cut, 0) for cut in Cut),
        refused=tuple(FileRefused("b", reason) for reason in Refusal),
        lookalikes=dict.fromkeys(LookAlikeReason, 2),
        hidden=dict.fromkeys(SecretKind, 1),
        secrets=tuple(Secret(kind, 0, 1) for kind in SecretKind),
    )
    for course in Pattern:
        text = report(replace(digest, pattern=course), catalogue, language)
    assert (
        text.count("2 × ") == len(LookAlikeReason)
        if language is Language.EN
        else text.count(" ×2") == len(LookAlikeReason)
    )
