"""Test that accepted jobs are worked on until they are done, in order, by one process at a time, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import Inbox, JobKind, JobState, PostRate
from bot.inbox.job import UNKNOWN_KIND
from bot.inbox.rows import InboxRows
from bot.policy.place import Place
from bot.storage.database import Database
from bot.storage.tables import inbox
from tests import migrated
from tests.faults import delete_database, no_disk_space
from tests.inbox.time import Time
from tests.inbox.workbench import LIMITS, Workbench, job

HERE = ("T1", "C1")
SHARED_MEMORY = 32_768  # bytes of the file -shm, without which SQLite opens no database in WAL mode


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Workbench]:
    """Return an open inbox."""
    bench = Workbench(database)
    await bench.open()
    yield bench
    await bench.inbox.close(grace_s=0.0)


async def test_a_job_is_recorded_once(bench: Workbench) -> None:
    """Slack repeats deliveries, also concurrently, and may send several events about one message."""
    same = [bench.inbox.accept(job("1.0", event="Ev1")) for _ in range(20)]
    assert sorted(await asyncio.gather(*same)) == [False] * 19 + [True]
    assert not await bench.inbox.accept(job("1.0", event="Ev2"))
    assert not await bench.inbox.accept(job("9.0", event="Ev1"))
    assert await bench.inbox.accept(job("1.0", channel="C2", event="Ev3"))
    assert await bench.inbox.accept(job("1.0", event="Ev1", kind=JobKind.CHANGED, trigger_ts="2.0"))
    await bench.until(lambda: len(bench.started) == 2)
    bench.end("1.0")


async def test_jobs_without_an_event_are_distinguished_by_their_message(bench: Workbench) -> None:
    """Not every job comes from an event."""
    assert await bench.inbox.accept(job("1.0"))
    assert await bench.inbox.accept(job("2.0"))
    assert not await bench.inbox.accept(job("1.0"))


async def test_the_accepted_job_is_the_one_worked_on(database: Database) -> None:
    """The row must contain all of it, because another process may work on it."""
    accepted = job(
        "1.0", thread="0.5", event="Ev1", kind=JobKind.REPORT, trigger_ts="0.7", detail={"by": "U2", "n": [1, 2]}
    )
    closed = Workbench(database)
    assert await closed.inbox.accept(accepted)
    bench = Workbench(database, closed.time)
    await bench.open()
    await bench.until(lambda: bench.worked_on == ["1.0"])
    for name in ("key", "place", "thread", "codes", "kind", "trigger_ts", "detail", "event_id"):
        assert getattr(bench.started[0], name) == getattr(accepted, name), name
    await bench.inbox.close(grace_s=0.0)


async def test_a_done_job_does_not_start_again(bench: Workbench) -> None:
    """It does not start again, and its row says so."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    bench.end("1.0")
    assert (await bench.until_state("1.0", "done")).attempts == 1
    bench.time.advance(3600)
    assert bench.worked_on == ["1.0"]


async def test_retries_slow_down_until_the_last_attempt(bench: Workbench) -> None:
    """Slack may be away for minutes: the answer comes late, but it comes, and without a storm of attempts."""
    started_at = []
    await bench.inbox.accept(job("1.0"))
    for attempt in (1, 2, 3):
        await bench.until(lambda: len(bench.started) == attempt)  # noqa: B023  called at once
        started_at.append(bench.time.now)
        assert bench.started[-1].attempts == attempt
        bench.end("1.0", RetryLater("status 503") if attempt < 3 else RuntimeError("a bug"))
    row = await bench.until_state("1.0", "dead")
    assert row.reason == "RuntimeError"  # not its message, which may contain a token
    assert bench.exhausted == [("1.0", "a bug")]
    pauses = [later - sooner for sooner, later in itertools.pairwise(started_at)]
    assert pauses[0] >= 0.75
    assert pauses[1] >= 1.5


async def test_a_poisoned_job_is_given_up_soon_and_holds_nobody_up(database: Database) -> None:
    """Its own data makes it fail, again and again; the later messages of its thread can be answered."""
    bench = Workbench(database, limits=replace(LIMITS, attempts=20))
    await bench.open()
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    await bench.inbox.accept(job("1.1", thread="1.0"))
    for attempt in (1, 2, 3):
        await bench.until(lambda: len(bench.started) == attempt)  # noqa: B023
        bench.end("1.0", KeyError("blocks"))
    await bench.until(lambda: bench.worked_on[-1] == "1.1")
    await bench.until_state("1.0", "dead")
    assert bench.exhausted == [("1.0", "'blocks'")]
    await bench.inbox.close(grace_s=0.0)


async def test_a_job_of_a_later_version_holds_nobody_up_and_is_left_to_it(bench: Workbench) -> None:
    """In an upgrade, old and new replicas share the inbox. A job that the old one gave up would be lost."""
    later = InboxRows(bench.database, "later", bench.time.clock)
    new = job("1.0", kind=JobKind.UNKNOWN, trigger_ts="summary:1.0", received_at=bench.time.now)
    await later.write([new])
    await bench.until(lambda: bench.time.now > new.received_at + 3.0)
    await bench.inbox.accept(job("1.1", thread="1.0"))
    await bench.until(lambda: bench.worked_on == ["1.1"])
    bench.end("1.1")
    await bench.until_state("1.1", "done")
    row = await bench.row("1.0")
    assert (row.stored_kind, row.state, row.attempts, row.reason) == ("summary:1.0", "pending", 0, UNKNOWN_KIND)
    await bench.until_state("1.0", "dead", step_s=600.0)
    assert bench.worked_on == ["1.1"]


async def test_a_job_ends_even_if_nobody_can_be_told(bench: Workbench) -> None:
    """Slack is away for people, too."""
    bench.report_error = RetryLater("status 503")
    await bench.inbox.accept(job("1.0"))
    for attempt in (1, 2, 3):
        await bench.until(lambda: len(bench.started) == attempt)  # noqa: B023
        bench.end("1.0", RetryLater("status 503"))
    assert (await bench.until_state("1.0", "dead")).reason == "status 503"
    assert bench.exhausted == [("1.0", "status 503")]


async def test_a_retry_waits_as_long_as_slack_asks(bench: Workbench) -> None:
    """A client that does not wait gets a longer wait. A 429 is no failure of the job, however often it happens."""
    await bench.inbox.accept(job("1.0"))
    for attempt in range(1, 6):
        await bench.until(lambda: len(bench.started) == attempt)  # noqa: B023
        started_at = bench.time.now
        bench.end("1.0", RetryLater("ratelimited", after_s=30.0))
        row = await bench.until_state("1.0", "pending", step_s=0.0)
        assert row.next_attempt_at == started_at + 30.0
        await bench.until(lambda: len(bench.started) == attempt + 1, step_s=0.5)  # noqa: B023
        assert bench.time.now >= row.next_attempt_at


@pytest.mark.parametrize(("after_s", "wait_s"), [(math.inf, 3600.0), (1e12, 3600.0), (math.nan, 1.0), (-5.0, 1.0)])
async def test_a_stored_wait_is_between_a_second_and_an_hour(bench: Workbench, after_s: float, wait_s: float) -> None:
    """A row that waits for years would never be answered, and one that does not wait would be refused in a loop."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    before = bench.time.now
    bench.end("1.0", RetryLater("ratelimited", after_s=after_s))
    row = await bench.until_state("1.0", "pending", step_s=0.001)
    assert before + wait_s <= row.next_attempt_at <= bench.time.now + wait_s
    assert (row.attempts, row.refused) == (1, 1)


async def test_rows_that_wait_for_years_are_due_when_the_inbox_opens(database: Database) -> None:
    """An earlier version stored whatever Slack's header said. Rows that wait for a while keep their time."""
    bench = Workbench(database)
    for ts in ("1.0", "2.0", "3.0"):
        await bench.inbox.accept(job(ts, channel=f"C{ts}"))
    for ts, at in (("1.0", math.inf), ("2.0", bench.time.now + 1e12), ("3.0", bench.time.now + 600.0)):
        moved = inbox.update().where(inbox.c.ts == ts).values(next_attempt_at=at)
        await database.run(lambda connection: connection.execute(moved))  # noqa: B023  called at once
    await bench.open()
    await bench.until(lambda: sorted(bench.worked_on) == ["1.0", "2.0"])
    assert (await bench.row("3.0")).next_attempt_at > bench.time.now + 500.0
    await bench.inbox.close(grace_s=0.0)


async def test_an_attempt_that_sent_no_reply_needs_no_search_for_it(bench: Workbench) -> None:
    """A search reads the thread from Slack. One attempt with a reply is enough for it."""
    await bench.inbox.accept(job("1.0"))
    for attempt, (posts, is_searched) in enumerate([(False, False), (True, False), (False, True), (False, True)], 1):
        await bench.until(lambda: len(bench.started) == attempt)  # noqa: B023
        assert bench.started[-1].may_be_answered is is_searched
        if posts:
            bench.post("1.0")
        bench.end("1.0", RetryLater("ratelimited", after_s=2.0))
    row = await bench.until_state("1.0", "pending", step_s=0.001)
    assert (row.attempts, row.refused, row.unposted) == (4, 4, 3)


async def test_a_reply_of_an_interrupted_attempt_is_searched_for(database: Database) -> None:
    """The bot is stopped while Slack works on the post."""
    time = Time()
    for number, posts in enumerate((False, True, False)):
        bench = Workbench(database, time, owner=f"process {number}")
        await bench.open()
        if number == 0:
            await bench.inbox.accept(job("1.0"))
        await bench.until(lambda: bench.worked_on == ["1.0"])  # noqa: B023  called at once
        assert bench.started[0].may_be_answered is (number == 2)
        if posts:
            bench.post("1.0")
        await bench.inbox.close(grace_s=0.0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_event_that_the_database_does_not_take_in_time_is_refused(database: Database, tmp_path: Path) -> None:
    """Another process has locked SQLite. Slack delivers the event again after 3 seconds, and it is recorded once."""
    bench = Workbench(database, limits=replace(LIMITS, accept_s=0.05))
    with contextlib.closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError):
            await bench.inbox.accept(job("1.0"))
        with pytest.raises(TimeoutError):
            await bench.inbox.accept(job("1.0"))
        other.execute("ROLLBACK")
    assert not await bench.inbox.accept(job("1.0"))
    assert [row.ts for row in await bench.rows.find()] == ["1.0"]
    await bench.inbox.close(grace_s=0.0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_accepted_jobs_survive_a_new_file_without_room_for_them(bench: Workbench, tmp_path: Path) -> None:
    """Slack will not send them again. Whether the disk is full shows only when they are committed."""
    path = tmp_path / "test.db"
    detail = {"text": "x" * SHARED_MEMORY}
    for ts in ("1.0", "2.0"):
        assert await bench.inbox.accept(job(ts, detail=detail))
    await bench.until(lambda: len(bench.started) == 2)
    delete_database(path)
    migrated.create(path)
    with no_disk_space(left=SHARED_MEMORY), pytest.raises(OperationalError):
        await bench.database.check_writable()
    bench.end("1.0")
    await bench.until(lambda: bench.worked_on.count("2.0") == 2)
    assert [row.ts for row in await bench.rows.find()] == ["2.0"]
    bench.end("2.0")
    assert await bench.until_state("2.0", JobState.DONE)


async def test_a_permanent_failure_is_given_up_at_once(bench: Workbench) -> None:
    """An archived channel stays archived; the row names the reason."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    bench.end("1.0", GiveUp("missing_scope", "chat:write"))
    assert (await bench.until_state("1.0", "dead")).reason == "missing_scope: chat:write"
    assert bench.exhausted == []  # the worker knows


async def test_a_dead_job_can_be_revived(bench: Workbench) -> None:
    """An operator fixes the cause, and nobody has to post the message again."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    bench.end("1.0", GiveUp("not_in_channel"))
    await bench.until_state("1.0", "dead")
    assert await bench.rows.revive() == 1
    await bench.until(lambda: bench.worked_on == ["1.0", "1.0"])
    assert bench.started[-1].may_be_answered  # so that the thread is searched for its answer first
    bench.end("1.0")
    await bench.until_state("1.0", "done")


async def test_only_a_dead_job_is_retried_and_then_for_whoever_asks_again(bench: Workbench) -> None:
    """A person presses a button whose job was given up. While it runs and once it is done, a press changes nothing."""
    first, second = job("1.0"), job("1.0")
    second = replace(second, place=replace(second.place, user="U2"), detail={"language": "zh"})
    assert await bench.inbox.retry(second) is None
    await bench.inbox.accept(first)
    await bench.until(lambda: bench.worked_on == ["1.0"])
    assert await bench.inbox.retry(second) is JobState.WORKING
    bench.end("1.0", GiveUp("not_in_channel"))
    await bench.until_state("1.0", "dead")
    assert await bench.inbox.retry(second) is JobState.DEAD
    await bench.until(lambda: bench.worked_on == ["1.0", "1.0"])
    again = bench.started[-1]
    assert (again.place.user, again.detail, again.may_be_answered) == ("U2", {"language": "zh"}, True)
    bench.end("1.0")
    await bench.until_state("1.0", "done")
    assert await bench.inbox.retry(second) is JobState.DONE
    assert (await bench.row("1.0")).state is JobState.DONE


async def test_a_workspace_with_a_revoked_token_is_left_alone(bench: Workbench) -> None:
    """Slack refuses every call with its token, so its jobs wait for a valid one."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    bench.end("1.0", StopWorkspace("token_revoked"))
    await bench.until_state("1.0", "pending")
    assert await bench.inbox.accept(job("2.0"))
    await bench.until(lambda: bench.time.now > 1_700_000_060.0, step_s=1.0)
    assert bench.worked_on == ["1.0"]


async def test_a_forgotten_workspace_leaves_no_job_and_can_come_back(bench: Workbench) -> None:
    """After a new installation, work starts with the next message. Other workspaces are not affected."""
    other = replace(job("9.0"), place=Place("T2", "C2", "U1"))
    for each in (job("1.0"), job("2.0"), job("2.1", thread="2.0"), other):
        await bench.inbox.accept(each)
    await bench.until(lambda: sorted(bench.worked_on) == ["1.0", "2.0", "9.0"])
    bench.end("1.0", StopWorkspace("token_revoked"))
    await bench.until(lambda: bench.stopped == [("T1", "token_revoked")])
    await bench.inbox.forget("T1")
    assert [row.place.team for row in await bench.rows.find()] == ["T2"]

    assert await bench.inbox.accept(job("3.0"))
    await bench.until(lambda: "3.0" in bench.worked_on)
    bench.end("3.0")
    bench.end("9.0")
    await bench.until_state("3.0", "done")
    await bench.until_state("9.0", "done")
    assert sorted(bench.worked_on) == ["1.0", "2.0", "3.0", "9.0"]


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


async def test_done_jobs_are_purged_after_a_day(bench: Workbench) -> None:
    """The table must not grow without limit, and Slack does not repeat deliveries after a day."""
    await bench.inbox.accept(job("1.0"))
    await bench.until(lambda: bench.worked_on == ["1.0"])
    bench.end("1.0")
    await bench.until_state("1.0", "done")
    bench.time.advance(86_000.0)
    await asyncio.sleep(0.05)
    assert not await bench.inbox.accept(job("1.0"))
    bench.time.advance(600.0)
    async with asyncio.timeout(10):
        while await bench.rows.find():
            await asyncio.sleep(0.01)
            bench.time.advance(60.0)


async def test_many_jobs_need_few_commits(database: Database) -> None:
    """SQLite makes a few hundred commits per second, and an incident brings thousands of messages."""
    inbox = Inbox(database, post_rate=PostRate(time.time), limits=replace(LIMITS, accept_s=60.0))
    commits = 0
    write = inbox._writer._process

    async def counted(*arguments: object) -> object:
        nonlocal commits
        commits += 1
        return await write(*arguments)  # type: ignore[arg-type]  # passed on

    inbox._writer._process = counted  # type: ignore[assignment]  # the same, counted
    assert all(await asyncio.gather(*(inbox.accept(job(f"1.{n}")) for n in range(2000))))
    assert commits <= 10


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
async def test_no_job_is_worked_on_twice_when_the_clock_jumps(database: Database, seconds: float) -> None:
    """A post may be in flight: whoever takes its job over posts again. The clocks of other machines may differ, too."""
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
