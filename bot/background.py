"""Run work in the background after its request was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from bot import log

_log = log.get(__name__)


class Background:
    """Run work in tasks, and wait for them before the process exits."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Start *work*. Its errors are logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    async def drain(self, grace_s: float) -> None:
        """Wait until all work is done, at most *grace_s*."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error:
            _log.error("background work failed", exc_info=error)
