"""Create the bot's tables for tests; on SQLite by copying a database, because running the migrations is slow.

Also restore the database of an earlier version.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from bot.storage import schema
from bot.storage.database import Database

_DUMPS = Path(__file__).parent / "storage" / "dumps"


def create(path: Path) -> None:
    """Write a database with the bot's tables and no rows to *path*."""
    path.touch(mode=0o600)
    path.write_bytes(_content())


async def upgrade(url: str) -> None:
    """Create the tables in the database of *url*."""
    database = Database(url)
    await database.open(upgrade=True)
    await database.close()


def restore(url: str) -> None:
    """Fill the empty database of *url* with the schema and rows of zimerr at commit a8f6107."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    if engine.url.database and engine.name == "sqlite":
        Path(engine.url.database).touch(mode=0o600)
    connection = engine.raw_connection()
    driver: Any = connection.driver_connection
    dump = (_DUMPS / f"a8f6107-{engine.name}.sql").read_text(encoding="utf-8")
    _ = driver.executescript(dump) if engine.name == "sqlite" else driver.execute(dump)
    connection.commit()
    connection.close()
    engine.dispose()


@functools.cache
def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            schema.upgrade(connection)
        engine.dispose()
        return path.read_bytes()
