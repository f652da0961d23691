"""Provide an inbox whose work the test does by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.inbox import Inbox, InboxLimits, Job, PostRate
from bot.inbox.rows import InboxRows
from bot.policy.place import Place
from bot.storage.database import Database
from tests.inbox.time import Time

LIMITS = InboxLimits(first_retry_s=1.0, attempts=3, accept_s=60.0)  # the machine may be busy


def job(ts: str = "1.0", *, channel: str = "C1", thread: str = "", event: str | None = None, **more: Any) -> Job:
    """Return a job; each ts is another message."""
    return Job(Place("T1", channel, "U1"), ts, thread or ts, (6000106,), event_id=event, **more)


@dataclass
class Workbench:
    """An inbox, the jobs that it has started, and ways to end them."""

    database: Database
    time: Time = field(default_factory=Time)
    limits: InboxLimits = LIMITS
    owner: str = "one"
    started: list[Job] = field(default_factory=list)
    together: list[list[str]] = field(default_factory=list)  # the messages of each call
    stopped: list[tuple[str, str]] = field(default_factory=list)
    exhausted: list[tuple[str, str]] = field(default_factory=list)  # messages that were given up, and the last error
    report_error: Exception | None = None  # raised when these are reported
    _ends: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.post_rate = PostRate(self.time.steady_clock)
        self.inbox = Inbox(
            self.database,
            limits=self.limits,
            clock=self.time.clock,
            steady_clock=self.time.steady_clock,
            sleep=self.time.sleep,
            post_rate=self.post_rate,
            owner=self.owner,
        )
        self.rows = InboxRows(self.database, self.owner, self.time.clock)

    async def open(self) -> None:
        """Open the inbox."""
        await self.inbox.open(
            self._work,
            on_exhausted=self._report,
            on_stop=lambda team, reason: self.stopped.append((team, reason)),
        )

    async def _report(self, jobs: Sequence[Job], error: Exception) -> None:
        self.exhausted.extend((job.ts, str(error)) for job in jobs)
        if self.report_error:
            raise self.report_error

    async def _work(self, jobs: Sequence[Job]) -> None:
        self.started.extend(jobs)
        self.together.append([job.ts for job in jobs])
        end = self._ends[jobs[0].ts] = asyncio.get_running_loop().create_future()
        await end

    def end(self, ts: str, error: Exception | None = None) -> None:
        """Let the work on a message, and on those started with it, succeed or fail."""
        if error:
            self._ends.pop(ts).set_exception(error)
        else:
            self._ends.pop(ts).set_result(None)

    def post(self, ts: str) -> None:
        """Count a reply to a message, and to those started with it, as the sender does."""
        for ts_ in next(batch for batch in reversed(self.together) if batch[0] == ts):
            lease = next(job.lease for job in reversed(self.started) if job.ts == ts_)
            assert lease
            lease.posts += 1

    @property
    def worked_on(self) -> list[str]:
        """Return the messages on which work has started, in order."""
        return [job.ts for job in self.started]

    async def row(self, ts: str) -> Job:
        """Return the row of a message."""
        return next(job for job in await self.rows.find() if job.ts == ts)

    async def until(self, condition: Callable[[], bool], *, step_s: float = 0.05) -> None:
        """Let time pass until a condition is true."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)
                self.time.advance(step_s)

    async def until_state(self, ts: str, state: str, *, step_s: float = 0.05) -> Job:
        """Let time pass until a row has a state; return it."""
        async with asyncio.timeout(10):
            while (row := await self.row(ts)).state != state:
                await asyncio.sleep(0.005)
                self.time.advance(step_s)
        return row
