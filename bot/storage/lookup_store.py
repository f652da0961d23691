"""Store which codes each person asked about, for their own Home tab. No text and no channel is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from bot.storage.batching import Batcher
from bot.storage.database import Database
from bot.storage.tables import lookups


class LookupStore:
    """Store lookups by workspace and person: of each code, the last one. Times are seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._puts = Batcher(self._put_all)
        insert = database.insert(lookups)
        latest = {"at": insert.excluded.at}
        self._upsert = insert.on_conflict_do_update(index_elements=["team", "user", "code"], set_=latest)

    async def put(self, team: str, user: str, code: int, *, at: float) -> None:
        """Store that a person looked a code up, in place of their earlier lookup of it."""
        await self._puts.submit({"team": team, "user": user, "code": code, "at": at})

    async def _put_all(self, rows: Sequence[dict[str, Any]]) -> list[None]:
        # Every process writes rows in the same order, so that no two of them wait for each other.
        in_order = sorted(rows, key=lambda row: (row["team"], row["user"], row["code"], row["at"]))
        await self._database.run(lambda connection: connection.execute(self._upsert, in_order))
        return [None] * len(rows)

    async def lately(self, team: str, user: str, *, most: int) -> list[int]:
        """Return the codes that a person looked up, at most *most*, the latest first."""
        query = select(lookups.c.code).where(lookups.c.team == team, lookups.c.user == user)
        query = query.order_by(lookups.c.at.desc(), lookups.c.code).limit(most)
        return [row.code for row in await self._database.rows(query)]

    async def forget_before(self, time: float) -> None:
        """Delete the lookups before *time*."""
        await self._database.delete_before(time, lookups)
