"""What the bot did about which message, and which codes it explained where."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, select, update

from bot.storage.channels import Channel, look, of_channel
from bot.storage.database import Database
from bot.storage.tables import annotated, explained, refused_shapes

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
    channel: Channel


class AnnotationStore:
    """Annotations by message, and explained codes by thread and by channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        remember = database.insert(annotated)
        changed = ("thread", "act", "reply", "codes", "shapes", "at")
        self._remember = remember.on_conflict_do_update(
            index_elements=["team", "channel", "ts"], set_={name: remember.excluded[name] for name in changed}
        )
        self._explain = database.insert(explained).on_conflict_do_nothing()

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
        remember = [place | {"ts": each.ts, "at": now} | _values(record) for each, record in records.items()]
        rows = [
            place | {"thread": thread, "code": code, "reply": record.reply, "count": 1, "at": now}
            for record in records.values()
            if record.reply
            for code in record.codes
        ]

        def write(connection: Connection) -> None:
            connection.execute(self._remember, remember)
            if dropped:
                replies = [record.reply for record in records.values()]
                gone = explained.c.code.in_(dropped), explained.c.reply.in_(replies)
                connection.execute(delete(explained).where(*_at(explained, spot), explained.c.thread == thread, *gone))
            if rows:
                connection.execute(self._explain, rows)
            for code, times in counted.items():
                here = *_at(explained, spot), explained.c.thread == thread, explained.c.code == code
                connection.execute(update(explained).where(*here).values(count=explained.c.count + times))

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
        where = {"team": spot.team, "channel": spot.channel, "ts": spot.ts, "thread": thread, "since": since}

        def survey(connection: Connection) -> Survey:
            row = connection.execute(_OWN, where).one_or_none()
            return Survey(
                record=_record(row) if row else None,
                in_thread=frozenset(connection.execute(_IN_THREAD, where).scalars()),
                lately=frozenset(connection.execute(_LATELY, where).scalars()),
                refused=frozenset(connection.execute(_REFUSED, where).scalars()),
                channel=look(connection, spot.team, spot.channel),
            )

        return await self._database.run(survey)

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


# Made once: SQLAlchemy takes longer to make a statement than the database to carry it out.
_OWN = select(annotated).where(*of_channel(annotated), annotated.c.ts == bindparam("ts"))
_EXPLAINED = select(explained.c.code).where(*of_channel(explained))
_IN_THREAD = _EXPLAINED.where(explained.c.thread == bindparam("thread"))
_LATELY = _EXPLAINED.where(explained.c.at >= bindparam("since"))
_REFUSED = select(refused_shapes.c.shape).where(*of_channel(refused_shapes))


def _values(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def _record(row: Row[Any]) -> Record:
    return Record(row.thread, row.act, row.reply, tuple(row.codes), tuple(row.shapes))
