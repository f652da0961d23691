"""Summarize triages, so that they can be compared."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from io import BytesIO

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.triage.cascades import open_cascades
from bot.triage.digest import Digest
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits
from bot.triage.summary import TriageSummary, summarize

CASCADES = open_cascades()
SUMMARY = TriageSummary("token", 6000106, 100.0, 200.0, has_zone=False, hits=3, users=1, is_ongoing=True)


def read(log: str, catalogue: Catalogue) -> Digest:
    """Return the triage of *log*."""
    source = LogFile("a.log", lambda: BytesIO(log.encode()))
    return triage([source], catalogue, CASCADES, ReadLimits(), clock=time.monotonic)


def log_of(*lines: str, zone: str = "") -> str:
    """Return a log whose lines are a second apart, three times."""
    numbered = enumerate(lines * 3)
    return "".join(f"2026-03-02T03:14:{number:02}.000{zone} E {line}\n" for number, line in numbered)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("errorCode=6000104", "errorCode=6000105"),  # both are the network
        ("connectionStateChanged state:0 event:4 KICKED_OUT", "ZIMConnectionEventKickedOut, reason: other device"),
    ],
)
def test_what_has_one_cause_has_one_name(catalogue: Catalogue, one: str, other: str) -> None:
    """Two phones report one incident in different words."""
    summaries = [summarize(read(log_of(line), catalogue), CASCADES) for line in (one, other)]
    assert summaries[0].cause == summaries[1].cause != ""


def test_a_summary_contains_no_text_and_no_person(catalogue: Catalogue) -> None:
    """It is stored."""
    log = log_of("userID: alice@example.com errorCode=6000106, token expired", "errorCode=6000121")
    summary = summarize(read(log, catalogue), CASCADES)
    assert (summary.code, summary.hits, summary.users, summary.has_zone) == (6000106, 6, 1, False)
    assert summary.first is not None
    assert summary.last is not None
    assert summary.last - summary.first == 5.0
    stored = json.dumps(summary.to_json())
    assert "alice" not in stored
    assert TriageSummary.from_json(json.loads(stored) | {"at": 1.0}) == summary


def test_without_a_likely_cause_there_is_nothing_to_compare(catalogue: Catalogue) -> None:
    """Two such logs may be about anything."""
    assert summarize(read("nothing here", catalogue), CASCADES).cause == ""


@pytest.mark.parametrize(
    ("other", "is_comparable"),
    [
        (replace(SUMMARY, first=300.0, last=400.0), True),
        (replace(SUMMARY, first=None, last=None), False),
        (replace(SUMMARY, has_zone=True), False),
        (replace(SUMMARY, first=SUMMARY.first, last=1e9), True),
        (replace(SUMMARY, first=1e9, last=1e9), False),
    ],
)
def test_only_clocks_of_one_kind_are_compared(other: TriageSummary, is_comparable: bool) -> None:
    """One without a year or a zone says nothing about one that has them."""
    assert SUMMARY.is_comparable(other) is is_comparable


def test_a_time_with_a_zone_is_known(catalogue: Catalogue) -> None:
    """Then the clocks of two servers agree."""
    digest = read(log_of("errorCode=6000106", zone="+08:00"), catalogue)
    assert summarize(digest, CASCADES).has_zone
