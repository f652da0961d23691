"""Load what a workspace remembers about codes: the lines about what helped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from bot.storage.annotation_store import MessageRef
from bot.storage.database import Database
from bot.storage.incident_store import Status
from bot.storage.tables import incidents

_MOST_PER_CHANNEL = 3
_MOST = 300


@dataclass(frozen=True, slots=True)
class Resolution:
    """A line about what helped, and the triage that it belongs to."""

    ref: MessageRef
    code: int
    user: str  # Slack's id
    at: float  # seconds since the epoch
    helped: str


class MemoryStore:
    """Load what a workspace remembers, by code."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def resolutions(self, team: str, codes: Collection[int]) -> list[Resolution]:
        """Return the latest lines about *codes*, newest first, at most three of each code and channel."""
        rank = func.row_number().over(
            partition_by=(incidents.c.code, incidents.c.channel), order_by=incidents.c.at.desc()
        )
        columns = (incidents.c[name] for name in ("channel", "ts", "code", "user", "at", "helped"))
        is_helpful = incidents.c.status == Status.RESOLVED, incidents.c.helped != ""
        ranked = select(*columns, rank.label("rank")).where(
            incidents.c.team == team, incidents.c.code.in_(codes), *is_helpful
        )
        latest = ranked.subquery()
        query = select(latest).where(latest.c.rank <= _MOST_PER_CHANNEL).order_by(latest.c.at.desc()).limit(_MOST)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return [
            Resolution(MessageRef(team, row.channel, row.ts), row.code, row.user, row.at, row.helped) for row in rows
        ]
