"""Limit the jobs in memory, in total and for each channel."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque

from bot.inbox.job import ChannelKey


class Admission:
    """Count the jobs in memory, and let callers wait for room for another."""

    def __init__(self, limit: int, channel_limit: int) -> None:
        self._channel_limit = channel_limit
        self._by_channel: Counter[ChannelKey] = Counter()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self.room = limit

    def has_room(self, channel: ChannelKey) -> bool:
        """Return whether another job of a channel may enter."""
        return self.room > 0 and self._by_channel[channel] < self._channel_limit

    def channel_room(self) -> dict[ChannelKey, int]:
        """Return how many more jobs may enter, for each channel that has jobs in memory."""
        return {channel: self._channel_limit - jobs for channel, jobs in self._by_channel.items()}

    def enter(self, channel: ChannelKey) -> None:
        """Count a job of a channel."""
        self._by_channel[channel] += 1
        self.room -= 1

    def leave(self, channel: ChannelKey) -> None:
        """Stop counting a job of a channel, and wake the longest waiter."""
        self._by_channel[channel] -= 1
        if not self._by_channel[channel]:
            del self._by_channel[channel]
        self.room += 1
        self._wake_next()

    async def wait(self, timeout_s: float) -> None:
        """Wait until there is room, at most *timeout_s*."""
        if self.room > 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.room <= 0 and not self._is_closed:
                    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiters.append(waiter)
                    await waiter

    def close(self) -> None:
        """Wake all waiters; from now on, none waits."""
        self._is_closed = True
        while self._waiters:
            self._wake_next()

    def _wake_next(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():  # done: it has timed out
                waiter.set_result(None)
                return
