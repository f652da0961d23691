"""Store how often each code came in each message, and count codes over spans of time.

A message is counted at the time when it was posted. `AnnotationStore.put` writes the rows, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Label, bindparam, case, delete, func, select

from bot.storage.database import Database
from bot.storage.tables import sightings

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_OF_MESSAGE = tuple(sightings.c[name] == bindparam(f"of_{name}") for name in ("team", "channel", "ts"))
_FORGET = delete(sightings).where(*_OF_MESSAGE)


@dataclass(frozen=True, slots=True)
class Seen:
    """The message that a code came in."""

    channel: str
    ts: str

    @property
    def at(self) -> float:
        """When it was posted, in seconds since the epoch."""
        return float(self.ts)


@dataclass(frozen=True, slots=True)
class CodeTrend:
    """How often a code came in a span of time, and in the span before it."""

    code: int
    count: int
    before: int  # in the span of the same length before
    parts: tuple[int, ...]  # the count in each part of the span, the earliest first
    first: Seen  # in the span
    last: Seen


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How often a code came in a channel in a span of time."""

    channel: str
    code: int
    count: int


@dataclass(frozen=True, slots=True)
class ChannelMessages:
    """How many messages of a channel contained a code in a span of time."""

    channel: str
    messages: int
    first_at: float
    last_at: float


class SightingStore:
    """Count codes by workspace, channel and time. Times are seconds since the epoch, the end of a span is excluded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def top(
        self,
        team: str,
        *,
        since: float,
        until: float,
        channels: Collection[str] | None = None,
        parts: int = 1,
        most: int = 20,
    ) -> list[CodeTrend]:
        """Return the *most* frequent codes of a span in *channels* (None: all), the most frequent first.

        *parts* is the number of equal parts of the span to count in.
        """
        before, times = 2 * since - until, [since + (until - since) * part / parts for part in range(parts + 1)]
        total = _count("total", since, until)
        message = case((sightings.c.at >= since, sightings.c.ts + " " + sightings.c.channel))
        query = (
            select(
                sightings.c.code,
                total,
                _count("before", before, since),
                func.min(message).label("first"),
                func.max(message).label("last"),
                *(_count(f"part_{part}", *times[part : part + 2]) for part in range(parts)),
            )
            .where(*_within(team, before, until, channels))
            .group_by(sightings.c.code)
            .having(total.element > 0)
            .order_by(total.desc(), sightings.c.code)
            .limit(most)
        )
        rows = await self._database.run_aside(lambda connection: connection.execute(query).all())
        return [_trend(row) for row in rows]

    async def counts(self, team: str, *, since: float, until: float) -> list[ChannelCount]:
        """Count each code in each channel, the most frequent first."""
        what, total = (sightings.c.channel, sightings.c.code), func.sum(sightings.c.count)
        query = select(*what, total).where(*_within(team, since, until)).group_by(*what)
        query = query.order_by(total.desc(), sightings.c.code, sightings.c.channel)
        rows = await self._database.rows(query)
        return [ChannelCount(channel, code, int(count)) for channel, code, count in rows]

    async def messages(
        self,
        team: str,
        *,
        since: float,
        until: float,
        channels: Collection[str] | None = None,
        codes: Collection[int] | None = None,
    ) -> list[ChannelMessages]:
        """Count the messages with one of *codes* (None: all) in each of *channels* (None: all), the most first."""
        total, at = func.count(sightings.c.ts.distinct()), sightings.c.at
        query = select(sightings.c.channel, total, func.min(at), func.max(at))
        query = query.where(*_within(team, since, until, channels, codes))
        query = query.group_by(sightings.c.channel).order_by(total.desc(), sightings.c.channel)
        rows = await self._database.rows(query)
        return [ChannelMessages(*row) for row in rows]

    async def messages_by_code(
        self, team: str, *, since: float, until: float, channels: Collection[str], codes: Collection[int] | None = None
    ) -> list[tuple[int, int]]:
        """Return each of *codes* (None: all) in *channels* with the number of its messages, the most first."""
        query = select(sightings.c.code, func.count()).where(*_within(team, since, until, channels, codes))
        query = query.group_by(sightings.c.code).order_by(func.count().desc(), sightings.c.code)
        rows = await self._database.rows(query)
        return [(code, count) for code, count in rows]

    async def frequent(self, *, since: float, until: float, least: int) -> list[tuple[str, str, int]]:
        """Return the team, channel and code of what at least *least* messages contained, the most frequent first."""
        what = sightings.c.team, sightings.c.channel, sightings.c.code
        query = select(*what).where(sightings.c.at >= since, sightings.c.at < until).group_by(*what)
        query = query.having(func.count() >= least).order_by(func.count().desc(), *what)
        rows = await self._database.run_aside(lambda connection: connection.execute(query).all())
        return [(team, channel, code) for team, channel, code in rows]

    async def times(self, team: str, channel: str, code: int, *, since: float, until: float) -> list[float]:
        """Return when the messages with a code were posted in a channel, the earliest first."""
        query = select(sightings.c.at).where(*_within(team, since, until, [channel], [code])).order_by(sightings.c.at)
        return [row.at for row in await self._database.rows(query)]

    async def forget_before(self, time: float) -> None:
        """Delete the counts of messages before *time*."""
        await self._database.delete_before(time, sightings)


def sighting_rows(message: Mapping[str, str], counts: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the rows of a message, by the team, channel and ts in *message*."""
    at = float(message["ts"])
    return [{**message, "code": code, "count": count, "at": at} for code, count in counts.items()]


def insert_sightings(database: Database) -> sqlite.Insert | postgresql.Insert:
    """Return the statement that inserts rows, in place of those that another process inserted meanwhile."""
    insert = database.insert(sightings)
    keys = ["team", "channel", "ts", "code"]
    return insert.on_conflict_do_update(index_elements=keys, set_={"count": insert.excluded["count"]})


def forget_sightings(connection: Connection, messages: Sequence[Mapping[str, str]]) -> None:
    """Delete the counts of *messages*, by the team, channel and ts of each."""
    connection.execute(_FORGET, [{f"of_{name}": value for name, value in each.items()} for each in messages])


def _within(
    team: str, since: float, until: float, channels: Collection[str] | None = None, codes: Collection[int] | None = None
) -> list[ColumnElement[bool]]:
    where = [sightings.c.team == team, sightings.c.at >= since, sightings.c.at < until]
    where += [] if channels is None else [sightings.c.channel.in_(channels)]
    return where if codes is None else [*where, sightings.c.code.in_(codes)]


def _count(name: str, since: float, until: float) -> Label[int]:
    """Return the column *name* with the count in a span."""
    is_within = (sightings.c.at >= since) & (sightings.c.at < until)
    return func.sum(case((is_within, sightings.c.count), else_=0)).label(name)


def _trend(row: Sequence[Any]) -> CodeTrend:
    code, total, before, first, last, *parts = row
    seen = [Seen(channel, ts) for ts, _, channel in (each.partition(" ") for each in (first, last))]
    return CodeTrend(code, int(total), int(before), tuple(map(int, parts)), *seen)
