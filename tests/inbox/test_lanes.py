"""Test the order in which the inbox starts jobs, and the limits of a channel, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import RetryLater
from bot.inbox import JobKind
from bot.storage.database import Database
from tests.inbox.workbench import LIMITS, Workbench, job

HERE = ("T1", "C1")


async def test_jobs_of_one_thread_keep_their_order(bench: Workbench) -> None:
    """The second answer often makes sense only after the first. Other threads do not wait."""
    for ts in ("1.1", "1.2", "1.3"):
        await bench.inbox.accept(job(ts, thread="1.0", kind=JobKind.ASKED))
    await bench.inbox.accept(job("2.0"))
    await bench.until(lambda: bench.worked_on == ["1.1", "2.0"])
    bench.end("1.1", RetryLater("status 503"))
    await bench.inbox.accept(job("1.4", thread="1.0", kind=JobKind.ASKED))
    for ts in ("1.1", "1.2", "1.3", "1.4"):
        await bench.until(lambda: bench.worked_on[-1] == ts)  # noqa: B023
        bench.end(ts)
    assert bench.worked_on == ["1.1", "2.0", "1.1", "1.2", "1.3", "1.4"]


async def test_messages_that_wait_in_a_thread_are_worked_on_together(bench: Workbench) -> None:
    """A burst gets one answer. A job that can start does not wait for others, and other kinds keep their place."""
    for ts, kind in (
        ("1.1", JobKind.MESSAGE),
        ("1.2", JobKind.MESSAGE),
        ("1.3", JobKind.MESSAGE),
        ("1.4", JobKind.ASKED),
        ("1.5", JobKind.MESSAGE),
    ):
        await bench.inbox.accept(job(ts, thread="1.0", kind=kind))
    await bench.inbox.accept(job("2.0"))
    for ts in ("1.1", "2.0", "1.2", "1.4", "1.5"):
        await bench.until(lambda: ts in bench.worked_on)  # noqa: B023
        bench.end(ts)
    assert bench.together == [["1.1"], ["2.0"], ["1.2", "1.3"], ["1.4"], ["1.5"]]
    for ts in ("1.1", "1.2", "1.3", "1.4", "1.5"):
        assert (await bench.until_state(ts, "done")).attempts == 1


async def test_a_rate_limited_message_is_worked_on_together_with_later_ones(bench: Workbench) -> None:
    """While a channel is rate-limited, the messages of a thread gather in the database."""
    await bench.inbox.accept(job("1.1", thread="1.0"))
    await bench.until(lambda: bench.worked_on == ["1.1"])
    bench.end("1.1", RetryLater("ratelimited", after_s=5.0))
    await bench.until_state("1.1", "pending", step_s=0.001)
    for ts in ("1.2", "1.3"):
        await bench.inbox.accept(job(ts, thread="1.0"))
    await bench.until(lambda: len(bench.together) == 2)
    assert bench.together[1] == ["1.1", "1.2", "1.3"]
    bench.end("1.1")
    assert (await bench.until_state("1.3", "done")).attempts == 1


@pytest.mark.parametrize("posts", [False, True])
async def test_messages_that_failed_together_are_retried_one_by_one(bench: Workbench, posts: bool) -> None:
    """A bad message must not stop the others, and each of them may already be answered."""
    await bench.inbox.accept(job("1.1", thread="1.0"))
    for ts in ("1.2", "1.3", "1.4"):
        await bench.inbox.accept(job(ts, thread="1.0"))
    await bench.until(lambda: bench.worked_on == ["1.1"])
    bench.end("1.1")
    await bench.until(lambda: bench.together[1:] == [["1.2", "1.3", "1.4"]])
    if posts:
        bench.post("1.2")
    bench.end("1.2", RetryLater("status 503"))
    for ts in ("1.2", "1.3", "1.4"):
        await bench.until(lambda: bench.together[-1] == [ts])  # noqa: B023
        assert bench.started[-1].may_be_answered is posts
        bench.end(ts)


async def test_the_next_job_of_a_thread_starts_as_soon_as_the_previous_one_ends(bench: Workbench) -> None:
    """Also if it arrives just before the outcome is written. No time passes here, so no poll helps."""
    await bench.inbox.accept(job("1.1", thread="1.0"))
    await bench.until(lambda: bench.worked_on == ["1.1"], step_s=0.0)
    write = bench.inbox._writer._process
    over = asyncio.Event()

    async def slow(*arguments: object) -> object:
        written = await write(*arguments)  # type: ignore[arg-type]  # passed on
        await over.wait()
        return written

    bench.inbox._writer._process = slow  # type: ignore[assignment]  # the same, slower
    taking = asyncio.create_task(bench.inbox.accept(job("1.2", thread="1.0", kind=JobKind.ASKED)))
    await asyncio.sleep(0.1)
    bench.end("1.1")
    await asyncio.sleep(0.01)
    over.set()
    assert await taking
    await bench.until(lambda: bench.worked_on == ["1.1", "1.2"], step_s=0.0)


async def test_a_slow_channel_does_not_delay_others(database: Database) -> None:
    """One channel gets a thousand messages while Slack takes seconds for each answer."""
    bench = Workbench(
        database, limits=replace(LIMITS, in_memory=20, in_memory_per_channel=6, running=8, running_per_channel=2)
    )
    await bench.open()
    await asyncio.gather(*(bench.inbox.accept(job(f"1.{n:03}")) for n in range(100)))
    await bench.inbox.accept(job("2.0", channel="C2"))
    await bench.until(lambda: "2.0" in bench.worked_on)
    assert len(bench.started) == 3
    await bench.inbox.close(grace_s=0.0)


async def test_jobs_that_do_not_fit_into_memory_wait_in_the_database(database: Database) -> None:
    """An incident brings more jobs than fit into memory, and all are answered."""
    bench = Workbench(database, limits=replace(LIMITS, in_memory=10, in_memory_per_channel=10))
    await bench.open()
    jobs = [job(f"1.{n:03}", channel=f"C{n % 7}") for n in range(100)]
    assert all(await asyncio.gather(*(bench.inbox.accept(each) for each in jobs)))
    for done in range(100):
        await bench.until(lambda: len(bench.started) > done)  # noqa: B023
        bench.end(bench.worked_on[done])
    assert sorted(bench.worked_on) == sorted(each.ts for each in jobs)
    await bench.inbox.close(grace_s=0.0)


async def test_a_channel_gets_about_one_post_per_second(bench: Workbench) -> None:
    """Slack allows no more, and repeated 429s would delay everything."""
    for n in range(40):
        await bench.inbox.accept(job(f"1.{n:03}"))
    await bench.until(lambda: len(bench.started) == 4)
    bench.post_rate.block(HERE, 1.0)
    bench.end(bench.worked_on[0], RetryLater("ratelimited", after_s=1.0))
    started, ended = bench.time.now, 1
    while bench.time.now < started + 20.0:
        for ts in bench.worked_on[ended:]:
            bench.post_rate.record_post(HERE)
            bench.end(ts)
        ended = len(bench.started)
        await bench.until(lambda: len(bench.started) > ended or bench.time.now >= started + 20.0)  # noqa: B023
    assert 15 <= ended - 1 <= 24
    await bench.inbox.accept(job("2.0", channel="C2"))
    await bench.until(lambda: bench.worked_on[-1] == "2.0")  # another channel does not wait


@pytest.mark.parametrize("seconds", [0.0, -0.5], ids=["steady", "wall clock slightly slower"])
async def test_a_channel_that_has_to_wait_is_answered_in_order(database: Database, seconds: float) -> None:
    """Jobs that waited in memory come before those that were recorded while the channel had to wait."""
    bench = Workbench(database, limits=replace(LIMITS, running_per_channel=1))
    await bench.open()
    await bench.inbox.accept(job("1.0"))
    await bench.inbox.accept(job("2.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    for _ in range(5):
        bench.post_rate.record_post(HERE)
    await bench.inbox.accept(job("3.0"))
    bench.end("1.0")
    await bench.until_state("2.0", "pending")
    bench.time.jump(seconds)
    for number, ts in enumerate(("2.0", "3.0"), 2):
        await bench.until(lambda: len(bench.started) == number)  # noqa: B023  called at once
        bench.end(bench.worked_on[-1])
        assert bench.worked_on[-1] == ts
        bench.post_rate.record_post(HERE)
    await bench.inbox.close(grace_s=0.0)
