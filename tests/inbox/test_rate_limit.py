"""Test how fast the bot may post in a channel."""

from __future__ import annotations

from bot.inbox.rate_limit import RateLimit
from tests.inbox.time import Time

HERE, THERE = ("T1", "C1"), ("T2", "C1")


def posts(rate_limit: RateLimit, time: Time, seconds: float) -> int:
    """Return how many posts are allowed within *seconds* if each is made as early as possible."""
    count, until = 0, time.now + seconds
    while time.now < until:
        if wait_s := rate_limit.wait_s(HERE):
            time.now += wait_s
        else:
            rate_limit.record_post(HERE)
            count += 1
    return count


def test_a_burst_is_allowed_and_then_one_post_per_second() -> None:
    """Slack's own rule, https://docs.slack.dev/apis/web-api/rate-limits."""
    time = Time()
    rate_limit = RateLimit(time.clock, burst=5)
    assert posts(rate_limit, time, 0.5) == 5
    assert 9 <= posts(rate_limit, time, 10.0) <= 11
    assert rate_limit.wait_s(THERE) == 0.0


def test_jobs_without_a_post_never_wait() -> None:
    """The bot reads most messages of a busy channel without an answer."""
    rate_limit = RateLimit(Time().clock)
    assert [rate_limit.wait_s(HERE) for _ in range(100)] == [0.0] * 100


def test_a_blocked_channel_waits_and_then_gets_one_post_per_second() -> None:
    """Slack also counts what others post there, so there is no burst after a 429."""
    time = Time()
    rate_limit = RateLimit(time.clock)
    rate_limit.block(HERE, 5.0)
    assert rate_limit.waits_s() == {HERE: 5.0}
    assert posts(rate_limit, time, 4.9) == 0
    assert 10 <= posts(rate_limit, time, 10.0) <= 12


def test_a_quiet_channel_may_burst_again() -> None:
    """The next incident starts at full speed."""
    time = Time()
    rate_limit = RateLimit(time.clock, burst=5)
    posts(rate_limit, time, 20.0)
    time.now += 5.0
    assert rate_limit.waits_s() == {}
    assert posts(rate_limit, time, 0.5) == 5
