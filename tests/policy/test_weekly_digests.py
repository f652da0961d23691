"""Test when the weekly digest is due, who may post it, and its content, on every database."""

from __future__ import annotations

import pytest

from bot.oncall.weekly import ON, WEEK_S, last_due
from bot.policy.place import Place
from bot.policy.weekly_digests import WeeklyDigests
from bot.settings import Retention
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentStore, Status
from bot.storage.sighting_store import SightingStore
from tests.directory import FakeDirectory

MONDAY = last_due(1_800_000_000.0)
HERE = Place("T1", "C1", "")


class Clock:
    """A clock that tests set."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY + 60)


@pytest.fixture
def weekly(database: Database, clock: Clock) -> WeeklyDigests:
    stores = ChannelStore(database), SightingStore(database), IncidentStore(database)
    return WeeklyDigests(*stores, clock, Retention())


async def test_one_caller_gets_each_channel_that_asked(weekly: WeeklyDigests, database: Database, clock: Clock) -> None:
    """Once a week; not for a week that was over when they asked, nor a day late."""
    changes = ChangeStore(database)
    await changes.set("T1", "C1", Changed.WEEKLY, ON, user="U1", at=MONDAY - 1)
    await changes.set("T1", "C2", Changed.WEEKLY, ON, user="U1", at=MONDAY + 1)
    await changes.set("T1", "C3", Changed.MODE, "react", user="U1", at=MONDAY - 1)
    assert await weekly.claim_due() == [HERE]
    assert await weekly.claim_due() == []
    await weekly.release(HERE)
    assert await weekly.claim_due() == [HERE]
    clock.now += WEEK_S
    assert {each.channel for each in await weekly.claim_due()} == {"C1", "C2"}
    clock.now += WEEK_S + 86_400
    assert await weekly.claim_due() == []


async def test_it_tells_new_risen_and_helped_of_its_channel_only(
    weekly: WeeklyDigests, database: Database, clock: Clock
) -> None:
    """Codes that came as often as before, and those of other channels, are left out."""
    annotations, incidents = AnnotationStore(database), IncidentStore(database)
    for channel, code, at, count in (
        ("C1", 6000106, MONDAY - 60, 3),
        ("C1", 6000121, MONDAY - 60, 5), ("C1", 6000121, MONDAY - WEEK_S - 60, 2),
        ("C1", 6000281, MONDAY - 60, 2), ("C1", 6000281, MONDAY - WEEK_S - 60, 2),
        ("C2", 6000354, MONDAY - 60, 9),
    ):  # fmt: skip
        ref = MessageRef("T1", channel, f"{at + code / 1e7:.6f}")
        record = AnnotationRecord(ref.ts, "reply", "1.0", (code,), ())
        await annotations.put({ref: record}, now=at, sighted={ref: {code: count}})
    for channel, ts, helped in (("C1", "1.0", "rotated"), ("C1", "2.0", ""), ("C2", "3.0", "restarted")):
        seed = Incident(MessageRef("T1", channel, ts), ts, f"thread:{ts}", "en", 6000106)
        resolved = Incident(seed.ref, ts, seed.source, "en", 6000106, Status.RESOLVED, "U1", MONDAY - 60, helped=helped)
        await incidents.change(seed, lambda _, resolved=resolved: resolved)  # type: ignore[misc]  # a default
    reply = await weekly.collect(HERE, FakeDirectory())
    assert [(each.code, each.count) for each in reply.new] == [(6000106, 3)]
    assert [(each.code, each.count, each.before) for each in reply.risen] == [(6000121, 5, 2)]
    assert [each.helped for each in reply.helped] == ["rotated"]
    assert list(reply.links) == [MessageRef("T1", "C1", "1.0")]
