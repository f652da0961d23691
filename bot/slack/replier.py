"""Reply in a thread: the `ThreadVoice` of the policy, by Slack's methods."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Self

import structlog

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import Job
from bot.policy.place import Place
from bot.policy.replies import Answer
from bot.slack.context import RequestContext

MARK = "mag"  # the reaction to a message with a code that was explained elsewhere
READING = "hourglass_flowing_sand"  # the reaction to a log that is being read
_RETRY_S = 30.0  # before the reaction is removed again, if Slack names no wait
_MAX_RETRIES = 5
_log = structlog.stdlib.get_logger(__name__)


class ThreadReplier:
    """Acts on the messages of one thread; *jobs* are those that a reply may answer."""

    def __init__(self, context: RequestContext, jobs: Sequence[Job] = ()) -> None:
        self._jobs = {job.ts: job for job in jobs}
        self._context = context
        self.lookup = context.lookup
        self._place = context.place
        self._sender = context.services.sender
        self._renderer = context.services.renderer

    async def reply(self, answer: Answer, to: Sequence[str]) -> str:
        """Post one reply to the messages *to*; return its ts."""
        message = self._renderer.message(answer.reply, answer.language)
        return await self._sender.post([self._jobs[ts] for ts in to], message)

    async def revise(self, reply: str, answer: Answer) -> None:
        """Replace the content of a reply."""
        message = self._renderer.message(answer.reply, answer.language)
        await self._sender.update(self._place, reply, message, job=next(iter(self._jobs.values()), None))

    async def withdraw(self, reply: str) -> None:
        """Delete a reply."""
        await self._sender.delete(self._place, reply)

    async def whisper(self, answer: Answer) -> None:
        """Show an answer only to the person of the context."""
        await self._context.reply_privately(answer.reply, answer.language)

    async def mark(self, ts: str) -> None:
        """React to a message."""
        await self._sender.add_reaction(self._place, ts, MARK)

    async def unmark(self, ts: str) -> None:
        """Remove the reaction."""
        await self._sender.remove_reaction(self._place, ts, MARK)


class LogReplier(ThreadReplier):
    """Acts on the message of a job about a log, and shows by a reaction that the log is being read.

    At the end, the reaction is removed, also after a failure: another attempt is not certain.
    """

    def __init__(self, context: RequestContext, job: Job) -> None:
        super().__init__(context, [job])
        self._job = job
        self._background = context.services.background
        self._may_be_marked = job.attempts > 1  # an earlier attempt may have left the reaction
        self.reply_ts: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._may_be_marked:
            await self._remove(self._job.ts, READING)

    async def reply(self, answer: Answer, to: Sequence[str] = ()) -> str:
        """Post in the message's thread; return the ts."""
        self.reply_ts = await super().reply(answer, to or [self._job.ts])
        return self.reply_ts

    async def unmark(self, ts: str) -> None:
        """Remove the reaction; a retry of the job would read the log again."""
        await self._remove(ts, MARK)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """React to the message while a log is being read."""
        self._may_be_marked = True
        marking = asyncio.create_task(self._try(self._sender.add_reaction, self._job.ts, READING))
        try:
            yield
        finally:
            await marking

    async def _remove(self, ts: str, name: str) -> None:
        """Remove a reaction; if Slack can't do it now, repeat that in the background."""
        if refusal := await self._try(self._sender.remove_reaction, ts, name):
            self._background.start(self._remove_later(ts, name, refusal))

    async def _remove_later(self, ts: str, name: str, refusal: RetryLater | None) -> None:
        for _ in range(_MAX_RETRIES):
            if refusal:
                await asyncio.sleep(_RETRY_S if refusal.after_s is None else refusal.after_s)
                refusal = await self._try(self._sender.remove_reaction, ts, name)

    async def _try(self, change: Callable[[Place, str, str], Awaitable[None]], ts: str, name: str) -> RetryLater | None:
        """Add or remove a reaction. A failure is logged and fails no job."""
        try:
            await change(self._place, ts, name)
        except (RetryLater, GiveUp, StopWorkspace) as error:  # for example, the bot was removed from the channel
            _log.info("reaction refused", channel=self._place.channel, ts=ts, name=name, reason=str(error))
            return error if isinstance(error, RetryLater) else None
        return None
