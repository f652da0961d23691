"""What most tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.storage.database import Database


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that ships with the bot."""
    return open_catalogue()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await database.open()
    yield database
    await database.close()
