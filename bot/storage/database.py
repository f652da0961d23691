"""Connect to the database.

SQLite in WAL mode is the default: one process writes, and readers do not wait. Several replicas share PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import structlog
from sqlalchemy import Connection, Engine, Executable, Row, Table, UpdateBase, create_engine, event, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn

from bot.errors import ZimerrError
from bot.json_bytes import encode
from bot.storage.database_advice import advice, shown
from bot.storage.database_file import DatabaseFile

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
UNREACHABLE = (SQLAlchemyError, OSError)  # the errors of a query if the database is unreachable or refuses it
_JSON: dict[str, Any] = {"json_serializer": lambda value: encode(value).decode(), "json_deserializer": orjson.loads}
# While another process writes to SQLite. Slack expects the acknowledgement of an event within 3 s.
_BUSY_TIMEOUT_S, _BUSY_RETRY_S = 2.0, 0.01
# On PostgreSQL. With a lease of 20 s, the jobs that an idle transaction locks are still taken over within 30 s.
_IDLE_TIMEOUT_S = 5.0
_MAX_CONNECTIONS = 15  # of a replica; PostgreSQL allows 100 by default
_DELETED_AT_ONCE = 500  # rows; SQLite takes some milliseconds
# libpq's options. If the server's machine vanishes, a query fails within 15 s instead of a quarter of an hour.
_TCP_OPTIONS = {
    "connect_timeout": 5,  # seconds, as the next three
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
_log = structlog.stdlib.get_logger(__name__)


class Database:
    """The connections to the bot's database. Open it before use, close it after.

    If its SQLite file is deleted or replaced while it is open, the next query opens the file that is there then, or
    creates one. *on_new_file* may write to it before any other query; *after_new_file* is called after that commit.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.is_shared = self._url.get_backend_name() == "postgresql"  # with other replicas
        self.on_new_file: Callable[[Connection], None] = lambda connection: None
        self.after_new_file: Callable[[], None] = lambda: None
        self._file = None if self.is_shared else DatabaseFile.of_url(self._url)
        self._reopening = asyncio.Lock()
        self._in_threads: set[asyncio.Task[Any]] = set()  # work on SQLite that must end before the event loop does
        if self.is_shared:
            try:
                _ = self.engine
            except ModuleNotFoundError as error:
                raise ZimerrError(
                    f"DATABASE_URL names PostgreSQL, but {error.name} is not installed. "
                    "Run pip install 'zimerr[postgres]'."
                ) from error
        else:
            # A connection that is not kept can't be one to a file that was replaced.
            file_url = self._url.set(drivername="sqlite")
            self._sqlite: Engine = create_engine(file_url, poolclass=NullPool, **_JSON)
            event.listen(self._sqlite, "connect", _set_up_sqlite)
            self._connection: Connection | None = None  # that of `run`

    @cached_property
    def engine(self) -> AsyncEngine:
        """Return the engine of PostgreSQL, and on SQLite that of slack_sdk's stores, which bring their own queries."""
        from sqlalchemy.ext.asyncio import create_async_engine  # needs 8 MB, and SQLite rarely needs it

        if not self.is_shared:
            engine = create_async_engine(self._url, poolclass=NullPool, **_JSON)
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            return engine
        options = {name: value for name, value in _TCP_OPTIONS.items() if name not in self._url.query}
        # All are kept: a new connection takes 3 ms, over a network with TLS more.
        pool = {"pool_size": _MAX_CONNECTIONS, "max_overflow": 0}
        engine = create_async_engine(self._url, connect_args=options, **pool, **_JSON)
        event.listen(engine.sync_engine, "connect", _set_up_postgresql)
        event.listen(engine.sync_engine, "checkout", _check_open)
        return engine

    @cached_property
    def _autocommit(self) -> Engine:
        """Return the engine of PostgreSQL for statements without a transaction around them, with the same pool."""
        return self.engine.sync_engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def path(self) -> Path | None:
        """Return the path of the SQLite file; None for a database in memory or on a server."""
        return self._file.path if self._file else None

    @property
    def name(self) -> str:
        """Return the path of the SQLite file, or the URL without its password."""
        return str(self.path or shown(self._url))

    async def open(self, *, upgrade: bool = False) -> None:
        """Check that the database is reachable and has the code's schema; raises ZimerrError if not.

        SQLite is upgraded first. PostgreSQL is only upgraded on request: other replicas may be running on it.
        """
        from bot.storage import schema  # slow to import, and many commands do not need it

        try:
            if self._file:
                self._file.prepare()
            await self.run(schema.check if self.is_shared and not upgrade else schema.upgrade)
            if self._file:
                self._file.note_opened()
        except UNREACHABLE as error:
            raise self._unusable("opened", error) from error

    async def verify(self) -> None:
        """Check that the database is intact, has the code's schema and can be written to, and change nothing in it.

        Raises OlderSchemaError if the schema can be upgraded, another ZimerrError for other faults.
        """
        from bot.storage import schema

        try:
            if not self.is_shared:
                await self.run(self._check_integrity)
            await self.run(schema.check)
        except UNREACHABLE as error:
            raise self._unusable("opened", error) from error
        try:
            await self.check_writable()
        except UNREACHABLE as error:
            raise self._unusable("written to", error) from error

    def _check_integrity(self, connection: Connection) -> None:
        """Raise ZimerrError if a page of the SQLite file is damaged: https://www.sqlite.org/pragma.html."""
        found = connection.execute(sql("PRAGMA quick_check(1)")).scalar()
        if found != "ok":
            raise ZimerrError(f"The database {self.name} is damaged: {found}. Restore it from a backup.")

    def _unusable(self, purpose: str, error: BaseException) -> ZimerrError:
        reason = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")
        remedy = advice(error, is_postgresql=self.is_shared)
        return ZimerrError(f"The database {self.name} can't be {purpose}: {reason}. {remedy}")

    async def close(self) -> None:
        """Close all connections, after the queries that still run in threads."""
        await asyncio.gather(*self._in_threads, return_exceptions=True)
        if "engine" in vars(self):
            await self.engine.dispose()
        if not self.is_shared:
            self._disconnect()

    async def check_writable(self) -> None:
        """Write to the database without changing it; raises one of UNREACHABLE if that is impossible."""
        query = sql("UPDATE alembic_version SET version_num = version_num")
        await self.run(lambda connection: connection.execute(query))

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run *work* in a transaction and commit it. If the database is busy, *work* may be called again."""
        if self.is_shared:
            return await self.run_aside(work)
        end = time.monotonic() + _BUSY_TIMEOUT_S
        while True:
            try:
                await self._reopen_if_replaced()
                return self._run_sync(work)
            except OperationalError as error:
                if not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                    self._disconnect()  # a new connection may succeed
                    if self._file and "no such table" in str(error.orig):
                        self._file.forget_opened()
                    raise
                if time.monotonic() > end:
                    raise
            await asyncio.sleep(_BUSY_RETRY_S)

    async def run_single(self, work: Callable[[Connection], T]) -> T:
        """Run *work*, whose statements need no transaction together: BEGIN and COMMIT are two more ways to a server."""
        if self.is_shared:
            return await greenlet_spawn(_connect, self._autocommit, work)
        return await self.run(work)

    async def rows(self, query: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
        """Execute one statement and return its rows."""
        return await self.run_single(lambda connection: connection.execute(query, values).all())

    async def row(self, query: Executable, values: Mapping[str, Any] | None = None) -> Row[*tuple[Any, ...]] | None:
        """Execute one statement and return its first row, or None."""
        return next(iter(await self.rows(query, values)), None)

    async def execute(self, query: UpdateBase) -> int:
        """Execute one statement and return the number of rows that it changed."""
        return await self.run_single(lambda connection: connection.execute(query).rowcount)

    async def run_aside(self, work: Callable[[Connection], T]) -> T:
        """Run slow *work* in a transaction on a connection of its own, without blocking the event loop.

        If the caller is cancelled on SQLite, *work* goes on and is committed, because its thread can't be stopped.
        """
        await self._reopen_if_replaced()
        if not self.is_shared:
            return await self.to_the_end(asyncio.to_thread(_begin, self._sqlite, work))
        # All steps in one greenlet. One for each step, as in `engine.begin()`, takes longer: 0.62 ms instead of 0.44.
        return await greenlet_spawn(_begin, self.engine.sync_engine, work)

    async def to_the_end(self, threaded: Coroutine[Any, Any, T]) -> T:
        """Await a query in a thread. It goes on if the caller is cancelled, and `close` waits for it."""

        def on_end(task: asyncio.Task[T]) -> None:
            self._in_threads.discard(task)
            if not task.cancelled():
                task.exception()  # the caller may be gone, and asyncio would log that nobody has read it

        task = asyncio.create_task(threaded)
        self._in_threads.add(task)
        task.add_done_callback(on_end)
        return await asyncio.shield(task)

    def _run_sync(self, work: Callable[[Connection], T]) -> T:
        # SQLite takes some 50 microseconds and does not wait for the disk; a thread would take longer than that.
        if self._connection is None:
            self._connection = self._sqlite.connect()
            # To wait here for a busy database would block the event loop.
            self._connection.exec_driver_sql("PRAGMA busy_timeout=0")
            self._connection.rollback()  # SQLAlchemy has begun a transaction
        with self._connection.begin():
            return work(self._connection)

    def _disconnect(self) -> None:
        if self._connection:
            with suppress(SQLAlchemyError):
                self._connection.close()
        self._connection = None

    async def _reopen_if_replaced(self) -> None:
        if self._file and self._file.is_replaced:
            await self.to_the_end(self._reopen(self._file))

    async def _reopen(self, file: DatabaseFile) -> None:
        """Open the file that is at the path now, or a new one. Raises one of UNREACHABLE."""
        from bot.storage import schema

        async with self._reopening:
            if not file.is_replaced:
                return
            self._disconnect()
            file.forget_opened()  # the new file may get the inode of the old one before it has tables
            try:
                file.prepare()
                await asyncio.to_thread(_begin, self._sqlite, schema.upgrade)
            except ZimerrError as error:
                raise OSError(str(error)) from error
            self._run_sync(self.on_new_file)
            self.after_new_file()
            file.note_opened()
            _log.error(
                "The database file was deleted or replaced while zimerr was running. Settings, tokens and waiting "
                "messages that were only in the old file are lost; the file that is there now is used.",
                file=str(file.path),
            )

    async def delete_before(self, time: float, table: Table) -> None:
        """Delete the rows whose `at` is before *time*, some at a time: until they are deleted, other writers wait."""
        key = tuple_(*table.primary_key)
        old = select(*table.primary_key).where(table.c.at < time).limit(_DELETED_AT_ONCE)
        query = table.delete().where(key.in_(old))
        while await self.run_aside(lambda connection: connection.execute(query).rowcount) == _DELETED_AT_ONCE:
            pass

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT with ON CONFLICT, which each database has in its own dialect."""
        if not self.is_shared:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)


def _begin(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _connect(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _set_up_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # A commit survives a killed process, but a power cut may undo the last moments. FULL would keep those, at several
    # milliseconds for each commit. Deployments that need that have PostgreSQL.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={round(1000 * _BUSY_TIMEOUT_S)}")
    cursor.close()


def _set_up_postgresql(connection: Any, _: object) -> None:
    # A replica that is suspended or cut off within a transaction would keep its locks for ever.
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = {round(1000 * _IDLE_TIMEOUT_S)}")
    cursor.close()
    connection.commit()


def _check_open(connection: Any, _: object, __: object) -> None:
    """Raise DisconnectionError, after which the pool connects anew, if the server has closed the connection.

    PostgreSQL may have been restarted. libpq reads what has arrived, without a query: first the server's farewell, then
    the end of the stream.
    """
    try:
        for _ in range(2):
            connection.driver_connection.pgconn.consume_input()
    except connection.dbapi.Error as error:
        raise DisconnectionError from error
