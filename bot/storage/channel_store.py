"""Read the settings of channels; store their language votes and notices, and the locales of channels and people.

`change_store` sets the settings.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal,
    select,
)

from bot.storage.database import Database
from bot.storage.tables import channel_settings, in_channel, language_votes, locales, notices

WORKSPACE = ""  # in place of the channel in the settings of a workspace
_MAX_VOTES = 40  # from then on, old votes are halved with each new one, so that a channel can change its language


class Votes(NamedTuple):
    """The number of messages in each language."""

    en: int = 0
    zh: int = 0

    def plus(self, other: Votes) -> Votes:
        """Return the sum."""
        return Votes(self.en + other.en, self.zh + other.zh)


@dataclass(frozen=True, slots=True)
class SetBy:
    """The author and the time of a setting."""

    user: str  # Slack's id
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The settings of a channel, those of its workspace, and its votes."""

    language: str | None  # None: not set
    mode: str | None  # None: not set
    votes: Votes
    language_by: SetBy | None = None  # None: never set, or not loaded
    mode_by: SetBy | None = None
    answers: str | None = None  # None: not set, or not loaded
    answers_by: SetBy | None = None
    weekly: str | None = None  # None: no digest, or not loaded
    weekly_by: SetBy | None = None
    workspace_answers: str | None = None
    workspace_answers_by: SetBy | None = None


class KnownLocale(NamedTuple):
    """A locale in Slack, such as ``zh-CN``."""

    locale: str | None = None  # None: Slack does not tell
    asked_at: float = -math.inf  # when Slack was asked


class ChannelStore:
    """Read settings, and store votes, locales and the times of notices, by workspace and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, team: str, channel: str) -> ChannelState:
        """Return the state of a channel."""
        (row,) = await self._database.rows(_STATE, {"team": team, "channel": channel})
        return replace(
            _settings(row),
            votes=Votes(row.en or 0, row.zh or 0),
            workspace_answers=row.workspace_answers,
            workspace_answers_by=_set_by(row.workspace_answers_by, row.workspace_answers_at),
        )

    async def settings_of(self, team: str, channels: Collection[str]) -> dict[str, ChannelState]:
        """Return the settings of those of *channels* that have some, without votes and the workspace's settings."""
        where = channel_settings.c.team == team, channel_settings.c.channel.in_(channels)
        query = select(channel_settings).where(*where).order_by(channel_settings.c.channel)
        rows = await self._database.rows(query)
        return {row.channel: _settings(row) for row in rows}

    async def with_digest(self, *, before: float, notice: str) -> list[tuple[str, str]]:
        """Return the teams and channels that asked for the digest *before* a time, without *notice* since then."""
        table, told = channel_settings, notices
        since = exists().where(
            told.c.team == table.c.team, told.c.channel == table.c.channel, told.c.what == notice, told.c.at >= before
        )
        query = select(table.c.team, table.c.channel).where(table.c.weekly.is_not(None), table.c.weekly_at < before)
        rows = await self._database.rows(query.where(~since))
        return [(row.team, row.channel) for row in rows]

    async def add_votes(self, team: str, channel: str, votes: Votes) -> None:
        """Add votes to those of a channel."""
        query = self._database.insert(language_votes).values(team=team, channel=channel, **votes._asdict())
        table = language_votes
        divisor = case((table.c.en + table.c.zh >= _MAX_VOTES, 2), else_=1)
        added = {name: getattr(table.c, name) // divisor + query.excluded[name] for name in Votes._fields}
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_=added)
        await self._database.execute(query)

    async def locale(self, team: str, id_: str) -> KnownLocale:
        """Return the locale of a channel or person."""
        where = {"team": team, "id": id_}
        return KnownLocale(*await self._database.row(_LOCALE, where) or ())

    async def put_locale(self, team: str, id_: str, known: KnownLocale) -> None:
        """Store the locale of a channel or person."""
        values = {"locale": known.locale and known.locale[:64], "asked_at": known.asked_at}
        query = self._database.insert(locales).values(team=team, id=id_, **values)
        query = query.on_conflict_do_update(index_elements=["team", "id"], set_=values)
        await self._database.execute(query)

    async def forget_locales(self, *, before: float) -> None:
        """Delete the locales that Slack was last asked for before a time: they are no longer used."""
        query = delete(locales).where(locales.c.asked_at < before)
        await self._database.execute(query)

    async def claim_notice(self, team: str, channel: str, notice: str, *, now: float, unless_since: float) -> bool:
        """Record that a notice is sent and return True, unless it was sent since *unless_since*.

        Only one of several concurrent callers gets True.
        """
        query = self._database.insert(notices).values(team=team, channel=channel, what=notice, at=now)
        query = query.on_conflict_do_update(
            index_elements=["team", "channel", "what"], set_={"at": now}, where=notices.c.at < unless_since
        )
        claim = query.returning(notices.c.at)
        return bool(await self._database.rows(claim))

    async def forget_notices(self, *, before: float) -> None:
        """Delete the records of old notices."""
        query = delete(notices).where(notices.c.at < before)
        await self._database.execute(query)

    async def forget_notice(self, team: str, channel: str, notice: str) -> None:
        """Delete the record of a notice that was not sent after all."""
        query = delete(notices).where(*in_channel(notices, team, channel), notices.c.what == notice)
        await self._database.execute(query)


def _settings(row: Row[Any]) -> ChannelState:
    """Return the settings in a row of a channel."""
    return ChannelState(
        row.language,
        row.mode,
        Votes(),
        _set_by(row.language_by, row.language_at),
        _set_by(row.mode_by, row.mode_at),
        row.answers,
        _set_by(row.answers_by, row.answers_at),
        row.weekly,
        _set_by(row.weekly_by, row.weekly_at),
    )


def _set_by(user: str | None, at: float | None) -> SetBy | None:
    return SetBy(user, at) if user and at is not None else None


def of_channel(table: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Return conditions that select the rows of the channel in the parameters *team* and *channel*."""
    return in_channel(table, bindparam("team"), bindparam("channel"))


def _state() -> Select[*tuple[Any, ...]]:
    """Select one row: the settings of a channel, the answers of its workspace, and its votes; null: there are none."""
    own, shared = channel_settings.alias(), channel_settings.alias()
    one = select(literal(1)).subquery()
    rows = one.outerjoin(own, and_(*of_channel(own)))
    rows = rows.outerjoin(shared, and_(*in_channel(shared, bindparam("team"), WORKSPACE)))
    rows = rows.outerjoin(language_votes, and_(*of_channel(language_votes)))
    answers = [shared.c[name].label(f"workspace_{name}") for name in ("answers", "answers_by", "answers_at")]
    return select(*own.c, *answers, language_votes.c.en, language_votes.c.zh).select_from(rows)


_STATE = _state()  # built once, as the next one
_LOCALE = select(locales.c.locale, locales.c.asked_at).where(
    locales.c.team == bindparam("team"), locales.c.id == bindparam("id")
)
