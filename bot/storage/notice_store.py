"""What people were told lately, so that they are not told again and again."""

from __future__ import annotations

from sqlalchemy import delete

from bot.storage.database import Database
from bot.storage.tables import told


class NoticeStore:
    """By workspace and channel, when something was told last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, team: str, channel: str, what: str, *, now: float, unless_since: float) -> bool:
        """Note that it is told now, and return True, unless it was told since a time. Of several, one gets True."""
        query = self._database.insert(told).values(team=team, channel=channel, what=what, at=now)
        query = query.on_conflict_do_update(
            index_elements=["team", "channel", "what"], set_={"at": now}, where=told.c.at < unless_since
        )
        return bool(await self._database.run(lambda connection: connection.execute(query.returning(told.c.at)).all()))

    async def forget(self, team: str, channel: str, what: str) -> None:
        """Note that it was not told after all."""
        query = delete(told).where(told.c.team == team, told.c.channel == channel, told.c.what == what)
        await self._database.run(lambda connection: connection.execute(query))
