"""Create the bot's tables for tests; on SQLite by copying a database, because running the migrations is slow."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from bot.storage import schema
from bot.storage.database import Database


def create(path: Path) -> None:
    """Write a database with the bot's tables and no rows to *path*."""
    path.touch(mode=0o600)
    path.write_bytes(_content())


async def upgrade(url: str) -> None:
    """Create the tables in the database of *url*."""
    database = Database(url)
    await database.open(upgrade=True)
    await database.close()


@functools.cache
def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            schema.upgrade(connection)
        engine.dispose()
        return path.read_bytes()
