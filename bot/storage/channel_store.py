"""What people set for a channel, and what language they write there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, bindparam, case, select

from bot.storage.database import Database
from bot.storage.tables import channel_settings, language_votes, refused_shapes

_MOST_VOTES = 40  # beyond, old votes fade, so that a channel can change its language


class Votes(NamedTuple):
    """How many messages were in which language."""

    en: int = 0
    zh: int = 0

    def plus(self, more: Votes) -> Votes:
        """The sum of both."""
        return Votes(self.en + more.en, self.zh + more.zh)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What is known of a channel."""

    language: str | None  # that people set; None where they did not
    mode: str | None  # how the bot is to behave there, if people said
    votes: Votes


class ChannelStore:
    """The settings of channels, by workspace and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, team: str, channel: str) -> ChannelState:
        """What is known of a channel."""
        where = {"team": team, "channel": channel}

        def look(connection: Connection) -> ChannelState:
            language, mode = connection.execute(_SETTINGS, where).one_or_none() or (None, None)
            return ChannelState(language, mode, Votes(*connection.execute(_VOTES, where).one_or_none() or ()))

        return await self._database.run(look)

    async def set(self, team: str, channel: str, **values: str | None) -> None:
        """Remember *language* or *mode*; None forgets it."""
        query = self._database.insert(channel_settings).values(team=team, channel=channel, **values)
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_=values)
        await self._database.run(lambda connection: connection.execute(query))

    async def refuse(self, team: str, channel: str, shapes: list[str]) -> None:
        """Remember that such things are no codes in a channel."""
        rows = [{"team": team, "channel": channel, "shape": shape} for shape in set(shapes)]
        if rows:
            query = self._database.insert(refused_shapes).values(rows).on_conflict_do_nothing()
            await self._database.run(lambda connection: connection.execute(query))

    async def add_votes(self, team: str, channel: str, votes: Votes) -> None:
        """Remember how people have been writing, too."""
        query = self._database.insert(language_votes).values(team=team, channel=channel, **votes._asdict())
        table = language_votes
        fade = case((table.c.en + table.c.zh >= _MOST_VOTES, 2), else_=1)
        added = {name: getattr(table.c, name) // fade + query.excluded[name] for name in Votes._fields}
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_=added)
        await self._database.run(lambda connection: connection.execute(query))


def of_channel(table: Table) -> tuple[ColumnElement[bool], ...]:
    """Conditions that leave the rows of the channel given as *team* and *channel*."""
    return table.c.team == bindparam("team"), table.c.channel == bindparam("channel")


_SETTINGS = select(channel_settings.c.language, channel_settings.c.mode).where(*of_channel(channel_settings))
_VOTES = select(language_votes.c.en, language_votes.c.zh).where(*of_channel(language_votes))
