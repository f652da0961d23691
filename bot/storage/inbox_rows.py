"""The inbox's rows: recorded, leased, settled, taken over, purged. What to do with them is `bot.inbox`'s.

A lane is a thread of a channel: of its rows, none is leased before all earlier ones are done or dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    RowMapping,
    Table,
    Update,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.selectable import NamedFromClause

from bot.storage.database import Database
from bot.storage.tables import inbox

T = TypeVar("T")
State = Literal["pending", "working", "done", "dead"]
ChannelKey = tuple[str, str]  # team, channel
LaneKey = tuple[str, str, str]  # team, channel, thread
JobKey = tuple[str, str, str, str]  # team, channel, ts, kind: what one row is about
_LOOK_AT = 200  # rows at a time, of which those are leased whose channel has room


@dataclass(frozen=True, slots=True)
class NewInboxRow:
    """What is to be recorded."""

    key: JobKey
    user: str
    thread: str
    codes: tuple[int, ...]
    detail: Mapping[str, Any]
    event_id: str | None
    at: float
    lease_until: float | None  # at once leased by who records it; None: pending

    @property
    def lane(self) -> LaneKey:
        """The thread that it belongs to."""
        return (self.key[0], self.key[1], self.thread)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A recorded row."""

    id: int
    key: JobKey
    user: str
    thread: str
    codes: tuple[int, ...]
    detail: Mapping[str, Any]
    event_id: str | None
    state: State
    attempts: int  # begun so far
    refused: int  # of these, how many Slack told to wait
    received_at: float
    next_attempt_at: float
    lease_until: float | None
    lease_owner: str | None
    finished_at: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SettledJob:
    """What became of a leased row; it is leased no more."""

    id: int
    attempt: int  # the row's when it was leased: a later lease is left alone
    state: State
    at: float  # done or dead: since when; pending: when it may be tried next
    refused: int
    reason: str | None = None
    is_begun: bool = True  # otherwise the attempt does not count


@dataclass(frozen=True, slots=True)
class RecordedJobs:
    """Which rows were new, and what else is open in their lanes."""

    ids: dict[JobKey, int]
    open: dict[LaneKey, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows a person asks for; empty: all."""

    states: tuple[State, ...] = ()
    ids: tuple[int, ...] = ()


class InboxRows:
    """The rows of every workspace, seen by one process, named *owner* in its leases."""

    def __init__(self, database: Database, owner: str = "") -> None:
        self._database = database
        self._owner = owner
        self._turn = asyncio.Lock()

    async def write(self, new: Sequence[NewInboxRow], settled: Sequence[SettledJob]) -> RecordedJobs:
        """Record and settle in one transaction. Of rows with one event, or about one thing, only the first is new."""

        def write(connection: Connection) -> RecordedJobs:
            ids = self._insert(connection, new) if new else {}
            if settled:
                connection.execute(_settle, [self._settlement(each) for each in settled])
            return RecordedJobs(ids, _open_beside(connection, [row for row in new if row.key in ids], ids))

        return await self._run(write)

    async def lease(
        self,
        *,
        now: float,
        until: float,
        most: int,
        room: Mapping[ChannelKey, int],
        usual_room: int,
        but_teams: Collection[str] = (),
    ) -> tuple[list[InboxRow], bool]:
        """Lease pending rows that are due, the longest due first; also say whether more may be due.

        With the first of a lane come those behind it that are due, too. No more of a channel than *room* says,
        *usual_room* where it says nothing.
        """
        left = dict(room)
        look_at = min(_LOOK_AT, 4 * most)

        def lease(connection: Connection) -> tuple[list[InboxRow], bool]:
            chosen: list[int] = []
            while True:
                full = [channel for channel, places in left.items() if places <= 0]
                due = connection.execute(_due(now, full, chosen, but_teams, look_at)).all()
                for id_, *where in due:
                    channel: ChannelKey = tuple(where)
                    if len(chosen) < most and left.setdefault(channel, usual_room) > 0:
                        left[channel] -= 1
                        chosen.append(id_)
                if len(due) < look_at or len(chosen) >= most:
                    break
            rows = self._claim(connection, chosen, until)
            followers = _behind(connection, rows, now, most - len(rows), left)
            more = len(chosen) + len(followers) >= most or any(places <= 0 for places in left.values())
            return rows + self._claim(connection, followers, until), more

        return await self._run(lease)

    async def renew(self, ids: Collection[int], until: float) -> set[int]:
        """Prolong leases; return those that are still this process's."""
        if not ids:
            return set()
        mine = inbox.c.id.in_(ids), in_state("working"), inbox.c.lease_owner == self._owner
        query = update(inbox).where(*mine).values(lease_until=until).returning(inbox.c.id)
        return await self._run(lambda connection: set(connection.execute(query).scalars()))

    async def take_over(self, *, now: float, gone: Collection[str] = ()) -> int:
        """Make rows pending whose lease ran out, or whose owner is known to be *gone*; return how many."""
        lapsed = (inbox.c.lease_until < now) | inbox.c.lease_owner.in_(gone)
        values = {"state": "pending", "next_attempt_at": now, "lease_until": None, "lease_owner": None}
        return await self._count(update(inbox).where(in_state("working"), lapsed).values(**values))

    async def owners(self) -> set[str]:
        """Who holds leases."""
        query = select(inbox.c.lease_owner).where(in_state("working")).distinct()
        return await self._run(lambda connection: {str(owner) for owner in connection.execute(query).scalars()})

    async def purge(self, *, before: float, most: int = 10_000, state: State = "done") -> int:
        """Drop rows that were done (or dead) before a time, *most* of them; return how many."""
        old = select(inbox.c.id).where(in_state(state), inbox.c.finished_at < before).limit(most)
        return await self._count(delete(inbox).where(inbox.c.id.in_(old)))

    async def forget(self, team: str) -> int:
        """Drop all rows of a workspace, whatever their state; return how many."""
        query = delete(inbox).where(inbox.c.team == team)
        async with self._turn:
            return await self._database.run_aside(lambda connection: connection.execute(query).rowcount)

    async def find(self, wanted: RowFilter, most: int = 100) -> list[InboxRow]:
        """Rows, newest first."""
        query = select(inbox).where(*_wanted(wanted)).order_by(inbox.c.id.desc()).limit(most)
        return await self._run(lambda connection: [_row(found) for found in connection.execute(query).mappings()])

    async def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        query = select(inbox.c.state, func.count().label("rows")).group_by(inbox.c.state)
        return await self._run(lambda connection: {found.state: found.rows for found in connection.execute(query)})

    async def revive(self, wanted: RowFilter, *, now: float) -> int:
        """Make dead rows pending again, their attempts counted anew; return how many."""
        # Not 0: an earlier attempt may have posted, so the next one has to ask Slack first.
        values = {"state": "pending", "attempts": 1, "refused": 0, "next_attempt_at": now, "finished_at": None}
        return await self._count(update(inbox).where(in_state("dead"), *_wanted(wanted)).values(**values))

    async def _run(self, work: Callable[[Connection], T]) -> T:
        # Two transactions of one process on the same rows could wait for each other.
        async with self._turn:
            return await self._database.run(work)

    async def _count(self, query: Update | Delete) -> int:
        return await self._run(lambda connection: connection.execute(query).rowcount)

    def _insert(self, connection: Connection, new: Sequence[NewInboxRow]) -> dict[JobKey, int]:
        query = self._database.insert(inbox).on_conflict_do_nothing()
        columns = (inbox.c.id, inbox.c.team, inbox.c.channel, inbox.c.ts, inbox.c.kind)
        recorded = connection.execute(query.returning(*columns), [self._new(row) for row in new]).all()
        return {(team, channel, ts, kind): id_ for id_, team, channel, ts, kind in recorded}

    def _new(self, row: NewInboxRow) -> dict[str, Any]:
        team, channel, ts, kind = row.key
        leased = row.lease_until is not None
        return {
            "event_id": row.event_id,
            "team": team,
            "channel": channel,
            "user": row.user,
            "ts": ts,
            "thread": row.thread,
            "kind": kind,
            "codes": list(row.codes),
            "detail": dict(row.detail),
            "state": "working" if leased else "pending",
            "attempts": int(leased),
            "refused": 0,
            "received_at": row.at,
            "next_attempt_at": row.at,
            "lease_until": row.lease_until,
            "lease_owner": self._owner if leased else None,
        }

    def _settlement(self, settled: SettledJob) -> dict[str, Any]:
        return {
            "settled_id": settled.id,
            "settled_by": self._owner,
            "settled_attempt": settled.attempt,
            "state": settled.state,
            "attempts": settled.attempt - (not settled.is_begun),
            "refused": settled.refused,
            "reason": settled.reason,
            "next_attempt_at": settled.at,
            "finished_at": None if settled.state == "pending" else settled.at,
        }

    def _claim(self, connection: Connection, ids: Collection[int], until: float) -> list[InboxRow]:
        if not ids:
            return []
        query = update(inbox).where(inbox.c.id.in_(ids), in_state("pending"))
        query = query.values(state="working", lease_owner=self._owner, lease_until=until, attempts=inbox.c.attempts + 1)
        claimed = connection.execute(query.returning(inbox)).mappings()
        return sorted((_row(found) for found in claimed), key=lambda row: row.id)


def in_state(*states: State, of: Table | NamedFromClause = inbox) -> ColumnElement[bool]:
    """A condition on the state, in the words of the partial indexes: with bound values those would not be used."""
    words: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    column: ColumnElement[str] = of.c.state
    return column == words[0] if len(words) == 1 else column.in_(words)


_settle = (
    update(inbox)
    .where(
        inbox.c.id == bindparam("settled_id"),
        inbox.c.lease_owner == bindparam("settled_by"),
        inbox.c.attempts == bindparam("settled_attempt"),
    )
    .values(
        {name: bindparam(name) for name in ("state", "attempts", "refused", "reason", "next_attempt_at", "finished_at")}
        | {"lease_owner": None, "lease_until": None}
    )
)
_earlier = inbox.alias("earlier")
_lane_is_held = (
    select(_earlier.c.id)
    .where(
        in_state("pending", "working", of=_earlier),
        _earlier.c.thread == inbox.c.thread,
        _earlier.c.id < inbox.c.id,
        _earlier.c.channel == inbox.c.channel,
        _earlier.c.team == inbox.c.team,
    )
    .exists()
)


def _due(now: float, full: Sequence[ChannelKey], chosen: Sequence[int], but_teams: Collection[str], most: int) -> Any:
    query = select(inbox.c.id, inbox.c.team, inbox.c.channel)
    query = query.where(in_state("pending"), inbox.c.next_attempt_at <= now, ~_lane_is_held)
    query = query.where(tuple_(inbox.c.team, inbox.c.channel).not_in(full), inbox.c.id.not_in(chosen))
    query = query.where(inbox.c.team.not_in(but_teams)).order_by(inbox.c.next_attempt_at, inbox.c.id).limit(most)
    return query.with_for_update(skip_locked=True, of=inbox)


def _behind(
    connection: Connection, first: Sequence[InboxRow], now: float, most: int, left: dict[ChannelKey, int]
) -> list[int]:
    """Rows that follow the *first* of their lanes without a gap and are due. Nobody else leases them meanwhile."""
    if not first or most <= 0:
        return []
    query = select(inbox.c.id, inbox.c.team, inbox.c.channel, inbox.c.thread, inbox.c.state, inbox.c.next_attempt_at)
    query = query.where(in_state("pending", "working"), inbox.c.thread.in_({row.thread for row in first}))
    query = query.where(inbox.c.id.not_in([row.id for row in first])).order_by(inbox.c.id)
    lanes = {(*row.key[:2], row.thread) for row in first}
    found: list[int] = []
    for id_, team, channel, thread, state, next_attempt_at in connection.execute(query):
        if (lane := (team, channel, thread)) not in lanes:
            continue
        if state == "pending" and next_attempt_at <= now and left[team, channel] > 0 and len(found) < most:
            left[team, channel] -= 1
            found.append(id_)
        else:
            lanes.discard(lane)
    return found


def _open_beside(
    connection: Connection, new: Sequence[NewInboxRow], ids: Mapping[JobKey, int]
) -> dict[LaneKey, tuple[int, ...]]:
    """What is open in the lanes of new rows, but for these. A message that opens its thread has nothing before it."""
    lanes = {row.lane for row in new if row.thread != row.key[2] or row.key[3] != "message"}
    if not lanes:
        return {}
    threads = sorted({thread for _, _, thread in lanes})
    query = select(inbox.c.team, inbox.c.channel, inbox.c.thread, inbox.c.id)
    found = connection.execute(query.where(in_state("pending", "working"), inbox.c.thread.in_(threads)))
    beside: dict[LaneKey, tuple[int, ...]] = {}
    mine = set(ids.values())
    for team, channel, thread, id_ in found:
        if id_ not in mine and (lane := (team, channel, thread)) in lanes:
            beside[lane] = (*beside.get(lane, ()), id_)
    return beside


def _wanted(wanted: RowFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(in_state(*wanted.states))
    if wanted.ids:
        conditions.append(inbox.c.id.in_(wanted.ids))
    return conditions


def _row(found: RowMapping) -> InboxRow:
    values = dict(found)
    team, channel, ts, kind = (values.pop(name) for name in ("team", "channel", "ts", "kind"))
    return InboxRow(key=(team, channel, ts, kind), **values | {"codes": tuple(values["codes"])})
