"""What the bot did about which message, and which codes it explained where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, select, update

from bot.storage.channels import Channel, look, of_channel
from bot.storage.database import Database
from bot.storage.tables import annotated, explained, refused_shapes


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

    async def of_reply(self, spot: Spot) -> tuple[str, Record] | None:
        """The message that the bot's message *spot* answers, and what was done about it."""
        query = select(annotated).where(*_at(annotated, spot), annotated.c.reply == spot.ts)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return (row.ts, _record(row)) if row else None

    async def put(self, spot: Spot, record: Record, *, now: float, explains: Sequence[int] = ()) -> None:
        """Record what was done about a message, and that its reply explains some codes from now on."""
        common: dict[str, Any] = {"team": spot.team, "channel": spot.channel, "thread": record.thread}
        common |= {"reply": record.reply, "at": now}
        done = {"ts": spot.ts, "act": record.act, "codes": list(record.codes), "shapes": list(record.shapes)}
        explained_now = [common | {"code": code, "count": 1} for code in explains]

        def write(connection: Connection) -> None:
            connection.execute(self._remember, common | done)
            if explained_now:
                connection.execute(self._explain, explained_now)

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


# Made once: SQLAlchemy takes longer to make a statement than the database to carry it out.
_OWN = select(annotated).where(*of_channel(annotated), annotated.c.ts == bindparam("ts"))
_EXPLAINED = select(explained.c.code).where(*of_channel(explained))
_IN_THREAD = _EXPLAINED.where(explained.c.thread == bindparam("thread"))
_LATELY = _EXPLAINED.where(explained.c.at >= bindparam("since"))
_REFUSED = select(refused_shapes.c.shape).where(*of_channel(refused_shapes))


def _record(row: Row[Any]) -> Record:
    return Record(row.thread, row.act, row.reply, tuple(row.codes), tuple(row.shapes))
