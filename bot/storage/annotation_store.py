"""Store the annotation of each message, and the codes that were explained in each thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    bindparam,
    literal,
    null,
    or_,
    select,
    union_all,
)

from bot.storage.batching import Batcher
from bot.storage.channel_store import ChannelState, Votes, of_channel
from bot.storage.database import Database
from bot.storage.sighting_store import forget_sightings, insert_sightings, sighting_rows
from bot.storage.tables import (
    annotated,
    channel_settings,
    explained,
    ignored_contexts,
    in_channel,
    language_votes,
    snoozes,
)
from bot.triage.summary import TriageSummary

_MOST_AT_ONCE = 1000  # codes that are recorded on the event loop; 10,000 take 0.2 s
_FIELDS = ("thread", "act", "reply", "codes", "shapes", "log", "platform", "server_codes")
_RECORD = tuple(annotated.c[name] for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """The workspace, channel and time stamp of a message."""

    team: str
    channel: str
    ts: str

    @property
    def key(self) -> dict[str, str]:
        """Return the columns of a row about the message."""
        return {"team": self.team, "channel": self.channel, "ts": self.ts}


def of_message(table: Table, ref: MessageRef) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that select the rows of a message."""
    return *in_channel(table, ref.team, ref.channel), table.c.ts == ref.ts


@dataclass(frozen=True, slots=True)
class AnnotationRecord:
    """The annotation of a message: how the bot reacted, and to which codes."""

    thread: str
    act: str
    reply: str | None  # the ts of the bot's message; None: it only reacted or counted
    codes: tuple[int, ...]
    contexts: tuple[tuple[int, str], ...]  # each occurrence of a code: the code, and the fingerprint of its context
    log: LogRecord | None = None  # None: the message is no log
    platform: str | None = None  # the key of the platform that the message shows; None: not certain
    server_codes: tuple[tuple[int, int], ...] = ()  # codes of the message, each with the server's own code beside it


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A log that was read: when, and what was found in it."""

    at: float
    summary: TriageSummary

    def to_json(self) -> dict[str, Any]:
        """Return the fields as an object."""
        return {"at": self.at, **self.summary.to_json()}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> LogRecord:
        """Read an object of `to_json`."""
        return cls(fields["at"], TriageSummary.from_json(fields))


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """All stored facts that a decision about one message needs."""

    record: AnnotationRecord | None  # its annotation, if it has one
    in_thread: frozenset[int]  # codes explained in its thread
    recent: frozenset[int]  # codes explained in its channel lately
    ignored: frozenset[str]  # fingerprints that people in the channel marked as not a code
    snoozed: frozenset[int]  # codes
    channel: ChannelState


@dataclass(frozen=True, slots=True)
class _Put:
    """The arguments of one call of `AnnotationStore.put`."""

    records: Mapping[MessageRef, AnnotationRecord]
    at: float
    counted: Mapping[int, int]
    dropped: Collection[int]
    sighted: Mapping[MessageRef, Mapping[int, int]]
    snoozed: Collection[int]
    are_new: bool

    @property
    def thread(self) -> tuple[str, str, str]:
        """Return the team, channel and thread of the messages."""
        ref, record = next(iter(self.records.items()))
        return ref.team, ref.channel, record.thread


class AnnotationStore:
    """Store annotations by message, and explained codes by thread and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._histories = Batcher(self._load_histories)
        self._puts = Batcher(self._put_all)
        insert = database.insert(annotated)
        changed = {name: insert.excluded[name] for name in (*_FIELDS, "at")}
        self._upsert_annotated = insert.on_conflict_do_update(index_elements=["team", "channel", "ts"], set_=changed)
        self._insert_sightings = insert_sightings(database)
        self._insert_explained = database.insert(explained).on_conflict_do_nothing()

    async def get(self, ref: MessageRef) -> AnnotationRecord | None:
        """Return the annotation of a message, or None."""
        query = select(*_RECORD).where(*of_message(annotated, ref))
        row = await self._database.row(query)
        return _record(row) if row else None

    async def find_by_reply(self, reply: MessageRef) -> dict[str, AnnotationRecord]:
        """Return the annotations with this reply, by the ts of their messages. A reply may answer several messages."""
        query = select(annotated.c.ts, *_RECORD).where(
            *in_channel(annotated, reply.team, reply.channel), annotated.c.reply == reply.ts
        )
        rows = await self._database.rows(query)
        return {ts: _record(row) for ts, *row in rows}

    async def triages(self, ref: MessageRef, thread: str, *, since: float) -> dict[str, AnnotationRecord]:
        """Return the triages of *thread* and those of its channel *since* a time, by the timestamp of the message."""
        query = select(annotated.c.ts, *_RECORD).where(
            *in_channel(annotated, ref.team, ref.channel),
            or_(annotated.c.thread == thread, annotated.c.at >= since),
            annotated.c.log.is_not(None),
            annotated.c.reply.is_not(None),
        )
        rows = await self._database.rows(query)
        return {ts: _record(row) for ts, *row in rows}

    async def put(
        self,
        records: Mapping[MessageRef, AnnotationRecord],
        *,
        now: float,
        counted: Mapping[int, int] | None = None,
        dropped: Collection[int] = (),
        sighted: Mapping[MessageRef, Mapping[int, int]] | None = None,
        snoozed: Collection[int] = (),
        are_new: bool = False,
    ) -> None:
        """Record annotations of one thread. Their codes count as explained by their replies.

        *counted* adds to the counts of codes that were explained before. The replies no longer explain the codes
        *dropped*. *sighted* replaces the counts of the codes in each message. *snoozed* lists a code once for each
        message with it: some snoozes end after a number of messages. *are_new* says that no message had a record: it
        saves a statement.
        """
        await self._puts.submit(_Put(records, now, counted or {}, dropped, sighted or {}, snoozed, are_new))

    async def forget(self, ref: MessageRef, record: AnnotationRecord) -> None:
        """Delete the annotation of a message, and the fact that its reply explained its codes."""

        def forget(connection: Connection) -> None:
            connection.execute(annotated.delete().where(*of_message(annotated, ref)))
            forget_sightings(connection, [ref.key])
            if record.reply:
                own = explained.c.reply == record.reply, explained.c.code.in_(record.codes)
                connection.execute(explained.delete().where(*_in_thread(ref.team, ref.channel, record.thread), *own))

        await self._database.run(forget)

    async def replies_in_thread(self, ref: MessageRef, thread: str) -> dict[int, str]:
        """Return the codes explained in a thread, each with the ts of the reply that explains it."""
        query = select(explained.c.code, explained.c.reply).where(*_in_thread(ref.team, ref.channel, thread))
        return {row.code: row.reply for row in await self._database.rows(query)}

    async def history(self, ref: MessageRef, thread: str, *, since: float, now: float) -> MessageHistory:
        """Load the history of a message in one query, with the codes explained in its channel after *since*."""
        where = {"team": ref.team, "channel": ref.channel, "ts": ref.ts, "thread": thread, "since": since, "now": now}
        return await self._histories.submit(where)

    async def counts(self, ref: MessageRef, reply: str) -> dict[int, int]:
        """Return how often each code that a reply explains appeared in its thread."""
        query = select(explained.c.code, explained.c.count.label("times"))
        query = query.where(*in_channel(explained, ref.team, ref.channel), explained.c.reply == reply)
        return {row.code: row.times for row in await self._database.rows(query)}

    async def forget_before(self, time: float) -> None:
        """Delete the annotations of messages that are too old to be edited or deleted."""
        for table in (annotated, explained):
            await self._database.delete_before(time, table)

    async def _load_histories(self, wheres: Sequence[Mapping[str, Any]]) -> list[MessageHistory]:
        return await self._database.run_single(
            lambda connection: [_history(connection.execute(_HISTORY, where).all()) for where in wheres]
        )

    async def _put_all(self, puts: Sequence[_Put]) -> list[None]:
        def put_all(connection: Connection) -> None:
            # Every process writes threads in the same order, so that no two of them wait for each other.
            in_order = sorted(puts, key=lambda put: put.thread)
            # After a lost answer to the commit, the batch is repeated. Counts must not be added twice.
            counting = [put for put in in_order if (put.counted or put.snoozed) and not _is_recorded(connection, put)]
            connection.execute(self._upsert_annotated, [row for put in in_order for row in _annotated_rows(put)])
            if changed := [ref.key for put in in_order if not put.are_new for ref in put.records]:
                forget_sightings(connection, changed)
            if rows := [row for put in in_order for row in _sighting_rows(put)]:
                connection.execute(self._insert_sightings, rows)
            for put in in_order:
                if put.dropped:
                    replies = [record.reply for record in put.records.values()]
                    dropped = explained.c.code.in_(put.dropped), explained.c.reply.in_(replies)
                    connection.execute(explained.delete().where(*_in_thread(*put.thread), *dropped))
            if rows := [row for put in in_order for row in _explained_rows(put)]:
                connection.execute(self._insert_explained, rows)
            for put in counting:
                for code, times in put.counted.items():
                    query = explained.update().where(*_in_thread(*put.thread), explained.c.code == code)
                    connection.execute(query.values(count=explained.c.count + times))
                for code, times in sorted(Counter(put.snoozed).items()):
                    mine = *in_channel(snoozes, *put.thread[:2]), snoozes.c.code == code
                    connection.execute(snoozes.update().where(*mine).values(times_left=snoozes.c.times_left - times))

        codes = sum(len(record.codes) for put in puts for record in put.records.values())
        run = self._database.run_aside if codes > _MOST_AT_ONCE else self._database.run
        await run(put_all)
        return [None] * len(puts)


def _sighting_rows(put: _Put) -> list[dict[str, Any]]:
    return [row for ref, counts in put.sighted.items() for row in sighting_rows(ref.key, counts)]


def _in_thread(team: str, channel: str, thread: str) -> tuple[ColumnElement[bool], ...]:
    return *in_channel(explained, team, channel), explained.c.thread == thread


def _is_recorded(connection: Connection, put: _Put) -> bool:
    ref = next(iter(put.records))
    query = select(annotated.c.at).where(*of_message(annotated, ref))
    return bool(connection.execute(query).scalar() == put.at)


def _annotated_rows(put: _Put) -> list[dict[str, Any]]:
    team, channel, thread = put.thread
    shared = {"team": team, "channel": channel, "thread": thread, "at": put.at}
    return [
        {"ts": ref.ts, "act": each.act, "reply": each.reply, "codes": each.codes, "shapes": each.contexts}
        | {"log": each.log.to_json() if each.log else None, "platform": each.platform}
        | {"server_codes": each.server_codes or None}
        | shared
        for ref, each in put.records.items()
    ]


def _explained_rows(put: _Put) -> list[dict[str, Any]]:
    team, channel, thread = put.thread
    shared = {"team": team, "channel": channel, "thread": thread, "at": put.at, "count": 1}
    replied = [each for each in put.records.values() if each.reply]
    return [{"code": code, "reply": each.reply} | shared for each in replied for code in each.codes]


def _record(row: Sequence[Any]) -> AnnotationRecord:
    thread, act, reply, codes, contexts, log, platform, server_codes = row
    read_log = LogRecord.from_json(log) if log else None
    pairs = tuple((int(code), int(number)) for code, number in server_codes or ())
    return AnnotationRecord(thread, act, reply, tuple(codes), contexts_of(contexts), read_log, platform, pairs)


def contexts_of(stored: Sequence[Any]) -> tuple[tuple[int, str], ...]:
    """Return the contexts in the column `shapes`: pairs of a code and a fingerprint."""
    # A replica of the version before 0009 may have stored fingerprints without codes.
    return tuple((int(each[0]), str(each[1])) for each in stored if isinstance(each, list))


def _part(name: str, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Select one part of a history, in the row format that all parts share."""
    texts: list[ColumnElement[Any]] = [column.cast(String) for column in columns]
    texts += [null()] * (3 - len(columns))
    return select(literal(name), *texts, null(), null(), null(), null(), null()).where(*of_channel(table))


# One statement, built once: to build and send a statement takes longer than to execute it.
_HISTORY = union_all(
    select(literal("record"), *_RECORD).where(*of_channel(annotated), annotated.c.ts == bindparam("ts")),
    _part("in_thread", explained, explained.c.code).where(explained.c.thread == bindparam("thread")),
    _part("recent", explained, explained.c.code).where(explained.c.at >= bindparam("since")),
    _part("ignored", ignored_contexts, ignored_contexts.c.shape).where(ignored_contexts.c.until > bindparam("now")),
    _part("snoozed", snoozes, snoozes.c.code).where(
        snoozes.c.until > bindparam("now"), or_(snoozes.c.times_left.is_(None), snoozes.c.times_left > 0)
    ),
    _part("settings", channel_settings, channel_settings.c.language, channel_settings.c.mode),
    _part("votes", language_votes, language_votes.c.en, language_votes.c.zh),
)


def _history(rows: Sequence[Sequence[Any]]) -> MessageHistory:
    parts: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        parts.setdefault(row[0], []).append(row[1:])
    settings, votes = (parts.get(name, [()])[0] for name in ("settings", "votes"))
    language, mode = settings[:2] or (None, None)
    return MessageHistory(
        record=_record(parts["record"][0]) if "record" in parts else None,
        in_thread=frozenset(int(code) for code, *_ in parts.get("in_thread", ())),
        recent=frozenset(int(code) for code, *_ in parts.get("recent", ())),
        ignored=frozenset(fingerprint for fingerprint, *_ in parts.get("ignored", ())),
        snoozed=frozenset(int(code) for code, *_ in parts.get("snoozed", ())),
        channel=ChannelState(language, mode, Votes(*(int(count) for count in votes[:2]))),
    )
