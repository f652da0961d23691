"""Test after which day a watch is offered, and which one, on every database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bot.oncall.watch_rule import WatchWords
from bot.oncall.watches import OfferReply
from bot.policy.offers import Offers, busiest
from bot.policy.place import Place
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.sighting_store import SightingStore
from bot.storage.watch_store import WatchStore

A, B = 6000104, 6000009
NOW = 1_700_000_000.0
HERE = Place("T1", "C1", "")
RULE = {"subject": f"code:{B}", "count": 10, "span_s": 300, "is_everywhere": False, "group": ""}


@dataclass
class World:
    """Workspaces whose time is moved by hand."""

    database: Database
    now: float = NOW
    posted: int = 0

    def __post_init__(self) -> None:
        stores = ChannelStore(self.database), WatchStore(self.database), SightingStore(self.database)
        self.offers = Offers(*stores, lambda: self.now)

    async def claim_due(self) -> list[tuple[Place, OfferReply]]:
        """Return the offers that a replica claims."""
        return [each async for each in self.offers.claim_due()]

    async def sight(self, count: int, code: int = A, place: Place = HERE, *, apart_s: float = 1.0) -> None:
        """Let *count* messages until now contain a code, each of them three times."""
        records, sighted = {}, {}
        for number in range(count):
            self.posted += 1
            ref = MessageRef(place.team, place.channel, f"{self.now - 1 - number * apart_s:.3f}{self.posted:03}")
            records[ref] = AnnotationRecord(ref.ts, "reply", "1.0", (code,), ())
            sighted[ref] = {code: 3}
        await AnnotationStore(self.database).put(records, now=self.now, sighted=sighted)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def offered(count: int, messages: int) -> list[tuple[Place, OfferReply]]:
    """Return the offer in C1 to watch for *count* messages."""
    return [(HERE, OfferReply(A, messages, WatchWords(str(A), count, 600)))]


async def test_a_busy_day_gives_one_offer(world: World) -> None:
    """Checked once an hour; offered by one of several replicas, once ever."""
    await world.sight(12)
    await world.sight(8, B)
    found = await asyncio.gather(*(world.claim_due() for _ in range(4)))
    assert sorted(found, key=len) == [[], [], [], offered(12, 12)]
    await world.offers.release(HERE)
    world.now += 3599
    assert await world.claim_due() == []
    world.now += 2
    assert await world.claim_due() == offered(12, 12)
    await ChannelStore(world.database).forget_notices(before=world.now)
    world.now += 10 * 365 * 86_400
    await world.sight(30)
    assert await world.claim_due() == []


@pytest.mark.parametrize(("of_a", "of_b", "is_busy"), [(10, 10, True), (9, 30, True), (10, 9, False), (9, 9, False)])
async def test_a_day_is_busy_from_twenty_messages(world: World, of_a: int, of_b: int, *, is_busy: bool) -> None:
    """Ten of them with the same code. A message counts once, however often it contains a code."""
    await world.sight(of_a)
    await world.sight(of_b, B)
    assert bool(await world.claim_due()) is is_busy


async def test_what_came_earlier_or_elsewhere_does_not_count(world: World) -> None:
    """Another channel, another workspace, and the day before."""
    await world.sight(15)
    await world.sight(15, place=Place("T1", "C2", ""))
    await world.sight(15, place=Place("T2", "C1", ""))
    assert await world.claim_due() == []
    world.now += 86_400
    await world.sight(15)
    assert await world.claim_due() == []


async def test_nobody_is_asked_who_has_chosen(world: World) -> None:
    """Where somebody watches, where the bot is off, and in direct messages."""
    places = [Place("T1", channel, "") for channel in ("CWATCH", "COFF", "D1", "CREACT")]
    for place in places:
        await world.sight(20, place=place)
    await WatchStore(world.database).add("T1", "CWATCH", RULE, user="U1", at=NOW, most=20)
    for channel, mode in (("COFF", "off"), ("CREACT", "react")):
        await ChangeStore(world.database).set("T1", channel, Changed.MODE, mode, user="U1", at=NOW)
    assert [place.channel for place, _ in await world.claim_due()] == ["CREACT"]


async def test_the_busiest_ten_minutes_are_offered(world: World) -> None:
    """At least five messages, so that a slow day gives no watch that is reached all the time."""
    await world.sight(24, apart_s=3000.0)
    assert await world.claim_due() == offered(5, 24)


@pytest.mark.parametrize(
    ("times", "most"), [([], 0), ([0, 599], 2), ([0, 600], 1), ([0, 500, 700, 900, 1000, 5000], 4), ([7, 7, 7], 3)]
)
def test_the_busiest_ten_minutes_may_begin_at_any_time(times: list[float], most: int) -> None:
    """The end of a span is excluded."""
    assert busiest(times) == most
