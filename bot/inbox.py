"""Intake of messages to be answered: each is taken once, however often Slack delivers it, and worked on apart.

A listener that has called `Inbox.take` may acknowledge: the message is on record. Working on it holds up neither
the acknowledgement nor other messages. What is in work when the process ends is finished first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import log
from bot.services.place import Place
from bot.storage.database import Database

_log = log.get(__name__)
_SLACK_REDELIVERS_FOR_S = 3600.0  # Slack's last retry comes after about six minutes; kept longer for safety


@dataclass(frozen=True, slots=True)
class Job:
    """A message to be answered. Its text is not kept."""

    place: Place
    ts: str  # the message
    thread: str  # the thread that the answer goes to: the message's own, or the one it stands in
    codes: tuple[int, ...]


class Inbox:
    """Takes jobs and has them worked on by *work*."""

    def __init__(self, database: Database, work: Callable[[Job], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._database = database
        self._work = work
        self._clock = clock
        self._in_work: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Forget deliveries that can't come again."""
        await self._database.forget_deliveries(before=self._clock() - _SLACK_REDELIVERS_FOR_S)

    async def take(self, job: Job) -> bool:
        """Put *job* on record and start working on it; False where it was taken before."""
        place = job.place
        if not await self._database.is_first_delivery(place.team, place.channel, job.ts, now=self._clock()):
            return False
        task = asyncio.create_task(self._run(job))
        self._in_work.add(task)
        task.add_done_callback(self._in_work.discard)
        return True

    async def drain(self, grace_s: float) -> None:
        """Wait until the work at hand is done, at most *grace_s* seconds."""
        if self._in_work:
            await asyncio.wait(self._in_work, timeout=grace_s)

    async def _run(self, job: Job) -> None:
        try:
            await self._work(job)
        except Exception:  # the one place where a job's failure ends: it must not take the others along
            _log.exception("a message could not be answered", channel=job.place.channel, ts=job.ts, codes=job.codes)
