"""Test the rows as a state machine: whatever happens, in any order, no row is lost, doubled or out of order.

Two processes share the rows. Each rule is one thing that can happen to a process or to the world.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from bot.inbox.job import Job, JobKey, JobState, Outcome
from bot.inbox.lease import Lease
from bot.inbox.rows import InboxRows
from bot.policy.place import Place
from bot.settings import DatabaseSettings
from bot.storage.database import Database
from bot.storage.tables import inbox
from tests.migrated import upgrade

LEASE_S, KEEP_S = 20.0, 3600.0
_processes = st.sampled_from(["one", "two"])
_messages = st.tuples(st.sampled_from(["C1", "C2"]), st.sampled_from(["1.0", "2.0"]), st.integers(0, 9))


class InboxMachine(RuleBasedStateMachine):
    """Keep a simple model of the rows beside them, and compare the two."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url)
        self.now = 1_700_000_000.0
        self.rows = {owner: InboxRows(self.database, owner, lambda: self.now) for owner in ("one", "two")}
        self.ids: dict[JobKey, int] = {}  # of all rows
        self.open: dict[tuple[str, str], list[JobKey]] = defaultdict(list)  # by channel and thread, in order
        self.ended: dict[JobKey, float] = {}
        self.lost: list[tuple[str, Job]] = []  # jobs that a process may still believe to have
        self.working: dict[str, dict[int, tuple[Job, float]]] = {"one": {}, "two": {}}  # with the end of the lease

    def run(self, work: Any) -> Any:
        """Return the result of a coroutine."""
        return self.runner.run(work)

    def teardown(self) -> None:
        """Leave no rows to the next example."""

        async def empty() -> None:
            await self.database.run(lambda connection: connection.execute(delete(inbox)))
            await self.database.close()

        self.run(empty())
        self.runner.close()

    @rule(owner=_processes, deliveries=st.lists(_messages, min_size=1, max_size=5), leased=st.booleans())
    def record(self, owner: str, deliveries: list[tuple[str, str, int]], leased: bool) -> None:
        """Record messages in one commit; some were recorded before. The first is leased if its lane is empty."""
        jobs: list[Job] = []
        for channel, thread, number in deliveries:
            ts = f"{thread}{number}"
            job = Job(Place("T1", channel, "U1"), ts, thread, event_id=f"Ev{channel}{ts}", received_at=self.now)
            if leased and not self.open[channel, thread] and not jobs:
                lease = Lease(self.now + LEASE_S, lambda: self.now, owner)
                job = replace(job, state=JobState.WORKING, attempts=1, lease=lease)
            jobs.append(job)
        for job, recorded in zip(jobs, self.run(self.rows[owner].write(jobs)), strict=True):
            assert (recorded is None) == (job.key in self.ids)
            if recorded:
                lane = self.open[job.place.channel, job.thread]
                assert recorded.previous == (self.ids[lane[-1]] if lane else None)
                lane.append(job.key)
                self.ids[job.key] = recorded.id
                if job.lease:
                    self.working[owner][recorded.id] = (replace(job, id=recorded.id), job.lease.until)

    @rule(owner=_processes, limit=st.integers(1, 5), room=st.integers(0, 3))
    def lease(self, owner: str, limit: int, room: int) -> None:
        """Lease due rows: the first of each lane that no process works on, and those that follow it."""
        until = self.now + LEASE_S
        leased, _ = self.run(
            self.rows[owner].lease(until=until, limit=limit, room={("T1", "C1"): room}, default_room=3)
        )
        assert len(leased) <= limit
        assert len([job for job in leased if job.place.channel == "C1"]) <= room
        for lane, keys in self.open.items():
            found = [job.key for job in leased if (job.place.channel, job.thread) == lane]
            assert keys[: len(found)] == found, "out of order"
        for job in leased:
            assert job.next_attempt_at <= self.now
            for working in self.working.values():
                assert job.id not in working or working[job.id][1] < self.now, "leased twice"
            self.working[owner][job.id] = (job, until)

    @rule(
        owner=_processes,
        state=st.sampled_from([JobState.DONE, JobState.DEAD, JobState.PENDING]),
        which=st.integers(0, 9),
    )
    def settle(self, owner: str, state: JobState, which: int) -> None:
        """End an attempt, with or without success."""
        working = self.working[owner]
        if not working:
            return
        job, _ = working.pop(sorted(working)[which % len(working)])
        at = self.now + 7.0 if state is JobState.PENDING else self.now
        self.run(self.rows[owner].write([Outcome([job], state, at, state.value)]))
        if state is not JobState.PENDING:
            self.ended[job.key] = self.now
            self.open[job.place.channel, job.thread].remove(job.key)

    @rule(owner=_processes)
    def renew(self, owner: str) -> None:
        """Renew the leases of a process, which drops the jobs that it has lost."""
        working = self.working[owner]
        kept = self.run(self.rows[owner].renew(list(working), self.now + LEASE_S))
        assert kept >= {id_ for id_, (_, until) in working.items() if until >= self.now}, "a lease was lost too early"
        self.working[owner] = {id_: (job, self.now + LEASE_S) for id_, (job, _) in working.items() if id_ in kept}

    @rule(owner=_processes)
    def die(self, owner: str) -> None:
        """Kill a process; the one that starts in its place does not know its jobs."""
        self.working[owner] = {}

    @rule(owner=_processes, knows=st.booleans())
    def take_over(self, owner: str, knows: bool) -> None:
        """Take over the jobs of lapsed leases, and at once those of a process that has certainly ended."""
        ended = [other for other in self.working if knows and other != owner and not self.working[other]]
        leases = self.run(self.rows[owner].leases())
        lapsed = {id_: until for id_, until in leases.items() if until < self.now}
        self.run(self.rows[owner].take_over(ended_owners=ended, leases=lapsed))
        for name, working in self.working.items():
            for id_ in [id_ for id_, (_, until) in working.items() if until < self.now]:
                self.lost.append((name, working.pop(id_)[0]))

    @rule(which=st.integers(0, 9))
    def settle_too_late(self, which: int) -> None:
        """Settle a job by a process that was suspended for longer than its lease: the row must not change."""
        if self.lost:
            owner, job = self.lost[which % len(self.lost)]
            before = self.run(self.row_values(job.id))
            self.run(self.rows[owner].write([Outcome([job], JobState.DONE, self.now)]))
            assert self.run(self.row_values(job.id)) == before

    @rule(seconds=st.sampled_from([0.5, 5.0, 21.0, 3700.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    @rule(owner=_processes)
    def purge(self, owner: str) -> None:
        """Purge old done rows, and no others."""
        self.run(self.rows[owner].purge(before=self.now - KEEP_S))
        left = {job.key for job in self.run(self.rows[owner].find(limit=1000))}
        for key, at in list(self.ended.items()):
            if key not in left:
                assert at < self.now - KEEP_S
                del self.ended[key], self.ids[key]

    @invariant()
    def no_row_is_lost(self) -> None:
        """Compare the rows with the model: every recorded message is open until it has ended."""
        jobs = {job.key: job for job in self.run(self.rows["one"].find(limit=1000))}
        assert {key: job.id for key, job in jobs.items()} == self.ids
        for key, job in jobs.items():
            assert (job.state in (JobState.DONE, JobState.DEAD)) == (key in self.ended)
            assert (job.state is JobState.WORKING) == (job.lease is not None)

    async def row_values(self, id_: int) -> Any:
        """Return the values of a row."""
        query = inbox.select().where(inbox.c.id == id_)
        return await self.database.run(lambda connection: connection.execute(query).all())


def test_the_rows_keep_their_promises(
    database_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """On SQLite and on PostgreSQL alike."""
    url = DatabaseSettings(_env_file=None, database_url=database_url).database_url
    monkeypatch.setattr(InboxMachine, "url", url, raising=False)
    asyncio.run(upgrade(url))
    examples = 60 if request.config.getoption("--full") else 12
    run_state_machine_as_test(
        InboxMachine,
        settings=settings(
            max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
