"""The connection to the database. The queries stand with what they are about, in the modules beside this one.

SQLite by default, in WAL mode: one process writes, readers do not wait. PostgreSQL where several replicas share it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import ZimerrError
from bot.json_bytes import decode, encode_text

T = TypeVar("T")
UNREACHABLE = (SQLAlchemyError, OSError)  # the errors of a database that can't be reached, or refuses
_JSON: dict[str, Any] = {"json_serializer": encode_text, "json_deserializer": decode}
_BUSY_S, _LOOK_AGAIN_S = 5.0, 0.01  # how long another process may write to SQLite, and how often to see whether it does
_IDLE_S = (
    5.0  # within a transaction on PostgreSQL; with a lease of 20 s, its jobs are taken over within 30 s all the same
)


class Database:
    """The bot's memory. Open it before use, close it after."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.is_shared = self._url.get_backend_name() == "postgresql"  # with other replicas
        try:
            # On SQLite, for `run_aside`, and slack_sdk's stores, which bring their own queries. Before each use
            # PostgreSQL is asked whether it is still there: it may have been restarted.
            self.engine: AsyncEngine = create_async_engine(self._url, pool_pre_ping=self.is_shared, **_JSON)
        except ModuleNotFoundError as error:
            raise ZimerrError(
                f"DATABASE_URL names PostgreSQL, but {error.name} is not installed. Run pip install 'zimerr[postgres]'."
            ) from error
        event.listen(self.engine.sync_engine, "connect", _tune_shared if self.is_shared else _tune)
        if not self.is_shared:
            self._engine_here: Engine = create_engine(self._url.set(drivername="sqlite"), **_JSON)
            event.listen(self._engine_here, "connect", _tune_here)
            self._connection: Connection | None = None

    async def open(self) -> None:
        """Make sure that the database is there with the code's schema; raises ZimerrError where it can't be.

        SQLite is upgraded on the way, PostgreSQL is not: other replicas may be at work on it.
        """
        if not self.is_shared:
            await self.upgrade()
            return
        from bot.storage import schema

        with self._explained():
            await self.run(schema.check)

    async def upgrade(self) -> None:
        """Bring the schema to the code's version; raises ZimerrError where that fails."""
        from bot.storage import schema  # takes a while to import, and not every command of zimerr needs it

        with self._explained():
            _make_folder(self._url)
            await self.run(schema.upgrade)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        if not self.is_shared:
            if self._connection:
                self._connection.close()
            self._connection = None
            self._engine_here.dispose()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Have *work* do a transaction, committed at the end; *work* may be called again where it could not begin."""
        if self.is_shared:
            return await self.run_aside(work)
        for _ in range(round(_BUSY_S / _LOOK_AGAIN_S)):
            try:
                return self._here(work)
            except OperationalError as error:
                if not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                    raise
            await asyncio.sleep(_LOOK_AGAIN_S)
        return self._here(work)

    async def run_aside(self, work: Callable[[Connection], T]) -> T:
        """As `run`, for what may take long: all else goes on meanwhile."""
        async with self.engine.begin() as connection:
            return await connection.run_sync(work)

    def _here(self, work: Callable[[Connection], T]) -> T:
        # SQLite takes some 50 microseconds, and does not wait for the disk: to hand that to a thread takes longer.
        self._connection = self._connection or self._engine_here.connect()
        with self._connection.begin():
            return work(self._connection)

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
    cursor.execute(f"PRAGMA busy_timeout={round(1000 * _BUSY_S)}")
    cursor.close()


def _tune_shared(connection: Any, _: object) -> None:
    # A replica that is suspended within a transaction, or cut off, would keep its locks from all others for ever.
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = {round(1000 * _IDLE_S)}")
    cursor.close()
    connection.commit()


def _tune_here(connection: Any, record: object) -> None:
    _tune(connection, record)
    connection.execute("PRAGMA busy_timeout=0")  # all else would wait, too
