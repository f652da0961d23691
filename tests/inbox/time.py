"""Provide a clock that the test controls."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class Time:
    """A clock, and sleeps that end when it is advanced."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def clock(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced by *seconds*."""
        waker = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), waker))
        await waker.wait()

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        self.now += seconds
        while self._sleepers and self._sleepers[0][0] <= self.now:
            heapq.heappop(self._sleepers)[2].set()
