"""Process items from concurrent callers in batches, one batch at a time.

One commit costs as much for one row as for a hundred, so the items per second grow with the load (group commit).
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import exc

Item = TypeVar("Item")
Result = TypeVar("Result")
TRANSIENT = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
    OSError,
)  # the database is unreachable or busy, or broke a deadlock
# Slack expects its acknowledgement within 3 s, so a database that restarts within these pauses goes unnoticed.
_RETRY_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
_MAX_RETRY_S = 1.5  # a busy database makes each try slow
_LARGE_BATCH, _GATHER_S = 3, 0.004
_LINGER_S = 0.05


@dataclass(frozen=True, slots=True)
class _QueuedItem(Generic[Item, Result]):
    item: Item
    then: Callable[[Result | None], None]
    caller: asyncio.Future[Result] | None  # None: nobody waits, so the item is retried until it succeeds


class Batcher(Generic[Item, Result]):
    """Collect items while a batch is processed, and process them together as the next batch.

    - *process* takes a batch and returns one result per item, in order. It must be atomic: a batch may be repeated.
    - The items that are submitted in one round of the event loop form one batch, of at most *max_items*.
    - After a transient database error, such as a lost connection or a deadlock, a batch is repeated for 1.5 s.
    - After any other error, each item is processed alone, so that a bad one fails alone.
    - If *gathers*, a short pause follows each large batch: under load, larger batches are worth more than the wait.
    """

    def __init__(
        self,
        process: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        max_items: int = 100,
        gathers: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._process = process
        self._max_items = max_items
        self._gathers = gathers
        self._sleep = sleep
        self._queue: list[_QueuedItem[Item, Result]] = []
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def submit(self, item: Item, then: Callable[[Result | None], None] = lambda result: None) -> Result:
        """Process *item* in the next batch and return its result; raises the errors of *process*.

        *then* is called with the result right after the batch, or with None after an error. It is called even if the
        caller was cancelled meanwhile.
        """
        caller: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append(_QueuedItem(item, then, caller))
        self._start()
        return await caller

    def submit_later(self, item: Item, then: Callable[[Result | None], None]) -> None:
        """Process *item* with the next batch or within 50 ms, again and again until it succeeds; then call *then*."""
        self._queue.append(_QueuedItem(item, then, None))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LINGER_S, self._start)

    async def flush(self, timeout_s: float) -> None:
        """Wait until the queue is empty, at most *timeout_s*, and stop. Callers that still wait get a TimeoutError."""
        self._start()
        if task := self._task:
            await asyncio.wait({task}, timeout=timeout_s)
            task.cancel()

    def _start(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._task is None or self._task.done():
            # Without the context of the caller: the ids that it logs are not those of the other items.
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    async def _run(self) -> None:
        batch: list[_QueuedItem[Item, Result]] = []
        try:
            while self._queue:
                batch, self._queue = self._queue[: self._max_items], self._queue[self._max_items :]
                await self._run_batch(batch)
                if self._gathers and len(batch) >= _LARGE_BATCH:
                    await asyncio.sleep(_GATHER_S)
        except asyncio.CancelledError:  # by `flush`
            for queued in batch + self._queue:
                if queued.caller and not queued.caller.done():
                    queued.caller.set_exception(TimeoutError("the database did not answer in time"))
            self._queue.clear()
            raise

    async def _run_batch(self, batch: list[_QueuedItem[Item, Result]]) -> None:
        try:
            results = await self._process_with_retries([queued.item for queued in batch])
        except Exception as error:  # whatever it is, the callers must get it
            if len(batch) > 1 and not isinstance(error, TRANSIENT):
                for queued in batch:
                    await self._run_batch([queued])
            else:
                await self._fail(batch, error)
            return
        for queued, result in zip(batch, results, strict=True):
            queued.then(result)
            if queued.caller and not queued.caller.done():  # done: the caller was cancelled
                queued.caller.set_result(result)

    async def _process_with_retries(self, items: list[Item]) -> Sequence[Result]:
        loop = asyncio.get_running_loop()
        end = loop.time() + _MAX_RETRY_S
        for pause_s in _RETRY_PAUSES_S:
            try:
                return await self._process(items)
            except TRANSIENT:
                if loop.time() > end:
                    raise
                await self._sleep(pause_s)
        return await self._process(items)

    async def _fail(self, batch: list[_QueuedItem[Item, Result]], error: Exception) -> None:
        """Give *error* to the callers; queue the items that nobody waits for again."""
        self._queue[:0] = [queued for queued in batch if queued.caller is None]
        waited_for = [queued for queued in batch if queued.caller is not None]
        for queued in waited_for:
            queued.then(None)
            if queued.caller and not queued.caller.done():
                queued.caller.set_exception(error)
        if not waited_for:
            await self._sleep(_RETRY_PAUSES_S[-1])
