"""Test the connections to the database."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.errors import ZimerrError
from bot.settings import DatabaseSettings
from bot.storage.channel_store import ChannelState, ChannelStore, Votes
from bot.storage.database import Database
from bot.storage.tables import channel_settings


async def test_settings_survive_a_restart(tmp_path: Path) -> None:
    """People set a channel's language once."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'folder' / 'test.db'}"
    for _ in range(2):
        database = Database(url)
        await database.open()
        await ChannelStore(database).set("T1", "C1", language="zh")
        await ChannelStore(database).set("T1", "C1", mode="react")
        await database.close()
    database = Database(url)
    await database.open()
    assert await ChannelStore(database).get("T1", "C1") == ChannelState("zh", "react", Votes())
    assert await ChannelStore(database).get("T1", "C2") == ChannelState(None, None, Votes())
    await database.close()


async def test_a_database_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    """An admin reads the message at the first start on a new machine."""
    (tmp_path / "file").touch()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'test.db'}")
    with pytest.raises(ZimerrError, match="DATABASE_URL"):
        await database.open()
    await database.close()


async def test_a_write_waits_for_another_process_without_blocking_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``zimerr inbox purge`` may take a while, and commands are answered meanwhile."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await database.open()
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    settings = ChannelStore(database)
    setting = asyncio.create_task(settings.set("T1", "C1", mode="react"))
    await asyncio.sleep(0.05)
    assert not setting.done()
    assert (await settings.get("T1", "C1")).mode is None  # readers do not wait
    other.execute("COMMIT")
    await setting
    assert (await settings.get("T1", "C1")).mode == "react"

    monkeypatch.setattr("bot.storage.database._BUSY_TIMEOUT_S", 0.03)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await settings.set("T1", "C1", mode="off")
    other.close()
    await database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_query_does_not_wait_long_for_a_machine_that_vanished(database_url: str) -> None:
    """After a failover, nobody answers the packets of old connections, and Slack repeats a delivery only thrice."""
    url = DatabaseSettings(_env_file=None, database_url=database_url).database_url
    database = Database(url + ("&" if "?" in url else "?") + "keepalives_idle=7")
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        parameters = raw.driver_connection.info.get_parameters()
    assert (parameters["tcp_user_timeout"], parameters["connect_timeout"]) == ("10000", "5")
    assert parameters["keepalives_idle"] == "7"  # DATABASE_URL has the last word
    await database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_replica_that_is_suspended_in_a_transaction_blocks_the_others_for_seconds_only(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may be suspended at any moment, and its locks with it."""
    url = DatabaseSettings(_env_file=None, database_url=database_url).database_url
    upgraded = Database(url)
    await upgraded.open(upgrade=True)
    await upgraded.close()
    monkeypatch.setattr("bot.storage.database._IDLE_TIMEOUT_S", 0.3)
    asleep, awake = Database(url), Database(url)
    query = awake.insert(channel_settings).values(team="T1", channel="C1", language="zh")
    connection = await asleep.engine.connect()
    await connection.execute(query)
    async with asyncio.timeout(5):
        await ChannelStore(awake).set("T1", "C1", language="en")
    with pytest.raises(DBAPIError):
        await connection.execute(query)
    await connection.close()
    assert (await ChannelStore(asleep).get("T1", "C1")).language == "en"  # it can go on when it wakes up
    await asleep.close()
    await awake.close()
