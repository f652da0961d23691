"""Test how a watch is parsed."""

from __future__ import annotations

import pytest

from bot.oncall.watch_rule import SubjectKind, WatchSubject, WatchWords, parse_watch


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("6000104 10 in 5m", WatchWords("6000104", 10, 300)),
        ("6000104 10 times in 1 hour", WatchWords("6000104", 10, 3600)),
        ("severity high 10 within 5 min", WatchWords("severity high", 10, 300)),
        ("any 50 in 10m everywhere", WatchWords("any", 50, 600, is_everywhere=True)),
        ("room 10 in 5m S0ONCALL12", WatchWords("room", 10, 300, group="S0ONCALL12")),
        ("6000104 5分钟内10次", WatchWords("6000104", 10, 300)),
        ("6000104 10次 5分钟 所有频道", WatchWords("6000104", 10, 300, is_everywhere=True)),
        ("任意 100 次 1 小时", WatchWords("任意", 100, 3600)),
        ("6000104", None),
        ("10 in 5m", None),
        ("6000104 10 in", None),
        ("6000104 0 in 5m", None),
        ("6000104 10 in 25h", None),
        ("6000104 10 in 5m please and thanks", None),
        ("6000104 999999999999 in 5m", None),
        ("6000104 10 in 9999999999m", None),
    ],
)
def test_a_watch_has_codes_a_count_and_a_span(typed: str, words: WatchWords | None) -> None:
    """The order is free, the units may be glued or not, and nothing is guessed."""
    assert parse_watch(typed) == words


def test_a_subject_is_read_back() -> None:
    """It is stored as text."""
    for subject in (WatchSubject(SubjectKind.ANY), WatchSubject(SubjectKind.CODE, "6000104")):
        assert WatchSubject.parse(str(subject)) == subject
