"""Which messages were taken up already."""

from __future__ import annotations

from sqlalchemy import delete

from bot.storage.database import Database
from bot.storage.tables import deliveries


class Deliveries:
    """The messages taken up, by workspace, channel and time stamp."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_first(self, team: str, channel: str, ts: str, *, now: float) -> bool:
        """Whether a message is taken up for the first time; from now on it is not."""
        query = self._database.insert(deliveries).values(team=team, channel=channel, ts=ts, seen_at=now)
        async with self._database.writing() as connection:
            return (await connection.execute(query.on_conflict_do_nothing())).rowcount == 1

    async def forget(self, *, before: float) -> None:
        """Drop what was seen so long ago that Slack will not deliver it again."""
        async with self._database.writing() as connection:
            await connection.execute(delete(deliveries).where(deliveries.c.seen_at < before))
