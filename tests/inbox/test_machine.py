"""The inbox as a state machine: whatever happens, in whatever order, nothing is lost, doubled or out of order.

Two processes share the rows. Each step is one of the things that happen to a process or to the world.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from bot.settings import DatabaseSettings
from bot.storage.database import Database
from bot.storage.inbox_rows import InboxRow, InboxRows, JobKey, NewInboxRow, RowFilter, SettledJob
from bot.storage.tables import inbox

LEASE_S, KEEP_S = 20.0, 3600.0
_processes = st.sampled_from(["one", "two"])
_messages = st.tuples(st.sampled_from(["C1", "C2"]), st.sampled_from(["1.0", "2.0"]), st.integers(0, 9))


class InboxMachine(RuleBasedStateMachine):
    """What must be true of the rows is kept beside them, in the simplest words."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url)
        self.run(self.database.upgrade())
        self.rows = {owner: InboxRows(self.database, owner) for owner in ("one", "two")}
        self.now = 1_700_000_000.0
        self.taken: dict[JobKey, str] = {}  # the thread of each
        self.order: dict[tuple[str, str], list[JobKey]] = defaultdict(list)  # by channel and thread, those not ended
        self.ended: dict[JobKey, float] = {}
        self.lost: list[tuple[str, InboxRow]] = []  # what a process may still believe to work on
        self.working: dict[str, dict[int, tuple[InboxRow, float]]] = {"one": {}, "two": {}}  # with the end of the lease

    def run(self, work: Any) -> Any:
        """The result of a coroutine."""
        return self.runner.run(work)

    def teardown(self) -> None:
        """Leave nothing to the next example."""

        async def empty() -> None:
            await self.database.run(lambda connection: connection.execute(delete(inbox)))
            await self.database.close()

        self.run(empty())
        self.runner.close()

    @rule(owner=_processes, deliveries=st.lists(_messages, min_size=1, max_size=5), leased=st.booleans())
    def deliver(self, owner: str, deliveries: list[tuple[str, str, int]], leased: bool) -> None:
        """Messages come in, one commit for all; some came before. Only what has no one before it may be leased."""
        new: dict[JobKey, NewInboxRow] = {}
        for channel, thread, number in deliveries:
            key = ("T1", channel, f"{thread}{number}", "message")
            until = self.now + LEASE_S if leased and not self.order[channel, thread] and not new else None
            new.setdefault(key, NewInboxRow(key, "U1", thread, (6000106,), {}, f"Ev{key}", self.now, until))
        recorded = self.run(self.rows[owner].write(list(new.values()), []))
        assert recorded.ids.keys() == new.keys() - self.taken.keys()
        for key in new.keys() - self.taken.keys():
            row = new[key]
            before = self.order[key[1], row.thread]
            assert len(recorded.open.get(row.lane, ())) == len(before)
        for key, row in new.items():
            if key not in self.taken:
                self.taken[key] = row.thread
                self.order[key[1], row.thread].append(key)
                if row.lease_until:
                    (found,) = self.run(self.rows[owner].find(RowFilter(ids=(recorded.ids[key],))))
                    self.working[owner][found.id] = (found, row.lease_until)

    @rule(owner=_processes, most=st.integers(1, 5), room=st.integers(0, 3))
    def lease(self, owner: str, most: int, room: int) -> None:
        """A process takes what is due: the first of each thread that nobody works on, and what follows it."""
        until = self.now + LEASE_S
        leased, _ = self.run(
            self.rows[owner].lease(now=self.now, until=until, most=most, room={("T1", "C1"): room}, usual_room=3)
        )
        assert len(leased) <= most
        assert len([row for row in leased if row.key[1] == "C1"]) <= room
        for lane, order in self.order.items():
            mine = [row.key for row in leased if (row.key[1], row.thread) == lane]
            assert order[: len(mine)] == mine, "out of order"
        for row in leased:
            assert row.next_attempt_at <= self.now
            for other in self.working.values():
                assert row.id not in other or other[row.id][1] < self.now, "leased twice"
            self.working[owner][row.id] = (row, until)

    @rule(owner=_processes, how=st.sampled_from(["done", "dead", "pending"]), which=st.integers(0, 9))
    def settle(self, owner: str, how: Any, which: int) -> None:
        """Work ends, well or not."""
        mine = self.working[owner]
        if not mine:
            return
        id_ = sorted(mine)[which % len(mine)]
        row, _ = mine.pop(id_)
        at = self.now + 7.0 if how == "pending" else self.now
        self.run(self.rows[owner].write([], [SettledJob(id_, row.attempts, how, at, row.refused, how)]))
        if how != "pending":
            self.ended[row.key] = self.now
            self.order[row.key[1], row.thread].remove(row.key)

    @rule(owner=_processes)
    def renew(self, owner: str) -> None:
        """A process prolongs its leases, and drops what it has lost."""
        mine = self.working[owner]
        kept = self.run(self.rows[owner].renew(list(mine), self.now + LEASE_S))
        assert kept >= {id_ for id_, (_, until) in mine.items() if until >= self.now}, "a lease was lost in its time"
        self.working[owner] = {id_: (row, self.now + LEASE_S) for id_, (row, _) in mine.items() if id_ in kept}

    @rule(owner=_processes)
    def die(self, owner: str) -> None:
        """A process is killed; another that starts in its place knows nothing of it."""
        self.working[owner] = {}

    @rule(owner=_processes, knows=st.booleans())
    def take_over(self, owner: str, knows: bool) -> None:
        """What nobody works on any more can be taken again, at once where its process has certainly gone."""
        gone = [other for other in self.working if knows and other != owner and not self.working[other]]
        self.run(self.rows[owner].take_over(now=self.now, gone=gone))
        for name, mine in self.working.items():
            for id_ in [id_ for id_, (_, until) in mine.items() if until < self.now]:
                self.lost.append((name, mine.pop(id_)[0]))

    @rule(which=st.integers(0, 9))
    def settle_too_late(self, which: int) -> None:
        """A process that has slept through its lease reports what became of the work. It has no say any more."""
        if self.lost:
            owner, row = self.lost[which % len(self.lost)]
            before = self.run(self.rows[owner].find(RowFilter(ids=(row.id,))))
            late = SettledJob(row.id, row.attempts, "done", self.now, row.refused)
            self.run(self.rows[owner].write([], [late]))
            assert self.run(self.rows[owner].find(RowFilter(ids=(row.id,)))) == before

    @rule(seconds=st.sampled_from([0.5, 5.0, 21.0, 3700.0]))
    def wait(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds

    @rule(owner=_processes)
    def purge(self, owner: str) -> None:
        """What was done long ago is forgotten, and nothing else."""
        self.run(self.rows[owner].purge(before=self.now - KEEP_S))
        states = {row.key: row.state for row in self.run(self.rows[owner].find(RowFilter(), 1000))}
        for key, at in list(self.ended.items()):
            if key not in states:
                assert at < self.now - KEEP_S
                del self.ended[key], self.taken[key]

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every message taken is there, and open until it has ended."""
        rows = {row.key: row for row in self.run(self.rows["one"].find(RowFilter(), 1000))}
        assert rows.keys() == self.taken.keys()
        for key, row in rows.items():
            assert (row.state in ("done", "dead")) == (key in self.ended)
            assert (row.state == "working") == (row.lease_owner is not None) == (row.lease_until is not None)


def test_the_inbox_keeps_its_promises(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite and on PostgreSQL alike."""
    url = DatabaseSettings(_env_file=None, database_url=database_url).database_url
    monkeypatch.setattr(InboxMachine, "url", url, raising=False)
    run_state_machine_as_test(
        InboxMachine,
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
