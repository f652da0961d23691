"""The connection to the database, and the queries.

SQLite by default, in WAL mode: one process writes, readers do not wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, event, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import ZimerrError
from bot.storage.tables import channel_settings, deliveries, metadata


class Database:
    """The bot's memory. Open it before use, close it after."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine: AsyncEngine = create_async_engine(self._url)
        event.listen(self._engine.sync_engine, "connect", _tune)

    async def open(self) -> None:
        """Make sure that the file and its tables are there; raises ZimerrError where they can't be."""
        try:
            _make_folder(self._url)
            async with self._engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
        except (OSError, SQLAlchemyError) as error:
            reason = getattr(error, "orig", None) or error
            raise ZimerrError(
                f"The database {self._url.render_as_string(hide_password=True)} can't be opened: {reason}. "
                "Point DATABASE_URL at a file in a folder that this user may write to."
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def language(self, team: str, channel: str) -> str | None:
        """The language that people set for a channel, or None."""
        table = channel_settings
        query = select(table.c.language).where(table.c.team == team, table.c.channel == channel)
        async with self._engine.connect() as connection:
            language: str | None = (await connection.execute(query)).scalar_one_or_none()
        return language

    async def set_language(self, team: str, channel: str, language: str | None) -> None:
        """Remember the language that people set for a channel; None forgets it."""
        values = {"team": team, "channel": channel, "language": language}
        query = sqlite.insert(channel_settings).values(values)
        query = query.on_conflict_do_update(index_elements=["team", "channel"], set_={"language": language})
        async with self._engine.begin() as connection:
            await connection.execute(query)

    async def is_first_delivery(self, team: str, channel: str, ts: str, *, now: float) -> bool:
        """Whether a message is taken up for the first time; from now on it is not."""
        values = {"team": team, "channel": channel, "ts": ts, "seen_at": now}
        query = sqlite.insert(deliveries).values(values).on_conflict_do_nothing()
        async with self._engine.begin() as connection:
            return (await connection.execute(query)).rowcount == 1

    async def forget_deliveries(self, *, before: float) -> None:
        """Drop what was seen so long ago that Slack will not deliver it again."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(deliveries).where(deliveries.c.seen_at < before))


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)


def _tune(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
