"""How fast is too fast."""

from __future__ import annotations

from bot.inbox.rate_limit import RateLimit
from tests.inbox.time import Time

HERE, THERE = ("T1", "C1"), ("T2", "C1")


def posts(pace: RateLimit, time: Time, seconds: float) -> int:
    """How many posts are let through in a while, where each is made as soon as it may."""
    count, until = 0, time.now + seconds
    while time.now < until:
        if wait_s := pace.wait_s(HERE):
            time.now += wait_s
        else:
            pace.posted(HERE)
            count += 1
    return count


def test_a_burst_is_let_through_and_then_one_a_second() -> None:
    """Slack's own rule, https://docs.slack.dev/apis/web-api/rate-limits."""
    time = Time()
    pace = RateLimit(time.clock, burst=5)
    assert posts(pace, time, 0.5) == 5
    assert 9 <= posts(pace, time, 10.0) <= 11
    assert pace.wait_s(THERE) == 0.0


def test_what_needs_no_post_waits_for_nobody() -> None:
    """Most messages in a busy channel are looked at, and left alone."""
    pace = RateLimit(Time().clock)
    assert [pace.wait_s(HERE) for _ in range(100)] == [0.0] * 100


def test_after_a_complaint_nothing_and_then_one_a_second() -> None:
    """Slack has counted what others post there, too."""
    time = Time()
    pace = RateLimit(time.clock)
    pace.slow_down(HERE, 5.0)
    assert pace.closed() == {HERE: 5.0}
    assert posts(pace, time, 4.9) == 0
    assert 10 <= posts(pace, time, 10.0) <= 12


def test_who_was_quiet_for_a_while_may_burst_again() -> None:
    """The next incident starts at full speed."""
    time = Time()
    pace = RateLimit(time.clock, burst=5)
    posts(pace, time, 20.0)
    time.now += 5.0
    assert pace.closed() == {}
    assert posts(pace, time, 0.5) == 5
