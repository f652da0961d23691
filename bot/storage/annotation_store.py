"""What the bot did about which message, and which codes it explained where."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    bindparam,
    cast,
    delete,
    literal,
    null,
    select,
    union_all,
    update,
)

from bot.storage.batching import Batcher
from bot.storage.channel_store import ChannelState, Votes, of_channel
from bot.storage.database import Database
from bot.storage.tables import annotated, channel_settings, explained, language_votes, refused_shapes

_NOTHING: Mapping[int, int] = {}


@dataclass(frozen=True, slots=True, order=True)
class MessageRef:
    """A message: its workspace, its channel and its time stamp."""

    team: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class AnnotationRecord:
    """What was done about a message."""

    thread: str
    act: str
    reply: str | None  # the bot's message
    codes: tuple[int, ...]
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """Everything remembered that bears on one message."""

    record: AnnotationRecord | None  # what was done about it already
    in_thread: frozenset[int]  # codes explained in its thread
    lately: frozenset[int]  # codes explained in its channel of late
    refused: frozenset[str]  # shapes that people there called no code
    channel: ChannelState


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done about messages of one thread."""

    records: Mapping[MessageRef, AnnotationRecord]
    at: float
    counted: Mapping[int, int]
    dropped: Collection[int]

    @property
    def thread(self) -> tuple[MessageRef, str]:
        """One of the messages, and their thread."""
        return next((spot, record.thread) for spot, record in self.records.items())


class AnnotationStore:
    """Annotations by message, and explained codes by thread and by channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._surveys = Batcher(self._survey_batch)
        self._puts = Batcher(self._put_batch)
        remember = database.insert(annotated)
        changed = ("thread", "act", "reply", "codes", "shapes", "at")
        self._remember = remember.on_conflict_do_update(
            index_elements=["team", "channel", "ts"], set_={name: remember.excluded[name] for name in changed}
        )
        self._explain = database.insert(explained).on_conflict_do_nothing()

    async def get(self, spot: MessageRef) -> AnnotationRecord | None:
        """What was done about a message, or None."""
        query = select(*_own).where(*_at(annotated, spot), annotated.c.ts == spot.ts)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return _record(row) if row else None

    async def of_reply(self, spot: MessageRef) -> dict[str, AnnotationRecord]:
        """The messages that the bot's message *spot* answers, by their time stamps, and what was done about each."""
        query = select(annotated.c.ts, *_own).where(*_at(annotated, spot), annotated.c.reply == spot.ts)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return {ts: _record(row) for ts, *row in rows}

    async def put(
        self,
        records: Mapping[MessageRef, AnnotationRecord],
        *,
        now: float,
        counted: Mapping[int, int] = _NOTHING,
        dropped: Collection[int] = (),
    ) -> None:
        """Record what was done about messages of one thread; a reply explains the codes of its messages from now on.

        Codes *counted* came so many times more than they were explained; those *dropped* are not explained any more.
        """
        await self._puts.submit(_Done(records, now, counted, dropped))

    async def _survey_batch(self, asked: Sequence[Mapping[str, Any]]) -> list[MessageHistory]:
        return await self._database.run(
            lambda connection: [_surveyed(connection.execute(_SURVEY, each).all()) for each in asked]
        )

    async def _put_batch(self, done: Sequence[_Done]) -> list[None]:
        await self._database.run(lambda connection: self._put(connection, done))
        return [None] * len(done)

    def _put(self, connection: Connection, done: Sequence[_Done]) -> None:
        # In one order by every process, so that none waits for another that waits for it.
        done = sorted(done, key=lambda each: each.thread)
        connection.execute(self._remember, [row for each in done for row in _annotated(each)])
        for each in done:
            if each.dropped:
                replies = [record.reply for record in each.records.values()]
                gone = explained.c.code.in_(each.dropped), explained.c.reply.in_(replies)
                connection.execute(delete(explained).where(*_in_thread(*each.thread), *gone))
        if rows := [row for each in done for row in _explained(each)]:
            connection.execute(self._explain, rows)
        for each in done:
            for code, times in each.counted.items():
                here = *_in_thread(*each.thread), explained.c.code == code
                connection.execute(update(explained).where(*here).values(count=explained.c.count + times))

    async def forget(self, spot: MessageRef, record: AnnotationRecord) -> None:
        """Forget a message, and that its codes were explained in its reply."""

        def forget(connection: Connection) -> None:
            connection.execute(delete(annotated).where(*_at(annotated, spot), annotated.c.ts == spot.ts))
            if record.reply:
                mine = explained.c.reply == record.reply, explained.c.code.in_(record.codes)
                connection.execute(delete(explained).where(*_in_thread(spot, record.thread), *mine))

        await self._database.run(forget)

    async def in_thread(self, spot: MessageRef, thread: str) -> dict[int, str]:
        """The codes explained in a thread, with the message that explains each."""
        query = select(explained.c.code, explained.c.reply).where(*_in_thread(spot, thread))
        return await self._database.run(lambda connection: {row.code: row.reply for row in connection.execute(query)})

    async def survey(self, spot: MessageRef, thread: str, *, since: float) -> MessageHistory:
        """What bears on a message in *thread*: one look for all, as every message with a code needs it."""
        where = {"team": spot.team, "channel": spot.channel, "ts": spot.ts, "thread": thread, "since": since}
        return await self._surveys.submit(where)

    async def counts(self, spot: MessageRef, reply: str) -> dict[int, int]:
        """The codes that one of the bot's messages explains, with how often each came in its thread."""
        query = select(explained.c.code, explained.c.count.label("times"))
        query = query.where(*_at(explained, spot), explained.c.reply == reply)
        return await self._database.run(lambda connection: {row.code: row.times for row in connection.execute(query)})

    async def forget_before(self, time: float) -> None:
        """Forget annotations of messages so old that nobody edits or deletes them any more."""
        for table in (annotated, explained):
            old = delete(table).where(table.c.at < time)
            await self._database.run_aside(partial(Connection.execute, statement=old))


def _at(table: Table, spot: MessageRef) -> tuple[ColumnElement[bool], ...]:
    return table.c.team == spot.team, table.c.channel == spot.channel


def _in_thread(spot: MessageRef, thread: str) -> tuple[ColumnElement[bool], ...]:
    return *_at(explained, spot), explained.c.thread == thread


def _annotated(done: _Done) -> list[dict[str, Any]]:
    return [{**_place(spot), "ts": spot.ts, "at": done.at, **_values(each)} for spot, each in done.records.items()]


def _explained(done: _Done) -> list[dict[str, Any]]:
    return [
        {**_place(spot), "thread": each.thread, "code": code, "reply": each.reply, "count": 1, "at": done.at}
        for spot, each in done.records.items()
        if each.reply
        for code in each.codes
    ]


def _place(spot: MessageRef) -> dict[str, str]:
    return {"team": spot.team, "channel": spot.channel}


def _part(name: str, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Some of what is known about a message, in the form that all parts of the survey have."""
    words: list[ColumnElement[Any]] = [cast(column, String) for column in columns]
    words += [null()] * (3 - len(columns))
    return select(literal(name), *words, null(), null()).where(*of_channel(table))


# One statement, made once: to make and send one takes longer than the database takes to carry it out.
_own = annotated.c.thread, annotated.c.act, annotated.c.reply, annotated.c.codes, annotated.c.shapes
_SURVEY = union_all(
    select(literal("own"), *_own).where(*of_channel(annotated), annotated.c.ts == bindparam("ts")),
    _part("in_thread", explained, explained.c.code).where(explained.c.thread == bindparam("thread")),
    _part("lately", explained, explained.c.code).where(explained.c.at >= bindparam("since")),
    _part("refused", refused_shapes, refused_shapes.c.shape),
    _part("settings", channel_settings, channel_settings.c.language, channel_settings.c.mode),
    _part("votes", language_votes, language_votes.c.en, language_votes.c.zh),
)


def _surveyed(rows: Sequence[Sequence[Any]]) -> MessageHistory:
    found: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    settings, votes = (found.get(part, [()])[0] for part in ("settings", "votes"))
    language, mode = settings[:2] or (None, None)
    return MessageHistory(
        record=_record(found["own"][0]) if "own" in found else None,
        in_thread=frozenset(int(code) for code, *_ in found.get("in_thread", ())),
        lately=frozenset(int(code) for code, *_ in found.get("lately", ())),
        refused=frozenset(shape for shape, *_ in found.get("refused", ())),
        channel=ChannelState(language, mode, Votes(*(int(count) for count in votes[:2]))),
    )


def _values(record: AnnotationRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in AnnotationRecord.__slots__}


def _record(row: Sequence[Any]) -> AnnotationRecord:
    thread, act, reply, codes, shapes = row
    return AnnotationRecord(thread, act, reply, tuple(codes), tuple(shapes))
