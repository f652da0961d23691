"""Run the jobs of the inbox: record, work, settle; retry, take over, purge.

The life of a job:

1. `Inbox.accept` waits briefly for room in memory and records the job as a row, in a group commit. If the job could
   start soon, the row is recorded with a lease of this process; otherwise it is pending.
2. Right after the commit, a leased job goes to the `LaneOrder`, without another query. If an earlier row of its lane
   is open outside the memory of this process, the lease is given back.
3. The `LaneOrder` starts the job when its turn comes, with the messages that wait behind it in its lane.
4. An attempt ends in an `Outcome`: done, dead, or pending again after a pause, which grows after each failure.
5. The outcome is written in a group commit. Until then, the job keeps its lease and its place in memory.
6. A loop leases the pending rows that are due, a share for each channel: rows that did not fit into memory, retries,
   and the rows of processes whose leases lapsed. They continue at step 3.
7. A second loop renews the leases of this process. A job whose lease is lost is cancelled: another process has it.
8. A third loop deletes the rows that were done so long ago that Slack does not deliver their events again.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.errors import describe
from bot.inbox.attempts import JITTER, Attempts
from bot.inbox.due_timer import DueTimer
from bot.inbox.job import UNKNOWN_KIND, Job, JobState, Outcome, Recorded
from bot.inbox.lease import Lease, LeaseWatch, has_ended, new_owner, steady_time
from bot.inbox.limits import Admission, InboxLimits, PostRate
from bot.inbox.ordering import LaneOrder
from bot.inbox.rows import InboxRows
from bot.storage.batching import Batcher
from bot.storage.database import UNREACHABLE, Database
from bot.telemetry.metrics import Metrics
from bot.telemetry.tracing import traceparent

_log = structlog.stdlib.get_logger(__name__)
_MIN_PAUSE_S = 0.01  # between two queries of a loop
_PURGE_BATCH = 500  # rows
_WRITE_BATCH = 1000  # rows
_FLUSH_S = 5.0
_JUMP_S = 2.0  # of the wall clock against the steady one; less is not worth an extra attempt
_UNENDED = Outcome((), JobState.PENDING, None)
_DEFAULT_LIMITS = InboxLimits()


class Inbox:
    """Record jobs and, once open, work on each until it is done or given up. Posts are counted in *post_rate*."""

    def __init__(
        self,
        database: Database,
        *,
        post_rate: PostRate,
        limits: InboxLimits = _DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
        steady_clock: Callable[[], float] = steady_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        owner: str | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._owner = owner or new_owner()
        self._is_shared = database.is_shared
        database.on_new_file, database.after_new_file = self._record_again, self._leave_to_new_file
        self._rows = InboxRows(database, self._owner, clock)
        self._writer: Batcher[Job | Outcome, Recorded | None] = Batcher(
            self._rows.write, max_items=_WRITE_BATCH, gathers=True, sleep=sleep
        )
        self._attempts: Attempts  # set by `open`
        self._post_rate = post_rate
        self._limits = limits
        self._clock = clock  # for the times of rows, which processes share; it may jump
        self._steady_clock = steady_clock  # for what happens within this process
        self._sleep = sleep

        self._admission = Admission(limits.in_memory, limits.in_memory_per_channel)
        self._order = LaneOrder(limits.running, limits.running_per_channel)
        self._jobs: dict[int, Job] = {}  # in memory, each with a lease
        self._running: dict[Job, asyncio.Task[Outcome]] = {}
        self._unwritten: dict[Job, Outcome] = {}  # how attempts ended, not yet written
        self._followed: set[int] = set()  # jobs in memory that the next of their lane may wait for in the database
        self._stopped_teams: set[str] = set()
        self._leases = LeaseWatch(limits.lease_s, steady_clock)
        self._looks_at = -math.inf  # when to look at the leases of others again
        self._clock_offset = clock() - steady_clock()

        self.is_open = False  # if not, jobs are only recorded
        self._loops: list[asyncio.Task[None]] = []
        self._has_more = False  # the database may have due rows that did not fit into memory
        self._timer = DueTimer(clock, steady_clock, sleep)  # set to when the next row there is due, as far as known

    async def open(
        self,
        work: Callable[[Sequence[Job]], Awaitable[None]],
        *,
        on_exhausted: Callable[[Sequence[Job], Exception], Awaitable[None]],
        on_stop: Callable[[str, str], None] = lambda team, reason: None,
    ) -> None:
        """Start working, first on the jobs that the previous process left.

        *work* gets one job, or several messages of one lane that can be answered together. If it raises
        `StopWorkspace`, the jobs of that workspace stay pending until `resume`; *on_stop* gets the team and the reason.
        *on_exhausted* gets jobs that are given up, before that is written, and the error of their last attempt.
        """
        stop = partial(self._stop, on_stop)
        self._attempts = Attempts(work, on_exhausted, stop, self._limits, self._post_rate, self._clock, self._metrics)
        owners = await self._rows.owners()
        ended = [each for each in owners if has_ended(each, self._owner, is_shared=self._is_shared)]
        await self._rows.take_over(ended_owners=ended)
        longest_s = max(self._limits.max_wait_s, JITTER[1] * self._limits.max_retry_s)
        if brought_forward := await self._rows.limit_waits(self._clock() + longest_s):
            _log.warning("jobs waited for too long", jobs=brought_forward)
        self.is_open = True
        loops = (
            (self._lease_due, self._wait_until_due),
            (self._renew_leases, partial(self._sleep, self._limits.renew_s)),
            (self._purge, partial(self._sleep, self._limits.purge_s)),
        )
        self._loops = [asyncio.create_task(self._repeat(step, pause)) for step, pause in loops]

    @property
    def has_crashed(self) -> bool:
        """Return whether a loop has ended although the inbox is open, by an error that is logged."""
        return self.is_open and any(loop.done() for loop in self._loops)

    async def close(self, grace_s: float) -> None:
        """Stop working: give running jobs *grace_s* to finish, and leave the rest to the next process.

        Jobs that are accepted from now on are recorded and left, too.
        """
        self.is_open = False
        self._admission.close()
        # Leasing ends first, or it would lease the jobs that are given back. Leases are still renewed.
        await _cancel(self._loops[:1])
        self._abandon(job for job in self._jobs.values() if job not in self._running)
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=grace_s)
        await _cancel([*self._running.values(), *self._loops])
        await self._writer.flush(_FLUSH_S)

    async def accept(self, job: Job) -> bool:
        """Record *job* durably; return whether it is new.

        Raises the database's error if it cannot be recorded, or TimeoutError early enough that Slack learns it and
        delivers the event again. The job may be recorded later all the same.
        """
        if parent := traceparent():
            job = replace(job, detail={**job.detail, "traceparent": parent})
        await self._admission.wait(self._limits.admission_s)
        now = self._clock()
        can_start = (
            self.is_open
            and self._admission.has_room(job.channel)
            and job.place.team not in self._stopped_teams
            and not self._post_rate.wait_s(job.channel)
        )
        lease, state = None, JobState.PENDING
        if can_start:
            self._admission.enter(job.channel)
            lease, state = self._new_lease(), JobState.WORKING
        job = replace(job, state=state, attempts=int(can_start), received_at=now, next_attempt_at=now, lease=lease)
        async with asyncio.timeout(self._limits.accept_s):
            return await self._writer.submit(job, partial(self._on_recorded, job)) is not None

    async def retry(self, job: Job) -> JobState | None:
        """Make the recorded job that equals *job* pending if it is dead, now for the person of *job*.

        Returns the state that it was in, None if there is no such job.
        """
        state = await self._rows.retry(job)
        if state is JobState.DEAD:
            self._timer.set()
        return state

    async def forget(self, team: str) -> None:
        """Delete all jobs of a workspace, running ones too. Jobs that are accepted later are worked on again."""
        self._stopped_teams.add(team)
        try:
            jobs = [job for job in self._jobs.values() if job.place.team == team]
            tasks = [self._running[job] for job in jobs if job in self._running]
            self._abandon(jobs)
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rows.forget(team)
        finally:
            self._stopped_teams.discard(team)

    async def backlog_s(self) -> float:
        """Return for how long the oldest job has been due, in seconds. Jobs of stopped workspaces do not count."""
        now = self._clock()
        due_at = await self._rows.oldest_due(before=now, except_teams=self._stopped_teams)
        return 0.0 if due_at is None else now - due_at

    async def counts(self) -> dict[JobState, int]:
        """Return the number of jobs in each state that is not an end, of all processes."""
        return await self._rows.open_counts()

    def resume(self, team: str) -> None:
        """Work again on the jobs of a workspace that was stopped."""
        self._stopped_teams.discard(team)
        self._timer.set()

    def _record_again(self, connection: Connection) -> None:
        """Record the jobs in memory in a new file: their rows were lost, and Slack will not send them again."""
        jobs = [job for job in self._jobs.values() if self._unwritten.get(job, _UNENDED).state is JobState.PENDING]
        self._rows.record_again(connection, jobs)

    def _leave_to_new_file(self) -> None:
        """Forget the jobs in memory, which were recorded again as pending."""
        self._abandon(self._jobs.values())  # an attempt that was interrupted looks for its answer when it is repeated
        self._jobs.clear()
        self._followed.clear()

    def _on_recorded(self, job: Job, recorded: Recorded | None) -> None:
        """Start a new job right after its commit, or leave it to the database (steps 2 and 3)."""
        if recorded is None:
            if job.lease:
                self._leave_memory(job)
            return
        if job.lease:
            job = self._jobs[recorded.id] = replace(job, id=recorded.id)
            if self.is_open and (recorded.previous is None or self._is_in_order(recorded.previous)):
                self._order.add(job)
                self._start_jobs()
                return
            self._give_back([job])
        if recorded.previous in self._jobs:
            self._followed.add(recorded.previous)
        self._timer.set(job.received_at)

    def _is_in_order(self, id_: int) -> bool:
        """Return whether an open row is in the `LaneOrder`, or has ended and is about to be written as such."""
        job = self._jobs.get(id_)
        return job is not None and (job not in self._unwritten or self._unwritten[job].state is not JobState.PENDING)

    def _start_jobs(self) -> None:
        while self.is_open and (batch := self._order.next_batch()):
            task = asyncio.create_task(self._attempts.run(batch))
            self._running |= dict.fromkeys(batch, task)
            task.add_done_callback(partial(self._on_attempted, batch))

    def _stop(self, on_stop: Callable[[str, str], None], team: str, reason: str) -> None:
        if team not in self._stopped_teams:
            self._stopped_teams.add(team)
            on_stop(team, reason)

    def _on_attempted(self, batch: Sequence[Job], task: asyncio.Task[Outcome]) -> None:
        for job in batch:
            del self._running[job]
        interrupted = Outcome(batch, JobState.PENDING, None, "interrupted")
        outcome = interrupted if task.cancelled() else task.result()
        self._order.finish(batch)
        self._settle(outcome)
        if outcome.state is JobState.PENDING and outcome.reason != UNKNOWN_KIND:
            # The jobs behind it keep their order by waiting in the database, too.
            self._give_back(self._order.remove_lane(batch[0].lane))
        self._start_jobs()

    def _settle(self, outcome: Outcome) -> None:
        """Have an outcome written; the jobs keep their leases until that is done."""
        self._unwritten |= dict.fromkeys(outcome.jobs, outcome)
        self._writer.submit_later(outcome, lambda _: self._on_settled(outcome))

    def _on_settled(self, outcome: Outcome) -> None:
        for job in outcome.jobs:
            del self._unwritten[job]
            if outcome.state is JobState.PENDING or job.id in self._followed:
                self._timer.set(outcome.at)
            if self._jobs.get(job.id) is job:  # otherwise this process has leased the row again meanwhile
                del self._jobs[job.id]
                self._followed.discard(job.id)
            self._leave_memory(job)

    def _leave_memory(self, job: Job) -> None:
        self._admission.leave(job.channel)
        if self._has_more and self._admission.room >= self._limits.in_memory // 4:
            self._timer.set()

    def _abandon(self, jobs: Iterable[Job]) -> None:
        """Cancel jobs that are running, and give back those that are not, with the jobs behind them."""
        for job in list(jobs):
            if task := self._running.get(job):
                task.cancel()
            elif self._jobs.get(job.id) is job and job not in self._unwritten:
                self._give_back(self._order.remove_from(job))

    def _give_back(self, jobs: Sequence[Job]) -> None:
        """Leave jobs that were not started to the database."""
        if jobs:
            self._settle(Outcome(jobs, JobState.PENDING, None, is_started=False))

    async def _repeat(self, step: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]) -> None:
        is_reachable = True
        while True:
            try:
                await step()
            except UNREACHABLE as error:
                if is_reachable:  # not every second: the log may be on the disk that is full
                    _log.warning("database unreachable", error=describe(error))
                is_reachable = False
                await self._sleep(self._limits.poll_s)
            except Exception:
                _log.exception("the inbox has stopped working; restart zimerr")
                raise
            else:
                is_reachable = True
                await pause()

    async def _wait_until_due(self) -> None:
        """Wait until a row is due, but not longer than the poll interval: other processes leave rows, too."""
        await self._sleep(_MIN_PAUSE_S)
        await self._timer.wait(self._limits.poll_s)

    async def _lease_due(self) -> None:
        """Lease due rows, lapsed leases of other processes among them, as far as there is room (step 6)."""
        await self._notice_jump()
        now, lease = self._clock(), self._new_lease()
        self._timer.clear()
        self._has_more = False
        waits_s = self._post_rate.waits_s()
        if waits_s:
            self._timer.set(now + min(waits_s.values()))
        # If this process was suspended for so long, other processes may have its jobs by now.
        self._abandon(job for job in self._jobs.values() if job.lease and not job.lease.outlives(0.0))
        if self._steady_clock() >= self._looks_at:
            self._looks_at = self._steady_clock() + self._limits.poll_s
            await self._take_over_lapsed()
        if self._admission.room <= 0:
            self._has_more = True
            return
        jobs, self._has_more = await self._rows.lease(
            until=now + self._limits.lease_s,
            limit=self._admission.room,
            room=self._admission.channel_room() | dict.fromkeys(waits_s, 0),
            default_room=self._limits.in_memory_per_channel,
            except_teams=self._stopped_teams,
        )
        for row in jobs:
            job = self._jobs[row.id] = replace(row, lease=replace(lease))
            self._admission.enter(job.channel)
            self._followed.add(job.id)
            self._order.add(job)
        self._start_jobs()

    async def _notice_jump(self) -> None:
        """Notice that the wall clock was set back: nothing tells how long a pending row still has to wait."""
        offset = self._clock() - self._steady_clock()
        if offset < self._clock_offset - _JUMP_S and (rows := await self._rows.limit_waits(self._clock())):
            _log.warning("the clock was set back; all waiting jobs are due now", jobs=rows)
        self._clock_offset = offset

    async def _take_over_lapsed(self) -> None:
        leases = await self._rows.leases()
        lapsed = self._leases.lapsed({id_: until for id_, until in leases.items() if id_ not in self._jobs})
        if lapsed and (taken_over := await self._rows.take_over(leases=lapsed)):
            _log.warning("took over jobs of a process that has ended", jobs=taken_over)

    def _new_lease(self) -> Lease:
        return Lease(self._steady_clock() + self._limits.lease_s, self._steady_clock, self._owner)

    async def _renew_leases(self) -> None:
        """Renew the leases of the jobs in memory, and abandon the jobs that another process has (step 7)."""
        jobs, renewed = dict(self._jobs), self._new_lease()
        try:
            kept = await self._rows.renew(jobs, self._clock() + self._limits.lease_s)
        except UNREACHABLE:
            # Leases that may lapse before the next try are given up in time.
            margin_s = self._limits.lease_s / 4
            self._abandon(job for job in jobs.values() if job.lease and not job.lease.outlives(margin_s))
            raise
        for id_, job in jobs.items():
            if id_ in kept and job.lease:
                job.lease.until = renewed.until
        self._abandon(job for id_, job in jobs.items() if id_ not in kept)

    async def _purge(self) -> None:
        """Delete rows that were done long ago (step 8)."""
        before = self._clock() - self._limits.keep_done_s
        while await self._rows.purge(before=before, limit=_PURGE_BATCH) == _PURGE_BATCH:
            await self._sleep(_MIN_PAUSE_S)


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
