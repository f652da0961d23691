"""What people set for a channel."""

from __future__ import annotations

from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.tables import channel_settings


class ChannelSettings:
    """The settings of channels, by workspace and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def language(self, team: str, channel: str) -> str | None:
        """The language that people set for a channel, or None."""
        table = channel_settings
        query = select(table.c.language).where(table.c.team == team, table.c.channel == channel)
        async with self._database.reading() as connection:
            language: str | None = (await connection.execute(query)).scalar_one_or_none()
        return language

    async def set_language(self, team: str, channel: str, language: str | None) -> None:
        """Remember the language that people set for a channel; None forgets it."""
        query = self._database.insert(channel_settings).values(team=team, channel=channel, language=language)
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_={"language": language})
        async with self._database.writing() as connection:
            await connection.execute(query)
