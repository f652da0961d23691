"""How fast to post in a channel: about a message a second, and a short burst.

That is what Slack takes in one channel (https://docs.slack.dev/apis/web-api/rate-limits); where it says so by a 429,
nothing is posted there for as long as it asks. Who posts says so; what needs no post is not held back by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.storage.inbox_rows import ChannelKey


@dataclass(slots=True)
class _Bucket:
    tokens: float  # posts that are free; less than none where more were made
    counted_at: float  # where it lies ahead, nothing is free until then


class RateLimit:
    """A token bucket for each channel in which something was posted lately."""

    def __init__(self, clock: Callable[[], float], *, per_s: float = 1.0, burst: int = 5) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._buckets: dict[ChannelKey, _Bucket] = {}

    def posted(self, channel: ChannelKey) -> None:
        """Something is posted in a channel."""
        self._counted(channel).tokens -= 1.0

    def slow_down(self, channel: ChannelKey, after_s: float) -> None:
        """Slack said: nothing in this channel for so long."""
        bucket = self._counted(channel)
        bucket.tokens, bucket.counted_at = 1.0, max(bucket.counted_at, self._clock() + after_s)

    def wait_s(self, channel: ChannelKey) -> float:
        """How long a post in the channel has to wait; 0: it takes its turn now."""
        if channel not in self._buckets:
            return 0.0
        bucket = self._counted(channel)
        return max(0.0, bucket.counted_at - self._clock() + max(0.0, 1.0 - bucket.tokens) / self._per_s)

    def closed(self) -> dict[ChannelKey, float]:
        """The channels that have to wait now, and how long; those that were quiet for a while are forgotten."""
        for channel in [each for each in self._buckets if self._counted(each).tokens >= self._burst]:
            del self._buckets[channel]
        waits = {channel: self.wait_s(channel) for channel in self._buckets}
        return {channel: wait_s for channel, wait_s in waits.items() if wait_s > 0.0}

    def _counted(self, channel: ChannelKey) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(channel, _Bucket(self._burst, now))
        if now > bucket.counted_at:
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.counted_at) * self._per_s)
            bucket.counted_at = now
        return bucket
