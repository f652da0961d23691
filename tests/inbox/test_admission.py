"""Test how many jobs are in memory, and who waits for room."""

from __future__ import annotations

import asyncio

from bot.inbox.admission import Admission
from bot.inbox.job import ChannelKey

C0, C1, C2, C3 = (("T1", f"C{number}") for number in range(4))


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
