"""Run work periodically."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

_log = structlog.stdlib.get_logger(__name__)


@contextlib.asynccontextmanager
async def repeating(
    work: Callable[[], Awaitable[None]], pause_s: float, *, first_pause_s: float = 0.0
) -> AsyncIterator[None]:
    """Run *work* in a task while the context is open, with a pause of *pause_s* between two runs.

    A run that raises is logged, and the next one follows. When the context closes, a run is cancelled and awaited: the
    database must not be closed during a query.
    """

    async def repeat() -> None:
        if first_pause_s:
            await asyncio.sleep(first_pause_s)
        while True:
            try:
                await work()
            except Exception as error:  # a bug, which later runs may not meet
                _log.error("periodic work failed", exc_info=error)
            await asyncio.sleep(pause_s)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
