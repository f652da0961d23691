"""Test the messages of `zimerr serve` if it can't start because of the machine, the database or the overlay."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import commands
from tests import migrated
from tests.faults import locked, no_disk_space

Fault = Callable[[Path], AbstractContextManager[None]]


@contextlib.contextmanager
def newer(path: Path) -> Iterator[None]:
    """A later version has upgraded the database."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("INSERT INTO upgrades VALUES ('9999', '7.1.0', 0)")
    yield


@contextlib.contextmanager
def damaged(path: Path) -> Iterator[None]:
    """The first page is lost."""
    path.write_bytes(b"\0" * 4096 + path.read_bytes()[4096:])
    yield


@contextlib.contextmanager
def full(path: Path) -> Iterator[None]:
    """The disk is full, and the database has to be made."""
    path.unlink()
    with no_disk_space():
        yield


@contextlib.contextmanager
def no_folder(path: Path) -> Iterator[None]:
    """DATABASE_URL names a folder in a file."""
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")
    yield


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (newer, "Install zimerr 7.1.0 or later, or restore the backup from before the upgrade."),
        (damaged, "Restore it from a backup, or move it away."),
        (locked, "Another process has locked it. Stop that process, or wait until it is done."),
        (full, "ree space on it"),
        (no_folder, "Point DATABASE_URL at a file in a folder that this user may write to."),
    ],
)
def test_a_database_that_can_not_be_used_says_what_to_do(
    fault: Fault, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, without a traceback."""
    path = tmp_path / "data" / "bot.db"
    path.parent.mkdir()
    migrated.create(path)
    monkeypatch.setattr("bot.storage.database._BUSY_TIMEOUT_S", 0.05)
    with fault(path):
        shown = serve(monkeypatch, DATABASE_URL=f"sqlite:///{path}")
    assert words in shown
    assert shown.count("\n") == 1


def test_a_server_that_is_away_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password of its URL is not shown."""
    shown = serve(monkeypatch, DATABASE_URL="postgresql://zimerr:geheim@127.0.0.1:1/zimerr")
    assert "Check that PostgreSQL runs there and that DATABASE_URL names it." in shown
    assert "geheim" not in shown
    assert shown.count("\n") == 1


def test_a_broken_overlay_says_where_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot does not start without the operator's own codes."""
    (tmp_path / "own.yaml").write_text("section: [")
    shown = serve(monkeypatch, ZIMERR_OVERLAY=str(tmp_path))
    assert shown.startswith("The catalogue can't be used:\n  - ")
    assert "own.yaml" in shown


def serve(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """Run `zimerr serve`, which must fail, and return what it prints."""
    for name, value in {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", **variables}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(commands, ["serve"])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.stdout == ""
    return result.stderr
