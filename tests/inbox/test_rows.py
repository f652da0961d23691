"""Test the rows of the inbox, beyond the state machine in `test_machine`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.inbox.job import Job, JobKind, JobState, Outcome
from bot.inbox.lease import Lease
from bot.inbox.rows import InboxRows
from bot.storage.database import Database
from tests.inbox.time import Time
from tests.inbox.workbench import job


def leased(ts: str, time: Time, owner: str) -> Job:
    """Return a job to be recorded with a lease of 20 s."""
    return replace(job(ts), state=JobState.WORKING, attempts=1, lease=Lease(time.now + 20.0, time.clock, owner))


async def test_an_outcome_of_an_earlier_lease_does_not_change_a_later_one(database: Database) -> None:
    """A process that was suspended for longer than its lease may have leased the same row again when it woke."""
    time = Time()
    rows = InboxRows(database, "me", time.clock)
    first = leased("1.0", time, "me")
    (recorded,) = await rows.write([first])
    assert recorded is not None
    time.now += 30.0
    await rows.take_over(leases=await rows.leases())
    ((again,), _) = await rows.lease(until=time.now + 20.0, limit=1, room={}, default_room=9)
    assert (again.id, again.attempts, again.may_be_answered) == (recorded.id, 2, True)
    await rows.write([Outcome([replace(first, id=recorded.id)], JobState.DONE, time.now)])
    assert (await rows.find())[0].state is JobState.WORKING
    await rows.write([Outcome([again], JobState.DONE, time.now)])
    assert (await rows.find())[0].state is JobState.DONE


async def test_a_row_knows_the_one_before_it_in_its_lane(database: Database) -> None:
    """Also one of the same commit: it may not have been leased, and a job must not overtake it."""
    rows = InboxRows(database, "me")
    first, second, elsewhere = await rows.write([job("1.0"), job("1.1", thread="1.0"), job("1.2", channel="C2")])
    assert first
    assert second
    assert elsewhere
    assert (first.previous, second.previous, elsewhere.previous) == (None, first.id, None)
    duplicate, third = await rows.write([job("1.1", thread="1.0"), job("1.3", thread="1.0")])
    assert duplicate is None
    assert third
    assert third.previous == second.id


@pytest.mark.parametrize(
    ("outcome", "posts", "expected"),
    [
        ({"reason": "status 503"}, 0, (2, 0, False)),
        ({"reason": "status 503"}, 1, (2, 0, True)),
        ({"reason": "ratelimited", "is_refused": True}, 0, (2, 1, False)),
        ({"reason": "ratelimited", "is_refused": True}, 1, (2, 1, True)),
        ({"is_started": False}, 0, (1, 0, False)),
    ],
)
async def test_only_an_attempt_that_may_have_posted_makes_the_next_one_look(
    database: Database, outcome: dict[str, object], posts: int, expected: tuple[int, int, bool]
) -> None:
    """A call to Slack is saved where nothing was posted, and no answer is posted twice."""
    time = Time()
    rows = InboxRows(database, "me", time.clock)
    first = leased("1.0", time, "me")
    (recorded,) = await rows.write([first])
    assert recorded is not None
    assert first.lease
    first.lease.posts = posts
    await rows.write([Outcome([replace(first, id=recorded.id)], JobState.PENDING, time.now, **outcome)])  # type: ignore[arg-type]  # values of several types
    ((again,), _) = await rows.lease(until=time.now + 20.0, limit=1, room={}, default_room=9)
    assert (again.attempts, again.refused, again.may_be_answered) == expected


@pytest.mark.parametrize(
    ("stored", "kind", "trigger_ts"),
    [
        ("message", JobKind.MESSAGE, ""),
        ("changed:1700000000.000200", JobKind.CHANGED, "1700000000.000200"),
        ("thread:5.5", JobKind.THREAD, "5.5"),
        ("page_oncall:5.5", JobKind.UNKNOWN, "page_oncall:5.5"),
    ],
)
async def test_a_stored_kind_is_read_back(database: Database, stored: str, kind: JobKind, trigger_ts: str) -> None:
    """Also one that a later version recorded: it must not keep other jobs from their work."""
    rows = InboxRows(database)
    await rows.write([job("1.0")])
    await database.run(lambda connection: connection.exec_driver_sql(f"UPDATE inbox SET kind = '{stored}'"))  # noqa: S608
    (found,) = await rows.find()
    assert (found.kind, found.trigger_ts) == (kind, trigger_ts)
    assert found.stored_kind == stored  # `zimerr inbox list` shows it
