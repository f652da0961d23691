"""How fast is too fast."""

from __future__ import annotations

from bot.inbox.pacing import Pace
from tests.inbox.time import Time

HERE = ("T1", "C1")


def posts(pace: Pace, time: Time, seconds: float) -> int:
    """How many posts are let through in a while."""
    count, until = 0, time.now + seconds
    while time.now < until:
        wait_s = pace.wait_s(HERE)
        count += wait_s == 0.0
        time.now += wait_s or 0.001
    return count


def test_nothing_is_held_back_before_slack_complains() -> None:
    """Slack knows best what it can take."""
    time = Time()
    assert posts(Pace(time.clock), time, 1.0) > 900


def test_after_a_complaint_a_burst_and_then_one_a_second() -> None:
    """Slack's own rule, https://docs.slack.dev/apis/web-api/rate-limits."""
    time = Time()
    pace = Pace(time.clock, burst=4)
    pace.slow_down(HERE, 5.0)
    assert pace.is_closed(HERE)
    assert pace.closed() == {HERE: 5.0}
    assert posts(pace, time, 5.0) == 0
    assert 13 <= posts(pace, time, 10.0) <= 15
    assert pace.wait_s(("T2", "C1")) == 0.0


def test_a_complaint_is_forgotten_after_a_quiet_minute() -> None:
    """The next incident starts at full speed."""
    time = Time()
    pace = Pace(time.clock)
    pace.slow_down(HERE, 1.0)
    time.now += 61.5
    assert posts(pace, time, 1.0) > 900
    assert not pace.is_closed(HERE)
