"""Test which facts make the story of a thread, a channel or a shift, on every database."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from bot.oncall.ownership import Ownership
from bot.oncall.story import HandoffReply, StoryReply
from bot.policy.place import Place
from bot.policy.replies import Note
from bot.policy.stories import Stories
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, LogRecord, MessageRef
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentStore
from bot.storage.story_store import StoryStore
from bot.storage.watch_store import WatchStore
from bot.triage.summary import TriageSummary
from tests.directory import FakeDirectory

NOW, HOUR = 1_795_500_000.0, 3600.0
SUMMARY = TriageSummary("6000106", 6000106, NOW - HOUR, NOW, True, 12, 2, True)


class World:
    """A channel in which triages are posted and acted on at given times."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.annotations, self.changes = AnnotationStore(database), ChangeStore(database)
        self.ownership = Ownership(IncidentStore(database), self.clock, 0.0)
        self.watches = WatchStore(database)
        self._stories = Stories(StoryStore(database), self.watches, self.clock)
        self.directory = FakeDirectory()

    def clock(self) -> float:
        return self.now

    async def so_far(self, thread: str | None = None, team: str = "T1", channel: str = "C1") -> StoryReply:
        """Return the story of a thread or channel."""
        story = await self._stories.so_far(Place(team, channel, "U1"), self.directory, thread)
        assert isinstance(story, StoryReply)
        return story

    async def of_shift(self, hours: int) -> HandoffReply:
        """Return the handoff of the channel."""
        story = await self._stories.of_shift(Place("T1", "C1", "U1"), self.directory, hours)
        assert isinstance(story, HandoffReply)
        return story

    async def in_direct(self) -> tuple[object, object]:
        """Ask for both kinds of story in a direct message."""
        place = Place("T1", "D1", "U1")
        so_far, shift = (
            self._stories.so_far(place, self.directory, None),
            self._stories.of_shift(place, self.directory, 8),
        )
        return await so_far, await shift

    async def triage(
        self, at: float, *, thread: str = "", channel: str = "C1", counts: dict[int, int] | None = None
    ) -> Incident:
        """Post a log, and its triage a second later; return the incident of the triage."""
        ref, reply = MessageRef("T1", channel, f"{at:.6f}"), f"{at + 1:.6f}"
        counts = counts or {6000106: 12}
        log = LogRecord(at, SUMMARY)
        record = AnnotationRecord(thread or ref.ts, "reply", reply, tuple(counts), ((6000106, "x"),), log)
        await self.annotations.put({ref: record}, now=at, sighted={ref: counts})
        return Incident(MessageRef("T1", channel, reply), thread or ref.ts, "message:1.0:1.0", "en", 6000106)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_open_incidents_come_first(world: World) -> None:
    """Also those that are older than a day; a triage that nobody has acted on is open."""
    old = await world.triage(NOW - 50 * HOUR)
    await world.triage(NOW - 49 * HOUR)  # nobody cared, yesterday
    free = await world.triage(NOW - 3 * HOUR)
    done = await world.triage(NOW - 2 * HOUR)
    await world.triage(NOW - HOUR, channel="C2")
    world.now -= 48 * HOUR
    await world.ownership.take(old, "U1")
    world.now = NOW
    await world.ownership.take(done, "U2")
    await world.ownership.resolve(done, "U3", "rotated the secret")
    story = await world.so_far()
    assert [each.ref for each in story.chapters] == [free.ref, old.ref, done.ref]
    assert [each.is_open for each in story.chapters] == [True, True, False]
    assert [each.incident and each.incident.owner for each in story.chapters] == [None, "U1", None]
    assert [event.what for event in story.chapters[2].events] == ["taken", "resolved"]
    assert all(each.log == LogRecord(float(each.ref.ts) - 1, SUMMARY) for each in story.chapters)
    (code,) = story.codes
    assert (code.code, code.count, float(code.first), float(code.last)) == (6000106, 24, NOW - 3 * HOUR, NOW - 2 * HOUR)


async def test_a_thread_has_its_own_story(world: World) -> None:
    """However old it is; other threads of the channel are not part of it."""
    mine = await world.triage(NOW - 200 * HOUR, thread="7.0", counts={6000106: 1, 6000121: 5})
    await world.triage(NOW - HOUR)
    story = await world.so_far("7.0")
    assert [each.ref for each in story.chapters] == [mine.ref]
    assert [(each.code, each.count) for each in story.codes] == [(6000121, 5), (6000106, 1)]
    assert not (await world.so_far("8.0")).chapters
    assert not (await world.so_far("7.0", "T2")).codes


async def test_a_shift_has_what_changed_in_it(world: World) -> None:
    """An incident that was resolved earlier is not part of it. A code is new if it did not come before."""
    before = await world.triage(NOW - 20 * HOUR)
    world.now = NOW - 19 * HOUR
    await world.ownership.resolve(before, "U1", "")
    during = await world.triage(NOW - 10 * HOUR, counts={6000106: 1, 6000121: 2})
    world.now = NOW - HOUR
    await world.ownership.resolve(during, "U1", "restarted")
    called = await world.triage(NOW - 30 * HOUR)
    await world.ownership.escalate(called, "U2")
    world.now = NOW
    short, long = [await world.of_shift(hours) for hours in (8, 12)]
    assert [each.ref for each in short.chapters] == [called.ref, during.ref]
    assert (short.new, [each.code for each in long.new]) == ((), [6000121])


async def test_a_triage_that_is_wrong_is_left_out(world: World) -> None:
    """Nobody has to take it."""
    wrong = await world.triage(NOW - HOUR)
    await world.ownership.take(wrong, "U1")
    change = await world.changes.reject(wrong.ref, Changed.WRONG, "nothing", user="U2", at=NOW, detail={})
    assert change
    assert not (await world.so_far()).chapters
    await world.changes.undo("T1", "C1", change, user="U2")
    assert (await world.so_far()).chapters


async def test_an_incident_that_everybody_forgot_is_not_open_for_ever(world: World) -> None:
    """After a month it is noise."""
    forgotten = await world.triage(NOW - HOUR)
    await world.ownership.take(forgotten, "U1")
    world.now += 32 * 24 * HOUR
    assert not (await world.so_far()).chapters


async def test_messages_are_linked_and_people_named_if_slack_answers(world: World) -> None:
    """Without a link or a name, the story is told all the same."""
    mine = await world.triage(NOW - HOUR)
    await world.ownership.take(mine, "U1")
    world.directory.names["U1"] = "Ann"
    assert set((await world.so_far()).links) == {mine.ref.ts, f"{NOW - HOUR:.6f}"}
    shift = await world.of_shift(8)
    assert (shift.names, mine.ref.ts in shift.links) == ({"U1": "Ann"}, True)
    world.directory.fails = True
    assert (await world.of_shift(8)).names == {}


async def test_a_direct_message_has_no_story(world: World) -> None:
    """There are no incidents in it, and it must not tell those of channels."""
    assert await world.in_direct() == (Note("not_in_direct"), Note("not_in_direct"))


async def test_what_helped_once_is_kept_when_it_is_reopened(world: World) -> None:
    """It did not help after all, which the next person has to know."""
    mine = await world.triage(NOW - HOUR)
    await world.ownership.resolve(mine, "U1", "restarted")
    await world.ownership.reopen(mine, "U2")
    (chapter,) = (await world.so_far()).chapters
    assert [(event.what, event.helped) for event in chapter.events] == [("resolved", "restarted"), ("released", "")]


async def test_open_alerts_of_the_channel_are_told(world: World) -> None:
    """Those of other channels are not, nor those that are over."""
    for channel in ("C1", "C2"):
        rule = {"subject": "any:", "count": 1, "span_s": 60, "is_everywhere": False, "group": ""}
        assert await world.watches.add("T1", channel, rule, user="U1", at=NOW, most=9)
    assert (await world.so_far()).alerts == ()
    for channel in ("C1", "C2"):
        (watch,) = await world.watches.of_channel("T1", channel)
        await world.watches.record(replace(watch, since=NOW, alert_ts="9.0", shown_count=3), due_at=NOW)
    (alert,) = (await world.so_far()).alerts
    assert (alert.channel, (await world.of_shift(8)).alerts) == ("C1", (alert,))
    assert (await world.so_far("7.0")).alerts == ()
    await world.watches.record(replace(alert, since=None, alert_ts=None), due_at=NOW)
    assert (await world.so_far()).alerts == ()


async def test_an_alert_with_an_owner_is_told_once(world: World) -> None:
    """As an incident, which has the owner, also after that person resolved it while the codes go on."""
    rule = {"subject": "code:6000104", "count": 1, "span_s": 60, "is_everywhere": False, "group": ""}
    assert await world.watches.add("T1", "C1", rule, user="U1", at=NOW, most=9)
    (watch,) = await world.watches.of_channel("T1", "C1")
    ts = f"{NOW:.6f}"
    await world.watches.record(replace(watch, since=NOW, alert_ts=ts, shown_count=3), due_at=NOW)
    seed = Incident(MessageRef("T1", "C1", ts), ts, "", "en", 6000104)
    for act in (world.ownership.take, partial(world.ownership.resolve, helped="")):
        await act(seed, "U2")
        for story in (await world.so_far(), await world.of_shift(8)):
            (chapter,) = story.chapters
            assert (chapter.ref, chapter.alert and chapter.alert.id, story.alerts) == (seed.ref, watch.id, ())
            assert story.links.keys() == {ts}
