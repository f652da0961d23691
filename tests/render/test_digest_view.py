"""Tests for the wording of a digest."""

from __future__ import annotations

import pytest

from bot.render.digest_marks import printable_line
from bot.render.digest_view import numbered_lines, offsets, sparkline
from bot.triage.digest import Excerpt, Timeline
from tests.render.digests import stamp


@pytest.mark.parametrize("character", ["\x1b", "\n", "\u061c", "\u200b", "\u202e", "\ufeff", "\U000e0041"], ids=ascii)
def test_the_evidence_shows_its_invisible_characters(character: str) -> None:
    """They would reorder or hide a part of the line."""
    excerpt = Excerpt(6000106, 0, 7, 7, (f"error{character} 6000106",))
    assert numbered_lines(excerpt) == ["> 7 | error\ufffd 6000106"]
    assert printable_line(f"a{character}.log") == "a\ufffd.log"


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
