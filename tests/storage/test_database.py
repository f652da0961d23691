"""What the bot remembers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.errors import ZimerrError
from bot.storage.channels import ChannelSettings
from bot.storage.database import Database
from bot.storage.deliveries import Deliveries


async def test_settings_survive_a_restart(tmp_path: Path) -> None:
    """Nobody sets a channel's language twice."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'folder' / 'test.db'}"
    for _ in range(2):
        database = Database(url)
        await database.open()
        await ChannelSettings(database).set("T1", "C1", language="zh")
        await ChannelSettings(database).set("T1", "C1", mode="react")
        await database.close()
    database = Database(url)
    await database.open()
    assert await ChannelSettings(database).get("T1", "C1") == ("zh", "react")
    assert await ChannelSettings(database).get("T1", "C2") == (None, None)
    await database.close()


async def test_only_the_first_of_many_deliveries_counts(database: Database) -> None:
    """Slack delivers again what it thinks was lost, also at the same moment."""
    claims = await asyncio.gather(*(Deliveries(database).is_first("T1", "C1", "1.1", now=5.0) for _ in range(20)))
    assert sorted(claims) == [False] * 19 + [True]
    assert await Deliveries(database).is_first("T1", "C2", "1.1", now=5.0)


async def test_old_deliveries_are_forgotten(database: Database) -> None:
    """The table must not grow for ever."""
    await Deliveries(database).is_first("T1", "C1", "1.1", now=5.0)
    await Deliveries(database).forget(before=5.0)
    assert not await Deliveries(database).is_first("T1", "C1", "1.1", now=5.0)
    await Deliveries(database).forget(before=6.0)
    assert await Deliveries(database).is_first("T1", "C1", "1.1", now=5.0)


async def test_a_database_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    """An admin reads this at the first start on a new machine."""
    (tmp_path / "file").touch()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'test.db'}")
    with pytest.raises(ZimerrError, match="DATABASE_URL"):
        await database.open()
    await database.close()
