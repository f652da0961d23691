"""Create SQLite databases with the bot's tables by copying one: running the migrations each time is slow."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from bot.storage import schema


def create(path: Path) -> None:
    """Write a database with the bot's tables and no rows to *path*."""
    path.write_bytes(_content())


@functools.cache
def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            schema.upgrade(connection)
        engine.dispose()
        return path.read_bytes()
