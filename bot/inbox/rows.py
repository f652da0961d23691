"""Read and write the rows of the inbox: record, lease, settle, take over, purge.

A lane is a thread of a channel. No row of a lane is leased before all earlier rows of it are done or dead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    Select,
    Update,
    UpdateBase,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
)

from bot.inbox.job import UNKNOWN_KIND, ChannelKey, Job, JobKey, JobKind, JobState, LaneKey, Outcome, Recorded
from bot.inbox.lease import Lease
from bot.policy.place import Place
from bot.storage.database import Database
from bot.storage.tables import inbox

T = TypeVar("T")
_PAGE = 200  # due rows per query; of these, the rows are leased whose channel has room
_KINDS = frozenset(map(str, JobKind))
# The fields of a new job, and those of a recorded one, that are columns of the same type.
_NEW_FIELDS = ("ts", "thread", "event_id", "attempts", "refused", "unposted", "received_at", "next_attempt_at")
_FIELDS = (*_NEW_FIELDS, "id", "detail", "finished_at", "reason")


class InboxRows:
    """The rows of all workspaces, for one process; *owner* is its name in leases."""

    def __init__(self, database: Database, owner: str = "", clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock
        self._lock = asyncio.Lock()
        key = (inbox.c.team, inbox.c.channel, inbox.c.ts, inbox.c.kind)
        self._insert_new = database.insert(inbox).on_conflict_do_nothing().returning(inbox.c.id, *key)

    async def write(self, items: Sequence[Job | Outcome]) -> list[Recorded | None]:
        """Record jobs and settle outcomes in one transaction.

        Of several jobs with the same event or key, only the first is new. The result is None for the others, and for
        outcomes. A job is recorded with its lease, if it has one. An outcome is ignored if its lease has ended.
        """
        jobs = [item for item in items if isinstance(item, Job)]
        outcomes = [item for item in items if isinstance(item, Outcome)]

        def write(connection: Connection) -> list[Recorded | None]:
            ids = self._insert(connection, jobs) if jobs else {}
            if outcomes:
                connection.execute(_SETTLE, [self._settled_values(job, each) for each in outcomes for job in each.jobs])
            last_open = _last_open(connection, [job for job in jobs if job.key in ids], ids.values())
            results: list[Recorded | None] = []
            for item in items:
                if isinstance(item, Job) and (id_ := ids.pop(item.key, None)):
                    results.append(Recorded(id_, last_open.get(item.lane)))
                    last_open[item.lane] = id_
                else:
                    results.append(None)
            return results

        return await self._run(write)

    def record_again(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Record jobs that were leased as pending; their attempts count."""
        if jobs:
            self._insert(connection, [replace(job, state=JobState.PENDING, lease=None) for job in jobs])

    async def lease(
        self,
        *,
        until: float,
        limit: int,
        room: Mapping[ChannelKey, int],
        default_room: int,
        except_teams: Collection[str] = (),
    ) -> tuple[list[Job], bool]:
        """Lease up to *limit* pending rows that are due, the longest due first; also return whether more may be due.

        The rows that follow the first one in its lane are leased with it if they are due. Of one channel, no more rows
        are leased than its *room*, or *default_room*.
        """
        now, left = self._clock(), dict(room)
        page = min(_PAGE, 4 * limit)

        def lease(connection: Connection) -> tuple[list[Job], bool]:
            chosen: list[int] = []
            while True:
                full = [channel for channel, rows in left.items() if rows <= 0]
                due = connection.execute(_due(now, full, chosen, except_teams, page)).all()
                for id_, team, channel in due:
                    if len(chosen) < limit and left.setdefault((team, channel), default_room) > 0:
                        left[team, channel] -= 1
                        chosen.append(id_)
                if len(due) < page or len(chosen) >= limit:
                    break
            jobs = self._claim(connection, chosen, until)
            followers = _followers(connection, jobs, now, limit - len(jobs), left)
            has_more = len(chosen) + len(followers) >= limit or any(rows <= 0 for rows in left.values())
            return jobs + self._claim(connection, followers, until), has_more

        return await self._run(lease)

    async def renew(self, ids: Collection[int], until: float) -> set[int]:
        """Extend leases; return the ids of the rows that this process still has."""
        if not ids:
            return set()
        own = inbox.c.id.in_(ids), in_state(JobState.WORKING), inbox.c.lease_owner == self._owner
        query = inbox.update().where(*own).values(lease_until=until).returning(inbox.c.id)
        return await self._run(lambda connection: set(connection.execute(query).scalars()))

    async def leases(self) -> dict[int, float]:
        """Return the stored end of each lease, by the id of its row."""
        query = select(inbox.c.id, inbox.c.lease_until).where(in_state(JobState.WORKING))
        return await self._run(lambda connection: {row.id: row.lease_until for row in connection.execute(query)})

    async def take_over(self, *, ended_owners: Collection[str] = (), leases: Mapping[int, float] | None = None) -> int:
        """Make rows pending whose owner has ended, and those that still have one of *leases*; return how many."""
        stored = tuple_(inbox.c.id, inbox.c.lease_until).in_(list((leases or {}).items()))
        now, due_at = self._clock(), inbox.c.next_attempt_at
        # They keep their place, but not later than now: the wall clock may have been set back.
        values = {"state": JobState.PENDING.value, "next_attempt_at": case((due_at > now, now), else_=due_at)}
        query = inbox.update().where(in_state(JobState.WORKING), stored | inbox.c.lease_owner.in_(ended_owners))
        return await self._count(query.values(**values, lease_until=None, lease_owner=None))

    async def limit_waits(self, latest: float) -> int:
        """Make rows due that wait longer than until *latest*; return how many. No cause for such a wait is known."""
        too_late = inbox.c.next_attempt_at > latest
        query = inbox.update().where(in_state(JobState.PENDING), too_late).values(next_attempt_at=self._clock())
        return await self._count(query)

    async def owners(self) -> set[str]:
        """Return the owners of all leases."""
        query = select(inbox.c.lease_owner).where(in_state(JobState.WORKING)).distinct()
        return await self._run(lambda connection: {str(owner) for owner in connection.execute(query).scalars()})

    async def oldest_due(self, *, before: float, except_teams: Collection[str] = ()) -> float | None:
        """Return since when the oldest job has been due that nothing before it holds up, if since *before*."""
        query = select(inbox.c.next_attempt_at).where(in_state(JobState.PENDING), inbox.c.next_attempt_at < before)
        query = query.where(~_HAS_EARLIER, inbox.c.team.not_in(except_teams)).order_by(inbox.c.next_attempt_at).limit(1)
        return await self._run(lambda connection: connection.execute(query).scalar())

    async def purge(self, *, before: float, limit: int = 10_000, state: JobState = JobState.DONE) -> int:
        """Delete up to *limit* rows that were done, or dead, before a time; return how many."""
        old = select(inbox.c.id).where(in_state(state), inbox.c.finished_at < before).limit(limit)
        return await self._count(inbox.delete().where(inbox.c.id.in_(old)))

    async def forget(self, team: str) -> int:
        """Delete all rows of a workspace; return how many."""
        query = inbox.delete().where(inbox.c.team == team)
        async with self._lock:
            return await self._database.run_aside(lambda connection: connection.execute(query).rowcount)

    async def find(
        self, *, states: Collection[JobState] = (), ids: Collection[int] = (), limit: int = 100
    ) -> list[Job]:
        """Return jobs by state and id (empty: all), newest first."""
        conditions = [in_state(*states)] if states else []
        conditions += [inbox.c.id.in_(ids)] if ids else []
        query = select(inbox).where(*conditions).order_by(inbox.c.id.desc()).limit(limit)
        return await self._run(lambda connection: [self._job(row) for row in connection.execute(query).mappings()])

    async def counts(self) -> dict[JobState, int]:
        """Return the number of rows in each state."""
        query = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        return await self._run(lambda connection: {JobState(state): n for state, n in connection.execute(query)})

    async def open_counts(self) -> dict[JobState, int]:
        """Return the number of rows that are pending and of those that are leased, by the partial indexes."""
        states = (JobState.PENDING, JobState.WORKING)
        query = select(*(select(func.count()).where(in_state(each)).scalar_subquery() for each in states))
        return await self._run(lambda connection: dict(zip(states, connection.execute(query).one(), strict=True)))

    async def revive(self, ids: Collection[int] = ()) -> int:
        """Make dead rows pending again (empty: all), with their attempts counted anew; return how many."""
        conditions = [inbox.c.id.in_(ids)] if ids else []
        return await self._count(self._revival().where(*conditions))

    async def retry(self, job: Job) -> JobState | None:
        """Make the dead row with the key of *job* pending, for the person of *job*; return its state until then."""
        columns = (inbox.c.team, inbox.c.channel, inbox.c.ts, inbox.c.kind)
        own = [column == value for column, value in zip(columns, job.key, strict=True)]
        revival = self._revival().where(*own).values(user=job.place.user, detail=dict(job.detail))

        def retry(connection: Connection) -> JobState | None:
            state = connection.execute(select(inbox.c.state).where(*own)).scalar_one_or_none()
            connection.execute(revival)
            return JobState(state) if state else None

        return await self._run(retry)

    def _revival(self) -> Update:
        """Return an update that makes dead rows pending, with their attempts counted anew."""
        # One attempt, not none: an earlier attempt may have posted, so the next one has to look for its answer first.
        values: dict[str, Any] = {"state": JobState.PENDING.value, "attempts": 1, "refused": 0, "unposted": 0}
        values |= {"next_attempt_at": self._clock(), "finished_at": None}
        return inbox.update().where(in_state(JobState.DEAD)).values(**values)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        # Two transactions of one process on the same rows could wait for each other.
        async with self._lock:
            return await self._database.run(work)

    async def _count(self, query: UpdateBase) -> int:
        return await self._run(lambda connection: connection.execute(query).rowcount)

    def _insert(self, connection: Connection, jobs: Sequence[Job]) -> dict[JobKey, int]:
        """Insert the rows that are new; return their ids."""
        values = [
            {name: getattr(job, name) for name in _NEW_FIELDS}
            | {
                "team": job.place.team,
                "channel": job.place.channel,
                "user": job.place.user,
                "kind": job.stored_kind,
                "codes": list(job.codes),
                "detail": dict(job.detail),
                "state": job.state.value,
                "lease_until": self._clock() + job.lease.left_s if job.lease else None,
                "lease_owner": job.lease.owner if job.lease else None,
            }
            for job in jobs
        ]
        inserted = connection.execute(self._insert_new, values).all()
        return {(team, channel, ts, kind): id_ for id_, team, channel, ts, kind in inserted}

    def _settled_values(self, job: Job, outcome: Outcome) -> dict[str, Any]:
        return {
            "settled_id": job.id,
            "settled_ts": job.ts,
            "settled_owner": self._owner,
            "settled_attempts": job.attempts,
            "state": outcome.state.value,
            "attempts": job.attempts - (not outcome.is_started),
            "refused": job.refused + outcome.is_refused,
            "unposted": job.unposted + (outcome.is_started and not (job.lease and job.lease.posts)),
            "reason": outcome.reason,
            # Not later than now: the wall clock may have been set back.
            "next_attempt_at": min(job.next_attempt_at, self._clock()) if outcome.at is None else outcome.at,
            "finished_at": None if outcome.state is JobState.PENDING else outcome.at,
        }

    def _claim(self, connection: Connection, ids: Collection[int], until: float) -> list[Job]:
        if not ids:
            return []
        query = inbox.update().where(inbox.c.id.in_(ids), in_state(JobState.PENDING))
        lease = {"state": JobState.WORKING.value, "lease_owner": self._owner, "lease_until": until}
        query = query.values(**lease, attempts=inbox.c.attempts + 1)
        claimed = connection.execute(query.returning(inbox)).mappings()
        return sorted((self._job(row) for row in claimed), key=lambda job: job.id)

    def _job(self, row: RowMapping) -> Job:
        kind, _, trigger_ts = row["kind"].partition(":")
        if kind not in _KINDS:
            kind, trigger_ts = JobKind.UNKNOWN, row["kind"]
        return Job(
            place=Place(row["team"], row["channel"], row["user"]),
            codes=tuple(row["codes"]),
            kind=JobKind(kind),
            trigger_ts=trigger_ts,
            state=JobState(row["state"]),
            lease=Lease(row["lease_until"], self._clock, row["lease_owner"]) if row["lease_owner"] else None,
            **{name: row[name] for name in _FIELDS},
        )


def in_state(*states: JobState, of: FromClause = inbox) -> ColumnElement[bool]:
    """Return a condition on the state that lets the partial indexes be used: with bound values they would not be."""
    literals: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    column: ColumnElement[str] = of.c.state
    return column == literals[0] if len(literals) == 1 else column.in_(literals)


# The other parameters are the new values of the columns that they name.
_SETTLE = (
    inbox.update()
    .where(
        inbox.c.id == bindparam("settled_id"),
        inbox.c.ts == bindparam("settled_ts"),  # in a new database, another row may have the id
        # A later lease of the row, perhaps by the same process, is left alone.
        inbox.c.lease_owner == bindparam("settled_owner"),
        inbox.c.attempts == bindparam("settled_attempts"),
    )
    .values(lease_owner=None, lease_until=None)
)
_earlier = inbox.alias("earlier")
_HAS_EARLIER = (
    select(_earlier.c.id)
    .where(
        in_state(JobState.PENDING, JobState.WORKING, of=_earlier),
        _earlier.c.reason.is_distinct_from(UNKNOWN_KIND),
        _earlier.c.thread == inbox.c.thread,
        _earlier.c.id < inbox.c.id,
        _earlier.c.channel == inbox.c.channel,
        _earlier.c.team == inbox.c.team,
    )
    .exists()
)


def _due(
    now: float, full: Sequence[ChannelKey], chosen: Sequence[int], except_teams: Collection[str], limit: int
) -> Select[Any]:
    query = select(inbox.c.id, inbox.c.team, inbox.c.channel)
    query = query.where(in_state(JobState.PENDING), inbox.c.next_attempt_at <= now, ~_HAS_EARLIER)
    query = query.where(tuple_(inbox.c.team, inbox.c.channel).not_in(full), inbox.c.id.not_in(chosen))
    query = query.where(inbox.c.team.not_in(except_teams)).order_by(inbox.c.next_attempt_at, inbox.c.id).limit(limit)
    return query.with_for_update(skip_locked=True, of=inbox)


def _followers(
    connection: Connection, first: Sequence[Job], now: float, limit: int, left: dict[ChannelKey, int]
) -> list[int]:
    """Return rows that follow the *first* of their lanes without a gap and are due. No other process leases them."""
    if not first or limit <= 0:
        return []
    query = select(inbox.c.id, inbox.c.team, inbox.c.channel, inbox.c.thread, inbox.c.state, inbox.c.next_attempt_at)
    query = query.where(in_state(JobState.PENDING, JobState.WORKING), inbox.c.thread.in_({job.thread for job in first}))
    query = query.where(inbox.c.id.not_in([job.id for job in first])).order_by(inbox.c.id)
    lanes = {job.lane for job in first}
    found: list[int] = []
    for id_, team, channel, thread, state, next_attempt_at in connection.execute(query):
        if (lane := (team, channel, thread)) not in lanes:
            continue
        is_due = state == JobState.PENDING and next_attempt_at <= now
        if is_due and left[team, channel] > 0 and len(found) < limit:
            left[team, channel] -= 1
            found.append(id_)
        else:
            lanes.discard(lane)
    return found


def _last_open(connection: Connection, new: Sequence[Job], new_ids: Collection[int]) -> dict[LaneKey, int]:
    """Return the id of the last open row in the lanes of *new* jobs, without the new rows."""
    # A message that opens its thread has no earlier row, which saves most jobs the query.
    threads = {job.thread for job in new if job.thread != job.ts or job.kind is not JobKind.MESSAGE}
    if not threads:
        return {}
    lane = inbox.c.team, inbox.c.channel, inbox.c.thread
    query = select(*lane, func.max(inbox.c.id)).where(in_state(JobState.PENDING, JobState.WORKING))
    query = query.where(inbox.c.thread.in_(threads), inbox.c.id.not_in(new_ids)).group_by(*lane)
    return {(team, channel, thread): id_ for team, channel, thread, id_ in connection.execute(query)}
