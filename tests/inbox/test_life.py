"""Test the inbox as a state machine: processes start and die at any time, and every message is answered once.

Slack is a counter here, and is searched as the real one is. `test_machine` tests the rows alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, delete

from bot.errors import GiveUp, RetryLater
from bot.inbox import Inbox, InboxLimits, Job, JobKind, PostRate
from bot.inbox.job import JobState
from bot.inbox.rows import InboxRows
from bot.settings import DatabaseSettings
from bot.storage.database import Database
from bot.storage.tables import inbox
from tests.inbox.time import Time
from tests.inbox.workbench import job
from tests.migrated import upgrade

LIMITS = InboxLimits(
    first_retry_s=1.0,
    max_retry_s=4.0,
    attempts=1000,
    accept_s=60.0,
    in_memory=6,
    in_memory_per_channel=4,
    running_per_channel=1,
    admission_s=0.001,  # in real time; meanwhile, the test ends no attempt that could make room
)
CHANNELS = {"1.": "C1", "2.": "C1", "3.": "C2"}  # by thread
CALL_S = 12.0  # a post needs so much of its lease
ERRORS: dict[str, Exception] = {
    "lost": RetryLater("no answer"),
    "failed": RetryLater("status 503"),
    "refused": RetryLater("ratelimited", after_s=3.0),
    "refused later": RetryLater("ratelimited", after_s=3.0),
    "given up": GiveUp("is_archived"),
    "a bug": RuntimeError("a bug"),
}
_which = st.integers(0, 9)
_threads = st.sampled_from(list(CHANNELS))
_endings = st.sampled_from(["answered", "answered", "answered", *ERRORS])
T = TypeVar("T")


@dataclass
class Slack:
    """Record the answers, and check that each is allowed."""

    arrived: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by thread
    answers: Counter[str] = field(default_factory=Counter)
    given_up: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)  # not raised: the inbox would treat it as a failed attempt

    def post(self, jobs: Sequence[Job]) -> None:
        """Answer jobs as `bot.slack.sender` does."""
        first = jobs[0]
        if not first.lease or not first.lease.outlives(CALL_S):
            raise RetryLater("the lease was about to end")
        if len(jobs) > 1 and any(each.may_be_answered for each in jobs):
            self.wrong.append(f"{[each.ts for each in jobs]} were posted without a search")
        if first.may_be_answered and self.answers[first.ts]:
            return
        for each in jobs:
            assert each.lease
            each.lease.posts += 1
            order = self.arrived[each.thread]
            before = order[: order.index(each.ts)]
            if not all(self.answers[ts] or ts in self.given_up for ts in before):
                self.wrong.append(f"{each.ts} was answered before {before}")
            if self.answers[each.ts]:
                self.wrong.append(f"{each.ts} was answered twice")
            self.answers[each.ts] += 1


class Process:
    """An inbox whose attempts wait for the test to end them."""

    def __init__(self, database: Database, time: Time, slack: Slack, name: str) -> None:
        self._slack = slack
        self.time = time
        self.attempts: list[asyncio.Future[str]] = []
        self.inbox = Inbox(
            database,
            post_rate=PostRate(time.steady_clock),
            limits=LIMITS,
            clock=time.clock,
            steady_clock=time.steady_clock,
            sleep=time.sleep,
            owner=name,
        )

    async def open(self) -> None:
        """Open the inbox."""
        await self.inbox.open(self._work, on_exhausted=self._report_exhausted)

    async def _report_exhausted(self, jobs: Sequence[Job], error: Exception) -> None:
        assert isinstance(error, RuntimeError), f"{error} was the last of so many attempts"
        self._slack.given_up |= {each.ts for each in jobs}

    async def _work(self, jobs: Sequence[Job]) -> None:
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.attempts.append(end)
        try:
            ending = await end
        finally:
            self.attempts.remove(end)
        if ending in ("answered", "lost", "refused later"):
            self._slack.post(jobs)
        if ending == "given up":
            self._slack.given_up |= {each.ts for each in jobs}
        if ending in ERRORS:
            raise ERRORS[ending]

    def finish_all(self) -> None:
        """Let all attempts succeed."""
        for attempt in self.attempts:
            if not attempt.done():
                attempt.set_result("answered")

    def die(self) -> None:
        """Stop at once, without another write."""

        async def never(*_: object) -> Any:
            await asyncio.Event().wait()

        self.inbox._writer._process = never
        tasks = [*self.inbox._loops, *self.inbox._running.values(), self.inbox._writer._task]
        for task in tasks:
            if task:
                task.cancel()


class WatchedDatabase(Database):
    """A database that counts the queries in progress, and can be away."""

    queries = 0
    is_away = False

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run a query."""
        if self.is_away:
            raise OSError("away")
        self.queries += 1
        try:
            return await super().run(work)
        finally:
            self.queries -= 1


class InboxLife(RuleBasedStateMachine):
    """Run one process at a time on SQLite, two on PostgreSQL."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.now, self.slack = Time().now, Slack()
        self.database = WatchedDatabase(self.url)
        self.born = 0
        self.processes = [self.start() for _ in range(2 if self.database.is_shared else 1)]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of a coroutine, once all that can happen at this time has happened."""

        async def run() -> Any:
            result = await work
            await self.settle()
            return result

        return self.runner.run(run())

    async def settle(self) -> None:
        """Wait until no query is in progress and no task continues without one, an attempt's end or a clock."""
        idle_rounds = 0
        while idle_rounds < 50:
            await asyncio.sleep(0.0005 if self.database.queries else 0)
            idle_rounds = 0 if self.database.queries else idle_rounds + 1

    def start(self) -> Process:
        """Start a process."""
        self.born += 1
        process = Process(self.database, Time(self.now), self.slack, f"process {self.born}")
        self.run(process.open())
        return process

    @rule(
        which=_which,
        thread=_threads,
        kind=st.sampled_from([JobKind.MESSAGE, JobKind.MESSAGE, JobKind.ASKED]),
    )
    def accept(self, which: int, thread: str, kind: JobKind) -> None:
        """Accept a new message."""
        arrived = self.slack.arrived[thread]
        arrived.append(f"{thread}{len(arrived):03}")
        new = job(arrived[-1], thread=thread, channel=CHANNELS[thread], kind=kind)
        assert self.run(self.one(which).inbox.accept(new))

    @rule(which=_which, thread=_threads)
    def accept_again(self, which: int, thread: str) -> None:
        """Accept a message that was delivered before."""
        if arrived := self.slack.arrived[thread]:
            again = job(arrived[which % len(arrived)], thread=thread, channel=CHANNELS[thread])
            known = {JobKind.ASKED, JobKind.MESSAGE} - {again.kind}
            rows = self.run(InboxRows(self.database).find(limit=1000))
            if not any(row.ts == again.ts and row.kind in known for row in rows):
                assert not self.run(self.one(which).inbox.accept(again))

    @rule(which=_which, attempt=_which, ending=_endings)
    def finish(self, which: int, attempt: int, ending: str) -> None:
        """End an attempt in some way."""
        if attempts := [each for each in self.one(which).attempts if not each.done()]:
            attempts[attempt % len(attempts)].set_result(ending)
            self.run(asyncio.sleep(0))

    @rule(which=_which)
    def crash(self, which: int) -> None:
        """Kill a process, and start another in its place."""
        self.replace(which, lambda process: process.die())

    @rule(which=_which)
    def stop(self, which: int) -> None:
        """Close a process whose jobs do not finish in time, and start another in its place."""
        self.replace(which, lambda process: self.run(process.inbox.close(grace_s=0.0)))

    @precondition(lambda self: self.processes)
    @rule(seconds=st.sampled_from([-3600.0, 3600.0]))
    def set_clock(self, seconds: float) -> None:
        """Set the wall clock of the machine; the processes notice it within a second."""
        self.now += seconds
        for process in self.processes:
            process.time.jump(seconds)
        self.run(self.go_by(1.0, self.processes))

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.run(self.go_by(seconds, self.processes))

    @rule(which=_which, attempt=_which, ending=_endings, steps=st.sampled_from([1, 2, 6]))
    def lose_database(self, which: int, attempt: int, ending: str, steps: int) -> None:
        """Let no process reach the database for a while; an attempt ends at the start of it."""
        self.database.is_away = True
        self.finish(which, attempt, ending)
        for _ in range(steps):
            self.run(self.go_by(2.5, self.processes))
        self.database.is_away = False
        self.run(self.go_by(1.0, self.processes))

    @rule(which=_which, attempt=_which)
    def sleep(self, which: int, attempt: int) -> None:
        """Suspend a process while another does its work; when it wakes, an attempt continues before anything else."""
        asleep = self.one(which)
        awake = [process for process in self.processes if process is not asleep]
        for _ in range(5):
            self.run(self.go_by(5.0, awake))
            for process in awake:
                process.finish_all()
        asleep.time.steady += self.now - asleep.time.now
        asleep.time.now = self.now
        self.finish(which, attempt, "answered")

    @invariant()
    def answers_are_allowed(self) -> None:
        """Check that no message was answered twice, or before an earlier one of its thread."""
        assert self.slack.wrong == []

    async def go_by(self, seconds: float, awake: Sequence[Process]) -> None:
        """Advance the clocks of the processes that are awake."""
        self.now += seconds
        for process in awake:
            process.time.advance(self.now - process.time.now)

    def one(self, which: int) -> Process:
        """Return one of the processes."""
        return self.processes[which % len(self.processes)]

    def replace(self, which: int, end: Callable[[Process], None]) -> None:
        """End a process and start another."""
        end(self.one(which))
        self.processes[which % len(self.processes)] = self.start()

    def teardown(self) -> None:
        """Check that without further faults, all messages that were not given up are answered once; then clean up."""
        try:
            self.run(self.calm())
            for ts in (ts for arrived in self.slack.arrived.values() for ts in arrived):
                assert self.slack.answers[ts] == 1 or ts in self.slack.given_up
        finally:
            for process in self.processes:
                process.die()
            self.run(self.empty())
            self.runner.close()

    async def calm(self) -> None:
        """Let every attempt succeed until all jobs have ended."""
        rows = InboxRows(self.database)
        for _ in range(400):
            if (await rows.counts()).keys() <= {"done", "dead"}:
                return
            for process in self.processes:
                process.finish_all()
            await self.settle()
            await self.go_by(0.5, self.processes)
        raise AssertionError(f"never done: {await rows.find(states=(JobState.PENDING, JobState.WORKING))}")

    async def empty(self) -> None:
        """Leave no rows to the next example."""
        await self.database.run(lambda connection: connection.execute(delete(inbox)))
        await self.database.close()


def test_every_message_is_answered_once_whatever_happens(
    database_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """On SQLite and on PostgreSQL alike."""
    url = DatabaseSettings(_env_file=None, database_url=database_url).database_url
    monkeypatch.setattr(InboxLife, "url", url, raising=False)
    monkeypatch.setattr("bot.storage.batching._LINGER_S", 0.0)
    asyncio.run(upgrade(url))
    examples = 20 if request.config.getoption("--full") else 6
    run_state_machine_as_test(
        InboxLife,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
