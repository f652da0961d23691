"""Store the notes of a workspace about codes, one of each code. Every version is a row; the newest one counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from bot.storage.change_store import Changed, ChannelChange, OvertakenError, record_change
from bot.storage.database import Database
from bot.storage.tables import team_notes


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """A version of a note."""

    text: str  # one line; empty: the note was removed
    user: str  # Slack's id of its author
    at: float  # seconds since the epoch


class NoteStore:
    """Store notes by workspace and code."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, team: str, channel: str, code: int, text: str, *, user: str, at: float) -> ChannelChange | None:
        """Store a new version; return None if the note says that already.

        The change belongs to *channel*, where the person made it. Its detail has `after` and `before`, the texts.
        """

        def put(connection: Connection) -> ChannelChange | None:
            newest = connection.execute(_versions(team, code, 1)).one_or_none()
            before = newest.text if newest else ""
            if text == before:
                return None
            row = {"team": team, "code": code, "text": text, "user": user, "at": at}
            version = connection.execute(insert(team_notes).values(row).returning(team_notes.c.id)).scalar_one()
            detail = {"code": code, "after": text, "before": before, "version": version}
            return record_change(connection, team, channel, Changed.NOTE, user=user, at=at, detail=detail)

        return await self._database.run(put)

    async def versions(self, team: str, code: int, *, most: int) -> list[NoteVersion]:
        """Return the latest versions of a note, newest first."""
        query = _versions(team, code, most)
        rows = await self._database.rows(query)
        return [NoteVersion(row.text, row.user, row.at) for row in rows]


def _versions(team: str, code: int, most: int) -> Select[tuple[str, str, float]]:
    query = select(team_notes.c.text, team_notes.c.user, team_notes.c.at)
    query = query.where(team_notes.c.team == team, team_notes.c.code == code)
    return query.order_by(team_notes.c.id.desc()).limit(most)


def newest_notes(connection: Connection, team: str, codes: Sequence[int]) -> dict[int, NoteVersion]:
    """Return the note of each of *codes* that has one."""
    rows = connection.execute(_NEWEST, {"team": team, "codes": codes})
    return {row.code: NoteVersion(row.text, row.user, row.at) for row in rows}


_NEWEST = select(team_notes).where(  # built once
    team_notes.c.id.in_(
        select(func.max(team_notes.c.id))
        .where(team_notes.c.team == bindparam("team"), team_notes.c.code.in_(bindparam("codes", expanding=True)))
        .group_by(team_notes.c.code)
    ),
    team_notes.c.text != "",
)


def restore_note(connection: Connection, team: str, channel: str, change: ChannelChange) -> None:
    """Delete the version of *change*, so that the one before it counts. Raises OvertakenError if there is a newer one.

    *channel* is that of the change; a note belongs to the workspace.
    """
    newest = select(func.max(team_notes.c.id)).where(
        team_notes.c.team == team, team_notes.c.code == change.detail["code"]
    )
    if connection.execute(newest).scalar() != change.detail["version"]:
        raise OvertakenError
    connection.execute(delete(team_notes).where(team_notes.c.id == change.detail["version"]))
