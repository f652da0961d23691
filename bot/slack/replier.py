"""Reply in a thread: the `ThreadVoice` of the policy, by Slack's methods."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Self

from bot.inbox import Job
from bot.policy.replies import Answer, Triaged
from bot.slack.context import RequestContext
from bot.slack.reactions import READING, TAKEN, Reactions
from bot.storage.incident_store import Incident

MARK = "mag"  # the reaction to a message with a code that was explained elsewhere


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
        message = await self._context.message(answer.reply, answer.language)
        return await self._sender.post([self._jobs[ts] for ts in to], message)

    async def revise(self, reply: str, answer: Answer) -> None:
        """Replace the content of a reply."""
        message = await self._context.message(answer.reply, answer.language)
        await self._sender.update(self._place, reply, message, job=next(iter(self._jobs.values()), None))

    async def withdraw(self, reply: str) -> None:
        """Delete a reply. If it is a triage with an owner, remove the owner's reaction from its log."""
        incident = await self._incident(reply)
        await self._sender.delete(self._place, reply)
        if incident and incident.owner:
            for ts in self._jobs:
                await Reactions(self._context).remove(ts, TAKEN)

    async def _incident(self, reply: str) -> Incident | None:
        """Return the incident of a triage, if anybody has acted on it."""
        return await self._context.services.ownership.find(self._context.ref(reply))

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
        self._reactions = Reactions(context)
        self._may_be_marked = job.attempts > 1  # an earlier attempt may have left the reaction
        self.reply_ts: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._may_be_marked:
            await self._reactions.remove(self._job.ts, READING)

    async def reply(self, answer: Answer, to: Sequence[str] = ()) -> str:
        """Post in the message's thread; return the ts."""
        self.reply_ts = await super().reply(answer, to or [self._job.ts])
        return self.reply_ts

    async def revise(self, reply: str, answer: Answer) -> None:
        """Replace the content of a reply. A triage shows its state again."""
        message = await self._context.message(answer.reply, answer.language)
        if isinstance(answer.reply, Triaged) and (incident := await self._incident(reply)):
            message = self._renderer.with_state(message, incident)
        await self._sender.update(self._place, reply, message, job=self._job)

    async def unmark(self, ts: str) -> None:
        """Remove the reaction; a retry of the job would read the log again."""
        await self._reactions.remove(ts, MARK)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """React to the message while a log is being read."""
        self._may_be_marked = True
        marking = asyncio.create_task(self._reactions.add(self._job.ts, READING))
        try:
            yield
        finally:
            await marking
