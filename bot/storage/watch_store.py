"""Store what people watch for, and the alert that is open for each watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from bot.storage.change_store import Changed, ChannelChange, OvertakenError, record_change
from bot.storage.database import Database
from bot.storage.tables import in_channel, watches

_MOST_DUE = 100  # watches claimed at once


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch, with its open alert. Times are seconds since the epoch."""

    id: int
    team: str
    channel: str  # where it was made, and its alerts are posted
    subject: str  # see `bot.oncall.watch_rule.WatchSubject`
    count: int
    span_s: int
    is_everywhere: bool
    group: str  # id of the user group to mention once; empty: none
    user: str  # who made it
    at: float
    stopped_at: float | None = None  # None: active
    since: float | None = None  # when the first code of the alert came; None: no alert is open
    alert_ts: str | None = None  # of the alert's message; None: not posted yet, empty: Slack refused it
    reached_at: float | None = None  # when the count was last reached
    shown_count: int | None = None  # by the message
    shown_at: float | None = None  # when it was posted or updated

    @property
    def rule(self) -> dict[str, Any]:
        """The fields that a person chose, which also describe the change that made it."""
        return {name: getattr(self, name) for name in _CHOSEN}


_CHOSEN = ("subject", "count", "span_s", "is_everywhere", "group")
_COLUMNS = [watches.c[name] for name in Watch.__slots__]


class WatchStore:
    """Store watches by the channel that they were made in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, team: str, channel: str, rule: Mapping[str, Any], *, user: str, at: float, most: int
    ) -> ChannelChange | None:
        """Make a watch; return None if the channel has an equal one, or *most* of them."""
        chosen = {name: rule[name] for name in _CHOSEN}
        here = *in_channel(watches, team, channel), watches.c.stopped_at.is_(None)
        equal = [watches.c[name] == value for name, value in chosen.items()]
        row = {"team": team, "channel": channel, "user": user, "at": at, "due_at": at} | chosen

        def add(connection: Connection) -> ChannelChange | None:
            number = connection.execute(select(func.count()).where(*here)).scalar_one()
            if number >= most or connection.execute(select(watches.c.id).where(*here, *equal)).first():
                return None
            id_: int = connection.execute(insert(watches).values(row).returning(watches.c.id)).scalar_one()
            detail = {"watch": id_} | chosen
            return record_change(connection, team, channel, Changed.WATCH, user=user, at=at, detail=detail)

        return await self._database.run(add)

    async def stop(self, watch: Watch, *, user: str, at: float) -> ChannelChange | None:
        """Stop a watch; return None if somebody has done so already."""
        query = update(watches).where(watches.c.id == watch.id, watches.c.stopped_at.is_(None))
        query = query.values(stopped_at=at, due_at=at)

        def stop(connection: Connection) -> ChannelChange | None:
            if not connection.execute(query).rowcount:
                return None
            where, detail = (watch.team, watch.channel), {"watch": watch.id} | watch.rule
            return record_change(connection, *where, Changed.WATCH_STOPPED, user=user, at=at, detail=detail)

        return await self._database.run(stop)

    async def of_channel(self, team: str, channel: str) -> list[Watch]:
        """Return the active watches that were made in a channel, the oldest first."""
        query = select(*_COLUMNS).where(*in_channel(watches, team, channel))
        query = query.where(watches.c.stopped_at.is_(None)).order_by(watches.c.id)
        rows = await self._database.rows(query)
        return [_watch(row) for row in rows]

    async def with_alerts(self, team: str) -> list[Watch]:
        """Return the watches of a workspace whose alert is open."""
        query = select(*_COLUMNS).where(watches.c.team == team, watches.c.since.is_not(None)).order_by(watches.c.since)
        rows = await self._database.rows(query)
        return [_watch(row) for row in rows]

    async def claim_due(self, now: float, *, lease_s: float) -> list[Watch]:
        """Return the watches that are due, for this caller only: they are due again after *lease_s*."""
        due = select(watches.c.id).where(watches.c.due_at <= now).order_by(watches.c.due_at).limit(_MOST_DUE)
        claim = update(watches).where(watches.c.id.in_(due.with_for_update(skip_locked=True)))
        claim = claim.values(due_at=now + lease_s).returning(*_COLUMNS)
        rows = await self._database.rows(claim)
        return [_watch(row) for row in rows]

    async def record(self, watch: Watch, *, due_at: float) -> None:
        """Record the alert of *watch*, and when to count next; a stopped watch that has no alert is never due."""
        names = ("since", "alert_ts", "reached_at", "shown_count", "shown_at")
        values: dict[str, Any] = {name: getattr(watch, name) for name in names}
        values["due_at"] = case((watches.c.stopped_at.is_(None), due_at)) if watch.since is None else due_at
        query = update(watches).where(watches.c.id == watch.id).values(values)
        await self._database.execute(query)

    async def forget_before(self, time: float) -> None:
        """Delete the watches that were stopped before *time*."""
        query = delete(watches).where(watches.c.stopped_at < time)
        await self._database.run_aside(lambda connection: connection.execute(query))


def restore_watch(connection: Connection, team: str, channel: str, change: ChannelChange) -> None:
    """Stop the watch that *change* made, or start the one that it stopped. Raises OvertakenError if that was done."""
    is_stopped = change.what is Changed.WATCH_STOPPED
    as_left = watches.c.stopped_at.is_not(None) if is_stopped else watches.c.stopped_at.is_(None)
    query = update(watches).where(*in_channel(watches, team, channel))
    query = query.where(watches.c.id == change.detail["watch"], as_left)
    query = query.values(stopped_at=None if is_stopped else change.at, due_at=change.at)
    if not connection.execute(query).rowcount:
        raise OvertakenError


def _watch(row: Row[Any]) -> Watch:
    return Watch(**row._mapping)
