"""Test the connections to the database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.errors import ZimerrError
from bot.settings import DatabaseSettings
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.channel_store import ChannelState, ChannelStore, SetBy, Votes
from bot.storage.database import UNREACHABLE, Database
from bot.storage.tables import channel_settings
from tests import migrated
from tests.faults import no_disk_space

if TYPE_CHECKING:
    from tests.postgres import Postgres


async def set_mode(database: Database, channel: str, mode: str) -> None:
    """Set the mode of a channel."""
    await ChangeStore(database).set("T1", channel, Changed.MODE, mode, user="U1", at=5.0)


async def test_settings_survive_a_restart(tmp_path: Path) -> None:
    """People set a channel's language once."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'folder' / 'test.db'}"
    for _ in range(2):
        database = Database(url)
        await database.open()
        for what, value in ((Changed.LANGUAGE, "zh"), (Changed.MODE, "react")):
            await ChangeStore(database).set("T1", "C1", what, value, user="U1", at=5.0)
        await database.close()
    database = Database(url)
    await database.open()
    assert await ChannelStore(database).get("T1", "C1") == ChannelState(
        "zh", "react", Votes(), SetBy("U1", 5.0), SetBy("U1", 5.0)
    )
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
    settings, changes = ChannelStore(database), ChangeStore(database)
    setting = asyncio.create_task(changes.set("T1", "C1", Changed.MODE, "react", user="U1", at=5.0))
    await asyncio.sleep(0.05)
    assert not setting.done()
    assert (await settings.get("T1", "C1")).mode is None  # readers do not wait
    other.execute("COMMIT")
    await setting
    assert (await settings.get("T1", "C1")).mode == "react"

    monkeypatch.setattr("bot.storage.database._BUSY_TIMEOUT_S", 0.03)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await changes.set("T1", "C1", Changed.MODE, "off", user="U1", at=6.0)
    other.close()
    await database.close()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Database]:
    """An open database in the file ``test.db``."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await database.open()
    yield database
    await database.close()


def everything(path: Path) -> list[Path]:
    """Return the files of a database."""
    return [file for suffix in ("", "-wal", "-shm") if (file := Path(f"{path}{suffix}")).exists()]


async def test_a_deleted_file_is_made_anew(opened: Database, tmp_path: Path) -> None:
    """Writes to a deleted file succeed, and are gone when the process ends."""
    channels, path = ChannelStore(opened), tmp_path / "test.db"
    await set_mode(opened, "C1", "off")
    for file in everything(path):
        file.unlink()
    with structlog.testing.capture_logs() as logs:
        await set_mode(opened, "C2", "react")
        assert (await channels.get("T1", "C1")).mode is None
    assert [each["log_level"] for each in logs] == ["error"]
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT channel, mode FROM channel_settings").fetchall() == [("C2", "react")]
    await opened.run_aside(lambda connection: connection.execute(channel_settings.select()))


async def test_a_replaced_file_is_read(opened: Database, tmp_path: Path) -> None:
    """An operator may restore a backup without a restart."""
    channels, path, backup = ChannelStore(opened), tmp_path / "test.db", tmp_path / "backup.db"
    await set_mode(opened, "C1", "off")
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    await set_mode(opened, "C1", "react")
    for file in everything(path)[1:]:
        file.unlink()
    backup.replace(path)
    assert (await channels.get("T1", "C1")).mode == "off"


async def test_a_replaced_file_may_be_locked(opened: Database, tmp_path: Path) -> None:
    """An operator may look into the backup that was just restored."""
    path, backup = tmp_path / "test.db", tmp_path / "backup.db"
    migrated.create(backup)
    for file in everything(path)[1:]:
        file.unlink()
    backup.replace(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        setting = asyncio.create_task(set_mode(opened, "C1", "react"))
        await asyncio.sleep(0.05)
        assert not setting.done()
        other.execute("COMMIT")
        await setting
    assert (await ChannelStore(opened).get("T1", "C1")).mode == "react"


async def test_closing_waits_for_a_query_whose_caller_is_gone(opened: Database, tmp_path: Path) -> None:
    """Its thread can't be stopped, and would report to an event loop that is closed by then."""
    query = channel_settings.insert().values(team="T1", channel="C1", mode="off")
    with contextlib.closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        caller = asyncio.create_task(opened.run_aside(lambda connection: connection.execute(query).rowcount))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        closing = asyncio.create_task(opened.close())
        await asyncio.sleep(0)
        other.execute("COMMIT")
        await closing
        assert caller.cancelled()
        assert other.execute("SELECT mode FROM channel_settings").fetchall() == [("off",)]


async def test_a_caller_that_is_gone_does_not_disturb_the_making_of_a_new_file(
    opened: Database, tmp_path: Path
) -> None:
    """The health check gives up after seconds, also while a new file is made on a slow disk."""
    for path in everything(tmp_path / "test.db"):
        path.unlink()
    for _ in range(3):
        caller = asyncio.create_task(opened.check_writable())
        while not (tmp_path / "test.db").exists():  # noqa: ASYNC110  a file wakes nobody
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
    await set_mode(opened, "C1", "off")


def replace_folder(path: Path, content: str | None) -> None:
    """Put a file in place of the folder *path*, or remove it."""
    if content is None:
        path.unlink()
    else:
        path.rmdir()
        path.write_text(content)


async def test_the_folder_of_the_file_may_come_back_later(opened: Database, tmp_path: Path) -> None:
    """A volume that is not mounted is an error until it is there again."""
    channels, path = ChannelStore(opened), tmp_path / "test.db"
    for file in everything(path):
        file.unlink()
    replace_folder(tmp_path, "no folder")
    for _ in range(2):
        with pytest.raises(UNREACHABLE):
            await set_mode(opened, "C1", "react")
    replace_folder(tmp_path, None)
    await set_mode(opened, "C1", "react")
    assert (await channels.get("T1", "C1")).mode == "react"


async def test_whether_the_database_can_be_written_to_is_known(opened: Database, tmp_path: Path) -> None:
    """Reading alone does not tell: a full disk can still be read."""
    await opened.check_writable()
    with no_disk_space(), pytest.raises(OperationalError):
        await opened.check_writable()
    await opened.check_writable()
    assert opened._connection is not None
    opened._connection.connection.cursor().execute("PRAGMA query_only=ON")  # as if its disk was mounted read-only
    with pytest.raises(OperationalError, match="readonly"):
        await opened.check_writable()
    await opened.check_writable()  # on a new connection


async def test_a_lost_schema_is_made_anew(opened: Database, tmp_path: Path) -> None:
    """A new file may even have the same inode."""
    with contextlib.closing(sqlite3.connect(tmp_path / "test.db")) as other:
        ours = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        tables = other.execute(ours).fetchall()
        for (name,) in tables:
            other.execute(f"DROP TABLE {name}")
    with pytest.raises(OperationalError, match="no such table"):
        await opened.check_writable()
    await opened.check_writable()


async def test_others_can_not_read_the_file(tmp_path: Path) -> None:
    """It contains who asked what, and where."""
    path = tmp_path / "folder" / "test.db"
    for _ in range(2):
        database = Database(f"sqlite+aiosqlite:///{path}")
        await database.open()
        await set_mode(database, "C1", "react")
        assert [file.stat().st_mode & 0o777 for file in everything(path)] == [0o600, 0o600, 0o600]
        for file in everything(path):
            file.chmod(0o644)  # as an earlier version left them
        await database.close()


@pytest.mark.parametrize(
    ("content", "advice"),
    [(b"not a database" * 100, "Restore it from a backup"), (b"SQLite format 3\0" + b"\1" * 5000, "Restore it")],
)
async def test_a_damaged_file_says_what_to_do(tmp_path: Path, content: bytes, advice: str) -> None:
    """The rights of its folder have nothing to do with it."""
    (tmp_path / "test.db").write_bytes(content)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    with pytest.raises(ZimerrError, match=advice):
        await database.open()
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
        await ChangeStore(awake).set("T1", "C1", Changed.LANGUAGE, "en", user="U1", at=5.0)
    with pytest.raises(DBAPIError):
        await connection.execute(query)
    await connection.close()
    assert (await ChannelStore(asleep).get("T1", "C1")).language == "en"  # it can go on when it wakes up
    await asleep.close()
    await awake.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_restart_of_the_server_between_queries_goes_unnoticed(database: Database, postgres: Postgres) -> None:
    """The connections that are kept are closed by then."""
    channels = [f"C{number}" for number in range(3)]
    await asyncio.gather(*(set_mode(database, channel, "react") for channel in channels))
    postgres.restart()
    states = await asyncio.gather(*(ChannelStore(database).get("T1", channel) for channel in channels))
    assert [state.mode for state in states] == ["react"] * 3
    postgres.restart()
    await asyncio.gather(*(set_mode(database, channel, "off") for channel in channels))
