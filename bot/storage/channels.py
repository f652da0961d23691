"""What people set for a channel, and what language they write there."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.tables import channel_settings, language_votes, refused_shapes


class Votes(NamedTuple):
    """How many messages were in which language."""

    en: int = 0
    zh: int = 0


class ChannelSettings:
    """The settings of channels, by workspace and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, team: str, channel: str) -> tuple[str | None, str | None]:
        """The language and the mode that people set for a channel; None where they did not."""
        table = channel_settings
        query = select(table.c.language, table.c.mode).where(table.c.team == team, table.c.channel == channel)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return (row.language, row.mode) if row else (None, None)

    async def set(self, team: str, channel: str, **values: str | None) -> None:
        """Remember *language* or *mode*; None forgets it."""
        query = self._database.insert(channel_settings).values(team=team, channel=channel, **values)
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_=values)
        async with self._database.writing() as connection:
            await connection.execute(query)

    async def refuse(self, team: str, channel: str, shapes: list[str]) -> None:
        """Remember that such things are no codes in a channel."""
        rows = [{"team": team, "channel": channel, "shape": shape} for shape in set(shapes)]
        if rows:
            async with self._database.writing() as connection:
                await connection.execute(self._database.insert(refused_shapes).values(rows).on_conflict_do_nothing())

    async def votes(self, team: str, channel: str) -> Votes:
        """How people have been writing in a channel."""
        table = language_votes
        query = select(table.c.en, table.c.zh).where(table.c.team == team, table.c.channel == channel)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return Votes(*row) if row else Votes()

    async def set_votes(self, team: str, channel: str, votes: Votes) -> None:
        """Remember how people have been writing."""
        query = self._database.insert(language_votes).values(team=team, channel=channel, **votes._asdict())
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_=votes._asdict())
        async with self._database.writing() as connection:
            await connection.execute(query)
