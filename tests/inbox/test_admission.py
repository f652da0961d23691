"""How much is in memory, and who waits for room."""

from __future__ import annotations

import asyncio

from bot.inbox.admission import Admission
from bot.storage.inbox_rows import ChannelKey

C0, C1, C2, C3 = (("T1", f"C{number}") for number in range(4))


def test_there_is_room_for_so_many_and_for_so_many_of_one_channel() -> None:
    """One busy channel must leave room for the others."""
    room = Admission(3, 2)
    assert room.has(C1)
    room.occupy(C1)
    room.occupy(C1)
    assert not room.has(C1)
    assert room.has(C2)
    assert (room.left, room.left_by_channel()) == (1, {C1: 0})
    room.occupy(C2)
    assert not room.has(C3)
    room.vacate(C1)
    assert room.has(C3)
    assert room.left_by_channel() == {C1: 1, C2: 1}


async def test_who_waits_goes_on_as_soon_as_a_job_goes() -> None:
    """First come, first served."""
    room, gone_on = Admission(1, 1), list[ChannelKey]()

    async def come(name: ChannelKey) -> None:
        await room.wait(5.0)
        room.occupy(name)
        gone_on.append(name)

    room.occupy(C0)
    waiting = [asyncio.create_task(come(name)) for name in (C1, C2)]
    await asyncio.sleep(0)
    assert gone_on == []
    room.vacate(C0)
    await waiting[0]
    assert gone_on == [C1]
    room.vacate(C1)
    await waiting[1]
    assert gone_on == [C1, C2]


async def test_nobody_waits_for_ever() -> None:
    """Slack wants its acknowledgement, also from a bot that stops; the job can wait in the database."""
    room = Admission(1, 1)
    room.occupy(C1)
    async with asyncio.timeout(5):
        await room.wait(0.01)
        waiting = asyncio.create_task(room.wait(60.0))
        await asyncio.sleep(0)
        room.close()
        await waiting
        await room.wait(60.0)
    assert room.left == 0
