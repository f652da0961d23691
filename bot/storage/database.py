"""The connection to the database. The queries stand with what they are about, in the modules beside this one.

SQLite by default, in WAL mode: one process writes, readers do not wait. PostgreSQL where several replicas share it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import ZimerrError

T = TypeVar("T")
_TOGETHER = 200  # transactions made one, at most


class Database:
    """The bot's memory. Open it before use, close it after."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.is_shared = self._url.get_backend_name() == "postgresql"  # with other replicas
        try:
            # Before each use PostgreSQL is asked whether it is still there: it may have been restarted.
            self._engine: AsyncEngine = create_async_engine(self._url, pool_pre_ping=self.is_shared)
        except ModuleNotFoundError as error:
            raise ZimerrError(
                f"DATABASE_URL names PostgreSQL, but {error.name} is not installed. Run pip install 'zimerr[postgres]'."
            ) from error
        # On SQLite one writer at a time is fast, many at once wait for each other's locks.
        self._turn = contextlib.nullcontext() if self.is_shared else asyncio.Lock()
        self._thread: ThreadPoolExecutor | None = None
        if not self.is_shared:
            event.listen(self._engine.sync_engine, "connect", _tune)
            # See `run`.
            self._thread = ThreadPoolExecutor(1, "database")
            self._waiting: list[tuple[Callable[[Connection], Any], asyncio.Future[Any]]] = []
            self._working: asyncio.Task[None] | None = None
            self._engine_in_thread = create_engine(self._url.set(drivername="sqlite"))
            event.listen(self._engine_in_thread, "connect", _tune)

    async def open(self) -> None:
        """Make sure that the database is there with the code's schema; raises ZimerrError where it can't be.

        SQLite is upgraded on the way, PostgreSQL is not: other replicas may be at work on it.
        """
        if not self.is_shared:
            await self.upgrade()
            return
        from bot.storage import schema

        with self._explained():
            async with self._engine.connect() as connection:
                await connection.run_sync(schema.check)

    async def upgrade(self) -> None:
        """Bring the schema to the code's version; raises ZimerrError where that fails."""
        from bot.storage import schema  # takes a while to import, and not every command of zimerr needs it

        with self._explained():
            _make_folder(self._url)
            async with self._engine.begin() as connection:
                await connection.run_sync(schema.upgrade)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        if self._thread:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._engine_in_thread.dispose)
            self._thread.shutdown()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with self._engine.connect() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end."""
        async with self._turn, self._engine.begin() as connection:
            yield connection

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Have *work* do a whole transaction, committed at the end: for what is done often, and is several statements.

        aiosqlite goes to its thread and back for each step of each statement; here that is once for all of them. What
        is asked for while the thread is busy is done together next, and committed together: *work* may be called
        again where another's fails.
        """
        if self._thread is None:
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await done

    async def _work_off(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            async with self._turn:
                works = [work for work, _ in group]
                results = await asyncio.get_running_loop().run_in_executor(self._thread, self._together, works)
            for (_, done), result in zip(group, results, strict=True):
                if done.done():
                    continue  # nobody waits for it any more
                if isinstance(result, BaseException):
                    done.set_exception(result)
                else:
                    done.set_result(result)
        self._working = None

    def _together(self, works: list[Callable[[Connection], Any]]) -> list[Any]:
        """The result of each, or the exception that it raised."""
        try:
            with self._engine_in_thread.begin() as connection:
                return [work(connection) for work in works]
        except Exception as error:  # whoever waits gets it
            return [error] if len(works) == 1 else [self._together([work])[0] for work in works]

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that can say what happens on a conflict; every database has its own."""
        return postgresql.insert(table) if self.is_shared else sqlite.insert(table)

    @contextlib.contextmanager
    def _explained(self) -> Any:
        try:
            yield
        except (OSError, SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error).strip()
            hint = (
                "Check that PostgreSQL runs there and that DATABASE_URL names it."
                if self.is_shared
                else "Point DATABASE_URL at a file in a folder that this user may write to."
            )
            shown = self._url.render_as_string(hide_password=True)
            raise ZimerrError(f"The database {shown} can't be opened: {reason}. {hint}") from error


def _make_folder(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)


def _tune(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # What is committed survives the process, killed or not; a power cut may take the last moments with it. FULL would
    # keep those, at several milliseconds for each commit: who needs that has PostgreSQL.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
