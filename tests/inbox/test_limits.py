"""Test how many jobs are in memory, who waits for room, and how fast the bot may post in a channel."""

from __future__ import annotations

import asyncio

from bot.inbox.job import ChannelKey
from bot.inbox.limits import Admission, PostRate
from tests.inbox.time import Time

C0, C1, C2, C3 = (("T1", f"C{number}") for number in range(4))
HERE, THERE = ("T1", "C1"), ("T2", "C1")


def test_room_is_limited_in_total_and_per_channel() -> None:
    """One busy channel must leave room for the others."""
    admission = Admission(3, 2)
    assert admission.has_room(C1)
    admission.enter(C1)
    admission.enter(C1)
    assert not admission.has_room(C1)
    assert admission.has_room(C2)
    assert (admission.room, admission.channel_room()) == (1, {C1: 0})
    admission.enter(C2)
    assert not admission.has_room(C3)
    admission.leave(C1)
    assert admission.has_room(C3)
    assert admission.channel_room() == {C1: 1, C2: 1}


async def test_a_waiter_continues_as_soon_as_a_job_leaves() -> None:
    """First come, first served."""
    admission, entered = Admission(1, 1), list[ChannelKey]()

    async def enter(channel: ChannelKey) -> None:
        await admission.wait(5.0)
        admission.enter(channel)
        entered.append(channel)

    admission.enter(C0)
    waiting = [asyncio.create_task(enter(channel)) for channel in (C1, C2)]
    await asyncio.sleep(0)
    assert entered == []
    admission.leave(C0)
    await waiting[0]
    assert entered == [C1]
    admission.leave(C1)
    await waiting[1]
    assert entered == [C1, C2]


async def test_a_wake_up_that_comes_as_the_time_is_up_goes_to_the_next_waiter() -> None:
    """Otherwise the next one would wait for its own timeout, although there is room."""
    admission = Admission(1, 1)
    admission.enter(C0)
    late, following = (asyncio.create_task(admission.wait(timeout_s)) for timeout_s in (0.0, 60.0))
    await asyncio.sleep(0)
    admission.leave(C0)
    async with asyncio.timeout(5):
        await asyncio.gather(late, following)
    assert admission.has_room(C1)


async def test_no_wait_lasts_for_ever() -> None:
    """Slack needs its acknowledgement, also from a bot that stops; the job can wait in the database."""
    admission = Admission(1, 1)
    admission.enter(C1)
    async with asyncio.timeout(5):
        await admission.wait(0.01)
        waiting = asyncio.create_task(admission.wait(60.0))
        await asyncio.sleep(0)
        admission.close()
        await waiting
        await admission.wait(60.0)
    assert admission.room == 0


def posts(post_rate: PostRate, time: Time, seconds: float) -> int:
    """Return how many posts are allowed within *seconds* if each is made as early as possible."""
    count, until = 0, time.now + seconds
    while time.now < until:
        if wait_s := post_rate.wait_s(HERE):
            time.now += wait_s
        else:
            post_rate.record_post(HERE)
            count += 1
    return count


def test_a_burst_is_allowed_and_then_one_post_per_second() -> None:
    """Slack's own rule, https://docs.slack.dev/apis/web-api/rate-limits."""
    time = Time()
    post_rate = PostRate(time.clock, burst=5)
    assert posts(post_rate, time, 0.5) == 5
    assert 9 <= posts(post_rate, time, 10.0) <= 11
    assert post_rate.wait_s(THERE) == 0.0


def test_jobs_without_a_post_never_wait() -> None:
    """The bot reads most messages of a busy channel without an answer."""
    post_rate = PostRate(Time().clock)
    assert [post_rate.wait_s(HERE) for _ in range(100)] == [0.0] * 100


def test_a_blocked_channel_waits_and_then_gets_one_post_per_second() -> None:
    """Slack also counts what others post there, so there is no burst after a 429."""
    time = Time()
    post_rate = PostRate(time.clock)
    post_rate.block(HERE, 5.0)
    assert post_rate.waits_s() == {HERE: 5.0}
    assert posts(post_rate, time, 4.9) == 0
    assert 10 <= posts(post_rate, time, 10.0) <= 12


def test_a_quiet_channel_may_burst_again() -> None:
    """The next incident starts at full speed."""
    time = Time()
    post_rate = PostRate(time.clock, burst=5)
    posts(post_rate, time, 20.0)
    time.now += 5.0
    assert post_rate.waits_s() == {}
    assert posts(post_rate, time, 0.5) == 5
