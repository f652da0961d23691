"""Provide clocks that the test controls."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class Time:
    """A wall clock, a steady clock, and sleeps that end when both are advanced."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.steady = 5000.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def clock(self) -> float:
        """Return the time of the wall clock."""
        return self.now

    def steady_clock(self) -> float:
        """Return the time of the clock that does not jump."""
        return self.steady

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back."""
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until the clocks were advanced by *seconds*."""
        waker = asyncio.Event()
        heapq.heappush(self._sleepers, (self.steady + seconds, next(self._numbers), waker))
        await waker.wait()

    def advance(self, seconds: float) -> None:
        """Advance both clocks."""
        self.now += seconds
        self.steady += seconds
        while self._sleepers and self._sleepers[0][0] <= self.steady:
            heapq.heappop(self._sleepers)[2].set()
