"""How many jobs are in memory, in all and of each channel, and who waits until there is room for another."""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from bot.storage.inbox_rows import ChannelKey


class Admission:
    """Holds *most* jobs, of one channel no more than *most_per_channel*."""

    def __init__(self, most: int, most_per_channel: int) -> None:
        self._most_per_channel = most_per_channel
        self._by_channel: Counter[ChannelKey] = Counter()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self.left = most

    def has(self, channel: ChannelKey) -> bool:
        """Whether there is room for a job of a channel."""
        return self.left > 0 and self._by_channel[channel] < self._most_per_channel

    def left_by_channel(self) -> dict[ChannelKey, int]:
        """How many more jobs of the channels in memory there is room for."""
        return {channel: self._most_per_channel - jobs for channel, jobs in self._by_channel.items()}

    def occupy(self, channel: ChannelKey) -> None:
        """A job of a channel comes in."""
        self._by_channel[channel] += 1
        self.left -= 1

    def vacate(self, channel: ChannelKey) -> None:
        """A job of a channel goes; who waits the longest gets its turn."""
        self._by_channel[channel] -= 1
        if not self._by_channel[channel]:
            del self._by_channel[channel]
        self.left += 1
        while self._waiting and not _let_go(self._waiting.popleft()):
            pass  # that one had lost its patience

    async def wait(self, patience_s: float) -> None:
        """Wait until there is room for another, at most so long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        while self.left <= 0 and not self._is_closed and loop.time() < until:
            waiting: asyncio.Future[None] = loop.create_future()
            self._waiting.append(waiting)
            timer = loop.call_at(until, _let_go, waiting)
            await waiting
            timer.cancel()

    def close(self) -> None:
        """Let nobody wait any more."""
        self._is_closed = True
        for waiting in self._waiting:
            _let_go(waiting)


def _let_go(waiting: asyncio.Future[None]) -> bool:
    """Have somebody go on; return whether they were waiting still."""
    if waiting.done():
        return False
    waiting.set_result(None)
    return True
