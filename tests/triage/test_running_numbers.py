"""Test that running numbers are not taken for codes."""

from __future__ import annotations

import random

import pytest

from bot.detection.result import LookAlikeReason
from tests.triage.feed import CATALOGUE, line_at, triage_of


def log_of(line: str, *, step: int = 1) -> str:
    """Return a log with *line* for each of many numbers, known as codes and unknown ones."""
    numbers = range(6_000_100, 6_000_300)[::step]
    return "\n".join(line_at(second, line.format(number)) for second, number in enumerate(numbers))


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("line", ["item {} failed", "row code={} skipped", "error: entry {} in index", "失败：{}"])
def test_running_numbers_are_ids(line: str, step: int) -> None:
    """Two hundred codes, once each and in their order, are the rows of a table."""
    digest = triage_of({"": log_of(line, step=step)})
    assert (digest.cause, digest.rows, digest.unknown, digest.excerpts, digest.hits) == (None, (), (), (), 0)
    known = sum(CATALOGUE.has_code(code) for code in range(6_000_100, 6_000_300))
    assert digest.lookalikes[LookAlikeReason.IDENTIFIER] >= known


@pytest.mark.parametrize("line", ["retry {} (error)", "row code={} skipped", "load {} failed: error", "处理 {} 失败"])
def test_ids_in_any_order_are_ids(line: str) -> None:
    """A queue is not sorted. Among the ids that it has, every fifth is a code by chance."""
    numbers = random.Random(3).sample(range(6_000_001, 6_001_100), 300)  # noqa: S311
    log = "\n".join(line_at(second, line.format(number)) for second, number in enumerate(numbers))
    errors = "\n".join(line_at(300 + second, f"sendMessage failed, errorCode: {6000204}") for second in range(9))
    digest = triage_of({"": f"{log}\n{errors}"})
    assert [(row.code, row.count >= 9) for row in digest.rows] == [(6000204, True)]
    assert (digest.cause, digest.unknown) == (6000204, ())


@pytest.mark.parametrize(("known", "unknown"), [(19, 90), (60, 100)])
def test_codes_in_any_order_are_codes_unless_most_are_unknown(known: int, unknown: int) -> None:
    """A test of an app goes through many errors, and an SDK may be newer than the catalogue."""
    chance = random.Random(7)  # noqa: S311
    codes = chance.sample([entry.code for entry in CATALOGUE if entry.code > 6_000_000], known)
    numbers = [*codes, *range(6_008_001, 6_008_001 + unknown)]
    chance.shuffle(numbers)
    digest = triage_of({"": "\n".join(line_at(second, code) for second, code in enumerate(numbers))})
    assert {row.code for row in digest.rows} == set(codes)
    assert len(digest.unknown) == unknown


def test_codes_beside_running_numbers_are_counted() -> None:
    """The error that stopped the import is in the same log."""
    errors = "\n".join(line_at(300 + second, f"sendMessage failed, errorCode: {6000204}") for second in range(9))
    digest = triage_of({"": f"{log_of('push of {} failed')}\n{errors}"})
    assert [row.code for row in digest.rows] == [6000204]
    assert digest.cause == 6000204


@pytest.mark.parametrize(
    "codes",
    [
        [6000121, 6000106, 6000204, 6000104, 6000321, 6000005, 6000281, 6000009, 6000353],  # in any order
        [6000101, 6000102, 6000103],  # few
        [entry.code for entry in CATALOGUE if 6000100 < entry.code < 6000130],  # a list of codes
        sorted([6000101, 6000102, 6000103, 6000104, 6000105, 6000106, 6000107, 6000108] * 6),  # again and again
    ],
)
def test_codes_of_one_shape_are_codes(codes: list[int]) -> None:
    """Errors come in any order, and again and again."""
    digest = triage_of({"": "\n".join(line_at(second, code) for second, code in enumerate(codes))})
    assert {row.code for row in digest.rows} == set(codes)
