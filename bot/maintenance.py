"""Delete old rows every hour while the bot runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from bot import log
from bot.errors import describe
from bot.storage.annotation_store import AnnotationStore
from bot.storage.database import UNREACHABLE, Database
from bot.storage.installation_store import forget_states

_KEEP_ANNOTATIONS_S = 30 * 86_400.0  # people hardly edit older messages; replies to these stay as they are
_INTERVAL_S = 3600.0
_log = log.get(__name__)


@contextlib.asynccontextmanager
async def maintained(database: Database, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Keep *database* tidy while the context is open."""
    task = asyncio.create_task(_tidy(database, clock))
    try:
        yield
    finally:
        task.cancel()
        # The database must not be closed during a query.
        await asyncio.gather(task, return_exceptions=True)


async def _tidy(database: Database, clock: Callable[[], float]) -> None:
    """Delete old annotations and the states of unfinished installations, again and again."""
    store = AnnotationStore(database)
    while True:
        try:
            await store.forget_before(clock() - _KEEP_ANNOTATIONS_S)
            await forget_states(database, before=clock())
        except UNREACHABLE as error:
            _log.warning("old rows could not be deleted", error=describe(error))
        await asyncio.sleep(_INTERVAL_S)
