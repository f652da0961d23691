"""Test that occurrences are kept in bounded memory."""

from __future__ import annotations

import random

from bot.triage.occurrences import MAX_RUNS, OccurrenceTable


def test_close_occurrences_are_one_run() -> None:
    """A burst is one run, whatever the order of its lines."""
    table = OccurrenceTable()
    occurrences = table.new()
    for at in (10.0, 10.5, 9.6, 11.2, 60.0):
        table.add(occurrences, (0, b"u1", b""), at)
    runs = occurrences.runs[0, b"u1", b""]
    assert [(run.first, run.last, run.count) for run in runs] == [(9.6, 11.2, 4), (60.0, 60.0, 1)]


def test_nothing_is_lost_if_there_are_too_many_runs() -> None:
    """A day of errors becomes coarser, not shorter."""
    table, chance = OccurrenceTable(), random.Random(1)  # noqa: S311
    occurrences = [table.new(), table.new()]
    for _ in range(4 * MAX_RUNS):
        table.add(chance.choice(occurrences), (0, b"u%d" % chance.randrange(300), b""), chance.uniform(0, 86_400))
    runs = [run for each in occurrences for kept in each.runs.values() for run in kept]
    assert len(runs) <= MAX_RUNS
    assert sum(run.count for run in runs) == 4 * MAX_RUNS
    assert len(occurrences[0].users) == 300
    assert not table.has_lost_subjects


def test_further_users_count_as_not_named() -> None:
    """A million users must fit into memory; their number is a lower bound then."""
    table = OccurrenceTable()
    occurrences = table.new()
    for number in range(3 * MAX_RUNS):
        table.add(occurrences, (0, b"u%d" % number, b""), number * 100.0)
    runs = [run for kept in occurrences.runs.values() for run in kept]
    assert len(runs) <= MAX_RUNS
    assert sum(run.count for run in runs) == 3 * MAX_RUNS
    assert table.has_lost_subjects
