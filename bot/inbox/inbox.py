"""The inbox at work: take, work, settle; try again, take over, let go.

A fresh job goes from its commit straight to work, if there is room in memory. What does not fit, has to wait, or was
left by another process, is leased from the database, a channel's share at a time.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot import log
from bot.errors import GiveUp, RetryLater, StopWorkspace, named
from bot.inbox.admission import Admission
from bot.inbox.job import Job, Lease, job_of
from bot.inbox.ordering import HeldJob, LaneOrder
from bot.inbox.process_id import is_gone, new_owner
from bot.inbox.rate_limit import RateLimit
from bot.storage.batching import UNREACHABLE, InboxWriter
from bot.storage.database import Database
from bot.storage.inbox_rows import InboxRows, NewInboxRow, SettledJob

_log = log.get(__name__)
_BREATH_S = 0.01  # between two looks into the database
_PURGE_AT_ONCE = 500  # rows


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """How much at once, how long, how often."""

    held: int = 256  # jobs in memory; more wait in the database
    held_per_channel: int = 32
    patience_s: float = 0.5  # for room in memory: to leave a job to the database costs more than to wait
    running: int = 64
    running_per_channel: int = 4
    attempts: int = 20
    first_pause_s: float = 1.0  # before the second attempt; doubled from one to the next
    longest_pause_s: float = 256.0  # with 20 attempts, the last is after about an hour
    attempt_s: float = 60.0  # an attempt that takes longer has failed
    refused_s: float = 86_400.0  # a job that Slack has told to wait since then is given up
    lease_s: float = 20.0  # with the poll, a dead process's jobs are taken over well within 30 s
    renew_s: float = 5.0  # often enough that most of a lease is left: `bot.slack.sender` wants 12 s of it for a post
    poll_s: float = 1.0
    keep_done_s: float = 86_400.0  # a delivery of the same after that would be taken as new
    purge_s: float = 60.0


class Inbox:
    """Record jobs and, once open, work on each until it is done or given up. Every post is counted by *pace*."""

    def __init__(
        self,
        database: Database,
        *,
        pace: RateLimit,
        limits: InboxLimits = InboxLimits(),
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        owner: str | None = None,
    ) -> None:
        self._owner = owner or new_owner()
        self._is_shared = database.is_shared
        self._rows = InboxRows(database, self._owner)
        self._journal = InboxWriter(self._rows.write, sleep)
        self._work: Callable[[Sequence[Job]], Awaitable[None]]  # this and the next: set by `open`
        self._on_stop: Callable[[str, str], None]
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._pace = pace
        self._lanes = LaneOrder(limits.running, limits.running_per_channel)
        self._held: dict[int, HeldJob] = {}
        self._room = Admission(limits.held, limits.held_per_channel)  # for the jobs held and those about to be
        self._running: dict[HeldJob, asyncio.Task[list[SettledJob]]] = {}
        self._stopped: set[str] = set()  # workspaces
        self._loops: list[asyncio.Task[None]] = []
        self._is_open = False
        self._has_more = False  # the database may hold what was due and not leased
        self._due_at = math.inf  # when something there is due, as far as known
        self._is_sooner = asyncio.Event()  # it is due sooner than when last looked at

    async def open(
        self,
        work: Callable[[Sequence[Job]], Awaitable[None]],
        *,
        on_stop: Callable[[str, str], None] = lambda team, reason: None,
    ) -> None:
        """Start to work, first on the jobs that an earlier process left.

        *work* gets one job, or several of a lane that can be answered together. *on_stop* gets the team id and Slack's
        reason when work on the jobs of a workspace stops.
        """
        self._work, self._on_stop = work, on_stop
        gone = [each for each in await self._rows.owners() if is_gone(each, self._owner, is_shared=self._is_shared)]
        await self._rows.take_over(now=self._clock(), gone=gone)
        self._is_open = True
        loops = (
            (self._lease, self._until_due),
            (self._renew, partial(self._sleep, self._limits.renew_s)),
            (self._purge, partial(self._sleep, self._limits.purge_s)),
        )
        self._loops = [asyncio.create_task(self._repeat(step, pause)) for step, pause in loops]

    async def close(self, grace_s: float) -> None:
        """Stop working: wait so long for what is in work, and leave the rest to whoever opens the inbox next.

        What is taken from now on is recorded and left, too.
        """
        self._is_open = False
        self._room.close()
        for held in [held for held in self._held.values() if held not in self._running]:
            self._let_go(held)
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=grace_s)
        for task in [*self._running.values(), *self._loops]:
            task.cancel()
        await asyncio.gather(*self._running.values(), *self._loops, return_exceptions=True)
        await self._journal.flush(within_s=5.0)

    @property
    def is_open(self) -> bool:
        """Whether it works on what it takes; otherwise it only records."""
        return self._is_open

    async def take(self, job: Job) -> bool:
        """Record *job*; return, once that is safe, whether it was new. Raises where it can't be recorded."""
        await self._room.wait(self._limits.patience_s)
        now = self._clock()
        is_admitted = self._can_begin(job)
        if is_admitted:
            self._room.occupy(job.channel)
        lease_until = now + self._limits.lease_s if is_admitted else None
        row = NewInboxRow(
            job.key, job.place.user, job.thread, job.codes, job.detail, job.event_id or None, now, lease_until
        )
        return await self._journal.record(row, partial(self._recorded, job, row))

    async def forget(self, team: str) -> None:
        """Drop all jobs of a workspace, those in work too; what is taken for it from now on is worked on again."""
        self._stopped.add(team)
        try:
            lost = [held for held in self._held.values() if held.job.place.team == team]
            tasks = [self._running[held] for held in lost if held in self._running]
            self._drop(lost)
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rows.forget(team)
        finally:
            self._stopped.discard(team)

    def _can_begin(self, job: Job) -> bool:
        """Whether work on *job* can begin soon."""
        return (
            self._is_open
            and self._room.has(job.channel)
            and job.place.team not in self._stopped
            and not self._pace.wait_s(job.channel)
        )

    def _recorded(self, job: Job, row: NewInboxRow, id_: int | None, beside: tuple[int, ...]) -> None:
        """Start on a job right after its commit, or leave it to the database."""
        if id_ is None:
            if row.lease_until is not None:
                self._unload(job)
        elif row.lease_until is None:
            self._expect(beside, row.at)
        else:
            held = self._hold(id_, job, row.at, row.lease_until)
            if self._is_open and all(self._is_in_turn(each) for each in beside):
                self._lanes.add(held)
                self._start()
            else:
                self._expect(beside, row.at)
                self._settle(held, self._unbegun(held, row.at))

    def _expect(self, before: Iterable[int], at: float) -> None:
        """Something waits in the database, perhaps for jobs that this process holds."""
        for each in before:
            if each in self._held:
                self._held[each].is_followed = True
        self._look_again(at)

    def _hold(self, id_: int, job: Job, received_at: float, lease_until: float) -> HeldJob:
        lease = Lease(lease_until, self._clock)
        self._held[id_] = held = HeldJob(id_, replace(job, lease=lease), received_at, lease)
        return held

    def _is_in_turn(self, id_: int) -> bool:
        """Whether an open row is in memory, where lanes see to the order, or over but for the writing."""
        held = self._held.get(id_)
        return held is not None and (held.settled is None or held.settled.state != "pending")

    def _start(self) -> None:
        while self._is_open and (batch := self._lanes.start()):
            task = asyncio.create_task(self._attempt(batch))
            self._running |= dict.fromkeys(batch, task)
            task.add_done_callback(partial(self._attempted, batch))

    def _attempted(self, batch: Sequence[HeldJob], task: asyncio.Task[list[SettledJob]]) -> None:
        for held in batch:
            del self._running[held]
        interrupted = [self._again(held, self._clock(), "interrupted") for held in batch] if task.cancelled() else None
        settled = interrupted or task.result()
        if settled[0].state == "pending":
            for other in self._lanes.behind(batch):
                self._settle(other, self._unbegun(other, settled[0].at))
        self._lanes.finish(batch)
        for held, each in zip(batch, settled, strict=True):
            self._settle(held, each)
        self._start()

    async def _attempt(self, batch: Sequence[HeldJob]) -> list[SettledJob]:
        """Work on jobs once, one or several together, and say what became of them."""
        place, first = batch[0].job.place, batch[0]
        if wait_s := self._pace.wait_s(first.job.channel):
            at = self._clock() + wait_s
            return [self._unbegun(held, at) for held in batch]
        try:
            async with asyncio.timeout(self._limits.attempt_s):
                await self._work([held.job for held in batch])
        except RetryLater as error:
            if error.after_s is None or self._clock() - first.received_at > self._limits.refused_s:
                return [self._failed(held, str(error)) for held in batch]
            self._pace.slow_down(first.job.channel, error.after_s)
            at = self._clock() + error.after_s
            return [self._again(held, at, str(error), is_refused=True) for held in batch]
        except GiveUp as error:
            return [self._dead(held, str(error)) for held in batch]
        except StopWorkspace as error:
            self._stop(place.team, str(error))
            return [self._again(held, self._clock(), str(error), is_refused=True) for held in batch]
        except Exception as error:  # the one place where a job's failure ends: it must not take the others along
            _log.exception("an attempt failed", kind=first.job.stored_kind, channel=place.channel, ts=first.job.ts)
            return [self._failed(held, named(error)) for held in batch]
        now = self._clock()
        return [SettledJob(held.id, held.job.attempt, "done", now, held.job.refused) for held in batch]

    def _stop(self, team: str, reason: str) -> None:
        if team not in self._stopped:
            self._stopped.add(team)
            self._on_stop(team, reason)

    def _failed(self, held: HeldJob, reason: str) -> SettledJob:
        failed = held.job.attempt - held.job.refused
        if failed >= self._limits.attempts:
            return self._dead(held, reason)
        pause_s = min(self._limits.first_pause_s * 2.0 ** (failed - 1), self._limits.longest_pause_s)
        # Spread, so that what failed together does not come back together.
        pause_s *= random.uniform(0.75, 1.25)  # noqa: S311
        return self._again(held, self._clock() + pause_s, reason)

    def _dead(self, held: HeldJob, reason: str) -> SettledJob:
        job = held.job
        _log.warning("given up", kind=job.stored_kind, channel=job.place.channel, ts=job.ts, reason=reason)
        return SettledJob(held.id, job.attempt, "dead", self._clock(), job.refused, reason)

    def _again(self, held: HeldJob, at: float, reason: str, *, is_refused: bool = False) -> SettledJob:
        return SettledJob(held.id, held.job.attempt, "pending", at, held.job.refused + is_refused, reason)

    def _unbegun(self, held: HeldJob, at: float) -> SettledJob:
        return SettledJob(held.id, held.job.attempt, "pending", at, held.job.refused, is_begun=False)

    def _settle(self, held: HeldJob, settled: SettledJob) -> None:
        """Write what became of a job; the lease is kept until that is written."""
        held.settled = settled
        self._journal.settle(settled, partial(self._forget, held, settled))

    def _forget(self, held: HeldJob, settled: SettledJob) -> None:
        if self._held.get(held.id) is held:
            del self._held[held.id]
        self._unload(held.job)
        if settled.state == "pending" or held.is_followed:
            self._look_again(settled.at)

    def _let_go(self, held: HeldJob) -> None:
        """Give back a job that was not begun."""
        if not held.settled:
            self._lanes.remove(held)
            self._settle(held, self._unbegun(held, self._clock()))

    def _unload(self, job: Job) -> None:
        self._room.vacate(job.channel)
        if self._has_more and self._room.left >= self._limits.held // 4:
            self._look_again(self._clock())

    def _look_again(self, at: float) -> None:
        if at < self._due_at:
            self._due_at = at
            self._is_sooner.set()

    async def _repeat(self, step: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except UNREACHABLE as error:
                _log.warning("the database can't be reached", error=repr(error))
                await self._sleep(self._limits.poll_s)
            else:
                await pause()

    async def _until_due(self) -> None:
        """Wait until something is due in the database, or it is time to see what others left there."""
        await self._sleep(_BREATH_S)
        self._due_at = min(self._due_at, self._clock() + self._limits.poll_s)
        while (left_s := self._due_at - self._clock()) > 0.0:
            self._is_sooner.clear()
            waits = [asyncio.ensure_future(self._sleep(left_s)), asyncio.ensure_future(self._is_sooner.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def _lease(self) -> None:
        """Take over what others have left, and lease what is due, as far as there is room."""
        now = self._clock()
        self._due_at, self._has_more = math.inf, False
        closed = self._pace.closed()
        if closed:
            self._look_again(now + min(closed.values()))
        # Where this process was asleep for so long, what it was doing may be another's by now.
        self._drop([held for held in self._held.values() if held.lease.until < now])
        if taken_over := await self._rows.take_over(now=now):
            _log.warning("taken over from a process that has gone", jobs=taken_over)
        most = self._room.left
        if most <= 0:
            self._has_more = True
            return
        lease_until = now + self._limits.lease_s
        rows, self._has_more = await self._rows.lease(
            now=now,
            until=lease_until,
            most=most,
            room=self._room.left_by_channel() | dict.fromkeys(closed, 0),
            usual_room=self._limits.held_per_channel,
            but_teams=self._stopped,
        )
        for row in rows:
            self._room.occupy(row.key[:2])
            held = self._hold(row.id, job_of(row), row.received_at, lease_until)
            held.is_followed = True
            self._lanes.add(held)
        self._start()

    async def _renew(self) -> None:
        """Prolong the leases; what is not this process's any more is dropped."""
        held = dict(self._held)
        until = self._clock() + self._limits.lease_s
        try:
            kept = await self._rows.renew(held, until)
        except UNREACHABLE:
            # Another process takes over what can't be prolonged in time.
            margin_s = self._limits.lease_s / 4
            kept = {each.id for each in held.values() if each.lease.outlives(margin_s)}
            self._drop([each for each in held.values() if each.id not in kept])
            raise
        for each in kept:
            held[each].lease.until = until
        self._drop([each for each in held.values() if each.id not in kept])

    def _drop(self, lost: list[HeldJob]) -> None:
        for held in lost:
            if held in self._running:
                self._running[held].cancel()
            else:
                self._let_go(held)

    async def _purge(self) -> None:
        """Forget what was done so long ago that Slack does not deliver it again."""
        before = self._clock() - self._limits.keep_done_s
        while await self._rows.purge(before=before, most=_PURGE_AT_ONCE) == _PURGE_AT_ONCE:
            await self._sleep(_BREATH_S)
