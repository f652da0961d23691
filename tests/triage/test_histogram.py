"""Test how occurrences are distributed over time."""

from __future__ import annotations

import pytest

from bot.triage.digest import Pattern
from bot.triage.histogram import MAX_BUCKETS, Histogram
from tests.triage.feed import line_at, triage_of


@pytest.mark.parametrize(
    ("seconds", "end", "pattern", "is_ongoing"),
    [
        ([100.0], 1000, Pattern.ONCE, None),
        ([100 + index for index in range(20)], 1000, Pattern.BURST, False),
        ([100 + index * 45 for index in range(20)], 1000, Pattern.STEADY, True),
        ([980 + index for index in range(20)], 1000, Pattern.BURST, True),
        ([index * 20 for index in range(20)], 1000, Pattern.STEADY, False),
    ],
)
def test_pattern_and_end_are_derived_from_the_times(
    seconds: list[float], end: int, pattern: Pattern, is_ongoing: bool | None
) -> None:
    """Whether it is over decides whether someone gets out of bed."""
    lines = [line_at(0, "ok"), *(line_at(second, 6000007) for second in seconds), line_at(end, "ok")]
    result = triage_of({"": "\n".join(lines)})
    assert (result.pattern, result.is_ongoing) == (pattern, is_ongoing)


def test_a_histogram_stays_small_however_long_the_log() -> None:
    """Five million hits must fit into memory."""
    histogram = Histogram()
    for index in range(50_000):
        histogram.add(1, index * 977.0)
    width, counts = histogram.timelines([1])
    assert sum(counts[1]) == 50_000
    assert len(counts[1]) <= MAX_BUCKETS
    assert width * len(counts[1]) >= 49_999 * 977
