"""How fast to post in a channel of which Slack has said that it goes too fast there.

Slack takes about a message a second in a channel, and short bursts
(https://docs.slack.dev/apis/web-api/rate-limits). Where it does not complain, nothing is held back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.storage.inbox import Channel


@dataclass(slots=True)
class _Bucket:
    tokens: float
    counted_at: float
    opens_at: float  # Slack's Retry-After
    slow_until: float


class Pace:
    """A token bucket for each channel that is too fast, until Slack has not complained for a while."""

    def __init__(
        self, clock: Callable[[], float], *, per_s: float = 1.0, burst: int = 4, calm_after_s: float = 60.0
    ) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._calm_after_s = calm_after_s
        self._buckets: dict[Channel, _Bucket] = {}

    def slow_down(self, channel: Channel, after_s: float) -> None:
        """Slack said: nothing in this channel for so long."""
        now = self._clock()
        bucket = self._buckets.setdefault(channel, _Bucket(self._burst, now, now, now))
        bucket.opens_at = max(bucket.opens_at, now + after_s)
        bucket.slow_until = bucket.opens_at + self._calm_after_s

    def wait_s(self, channel: Channel) -> float:
        """How long a post in the channel has to wait; 0: it takes its turn now."""
        if channel not in self._buckets:
            return 0.0
        wait_s = self._look(channel, self._clock())
        if wait_s <= 0.0 and channel in self._buckets:
            self._buckets[channel].tokens -= 1.0
        return wait_s

    def is_closed(self, channel: Channel) -> bool:
        """Whether the channel has to wait now."""
        return channel in self._buckets and self._look(channel, self._clock()) > 0.0

    def closed(self) -> dict[Channel, float]:
        """The channels that have to wait now, and how long."""
        now = self._clock()
        waits = {channel: self._look(channel, now) for channel in list(self._buckets)}
        return {channel: wait_s for channel, wait_s in waits.items() if wait_s > 0.0}

    def _look(self, channel: Channel, now: float) -> float:
        bucket = self._buckets[channel]
        if now >= bucket.slow_until:
            del self._buckets[channel]
            return 0.0
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.counted_at) * self._per_s)
        bucket.counted_at = now
        return max(bucket.opens_at - now, (1.0 - bucket.tokens) / self._per_s if bucket.tokens < 1.0 else 0.0, 0.0)
