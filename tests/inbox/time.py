"""A clock that the test turns."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class Time:
    """Tells the time, and wakes who sleeps when it has come."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def clock(self) -> float:
        """The time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has turned the clock so far."""
        waker = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), waker))
        await waker.wait()

    def advance(self, seconds: float) -> None:
        """Turn the clock."""
        self.now += seconds
        while self._sleepers and self._sleepers[0][0] <= self.now:
            heapq.heappop(self._sleepers)[2].set()
