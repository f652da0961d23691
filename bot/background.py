"""Work that goes on after the request that asked for it was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from bot import log

_log = log.get(__name__)


class Background:
    """Holds on to running work, so that the process can finish it before it ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run *work*. An error that it does not deal with itself is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def drain(self, grace_s: float) -> None:
        """Wait until all work is done, at most *grace_s* seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error:
            _log.error("work in the background failed", exc_info=error)
