"""Limit the posts in a channel to one message per second, after a short burst.

Slack allows about that much (https://docs.slack.dev/apis/web-api/rate-limits). After a 429, nothing is posted in the
channel for as long as Slack asks. Only posts count: a job that posts nothing does not slow its channel down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.inbox.job import ChannelKey


@dataclass(slots=True)
class _Bucket:
    tokens: float  # posts that need not wait; negative after more posts than that
    counted_at: float  # if it lies in the future, no post is allowed until then


class RateLimit:
    """A token bucket for each channel with recent posts."""

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
