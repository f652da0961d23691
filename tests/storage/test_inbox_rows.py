"""The rows of the inbox, beyond what the state machine in tests/inbox shows."""

from __future__ import annotations

import asyncio

from bot.storage.batching import InboxWriter
from bot.storage.database import Database
from bot.storage.inbox_rows import InboxRows, NewInboxRow, RowFilter, SettledJob


def new_row(ts: str, *, channel: str = "C1", lease_until: float | None = None) -> NewInboxRow:
    """A message that opens a thread."""
    return NewInboxRow(("T1", channel, ts, "message"), "U1", ts, (6000106,), {}, None, 5.0, lease_until)


async def test_what_an_earlier_lease_reports_does_not_touch_a_later_one(database: Database) -> None:
    """A process that slept through its lease may have got the same row again when it woke."""
    rows = InboxRows(database, "me")
    (id_,) = (await rows.write([new_row("1.0", lease_until=25.0)], [])).ids.values()
    await rows.take_over(now=30.0)
    ((again,), _) = await rows.lease(now=30.0, until=50.0, most=1, room={}, usual_room=9)
    assert (again.id, again.attempts) == (id_, 2)
    await rows.write([], [SettledJob(id_, 1, "done", 31.0, 0)])
    assert (await rows.find(RowFilter()))[0].state == "working"
    await rows.write([], [SettledJob(id_, 2, "done", 31.0, 0)])
    assert (await rows.find(RowFilter()))[0].state == "done"


async def test_the_rows_of_one_commit_that_fails_are_tried_one_by_one(database: Database) -> None:
    """One row that the database refuses must not take the others along."""
    rows = InboxRows(database, "me")
    journal = InboxWriter(rows.write)
    good, bad = (
        new_row("1.0"),
        NewInboxRow(("T1", "C1", "2.0", "message"), "U1", "2.0", (), {"x": object()}, None, 5.0, None),
    )
    told: list[tuple[str, int | None]] = []
    answers = await asyncio.gather(
        journal.record(good, lambda id_, _: told.append(("good", id_))),
        journal.record(bad, lambda id_, _: told.append(("bad", id_))),
        return_exceptions=True,
    )
    assert answers[0] is True
    assert isinstance(answers[1], Exception)
    assert told == [("good", 1), ("bad", None)]


async def test_a_short_absence_of_the_database_goes_unnoticed() -> None:
    """A restart takes a second, and Slack waits three."""
    database = Database("sqlite+aiosqlite://")
    rows, failures = InboxRows(database, "me"), [OSError("gone"), OSError("gone")]
    pauses: list[float] = []

    async def write(*_: object) -> object:
        if failures:
            raise failures.pop()
        return await rows.write([], [])

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    settled = asyncio.Event()
    journal = InboxWriter(write, sleep)  # type: ignore[arg-type]  # takes anything
    journal.settle(SettledJob(1, 1, "done", 5.0, 0), settled.set)
    await asyncio.wait_for(settled.wait(), timeout=5)
    assert pauses == [0.05, 0.1]
    await database.close()
