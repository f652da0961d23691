"""What the bot did about which message, and which codes it explained where."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, update

from bot.storage.database import Database
from bot.storage.tables import annotated, channel_settings, explained, refused_shapes

_NOTHING: Mapping[int, int] = {}


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

    async def of_reply(self, spot: Spot) -> dict[str, Record]:
        """The messages that the bot's message *spot* answers, by their time stamps, and what was done about each."""
        query = select(annotated).where(*_at(annotated, spot), annotated.c.reply == spot.ts)
        async with self._database.reading() as connection:
            return {row.ts: _record(row) for row in await connection.execute(query)}

    async def put(
        self,
        records: Mapping[Spot, Record],
        *,
        now: float,
        counted: Mapping[int, int] = _NOTHING,
        dropped: Collection[int] = (),
    ) -> None:
        """Record what was done about messages of one thread; a reply explains the codes of its messages from now on.

        Codes *counted* came so many times more than they were explained; those *dropped* are not explained any more.
        """
        spot, thread = next((spot, record.thread) for spot, record in records.items())
        place = {"team": spot.team, "channel": spot.channel}
        here = *_at(explained, spot), explained.c.thread == thread
        remember = [place | {"ts": each.ts, "at": now} | asdict(record) for each, record in records.items()]
        rows = [
            place | {"thread": thread, "code": code, "reply": record.reply, "count": 1, "at": now}
            for record in records.values()
            if record.reply
            for code in record.codes
        ]
        query = self._database.insert(annotated)
        values = {name: query.excluded[name] for name in ("thread", "act", "reply", "codes", "shapes", "at")}

        def write(connection: Connection) -> None:
            keys = ["team", "channel", "ts"]
            connection.execute(query.on_conflict_do_update(index_elements=keys, set_=values), remember)
            if dropped:
                replies = [record.reply for record in records.values()]
                gone = explained.c.code.in_(dropped), explained.c.reply.in_(replies)
                connection.execute(delete(explained).where(*here, *gone))
            if rows:
                connection.execute(self._database.insert(explained).on_conflict_do_nothing(), rows)
            for code, times in counted.items():
                more = update(explained).where(*here, explained.c.code == code)
                connection.execute(more.values(count=explained.c.count + times))

        await self._database.run(write)

    async def forget(self, spot: Spot, record: Record) -> None:
        """Forget a message, and that its codes were explained in its reply."""
        mine = (explained.c.thread == record.thread, explained.c.reply == record.reply)
        async with self._database.writing() as connection:
            await connection.execute(delete(annotated).where(*_at(annotated, spot), annotated.c.ts == spot.ts))
            if record.reply:
                query = delete(explained).where(*_at(explained, spot), *mine, explained.c.code.in_(record.codes))
                await connection.execute(query)

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
