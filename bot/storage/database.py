"""The connection to the database. The queries stand with what they are about, in the modules beside this one.

SQLite by default, in WAL mode: one process writes, readers do not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import ZimerrError
from bot.storage.tables import metadata


class Database:
    """The bot's memory. Open it before use, close it after."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine: AsyncEngine = create_async_engine(self._url)
        # On SQLite one writer at a time is fast, many at once wait for each other's locks.
        self._turn = asyncio.Lock()
        event.listen(self._engine.sync_engine, "connect", _tune)

    async def open(self) -> None:
        """Make sure that the database and its tables are there; raises ZimerrError where they can't be."""
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

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with self._engine.connect() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end."""
        async with self._turn, self._engine.begin() as connection:
            yield connection

    def insert(self, table: Table) -> sqlite.Insert:
        """An insert into *table* that knows ON CONFLICT."""
        return sqlite.insert(table)


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)


def _tune(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
