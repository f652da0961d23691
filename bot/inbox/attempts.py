"""Attempt jobs, and decide what follows: done, another attempt after a pause, or the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import structlog
from cachetools import LRUCache

from bot.errors import GiveUp, RetryLater, StopWorkspace, describe
from bot.inbox.job import UNKNOWN_KIND, Job, JobKey, JobKind, JobState, Outcome
from bot.inbox.limits import InboxLimits, PostRate
from bot.storage.batching import TRANSIENT
from bot.telemetry.metrics import Metrics
from bot.telemetry.tracing import span

_log = structlog.stdlib.get_logger(__name__)
JITTER = (0.75, 1.25)  # of the pauses after a failure
_MAX_UNEXPECTED = 10_000  # jobs whose unexpected failures are counted


def _name_of(outcome: Outcome) -> str:
    """Return the name of *outcome* in the metrics."""
    if outcome.state is not JobState.PENDING:
        return str(outcome.state)
    if not outcome.is_started:
        return "postponed"
    return "rate-limited" if outcome.is_refused else "retry"


class Attempts:
    """Runs attempts. *work*, *on_exhausted* and *on_stop* are those of `Inbox.open`."""

    def __init__(
        self,
        work: Callable[[Sequence[Job]], Awaitable[None]],
        on_exhausted: Callable[[Sequence[Job], Exception], Awaitable[None]],
        on_stop: Callable[[str, str], None],
        limits: InboxLimits,
        post_rate: PostRate,
        clock: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._work = work
        self._on_exhausted = on_exhausted
        self._on_stop = on_stop
        self._limits = limits
        self._post_rate = post_rate
        self._clock = clock
        self._metrics = metrics
        for kind in JobKind:  # an alert sees no increase if the first one creates the series
            metrics.job_attempts.labels(str(kind), str(JobState.DEAD))
        self._unexpected: LRUCache[JobKey, int] = LRUCache(_MAX_UNEXPECTED)  # failures by the key of the job

    async def run(self, batch: Sequence[Job]) -> Outcome:
        """Work on one job, or on several together. The records that are logged meanwhile contain the ids of the first.

        Call it in a task of its own.
        """
        first = batch[0]
        ids = {"team": first.place.team, "channel": first.place.channel}
        ids |= {"event_id": first.event_id} if first.event_id else {}
        structlog.contextvars.clear_contextvars()  # the task was started within the request of another job, perhaps
        structlog.contextvars.bind_contextvars(**ids)
        parent = str(first.detail.get("traceparent", ""))
        with span(f"work {first.kind}", parent=parent, jobs=len(batch), attempt=first.attempts, **ids):
            outcome = await self._run(batch)
        self._metrics.job_attempts.labels(str(first.kind), _name_of(outcome)).inc(len(batch))
        return outcome

    async def _run(self, batch: Sequence[Job]) -> Outcome:
        first = batch[0]
        if self._post_rate.wait_s(first.channel):
            # The inbox leases no job of the channel until then. Those that came later must not overtake these.
            return Outcome(batch, JobState.PENDING, None, is_started=False)
        if first.kind is JobKind.UNKNOWN:
            return self._left_to_others(batch)
        try:
            async with asyncio.timeout(self._limits.attempt_timeout_s):
                await self._work(batch)
        except RetryLater as error:
            now = self._clock()
            if error.after_s is None or now - first.received_at > self._limits.max_refused_s:
                return await self._failed(batch, error, str(error))
            # In this order, a NaN becomes the shortest wait.
            wait_s = min(max(self._limits.min_wait_s, error.after_s), self._limits.max_wait_s)
            return Outcome(batch, JobState.PENDING, now + wait_s, str(error), is_refused=True)
        except GiveUp as error:
            return self._dead(batch, str(error))
        except StopWorkspace as error:
            self._on_stop(first.place.team, str(error))
            return Outcome(batch, JobState.PENDING, None, str(error), is_refused=True)
        except TRANSIENT as error:
            return await self._failed(batch, error, describe(error))
        except Exception as error:  # a bug, or data that nobody expected, must not stop the other jobs
            _log.exception("an attempt failed", kind=first.stored_kind, channel=first.place.channel, ts=first.ts)
            # Only these failures count: attempts that ended with a process say nothing about the job.
            failures = self._unexpected[first.key] = self._unexpected.get(first.key, 0) + 1
            is_last = failures >= self._limits.unexpected_attempts
            return await self._failed(batch, error, describe(error), is_last=is_last)
        return Outcome(batch, JobState.DONE, self._clock())

    def _left_to_others(self, batch: Sequence[Job]) -> Outcome:
        """Return the outcome of a job of a later version, which another replica may know during an upgrade."""
        now = self._clock()
        if now - batch[0].received_at > self._limits.keep_unknown_s:
            return self._dead(batch, UNKNOWN_KIND)
        return Outcome(batch, JobState.PENDING, now + self._limits.unknown_pause_s, UNKNOWN_KIND, is_started=False)

    async def _failed(self, batch: Sequence[Job], error: Exception, reason: str, *, is_last: bool = False) -> Outcome:
        """Return the outcome of a failed attempt: a retry, or the end after the last or too many of them."""
        # The number is the same for the whole batch: only jobs without a failed attempt are worked on together.
        failed = batch[0].attempts - batch[0].refused
        if is_last or failed >= self._limits.attempts:
            try:
                async with asyncio.timeout(self._limits.attempt_timeout_s):
                    await self._on_exhausted(batch, error)
            except Exception as untold:  # the jobs must end in any case
                _log.warning("nobody was told that a job is given up", reason=describe(untold))
            return self._dead(batch, reason)
        pause_s = min(self._limits.first_retry_s * 2.0 ** (failed - 1), self._limits.max_retry_s)
        # Jitter, so that jobs that failed together do not retry together.
        pause_s *= random.uniform(*JITTER)  # noqa: S311
        return Outcome(batch, JobState.PENDING, self._clock() + pause_s, reason)

    def _dead(self, batch: Sequence[Job], reason: str) -> Outcome:
        for job in batch:
            _log.warning("given up", kind=job.stored_kind, channel=job.place.channel, ts=job.ts, reason=reason)
        return Outcome(batch, JobState.DEAD, self._clock(), reason)
