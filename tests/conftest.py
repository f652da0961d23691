"""Fixtures that most tests share, and the option ``--full``."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from aiohttp import web_app

from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.settings import DatabaseSettings
from bot.storage.database import Database
from tests import migrated

if TYPE_CHECKING:
    from tests.postgres import Postgres


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--full``."""
    parser.addoption("--full", action="store_true", help="all scenarios over both transports; the whole chaos matrix")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: archives contain the time, and all processes must collect the same tests."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests marked `full` unless ``--full`` is given; pytest reports how many."""
    if not config.getoption("--full"):
        deselected = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if not item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=deselected)


def pytest_collection_finish() -> None:
    """Keep the collected tests out of garbage collection: to search them takes half a second, and answers wait."""
    gc.collect()
    gc.freeze()


def pytest_configure() -> None:
    """Make structlog write plain tracebacks in all tests."""
    use_plain_tracebacks()


def use_plain_tracebacks() -> None:
    """Reset structlog to its defaults, with plain tracebacks: Rich takes 0.1 s to format the local variables of one."""
    structlog.reset_defaults()
    *processors, _ = structlog.get_config()["processors"]
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*processors, console])


@pytest.fixture(autouse=True)
def forget_applications() -> Iterator[None]:
    """Empty a cache of aiohttp's, which keeps the servers of 1,024 tests with all that their bots refer to."""
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo `log.configure` after a test. Its configuration is global and would hide log lines from later tests."""
    loggers = [logging.getLogger(name) for name in (None, "bot", "slack_bolt.AsyncApp")]
    before = [(logger.level, logger.handlers[:], logger.filters[:]) for logger in loggers]
    yield
    use_plain_tracebacks()
    for logger, (level, handlers, filters) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:], logger.filters[:] = handlers, filters


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that ships with the bot."""
    return open_catalogue()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    from tests.postgres import running

    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL, in the form of DATABASE_URL, of a database without rows: first SQLite, then PostgreSQL.

    It has the bot's tables if the test uses `database`.
    """
    is_migrated = "database" in request.fixturenames
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.migrated_database() if is_migrated else server.new_database()
    path = tmp_path / "test.db"
    if is_migrated:
        migrated.create(path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the bot's tables and no rows."""
    database = Database(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    await database.open()
    yield database
    await database.close()
