"""Intake of messages to be answered: each is taken once, however often Slack delivers it, and worked on apart.

A listener that has called `Inbox.take` may acknowledge: the message is on record. Working on it holds up neither
the acknowledgement nor other messages.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot import log
from bot.background import Background
from bot.services.place import Place
from bot.storage.deliveries import Deliveries

_log = log.get(__name__)
_SLACK_REDELIVERS_FOR_S = 3600.0  # Slack's last retry comes after about six minutes; kept longer for safety


@dataclass(frozen=True, slots=True)
class Job:
    """Something that happened to a message, to be answered. Text is not kept, here or in *detail*."""

    place: Place
    ts: str  # the message
    thread: str  # the thread that the answer goes to: the message's own, or the one it stands in
    codes: tuple[int, ...] = ()
    kind: str = "message"
    detail: Mapping[str, Any] = field(default_factory=dict)
    event_id: str = ""
    attempt: int = 1


class Inbox:
    """Takes jobs and has them worked on by *work*."""

    def __init__(
        self,
        deliveries: Deliveries,
        work: Callable[[Job], Awaitable[None]],
        background: Background,
        clock: Callable[[], float],
    ) -> None:
        self._deliveries = deliveries
        self._work = work
        self._background = background
        self._clock = clock
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def open(self) -> None:
        """Forget deliveries that can't come again."""
        await self._deliveries.forget(before=self._clock() - _SLACK_REDELIVERS_FOR_S)

    async def take(self, job: Job) -> bool:
        """Put *job* on record and start working on it; False where it was taken before."""
        place = job.place
        if not await self._deliveries.is_first(place.team, place.channel, f"{job.ts}/{job.kind}", now=self._clock()):
            return False
        self._background.start(self._run(job))
        return True

    async def _run(self, job: Job) -> None:
        try:
            async with self._locks[job.place.channel]:
                await self._work(job)
        except Exception:  # the one place where a job's failure ends: it must not take the others along
            _log.exception("a message could not be answered", channel=job.place.channel, ts=job.ts, codes=job.codes)
