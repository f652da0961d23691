"""What the bot did about which message, and which codes it explained where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, update

from bot.storage.database import Database
from bot.storage.tables import annotated, channel_settings, explained, refused_shapes


@dataclass(frozen=True, slots=True)
class Spot:
    """A message: its workspace, its channel and its time stamp."""

    team: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Record:
    """What was done about a message."""

    thread: str
    act: str
    reply: str | None  # the bot's message
    codes: tuple[int, ...]
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything remembered that bears on one message."""

    record: Record | None  # what was done about it already
    in_thread: frozenset[int]  # codes explained in its thread
    lately: frozenset[int]  # codes explained in its channel of late
    refused: frozenset[str]  # shapes that people there called no code
    mode: str | None  # how the bot is to behave there


class AnnotationStore:
    """Annotations by message, and explained codes by thread and by channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, spot: Spot) -> Record | None:
        """What was done about a message, or None."""
        query = select(annotated).where(*_at(annotated, spot), annotated.c.ts == spot.ts)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return _record(row) if row else None

    async def of_reply(self, spot: Spot) -> tuple[str, Record] | None:
        """The message that the bot's message *spot* answers, and what was done about it."""
        query = select(annotated).where(*_at(annotated, spot), annotated.c.reply == spot.ts)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return (row.ts, _record(row)) if row else None

    async def put(self, spot: Spot, record: Record, *, now: float, explains: Sequence[int] = ()) -> None:
        """Record what was done about a message, and that its reply explains some codes from now on."""
        values = {
            "thread": record.thread,
            "act": record.act,
            "reply": record.reply,
            "codes": list(record.codes),
            "shapes": list(record.shapes),
            "at": now,
        }
        query = self._database.insert(annotated).values(team=spot.team, channel=spot.channel, ts=spot.ts, **values)
        rows = [
            {"team": spot.team, "channel": spot.channel, "thread": record.thread, "code": code, "reply": record.reply}
            | {"count": 1, "at": now}
            for code in explains
        ]
        remember = query.on_conflict_do_update(index_elements=["team", "channel", "ts"], set_=values)
        explain = self._database.insert(explained).values(rows).on_conflict_do_nothing() if rows else None

        def write(connection: Connection) -> None:
            connection.execute(remember)
            if explain is not None:
                connection.execute(explain)

        await self._database.run(write)

    async def forget(self, spot: Spot, reply: str | None) -> None:
        """Forget a message, and that its reply explained anything."""
        async with self._database.writing() as connection:
            await connection.execute(delete(annotated).where(*_at(annotated, spot), annotated.c.ts == spot.ts))
            if reply:
                await connection.execute(delete(explained).where(*_at(explained, spot), explained.c.reply == reply))

    async def in_thread(self, spot: Spot, thread: str) -> dict[int, str]:
        """The codes explained in a thread, with the message that explains each."""
        query = select(explained.c.code, explained.c.reply).where(*_at(explained, spot), explained.c.thread == thread)
        async with self._database.reading() as connection:
            return {row.code: row.reply for row in await connection.execute(query)}

    async def survey(self, spot: Spot, thread: str, *, since: float) -> Survey:
        """What bears on a message in *thread*: one look for all, as every message with a code needs it."""
        own = select(annotated).where(*_at(annotated, spot), annotated.c.ts == spot.ts)
        in_thread = select(explained.c.code).where(*_at(explained, spot), explained.c.thread == thread)
        lately = select(explained.c.code).where(*_at(explained, spot), explained.c.at >= since)
        refused = select(refused_shapes.c.shape).where(*_at(refused_shapes, spot))
        mode = select(channel_settings.c.mode).where(*_at(channel_settings, spot))

        def look(connection: Connection) -> Survey:
            row = connection.execute(own).one_or_none()
            return Survey(
                record=_record(row) if row else None,
                in_thread=frozenset(connection.execute(in_thread).scalars()),
                lately=frozenset(connection.execute(lately).scalars()),
                refused=frozenset(connection.execute(refused).scalars()),
                mode=connection.execute(mode).scalar_one_or_none(),
            )

        return await self._database.run(look)

    async def count(self, spot: Spot, thread: str, codes: Sequence[int]) -> None:
        """Count codes once more that were explained in a thread before."""
        table = explained
        query = update(table).where(*_at(table, spot), table.c.thread == thread, table.c.code.in_(codes))
        async with self._database.writing() as connection:
            await connection.execute(query.values(count=table.c.count + 1))

    async def counts(self, spot: Spot, reply: str) -> dict[int, int]:
        """The codes that one of the bot's messages explains, with how often each came in its thread."""
        query = select(explained.c.code, explained.c.count.label("times")).where(
            *_at(explained, spot), explained.c.reply == reply
        )
        async with self._database.reading() as connection:
            return {row.code: row.times for row in await connection.execute(query)}

    async def forget_before(self, time: float) -> None:
        """Forget annotations of messages so old that nobody edits or deletes them any more."""
        async with self._database.writing() as connection:
            await connection.execute(delete(annotated).where(annotated.c.at < time))
            await connection.execute(delete(explained).where(explained.c.at < time))


def _at(table: Table, spot: Spot) -> tuple[ColumnElement[bool], ...]:
    return table.c.team == spot.team, table.c.channel == spot.channel


def _record(row: Row[Any]) -> Record:
    return Record(row.thread, row.act, row.reply, tuple(row.codes), tuple(row.shapes))
