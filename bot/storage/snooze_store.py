"""Store the codes that are snoozed in a channel. A snooze ends by itself; `AnnotationStore.put` counts its messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.storage.change_store import Changed, ChannelChange, OvertakenError, record_change
from bot.storage.database import Database
from bot.storage.tables import annotated, in_channel, snoozes


@dataclass(frozen=True, slots=True)
class Snooze:
    """A code that gets no reply in a channel."""

    code: int
    until: float  # seconds since the epoch
    times_left: int | None  # messages until it ends; None: it ends by time only
    user: str  # Slack's id of the person who snoozed it
    at: float  # seconds since the epoch


_COLUMNS = [snoozes.c[name] for name in Snooze.__slots__]


class SnoozeStore:
    """Store snoozes by workspace, channel and code."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        team: str,
        channel: str,
        codes: Sequence[int],
        *,
        until: float,
        times: int | None,
        user: str,
        at: float,
    ) -> ChannelChange:
        """Snooze codes, in place of earlier snoozes of them, which the change can restore."""
        value = {"until": until, "times_left": times, "user": user, "at": at}
        insert = self._database.insert(snoozes)
        upsert = insert.on_conflict_do_update(index_elements=["team", "channel", "code"], set_=value)
        earlier = select(*_COLUMNS).where(*in_channel(snoozes, team, channel), snoozes.c.code.in_(codes))

        def put(connection: Connection) -> ChannelChange:
            before = connection.execute(earlier)
            detail = {"codes": list(codes), "until": until, "times": times, "before": [list(row) for row in before]}
            rows = [{"team": team, "channel": channel, "code": code, **value} for code in sorted(codes)]
            connection.execute(upsert, rows)
            return record_change(connection, team, channel, Changed.SNOOZE, user=user, at=at, detail=detail)

        return await self._database.run(put)

    async def active(self, team: str, channel: str, *, now: float) -> tuple[Snooze, ...]:
        """Return the snoozes of a channel that have not ended."""
        query = select(*_COLUMNS).where(*in_channel(snoozes, team, channel), snoozes.c.until > now)
        rows = await self._database.rows(query.order_by(snoozes.c.code))
        return tuple(Snooze(*row) for row in rows if row.times_left is None or row.times_left > 0)

    async def answered(self, team: str, channel: str, codes: Collection[int], *, since: float) -> tuple[int, int]:
        """Count the replies since a time that explained only *codes*, and the triages whose cause is one of them."""
        query = select(annotated.c.act, annotated.c.codes, annotated.c.log).where(*in_channel(annotated, team, channel))
        query = query.where(annotated.c.at >= since, annotated.c.reply.is_not(None))
        rows = await self._database.rows(query)
        replies = [row for row in rows if row.act == "reply" and row.codes and {*row.codes} <= {*codes}]
        triages = [row for row in rows if row.act == "triage" and row.log and row.log.get("code") in codes]
        return len(replies), len(triages)

    async def forget_before(self, now: float) -> None:
        """Delete the snoozes that ended by *now*."""
        query = delete(snoozes).where(snoozes.c.until <= now)
        await self._database.run_aside(lambda connection: connection.execute(query))


def restore_snoozes(connection: Connection, team: str, channel: str, change: ChannelChange) -> None:
    """End the snoozes of *change*, and restore those before it. Raises OvertakenError if a code was snoozed again."""
    mine = snoozes.c.code.in_(change.detail["codes"]), snoozes.c.user == change.user, snoozes.c.at == change.at
    others = select(snoozes.c.code).where(
        *in_channel(snoozes, team, channel), snoozes.c.code.in_(change.detail["codes"]), snoozes.c.at > change.at
    )
    if connection.execute(others).first():
        raise OvertakenError
    connection.execute(delete(snoozes).where(*in_channel(snoozes, team, channel), *mine))
    key = {"team": team, "channel": channel}
    rows: list[dict[str, Any]] = [
        key | dict(zip(Snooze.__slots__, each, strict=True)) for each in change.detail["before"]
    ]
    if rows:
        connection.execute(snoozes.insert(), rows)
