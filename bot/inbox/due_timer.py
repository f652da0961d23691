"""Wait until the next row of the inbox is due.

Rows are due by the wall clock, which processes share, but which may jump. The timer therefore converts each time to the
steady clock when it is set.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable


class DueTimer:
    """A timer for one waiter; it can be set to an earlier time while it runs.

    *clock* is the wall clock. *steady_clock* never jumps, and *sleep* goes by it. All are in seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        steady_clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._steady_clock = steady_clock
        self._sleep = sleep
        self._due_at = math.inf  # by the steady clock
        self._is_set = asyncio.Event()  # makes the waiter read `_due_at` again

    def clear(self) -> None:
        """Forget the times that were set."""
        self._due_at = math.inf

    def set(self, at: float | None = None) -> None:
        """End the wait at a time of the wall clock, or now, unless it ends sooner."""
        wait_s = 0.0 if at is None else at - self._clock()
        self._due_at = min(self._due_at, self._steady_clock() + wait_s)
        self._is_set.set()

    async def wait(self, most_s: float) -> None:
        """Wait until the earliest time that was set, but at most *most_s*."""
        self._due_at = min(self._due_at, self._steady_clock() + most_s)
        while (left_s := self._due_at - self._steady_clock()) > 0.0:
            self._is_set.clear()
            waits = [asyncio.ensure_future(self._sleep(left_s)), asyncio.ensure_future(self._is_set.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
