"""Work that goes on after the request that asked for it was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Background:
    """Holds on to running work, so that the process can finish it before it ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run *work*. It deals with its own errors."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, grace_s: float) -> None:
        """Wait until all work is done, at most *grace_s* seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
