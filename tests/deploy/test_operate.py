"""Run the commands of deploy/operate.md that save and restore the database."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg

from tests import migrated
from tests.markdown import ROOT, sections
from tests.postgres import Postgres

(_BACKUP,) = [each for each in sections(ROOT / "deploy" / "operate.md") if each.title == "Back up and restore"]
SAVE_SQLITE, RESTORE_SQLITE, SAVE_POSTGRESQL, RESTORE_POSTGRESQL = _BACKUP.commands


def run(command: str, folder: Path, **variables: str) -> None:
    """Run a line of the document in *folder*, which is also the home."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    command = command.replace(".venv/bin/python", sys.executable)
    subprocess.run(["bash", "-euc", command], cwd=folder, env=environment, check=True)


def test_sqlite_is_saved_while_it_is_in_use_and_restored(tmp_path: Path) -> None:
    """The latest writes are in another file, which a copy of the database lacks."""
    database, backup = tmp_path / ".local" / "share" / "zimerr" / "zimerr.db", tmp_path / "zimerr-backup.db"
    database.parent.mkdir(parents=True)
    migrated.create(database)
    vote = "INSERT INTO language_votes VALUES ('T1', ?, 1, 2)"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        with connection:
            connection.execute(vote, ("C1",))
        run(SAVE_SQLITE, tmp_path)
        with connection:
            connection.execute(vote, ("C2",))
    assert backup.stat().st_mode & 0o077 == 0
    Path(f"{database}-wal").write_bytes(b"of the old database")
    run(RESTORE_SQLITE, tmp_path)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT channel FROM language_votes").fetchall() == [("C1",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.stat().st_mode & 0o077 == 0


def test_postgresql_is_saved_and_restored(postgres: Postgres, tmp_path: Path) -> None:
    """The rows are those of the moment of the backup."""
    url, path = postgres.migrated_database(), f"{postgres.programs}:{os.environ['PATH']}"
    vote = "INSERT INTO language_votes VALUES ('T1', %s, 1, 2)"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(vote, ("C1",))
        run(SAVE_POSTGRESQL, tmp_path, DATABASE_URL=url, PATH=path)
        connection.execute(vote, ("C2",))
    run(RESTORE_POSTGRESQL, tmp_path, DATABASE_URL=url, PATH=path)
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT channel FROM language_votes").fetchall() == [("C1",)]
