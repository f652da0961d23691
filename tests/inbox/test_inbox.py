"""Test that accepted jobs are worked on until they are done, on both databases."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
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
from tests.faults import delete_database, locked, no_disk_space
from tests.inbox.time import Time
from tests.inbox.workbench import LIMITS, Workbench, job

SHARED_MEMORY = 32_768  # bytes of the file -shm, without which SQLite opens no database in WAL mode


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
    with locked(tmp_path / "test.db"):
        with pytest.raises(TimeoutError):
            await bench.inbox.accept(job("1.0"))
        with pytest.raises(TimeoutError):
            await bench.inbox.accept(job("1.0"))
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


async def test_only_a_dead_job_is_retried_and_then_for_the_person_who_asks(bench: Workbench) -> None:
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
