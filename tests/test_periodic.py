"""Test periodic work."""

from __future__ import annotations

import asyncio

import structlog

from bot.periodic import repeating


class Work:
    """Counts its runs, which last until they are cancelled if the work is endless."""

    def __init__(self, *, is_endless: bool = False) -> None:
        self.started = self.ended = 0
        self.has_started = asyncio.Event()
        self._is_endless = is_endless

    async def run(self) -> None:
        """Run once."""
        self.started += 1
        self.has_started.set()
        try:
            await asyncio.sleep(60.0 if self._is_endless else 0.0)
        finally:
            self.ended += 1


async def test_the_first_run_is_at_once() -> None:
    """After a restart, due reminders are not delayed by one more pause."""
    work = Work()
    async with repeating(work.run, pause_s=3600.0), asyncio.timeout(5.0):
        await work.has_started.wait()


async def test_the_first_run_can_be_delayed() -> None:
    """The health checks have just run when their context opens."""
    work = Work()
    async with repeating(work.run, pause_s=0.0, first_pause_s=3600.0):
        await asyncio.sleep(0.01)
    assert work.started == 0


async def test_a_bug_ends_neither_the_work_nor_the_bot_and_is_logged() -> None:
    """One broken row would stop all reminders until the next restart, without a line in the log."""
    runs: list[str] = []
    has_run_again = asyncio.Event()

    async def run() -> None:
        runs.append("run")
        if len(runs) == 1:
            raise KeyError("a bug")
        has_run_again.set()

    with structlog.testing.capture_logs() as logs:
        async with repeating(run, pause_s=0.0), asyncio.timeout(5.0):
            await has_run_again.wait()
    (line,) = logs
    assert (line["event"], repr(line["exc_info"])) == ("periodic work failed", "KeyError('a bug')")


async def test_a_run_has_ended_when_the_context_has_closed() -> None:
    """The database is closed next, and must not be during a query."""
    work = Work(is_endless=True)
    async with repeating(work.run, pause_s=0.0), asyncio.timeout(5.0):
        await work.has_started.wait()
    assert (work.started, work.ended) == (1, 1)
