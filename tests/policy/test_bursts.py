"""Test when a watch is reached, the content of its alert, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.oncall.watches import AlertReply, AlertState
from bot.policy.bursts import Bursts
from bot.policy.visibility import Visibility
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.database import Database
from bot.storage.sighting_store import SightingStore
from bot.storage.watch_store import Watch, WatchStore
from tests.directory import FakeDirectory

A, B = 6000104, 6000009
START = 1_700_000_000.0
RULE = {"subject": f"code:{A}", "count": 10, "span_s": 300, "is_everywhere": False, "group": ""}

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class World:
    """A workspace whose time is moved by hand."""

    database: Database
    catalogue: Catalogue
    now: float = START
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    posted: int = 0

    def __post_init__(self) -> None:
        self.store = WatchStore(self.database)
        visibility = Visibility(self.clock)
        self.bursts = Bursts(self.catalogue, self.store, SightingStore(self.database), visibility, self.clock)

    def clock(self) -> float:
        return self.now

    async def watch(self, **changes: Any) -> None:
        """Make a watch in C1."""
        await self.store.add("T1", "C1", RULE | changes, user="U1", at=self.now, most=20)

    async def sight(self, count: int, code: int = A, channel: str = "C1", before_s: float = 1.0) -> None:
        """Let *count* messages contain a code, each of them twice."""
        for _ in range(count):
            self.posted += 1
            ref = MessageRef("T1", channel, f"{self.now - before_s:.3f}{self.posted:03}")
            record = AnnotationRecord(ref.ts, "reply", "1.0", (code,), ())
            await AnnotationStore(self.database).put({ref: record}, now=self.now, sighted={ref: {code: 2}})

    async def look(self, after_s: float = 0.0) -> AlertReply | None:
        """Look after the watch as a replica does, and return its alert, if it has one."""
        self.now += after_s
        (watch,) = await self.bursts.claim_due()
        watch, alert = await self.bursts.look(watch, self.directory)
        if alert is None:
            await self.bursts.looked(watch)
        else:
            await self.bursts.shown(watch, alert, watch.alert_ts or f"{self.now:.6f}")
        return alert

    async def stored(self) -> Watch:
        """Return the watch as it is stored."""
        (watch,) = await self.store.of_channel("T1", "C1")
        return watch


@pytest.fixture
def world(database: Database, catalogue: Catalogue) -> World:
    return World(database, catalogue)


async def test_an_alert_opens_when_reached_and_is_over_after_a_calm_span(world: World) -> None:
    """A count that sways around the limit must not open one alert after the other."""
    await world.watch()
    await world.sight(9)
    await world.sight(5, code=B)
    await world.sight(50, before_s=301)
    assert await world.look() is None
    world.now += 20
    await world.sight(3)
    alert = await world.look()
    assert alert
    assert (alert.state, alert.count, alert.since) == (AlertState.OPEN, 12, START - 1 + 0.000001)
    calm = await world.look(280)  # only the last 3 are within the span
    assert calm
    assert calm.state is AlertState.OPEN
    await world.sight(7)
    again = await world.look(10)
    assert again
    assert (again.state, again.count) == (AlertState.OPEN, 19)
    over = await world.look(400)
    assert over
    assert (over.state, over.count, over.codes) == (AlertState.OVER, 19, ((A, 19),))
    assert await world.look(20) is None
    assert (await world.stored()).since is None


async def test_an_old_log_is_no_burst(world: World) -> None:
    """One person uploads it, and its thousands of lines and dozens of codes would call everybody."""
    await world.watch(subject="any:")
    ref = MessageRef("T1", "C1", f"{world.now - 1:.6f}")
    record = AnnotationRecord(ref.ts, "triage", "1.0", (A,), ())
    await AnnotationStore(world.database).put(
        {ref: record}, now=world.now, sighted={ref: {A + each: 1000 for each in range(20)}}
    )
    assert await world.look() is None


async def test_an_open_alert_is_updated_once_a_minute_and_only_if_it_changed(world: World) -> None:
    """A burst of hundreds of messages must not become hundreds of calls."""
    await world.watch()
    await world.sight(10)
    await world.look()
    world.now += 15
    await world.sight(10)
    watch = await world.stored()
    watch, alert = await world.bursts.look(watch, world.directory)
    assert alert
    assert not world.bursts.is_outdated(watch, alert)
    world.now += 45
    assert world.bursts.is_outdated(watch, alert)
    await world.bursts.shown(watch, alert, "1.0")
    world.now += 60
    watch, alert = await world.bursts.look(await world.stored(), world.directory)
    assert alert
    assert not world.bursts.is_outdated(watch, alert)


@pytest.mark.parametrize(
    ("subject", "codes"),
    [("any:", {A, B, 6000106}), ("section:network", set()), ("severity:high", {A})],
)
async def test_a_watch_counts_the_codes_of_its_subject(
    world: World, catalogue: Catalogue, subject: str, codes: set[int]
) -> None:
    """Sections and severities are those of the catalogue."""
    kind, _, name = subject.partition(":")
    if kind == "section":
        section = catalogue.sections[2]
        name, codes = section.section, {section.codes[0].code}
    elif kind == "severity":
        codes = {code for code in (A, B, 6000106) if catalogue[code].severity == name}
    await world.watch(subject=f"{kind}:{name}", count=1)
    for code in {A, B, 6000106, *codes}:
        await world.sight(2, code=code)
    alert = await world.look()
    assert {code for code, _ in alert.codes} == codes if alert else not codes


async def test_across_channels_only_public_ones_count_and_are_named(world: World) -> None:
    """A private channel's name or count never reaches somebody outside; the watch's own channel is its readers'."""
    world.directory.private = {"G1": frozenset(("U1",)), "C1": frozenset(("U1",))}
    await world.watch(is_everywhere=True, subject="any:")
    await world.sight(4, channel="C1")
    await world.sight(99, channel="G1")
    await world.sight(5, channel="C2")
    assert await world.look() is None
    await world.sight(1, channel="C2")
    alert = await world.look(20)
    assert alert
    assert alert.channels == (("C2", 6), ("C1", 4))
    assert (alert.count, alert.codes) == (10, ((A, 10),))


async def test_a_stopped_watch_closes_its_alert_and_is_never_due_again(world: World) -> None:
    """Undo starts it again."""
    await world.watch()
    await world.sight(10)
    await world.look()
    change = await world.store.stop(await world.stored(), user="U2", at=world.now)
    assert change
    alert = await world.look(1)
    assert alert
    assert alert.state is AlertState.STOPPED
    world.now += 1000
    assert await world.bursts.claim_due() == []
