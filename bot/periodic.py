"""Run work periodically."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable


@contextlib.asynccontextmanager
async def repeating(
    work: Callable[[], Awaitable[None]], pause_s: float, *, first_pause_s: float = 0.0
) -> AsyncIterator[None]:
    """Run *work* in a task while the context is open, with a pause of *pause_s* between two runs.

    When the context closes, a run is cancelled and awaited: the database must not be closed during a query.
    """

    async def repeat() -> None:
        if first_pause_s:
            await asyncio.sleep(first_pause_s)
        while True:
            await work()
            await asyncio.sleep(pause_s)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
