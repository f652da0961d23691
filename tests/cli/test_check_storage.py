"""Test the results of `zimerr check` for the database."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.inbox.rows import InboxRows
from bot.sandbox.http_server import Sandbox
from bot.settings import DatabaseSettings, Settings
from bot.storage.database import Database
from tests import migrated
from tests.cli.checking import check_offline, run_check
from tests.faults import no_disk_space
from tests.inbox.workbench import job
from tests.scenarios.conftest import manifest


async def test_a_database_that_can_not_be_written_to_and_an_old_backlog_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    """The bot answers nobody then, although its database opens."""
    monkeypatch.setattr("bot.storage.database._BUSY_TIMEOUT_S", 0.05)
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        with contextlib.closing(sqlite3.connect(database_file)) as connection:
            connection.execute(
                "INSERT INTO inbox (team, channel, user, ts, thread, kind, codes, detail, state, attempts, refused,"
                " received_at, next_attempt_at) VALUES ('T', 'C', 'U', '1', '1', 'message', '[]', '{}', 'pending', 0,"
                " 0, 0, ?)",
                (time.time() - 900,),
            )
            connection.commit()
            status, output = await run_check(sandbox, monkeypatch, capsys)
            assert status == 1
            assert "✗ inbox: a message has been waiting for 15 minutes" in output
            connection.execute("BEGIN IMMEDIATE")
            status, output = await run_check(sandbox, monkeypatch, capsys)
            assert status == 1
            assert "✗ database: " in output
            assert "locked" in output


async def test_a_delivery_of_late_shows_that_events_are_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    """Slack has no method that tells the subscriptions of an app."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    status, output = await check_offline(capsys)
    assert status == 0
    assert "? events: Slack has delivered no message" in output
    database = Database(Settings.load().database_url)
    await InboxRows(database).write([replace(job("1.0"), received_at=time.time() - 120, next_attempt_at=time.time())])
    await database.close()
    status, output = await check_offline(capsys)
    assert status == 0
    assert "✓ events: Slack delivered a message with a code 2 minutes ago" in output


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"not a database" * 100, 1, "✗ database: .*Restore it from a backup, or move it away"),
        ("UPDATE alembic_version SET version_num = '9999'", 1, "✗ database: .*newer than this zimerr .*Install"),
        ("UPDATE alembic_version SET version_num = '0012'", 0, "! database: .*older.*`zimerr db upgrade`"),
        ("DROP TABLE alembic_version", 0, "! database: .*older"),
    ],
)
async def test_a_database_of_another_version_is_reported_and_not_changed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database_file: Path,
    content: bytes | str,
    status: int,
    words: str,
) -> None:
    """An operator looks before the upgrade, and may still go back."""
    if isinstance(content, bytes):
        database_file.write_bytes(content)
    else:
        with contextlib.closing(sqlite3.connect(database_file)) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")  # as the bot leaves it
            connection.execute(content)
    before = database_file.read_bytes()
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    found, output = await check_offline(capsys)
    assert found == status
    assert re.search(words, output)
    assert database_file.read_bytes() == before


async def test_a_damaged_page_is_found(capsys: pytest.CaptureFixture[str], database_file: Path) -> None:
    """The first page is whole, so that the bot starts, and fails days later."""
    content = bytearray(database_file.read_bytes())
    content[8192:20480] = b"\x05" * (20480 - 8192)
    database_file.write_bytes(content)
    status, output = await check_offline(capsys)
    assert status == 1
    assert re.search(r"✗ database: .*(damaged|malformed).* Restore it", output)


async def test_a_full_disk_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    """While it fills up, and when it is full."""
    for free, words in ((400, "! disk: 400 MB free"), (5, "✗ disk: 5 MB free")):
        usage = shutil.disk_usage(database_file)._replace(free=free * 2**20)
        monkeypatch.setattr("bot.cli.check_storage.shutil.disk_usage", lambda _, usage=usage: usage)
        _, output = await check_offline(capsys)
        assert words in output
    with no_disk_space():
        status, output = await check_offline(capsys)
    assert status == 1
    assert re.search(r"✗ database: .*can't be .*free space", output, re.IGNORECASE)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_shared_database_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    """Its schema is upgraded on request only."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    status, output = await check_offline(capsys)
    assert status == 1
    assert "✗ database: The database's schema is older than this zimerr. Run `zimerr db upgrade`" in output
    await migrated.upgrade(DatabaseSettings.load().database_url)
    _, output = await check_offline(capsys)
    assert re.search(r"✓ database: postgresql.* is intact", output)
    assert "disk" not in output
    monkeypatch.setenv("DATABASE_URL", "postgresql://zimerr:geheim@127.0.0.1:1/zimerr?password=geheim")
    status, output = await check_offline(capsys)
    assert status == 1
    assert "✗ database: The database postgresql+psycopg://zimerr:***@127.0.0.1:1/zimerr can't be opened" in output
    assert "Check that PostgreSQL runs there" in output
    assert "geheim" not in output


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_read_only_standby_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    """After a failover, DATABASE_URL may name the wrong server."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    await migrated.upgrade(DatabaseSettings.load().database_url)
    joint = "&" if "?" in database_url else "?"
    monkeypatch.setenv("DATABASE_URL", f"{database_url}{joint}options=-cdefault_transaction_read_only%3Don")
    status, output = await check_offline(capsys)
    assert status == 1
    assert re.search(r"✗ database: .*can't be written to: .*name the primary in DATABASE_URL", output)


async def test_jobs_that_were_given_up_are_a_warning(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The bot works, but somebody got no answer."""
    migrated.restore(f"sqlite:///{tmp_path / 'zimerr.db'}")
    await migrated.upgrade(DatabaseSettings.load().database_url)
    _, output = await check_offline(capsys)
    assert "! inbox: jobs that were given up in the last 30 days: 1; `zimerr inbox list --state dead`" in output
