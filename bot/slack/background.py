"""Run work after its request was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable

import structlog

from bot.errors import GiveUp, RetryLater, StopWorkspace, describe
from bot.log import RareWarning
from bot.storage.database import UNREACHABLE

_log = structlog.stdlib.get_logger(__name__)
_NOT_SAVED = RareWarning("the database could not be reached in the background")


class Background:
    """Run work in tasks, and wait for them before the process exits."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], Hashable] = {}  # with their keys

    def start(self, work: Coroutine[None, None, None], key: Hashable = None) -> None:
        """Start *work*, which can be stopped by its *key*. Its errors are logged."""
        task = asyncio.create_task(work)
        self._tasks[task] = key
        task.add_done_callback(self._on_done)

    def stop(self, key: Hashable) -> None:
        """Cancel the work with *key*, if there is any."""
        for task, own_key in self._tasks.items():
            if own_key == key:
                task.cancel()

    async def drain(self, grace_s: float) -> None:
        """Wait until all work is done, at most *grace_s*."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, UNREACHABLE):
            _NOT_SAVED.log(_log, error=describe(error))
        elif isinstance(error, GiveUp | RetryLater | StopWorkspace):
            _log.warning("Slack refused background work", reason=str(error))
        elif error:
            _log.error("background work failed", exc_info=error)
