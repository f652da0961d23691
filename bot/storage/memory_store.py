"""Load what a workspace remembers about codes: the lines about what helped, and its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from bot.storage.annotation_store import MessageRef
from bot.storage.database import Database
from bot.storage.incident_store import Status
from bot.storage.note_store import NoteVersion, newest_notes
from bot.storage.tables import incidents

_MOST_PER_CHANNEL = 3
_MOST = 300


@dataclass(frozen=True, slots=True)
class Resolution:
    """A line about what helped, and the triage that it belongs to."""

    ref: MessageRef
    user: str  # Slack's id
    at: float  # seconds since the epoch
    helped: str


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """All that is stored about one code."""

    resolutions: tuple[Resolution, ...]  # newest first
    note: NoteVersion | None


class MemoryStore:
    """Load what a workspace remembers, by code."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, team: str, codes: Sequence[int]) -> dict[int, StoredMemory]:
        """Return what is stored about *codes*: their notes, and the latest lines, at most three of each channel."""

        def load(connection: Connection) -> dict[int, StoredMemory]:
            lines: dict[int, list[Resolution]] = {code: [] for code in codes}
            for row in connection.execute(_LATEST, {"team": team, "codes": codes}):
                ref = MessageRef(team, row.channel, row.ts)
                lines[row.code].append(Resolution(ref, row.user, row.at, row.helped))
            notes = newest_notes(connection, team, codes)
            return {code: StoredMemory(tuple(lines[code]), notes.get(code)) for code in codes}

        return await self._database.run_single(load)


def _latest() -> Select[*tuple[Any, ...]]:
    """Select the latest lines about the parameter *codes* in *team*."""
    rank = func.row_number().over(partition_by=(incidents.c.code, incidents.c.channel), order_by=incidents.c.at.desc())
    columns = (incidents.c[name] for name in ("channel", "ts", "code", "user", "at", "helped"))
    ranked = select(*columns, rank.label("rank")).where(
        incidents.c.team == bindparam("team"),
        incidents.c.code.in_(bindparam("codes", expanding=True)),
        incidents.c.status == Status.RESOLVED,
        incidents.c.helped != "",
    )
    latest = ranked.subquery()
    return select(latest).where(latest.c.rank <= _MOST_PER_CHANNEL).order_by(latest.c.at.desc()).limit(_MOST)


_LATEST = _latest()  # built once: to build it takes five times as long as to execute it
