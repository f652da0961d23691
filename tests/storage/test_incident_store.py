"""Test what is stored of incidents, on every database."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from bot.oncall.ownership import Claim, Ownership
from bot.storage.annotation_store import MessageRef
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentEvent, IncidentStore, Status, histories

REF = MessageRef("T1", "C1", "2.0")
SEED = Incident(REF, "1.0", "message:1.0:1.0", "en", 6000106)


@pytest.fixture
def store(database: Database) -> IncidentStore:
    return IncidentStore(database)


class Clock:
    """A clock that shows a later time at each look."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def ownership(store: IncidentStore) -> Ownership:
    return Ownership(store, Clock(), remind_s=600.0)


async def history(database: Database, ref: MessageRef = REF) -> list[IncidentEvent]:
    """Return the history of an incident."""
    return (await database.run(lambda connection: histories(connection, ref.team, ref.channel, [ref.ts])))[ref.ts]


async def test_the_first_person_has_it_and_the_second_learns_who(ownership: Ownership) -> None:
    """Two people must not work on the same problem unknowingly."""
    first = await ownership.take(SEED, "U1")
    second = await ownership.take(SEED, "U2")
    assert (first.after.owner, second.after.owner, second.is_change) == ("U1", "U1", False)
    over = await ownership.take(SEED, "U2", over="U1")
    assert (over.after.owner, over.replaced) == ("U2", "U1")
    late = await ownership.take(SEED, "U3", over="U1")
    assert (late.after.owner, late.is_change) == ("U2", False)
    assert not (await ownership.release(SEED, "U1")).is_change


async def test_what_happened_is_kept_in_order(ownership: Ownership, store: IncidentStore, database: Database) -> None:
    """The hand-over of a shift is read from it."""
    await ownership.take(SEED, "U1")
    await ownership.escalate(SEED, "U1")
    await ownership.resolve(SEED, "U2", "rotated the secret")
    assert not (await ownership.resolve(SEED, "U1", "restarted")).is_change
    incident = await store.get(REF)
    assert incident
    assert (incident.status, incident.user, incident.helped) == (Status.RESOLVED, "U2", "rotated the secret")
    assert incident.escalated_by == "U1"
    await ownership.reopen(SEED, "U1")
    assert [(event.what, event.user) for event in await history(database)] == [
        ("taken", "U1"),
        ("escalated", "U1"),
        ("resolved", "U2"),
        ("released", "U1"),
    ]
    assert await history(database, replace(REF, channel="C2")) == []


async def test_an_incident_that_its_message_does_not_show_is_due(ownership: Ownership, store: IncidentStore) -> None:
    """A crash between the click and the update must not leave a message that says something else."""
    claim = await ownership.take(SEED, "U1")
    assert await store.claim_due(claim.after.at + 5, lease_s=60) == []
    late = claim.after.at + 30
    assert await store.claim_due(late, lease_s=60) == [claim.after]
    assert await store.claim_due(late, lease_s=60) == []  # by another replica
    assert await store.claim_due(late + 61, lease_s=60) == [claim.after]
    shown = await ownership.shown(claim.after)
    assert (shown.version, shown.shown) == (1, 1)
    assert await store.claim_due(claim.after.at + 599, lease_s=60) == []
    assert await store.claim_due(claim.after.at + 601, lease_s=60) == [shown]


async def test_an_older_state_is_not_recorded_as_shown(ownership: Ownership) -> None:
    """The updates of two replicas may cross; the one that finds a later state shows that, too."""
    first = await ownership.take(SEED, "U1")
    second = await ownership.resolve(SEED, "U2", "")
    assert await ownership.shown(first.after) == second.after
    assert (await ownership.shown(second.after)).shown == 2


async def test_old_incidents_are_forgotten(ownership: Ownership, store: IncidentStore, database: Database) -> None:
    """With their history."""
    await ownership.take(SEED, "U1")
    await store.forget_before(900.0)
    assert await store.get(REF)
    await store.forget_before(5000.0)
    assert await store.get(REF) is None
    assert await history(database) == []


@pytest.mark.parametrize("clicks", [500, pytest.param(10_000, marks=pytest.mark.full)])
async def test_clicks_at_once_end_in_one_state_that_everybody_sees(
    ownership: Ownership, store: IncidentStore, database: Database, clicks: int
) -> None:
    """Of all clicks at one moment, in any order, exactly those count that the rules allow one after the other."""
    people, dice = [f"U{number}" for number in range(5)], random.Random(7)  # noqa: S311 - repeatable
    for round_ in range(clicks // 50):
        seed = replace(SEED, ref=replace(REF, ts=f"{round_}.0"))

        async def click(seed: Incident = seed) -> Claim:
            who, seen = dice.choice(people), dice.choice([None, *people])
            acts = (
                lambda: ownership.take(seed, who),
                lambda: ownership.take(seed, who, over=seen),
                lambda: ownership.release(seed, who),
                lambda: ownership.resolve(seed, who, who),
                lambda: ownership.reopen(seed, who),
            )
            return await dice.choice(acts)()

        claims = await asyncio.gather(*(click() for _ in range(50)))
        changes = sorted((each for each in claims if each.is_change), key=lambda each: each.after.version)
        assert [each.after.version for each in changes] == list(range(1, len(changes) + 1))
        state = seed
        for each in changes:
            assert each.before == state
            state = each.after
        assert await store.get(seed.ref) == (state if changes else seed)
        assert await history(database, seed.ref) == [
            IncidentEvent(each.after.status, each.after.user, each.after.at, each.after.helped) for each in changes
        ]
