"""Limit the jobs in memory, and the posts in each channel.

Slack allows about one message per second and channel (https://docs.slack.dev/apis/web-api/rate-limits).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.inbox.job import ChannelKey


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """Limits of the inbox: numbers of jobs, times and attempts."""

    in_memory: int = 256  # jobs; more wait in the database
    in_memory_per_channel: int = 32
    admission_s: float = 0.5  # wait for room in memory: a detour through the database costs more
    accept_s: float = 2.0  # wait for the database; Slack waits 3 s for an acknowledgement
    running: int = 64  # lanes
    running_per_channel: int = 4
    attempts: int = 20
    unexpected_attempts: int = 3  # of these, with an error that is no answer of Slack's: the same data fails again
    first_retry_s: float = 1.0  # pause before the second attempt; it doubles with each attempt
    max_retry_s: float = 256.0  # with 20 attempts, the last one comes after about an hour
    attempt_timeout_s: float = 60.0
    min_wait_s: float = 1.0  # of the waits that Slack asks for
    max_wait_s: float = 3600.0
    max_refused_s: float = 86_400.0  # a job that Slack still rate-limits after this time fails like any other
    unknown_pause_s: float = 60.0  # between two looks at a job of a later version
    keep_unknown_s: float = 86_400.0
    lease_s: float = 20.0  # with the poll, the jobs of a dead process are taken over well within 30 s
    renew_s: float = 5.0  # leaves most of a lease at any time: `bot.slack.sender` needs 12 s of it for a post
    poll_s: float = 1.0
    keep_done_s: float = 86_400.0  # after this time, another delivery of the event would count as new
    purge_s: float = 60.0


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
                    try:
                        await waiter
                    except asyncio.CancelledError:
                        if not waiter.cancelled():  # it was woken just as its time was up: wake another instead
                            self._wake_next()
                        raise

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


@dataclass(slots=True)
class _Bucket:
    tokens: float  # posts that need not wait; negative after more posts than that
    counted_at: float  # if it lies in the future, no post is allowed until then


class PostRate:
    """Allow one post per second in a channel, after a short burst: a token bucket for each channel with recent posts.

    After a 429, nothing is posted in the channel for as long as Slack asks. Only posts count: a job that posts nothing
    does not slow its channel down.
    """

    def __init__(self, clock: Callable[[], float], *, per_s: float = 1.0, burst: int = 5) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._buckets: dict[ChannelKey, _Bucket] = {}

    def record_post(self, channel: ChannelKey) -> None:
        """Count a post in a channel."""
        self._refilled(channel).tokens -= 1.0

    def block(self, channel: ChannelKey, seconds: float) -> None:
        """Allow no post in a channel for *seconds*, as Slack's Retry-After asks."""
        bucket = self._refilled(channel)
        bucket.tokens, bucket.counted_at = 1.0, max(bucket.counted_at, self._clock() + seconds)

    def wait_s(self, channel: ChannelKey) -> float:
        """Return how long a post in a channel has to wait, in seconds; 0 if it need not."""
        if channel not in self._buckets:
            return 0.0
        bucket = self._refilled(channel)
        return max(0.0, bucket.counted_at - self._clock() + max(0.0, 1.0 - bucket.tokens) / self._per_s)

    def waits_s(self) -> dict[ChannelKey, float]:
        """Return the wait of each channel that has to wait, and forget the channels without recent posts."""
        for channel in [each for each in self._buckets if self._refilled(each).tokens >= self._burst]:
            del self._buckets[channel]
        waits_s = {channel: self.wait_s(channel) for channel in self._buckets}
        return {channel: wait_s for channel, wait_s in waits_s.items() if wait_s > 0.0}

    def _refilled(self, channel: ChannelKey) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(channel, _Bucket(self._burst, now))
        if now > bucket.counted_at:
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.counted_at) * self._per_s)
            bucket.counted_at = now
        return bucket
