"""Test that jobs pass from one process to the next, and that only one works on each, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import RetryLater
from bot.inbox import JobKind
from bot.storage.database import Database
from tests.inbox.time import Time
from tests.inbox.workbench import LIMITS, Workbench, job


@pytest.mark.parametrize("dies", [False, True])
async def test_the_next_process_keeps_the_order(database: Database, dies: bool) -> None:
    """Jobs that were in memory when a process ended come before those that waited in the database."""
    limits = replace(LIMITS, running_per_channel=1, in_memory_per_channel=2)
    previous = Workbench(database, limits=limits, owner="previous")
    await previous.open()
    for ts in ("1.0", "2.0", "3.0"):
        await previous.inbox.accept(job(ts))
    await previous.until(lambda: previous.worked_on == ["1.0"])
    previous.time.advance(2.0)
    if dies:
        await previous.rows.take_over(ended_owners=["previous"])
    await previous.inbox.close(grace_s=0.0)
    bench = Workbench(database, previous.time, limits)
    await bench.open()
    for number in (1, 2, 3):
        await bench.until(lambda: len(bench.started) == number)  # noqa: B023  called at once
        bench.end(bench.worked_on[-1])
    assert bench.worked_on == ["1.0", "2.0", "3.0"]
    await bench.inbox.close(grace_s=0.0)


async def test_the_jobs_of_a_dead_process_are_taken_over_within_half_a_minute(database: Database) -> None:
    """Another replica continues, even if the dead one does not restart."""
    time = Time()
    dead, alive = Workbench(database, time, owner="dead"), Workbench(database, time, owner="alive")
    await dead.open()
    await alive.open()
    await dead.inbox.accept(job("1.0"))
    await dead.until(lambda: dead.worked_on == ["1.0"])
    for loop in dead.inbox._loops:
        loop.cancel()
    died_at = time.now
    await alive.until(lambda: alive.worked_on == ["1.0"], step_s=0.5)
    assert time.now - died_at <= 30.0
    assert alive.started[0].attempts == 2
    alive.end("1.0")
    await alive.until_state("1.0", "done")
    for bench in (dead, alive):
        await bench.inbox.close(grace_s=0.0)


async def test_a_lease_lasts_as_long_as_the_work(database: Database) -> None:
    """Two processes with one job would answer twice."""
    time = Time()
    slow, other = Workbench(database, time, owner="slow"), Workbench(database, time, owner="other")
    await slow.open()
    await other.open()
    await slow.inbox.accept(job("1.0"))
    started = time.now
    await slow.until(lambda: time.now > started + 50.0, step_s=0.25)
    assert other.started == []
    slow.end("1.0")
    await slow.until_state("1.0", "done")
    for bench in (slow, other):
        await bench.inbox.close(grace_s=0.0)


async def test_a_process_that_lost_its_lease_stops_working(database: Database) -> None:
    """It was suspended for a minute and wakes up while another process has its job."""
    asleep, other = Workbench(database, owner="asleep"), Workbench(database, owner="other")
    await asleep.open()
    await asleep.inbox.accept(job("1.0"))
    await asleep.until(lambda: asleep.worked_on == ["1.0"])
    await other.open()
    await other.until(lambda: other.worked_on == ["1.0"], step_s=0.5)
    asleep.time.advance(60.0)
    await asleep.until(lambda: asleep._ends["1.0"].cancelled())
    other.end("1.0")
    assert (await other.until_state("1.0", "done")).attempts == 2
    for bench in (asleep, other):
        await bench.inbox.close(grace_s=0.0)


async def test_closing_finishes_running_jobs_and_leaves_the_rest(database: Database) -> None:
    """A deployment allows ten seconds. The next process starts with the remaining jobs at once."""
    bench = Workbench(database, limits=replace(LIMITS, running=2))
    await bench.open()
    for ts in ("1.0", "2.0", "3.0"):
        await bench.inbox.accept(job(ts, channel=ts))
    await bench.until(lambda: bench.worked_on == ["1.0", "2.0"])
    bench.end("1.0")
    await bench.inbox.close(grace_s=0.05)
    assert await bench.inbox.accept(job("4.0"))
    found = {row.ts: (row.state, row.attempts, row.lease) for row in await bench.rows.find()}
    assert found["1.0"] == ("done", 1, None)
    assert found["2.0"] == ("pending", 1, None)  # it may have posted
    assert found["3.0"] == ("pending", 0, None)
    after = Workbench(database, bench.time, owner="next")
    await after.open()
    await after.until(lambda: sorted(after.worked_on) == ["2.0", "3.0", "4.0"], step_s=0.001)
    await after.inbox.close(grace_s=0.0)


async def test_a_closing_process_does_not_lease_the_jobs_that_it_gave_back(database: Database) -> None:
    """Another replica starts them at once, while the running ones still get their time."""
    bench = Workbench(database, limits=replace(LIMITS, running=1))
    await bench.open()
    for ts in ("1.0", "2.0"):
        await bench.inbox.accept(job(ts))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    closing = asyncio.create_task(bench.inbox.close(grace_s=5.0))
    await bench.until_state("2.0", "pending")
    for _ in range(20):
        await asyncio.sleep(0.005)
        bench.time.advance(0.05)
    found = await bench.row("2.0")
    assert (found.state, found.attempts) == ("pending", 0)
    bench.end("1.0")
    await closing
    assert (await bench.row("1.0")).state == "done"


async def test_no_job_overtakes_one_whose_lease_was_given_up(database: Database) -> None:
    """The database is away for just so long that an older lease may lapse and a younger one does not."""
    bench = Workbench(database, limits=replace(LIMITS, running_per_channel=1))
    await bench.open()
    await bench.inbox.accept(job("1.0"))
    await bench.inbox.accept(job("2.1", thread="2.0", kind=JobKind.ASKED))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    bench.time.advance(3.0)
    await bench.inbox.accept(job("2.2", thread="2.0", kind=JobKind.ASKED))
    renew = bench.inbox._rows.renew

    async def fail(ids: object, until: float) -> set[int]:
        raise OSError("gone")

    bench.inbox._rows.renew = fail  # type: ignore[method-assign]  # the database, away
    await bench.until(lambda: bench._ends["1.0"].cancelled(), step_s=0.25)
    bench.inbox._rows.renew = renew  # type: ignore[method-assign]  # and back
    for started in (2, 3, 4):
        await bench.until(lambda: len(bench.started) == started)  # noqa: B023
        bench.end(bench.worked_on[-1])
    assert bench.worked_on == ["1.0", "1.0", "2.1", "2.2"]
    await bench.inbox.close(grace_s=0.0)


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
async def test_no_job_is_worked_on_twice_when_the_clock_jumps(database: Database, seconds: float) -> None:
    """A post may be in flight, and a process that takes its job over posts again. Other machines' clocks may differ."""
    one, two = Workbench(database, owner="one"), Workbench(database, owner="two")
    await one.open()
    await two.open()
    await one.inbox.accept(job("1.0"))
    await one.until(lambda: one.worked_on == ["1.0"])
    for jumping in ([one], [two]):
        for bench in jumping:
            bench.time.jump(seconds)
        for _ in range(60):
            for bench in (one, two):
                bench.time.advance(0.5)
            await asyncio.sleep(0.02)
    assert (one.worked_on, two.worked_on) == (["1.0"], [])
    assert one.started[0].lease is not None
    assert one.started[0].lease.outlives(12.0)
    one.end("1.0")
    await one.until_state("1.0", "done")
    for bench in (one, two):
        await bench.inbox.close(grace_s=0.0)


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
async def test_a_retry_does_not_wait_for_a_clock_that_was_set_back(bench: Workbench, seconds: float) -> None:
    """It would come an hour late."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: len(bench.started) == 1)
    bench.end("1.0", RetryLater("status 503"))
    await bench.until_state("1.0", "pending", step_s=0.0)
    bench.time.jump(seconds)
    began = bench.time.steady
    await bench.until(lambda: len(bench.started) == 2, step_s=0.2)
    assert bench.time.steady - began < 600.0
