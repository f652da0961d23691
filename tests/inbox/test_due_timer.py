"""Test that the inbox looks for due rows in time."""

from __future__ import annotations

import asyncio

from bot.inbox.due_timer import DueTimer
from tests.inbox.time import Time

POLL_S = 30.0


class Waiter:
    """A task that waits for a timer, and the clocks of both."""

    def __init__(self) -> None:
        self.time = Time()
        self.timer = DueTimer(self.time.clock, self.time.steady_clock, self.time.sleep)
        self._task: asyncio.Task[None] | None = None

    async def is_waiting_after(self, seconds: float) -> bool:
        """Return whether the task, which starts with the first call, still waits after *seconds* more."""
        self._task = self._task or asyncio.create_task(self.timer.wait(POLL_S))
        await _settle()
        self.time.advance(seconds)
        await _settle()
        return not self._task.done()


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_wait_ends_at_the_earliest_time() -> None:
    """A row that is due first is worked on first."""
    waiter = Waiter()
    waiter.timer.set(waiter.time.now + 9.0)
    waiter.timer.set(waiter.time.now + 5.0)
    waiter.timer.set(waiter.time.now + 7.0)
    assert await waiter.is_waiting_after(4.9)
    assert not await waiter.is_waiting_after(0.2)


async def test_a_running_wait_can_be_shortened() -> None:
    """A row that is recorded during the wait must not wait for the next poll."""
    waiter = Waiter()
    assert await waiter.is_waiting_after(1.0)
    waiter.timer.set(waiter.time.now + 2.0)
    assert await waiter.is_waiting_after(1.9)
    waiter.timer.set()
    assert not await waiter.is_waiting_after(0.0)


async def test_a_wait_is_limited_and_ignores_cleared_times() -> None:
    """The rows of other processes set no timer here, so the inbox polls."""
    waiter = Waiter()
    waiter.timer.set(waiter.time.now + 5.0)
    waiter.timer.clear()
    assert await waiter.is_waiting_after(POLL_S - 0.1)
    assert not await waiter.is_waiting_after(0.2)


async def test_a_jump_of_the_wall_clock_does_not_prolong_a_wait() -> None:
    """Time synchronization may set the clock back by hours."""
    waiter = Waiter()
    waiter.timer.set(waiter.time.now + 5.0)
    waiter.time.jump(-3600.0)
    assert await waiter.is_waiting_after(4.9)
    assert not await waiter.is_waiting_after(0.2)
