"""Tests for the wording of a digest."""

from __future__ import annotations

import pytest

from bot.render.digest_view import offsets, sparkline
from bot.triage.digest import Timeline
from tests.render.digests import stamp


def test_the_smallest_count_has_a_bar() -> None:
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
    ],
)
def test_labels_of_buckets_are_distinct(timeline: Timeline, labels: list[str]) -> None:
    """Slack refuses a chart with equal labels."""
    assert offsets(timeline) == labels
