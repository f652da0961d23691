"""Store what people change for everybody in a channel, so that it can be shown and undone.

Settings remember who set them. Each change is a row with the state before it; undoing it restores exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.storage.annotation_store import MessageRef, contexts_of
from bot.storage.channel_store import WORKSPACE
from bot.storage.database import Database
from bot.storage.tables import annotated, changes, channel_settings, explained, ignored_contexts, in_channel, sightings


class Changed(StrEnum):
    """The kinds of change. The first four are columns of the channel's settings."""

    MODE = "mode"
    LANGUAGE = "language"
    ANSWERS = "answers"
    WEEKLY = "weekly"
    WORKSPACE_ANSWERS = "answers-all"  # the same column in the settings of the workspace
    NOT_A_CODE = "not-a-code"
    WRONG = "wrong"
    NOTE = "note"  # of the workspace about a code, see `note_store`
    WATCH = "watch"  # a watch was made
    WATCH_STOPPED = "watch-stopped"
    SNOOZE = "snooze"  # of codes, see `snooze_store`
    FORGOT = "forgot"  # ignored contexts were deleted; this can't be undone


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """A change by one person for everybody in a channel."""

    id: int
    what: Changed
    user: str  # Slack's id
    at: float  # seconds since the epoch
    detail: Mapping[str, Any]  # of a setting `after` and `before`; of others, see `ChangeStore.reject` and `forget`
    undone_by: str | None = None


@dataclass(frozen=True, slots=True)
class IgnoredContext:
    """A context in which people said that a number is not a code."""

    fingerprint: str
    code: int
    user: str  # Slack's id
    at: float  # seconds since the epoch, as *until*
    until: float
    link: str  # to the message; empty if unknown


class OvertakenError(Exception):
    """A change can't be undone, because the same was changed again since."""


Restore = Callable[[Connection, str, str, ChannelChange], None]


class ChangeStore:
    """Store settings, rejected replies and ignored contexts by workspace and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(
        self, team: str, channel: str, what: Changed, value: str | None, *, user: str, at: float
    ) -> ChannelChange | None:
        """Set a setting of the channel, or of its workspace; None unsets it. Return None if it has that value already.

        The change belongs to *channel*, where the person made it.
        """
        owner, names = _setting(channel, what)
        query = select(*(channel_settings.c[name] for name in names)).where(*in_channel(channel_settings, team, owner))
        query = query.with_for_update()
        now = dict(zip(names, (value, user, at), strict=True))
        upsert = self._database.insert(channel_settings).values(team=team, channel=owner, **now)
        upsert = upsert.on_conflict_do_update(index_elements=["team", "channel"], set_=now)

        def set_value(connection: Connection) -> ChannelChange | None:
            before = connection.execute(query).one_or_none() or (None, None, None)
            if before[0] == value:
                return None
            connection.execute(upsert)
            detail = {"after": value, "before": list(before)}
            return record_change(connection, team, channel, what, user=user, at=at, detail=detail)

        return await self._database.run(set_value)

    async def last(self, team: str, channel: str, what: Changed) -> ChannelChange | None:
        """Return the last change of this kind in a channel."""
        query = select(changes).where(*in_channel(changes, team, channel), changes.c.what == what)
        query = query.order_by(changes.c.id.desc()).limit(1)
        row = await self._database.row(query)
        return _change(row) if row else None

    async def lately(self, team: str, channels: Collection[str], *, most: int) -> list[tuple[str, ChannelChange]]:
        """Return the last changes in *channels* that can be undone, each with its channel, the latest first."""
        where = changes.c.team == team, changes.c.channel.in_(channels), changes.c.undone_by.is_(None)
        query = select(changes).where(*where, changes.c.what != Changed.FORGOT).order_by(changes.c.id.desc())
        rows = await self._database.rows(query.limit(most))
        return [(row.channel, _change(row)) for row in rows]

    async def find(self, team: str, channel: str, change_id: int) -> ChannelChange | None:
        """Return a change, or None if it was too old to be kept or happened elsewhere."""
        query = select(changes).where(*in_channel(changes, team, channel), changes.c.id == change_id)
        row = await self._database.row(query)
        return _change(row) if row else None

    async def reject(
        self, reply: MessageRef, what: Changed, act: str, *, user: str, at: float, detail: Mapping[str, Any]
    ) -> ChannelChange | None:
        """Give the messages of *reply* the act *act* instead, so that they are explained no more.

        For `Changed.NOT_A_CODE`, learn the contexts of the explained codes until ``detail["until"]``, with the link
        ``detail["link"]``. Return None if no message has this reply.

        For `Changed.WRONG`, there may be no message: the triages that people ask for are not recorded.

        The detail of the change also contains what `undo` needs, the `codes`, and how many contexts were `learned`.
        """
        answered = *in_channel(annotated, reply.team, reply.channel), annotated.c.reply == reply.ts
        told = *in_channel(explained, reply.team, reply.channel), explained.c.reply == reply.ts

        def reject(connection: Connection) -> ChannelChange | None:
            rows = connection.execute(select(annotated).where(*answered).order_by(annotated.c.ts)).all()
            if not rows and what is Changed.NOT_A_CODE:
                return None
            columns = explained.c.thread, explained.c.code, explained.c["count"], explained.c.at
            lately = [list(row) for row in connection.execute(select(*columns).where(*told))]
            codes = list(dict.fromkeys(code for row in rows for code in row.codes))
            contexts = {shape: code for row in rows for code, shape in contexts_of(row.shapes) if code in row.codes}
            connection.execute(update(annotated).where(*answered).values(act=act, reply=None))
            connection.execute(delete(explained).where(*told))
            seen = []
            if what is Changed.NOT_A_CODE:
                seen = _forget_sightings(connection, reply, {row.thread for row in rows}, codes)
                self._learn(connection, reply, contexts, user=user, at=at, detail=detail)
            acts = {row.ts: row.act for row in rows}
            more: dict[str, Any] = {"reply": reply.ts, "act": act, "acts": acts, "codes": codes, "explained": lately}
            more |= {"learned": len(contexts), "seen": seen}
            where = reply.team, reply.channel
            return record_change(connection, *where, what, user=user, at=at, detail={**detail, **more})

        return await self._database.run(reject)

    async def undo(
        self, team: str, channel: str, change: ChannelChange, *, user: str, restore: Restore | None = None
    ) -> bool:
        """Restore what was before *change*, by *restore* or as this store does; return False if that was done already.

        Raises OvertakenError, and restores nothing, if the same was changed again since.
        """
        claim = update(changes).where(changes.c.id == change.id, changes.c.undone_by.is_(None)).values(undone_by=user)
        own: Restore = self._restore_reply if "reply" in change.detail else _restore_setting

        def undo(connection: Connection) -> bool:
            if not connection.execute(claim).rowcount:
                return False
            (restore or own)(connection, team, channel, change)
            return True

        return await self._database.run(undo)

    async def ignored(self, team: str, channel: str, *, now: float) -> tuple[IgnoredContext, ...]:
        """Return the contexts that are ignored in a channel, the latest first."""
        where = *in_channel(ignored_contexts, team, channel), ignored_contexts.c.until > now
        query = (
            select(*list(ignored_contexts.c)[2:])
            .where(*where)
            .order_by(ignored_contexts.c.at.desc(), ignored_contexts.c.shape)
        )
        rows = await self._database.rows(query)
        return tuple(IgnoredContext(*row) for row in rows)

    async def ignored_in(
        self, team: str, channels: Collection[str], *, now: float, most: int
    ) -> list[tuple[str, IgnoredContext]]:
        """Return the last contexts that are ignored in *channels*, each with its channel, the latest first."""
        where = ignored_contexts.c.team == team, ignored_contexts.c.channel.in_(channels)
        query = select(*list(ignored_contexts.c)[1:]).where(*where, ignored_contexts.c.until > now)
        query = query.order_by(ignored_contexts.c.at.desc(), ignored_contexts.c.shape).limit(most)
        rows = await self._database.rows(query)
        return [(row[0], IgnoredContext(*row[1:])) for row in rows]

    async def forget(
        self, team: str, channel: str, contexts: Sequence[IgnoredContext], *, user: str, at: float
    ) -> ChannelChange | None:
        """Stop ignoring *contexts*; return None if none was ignored.

        The detail of the change contains their `codes`.
        """
        fingerprints = [each.fingerprint for each in contexts]
        where = *in_channel(ignored_contexts, team, channel), ignored_contexts.c.shape.in_(fingerprints)
        detail = {"codes": list(dict.fromkeys(each.code for each in contexts))}

        def forget(connection: Connection) -> ChannelChange | None:
            if not connection.execute(delete(ignored_contexts).where(*where)).rowcount:
                return None
            return record_change(connection, team, channel, Changed.FORGOT, user=user, at=at, detail=detail)

        return await self._database.run(forget)

    async def forget_before(self, time: float, *, now: float) -> None:
        """Delete the changes before *time*, which can't be undone then, and the contexts that expired by *now*."""

        def forget(connection: Connection) -> None:
            connection.execute(delete(changes).where(changes.c.at < time))
            connection.execute(delete(ignored_contexts).where(ignored_contexts.c.until <= now))

        await self._database.run(forget)

    def _restore_reply(self, connection: Connection, team: str, channel: str, change: ChannelChange) -> None:
        """Let the reply explain its messages again, and forget the contexts that were learned with *change*.

        A message that was deleted, or edited and answered anew, is left as it is.
        """
        codes: set[int] = set()
        for ts, act in change.detail["acts"].items():
            is_as_left = annotated.c.ts == ts, annotated.c.reply.is_(None), annotated.c.act == change.detail["act"]
            query = update(annotated).where(*in_channel(annotated, team, channel), *is_as_left)
            query = query.values(act=act, reply=change.detail["reply"])
            for row in connection.execute(query.returning(annotated.c.codes)):
                codes |= {*row.codes}
        shared = {"team": team, "channel": channel, "reply": change.detail["reply"]}
        names = ("thread", "code", "count", "at")
        rows = [shared | dict(zip(names, each, strict=True)) for each in change.detail["explained"] if each[1] in codes]
        if rows:
            connection.execute(self._database.insert(explained).on_conflict_do_nothing(), rows)
        shared = {"team": team, "channel": channel}
        names = ("ts", "code", "count", "at")
        seen = [shared | dict(zip(names, each, strict=True)) for each in change.detail.get("seen", ())]
        if seen:
            connection.execute(self._database.insert(sightings).on_conflict_do_nothing(), seen)
        mine = ignored_contexts.c.user == change.user, ignored_contexts.c.at == change.at
        connection.execute(delete(ignored_contexts).where(*in_channel(ignored_contexts, team, channel), *mine))

    def _learn(
        self,
        connection: Connection,
        reply: MessageRef,
        contexts: Mapping[str, int],
        *,
        user: str,
        at: float,
        detail: Mapping[str, Any],
    ) -> None:
        shared = {"team": reply.team, "channel": reply.channel, "user": user, "at": at}
        shared |= {"until": detail["until"], "link": detail["link"]}
        query = self._database.insert(ignored_contexts)
        changed = {name: query.excluded[name] for name in ("code", "user", "at", "until", "link")}
        query = query.on_conflict_do_update(index_elements=["team", "channel", "shape"], set_=changed)
        if contexts:
            connection.execute(query, [{"shape": shape, "code": code, **shared} for shape, code in contexts.items()])


def _forget_sightings(
    connection: Connection, reply: MessageRef, threads: Collection[str], codes: Collection[int]
) -> list[list[Any]]:
    """Delete how often *codes* came in *threads*, and return it, for `undo`."""
    here = reply.team, reply.channel
    messages = select(annotated.c.ts).where(*in_channel(annotated, *here), annotated.c.thread.in_(threads))
    mine = *in_channel(sightings, *here), sightings.c.ts.in_(messages), sightings.c.code.in_(codes)
    columns = sightings.c.ts, sightings.c.code, sightings.c["count"], sightings.c.at
    return [list(row) for row in connection.execute(delete(sightings).where(*mine).returning(*columns))]


def _restore_setting(connection: Connection, team: str, channel: str, change: ChannelChange) -> None:
    """Restore a setting with who had set it, unless it is no longer as *change* left it."""
    owner, names = _setting(channel, change.what)
    value, user, at = (channel_settings.c[name] for name in names)
    is_as_left = value.is_not_distinct_from(change.detail["after"]), user == change.user, at == change.at
    query = update(channel_settings).where(*in_channel(channel_settings, team, owner), *is_as_left)
    if not connection.execute(query.values(dict(zip(names, change.detail["before"], strict=True)))).rowcount:
        raise OvertakenError


def _setting(channel: str, what: Changed) -> tuple[str, tuple[str, str, str]]:
    """Return the channel of the row with a setting, and the columns of its value, author and time."""
    owner, name = (WORKSPACE, Changed.ANSWERS) if what is Changed.WORKSPACE_ANSWERS else (channel, what)
    return owner, (name, f"{name}_by", f"{name}_at")


def record_change(
    connection: Connection,
    team: str,
    channel: str,
    what: Changed,
    *,
    user: str,
    at: float,
    detail: Mapping[str, Any],
) -> ChannelChange:
    """Record a change within the transaction that makes it."""
    row = {"team": team, "channel": channel, "what": what, "user": user, "at": at, "detail": detail}
    change_id: int = connection.execute(insert(changes).values(row).returning(changes.c.id)).scalar_one()
    return ChannelChange(change_id, what, user, at, detail)


def _change(row: Row[Any]) -> ChannelChange:
    return ChannelChange(row.id, Changed(row.what), row.user, row.at, row.detail, row.undone_by)
