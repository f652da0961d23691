"""Test the content of the Home tab, on every database."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from bot.errors import RetryLater
from bot.policy.home_content import HomeContent, Homes
from bot.policy.place import Place
from bot.policy.visibility import Visibility
from bot.settings import Retention
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentStore, Status
from bot.storage.lookup_store import LookupStore
from bot.storage.sighting_store import SightingStore
from bot.storage.watch_store import WatchStore, restore_watch
from tests.directory import FakeDirectory

ANN = Place("T1", "", "UANN")
NOW = 100_000.0


class Limited(FakeDirectory):
    """Slack refuses to list channels."""

    async def channels_of(self, user: str) -> frozenset[str] | None:
        """Raise RetryLater."""
        raise RetryLater("ratelimited")


def set_to(state: Incident, _: Incident) -> Incident:
    """Replace an incident."""
    return state


@pytest.fixture
async def homes(database: Database) -> Homes:
    """Store the same in a channel with Ann, in one without her, and in another workspace."""
    watches = WatchStore(database)
    incidents, changes, annotations = IncidentStore(database), ChangeStore(database), AnnotationStore(database)
    for team, channel in (("T1", "CIN"), ("T1", "COUT"), ("T2", "CIN")):
        for ts, status in (("90000.1", Status.TAKEN), ("90000.2", Status.RESOLVED)):
            ref = MessageRef(team, channel, ts)
            state = Incident(ref, ts, f"thread:{ts}", "en", 6000106, status, "UBEN", 1.0)
            await incidents.change(Incident(ref, ts, f"thread:{ts}", "en"), partial(set_to, state))
        rule = {"subject": "any:", "count": 1, "span_s": 60, "is_everywhere": True, "group": ""}
        await watches.add(team, channel, rule, user="UBEN", at=1.5, most=9)
        (watch,) = await watches.of_channel(team, channel)
        await watches.record(replace(watch, since=1.6, alert_ts="90000.5"), due_at=NOW)
        await changes.set(team, channel, Changed.MODE, "react", user="UBEN", at=2.0)
        ref = MessageRef(team, channel, "90000.3")
        record = AnnotationRecord("90000.3", "reply", "90000.4", (6000104,), ((6000104, "f" * 16),))
        await annotations.put({ref: record}, now=NOW)
        reply = MessageRef(team, channel, "90000.4")
        detail = {"until": NOW + 1, "link": ""}
        await changes.reject(reply, Changed.NOT_A_CODE, "rejected", user="UBEN", at=3.0, detail=detail)
    stores = incidents, watches, SightingStore(database), changes, ChannelStore(database), LookupStore(database)
    return Homes(*stores, Visibility(lambda: NOW), lambda: NOW, Retention())


async def test_only_the_persons_channels_are_shown(homes: Homes) -> None:
    """Of these, all that is open, set, changed and learned; neither other channels nor other workspaces."""
    directory = FakeDirectory()
    directory.private = {"CIN": frozenset({"UANN"}), "COUT": frozenset({"UBEN"})}
    content = await homes.content(ANN, directory)
    assert [each.ref for each in content.incidents] == [MessageRef("T1", "CIN", "90000.1")]
    assert [(each.channel, each.alert_ts, incident) for each, incident in content.alerts] == [("CIN", "90000.5", None)]
    assert list(content.links) == [MessageRef("T1", "CIN", ts) for ts in ("90000.5", "90000.1")]
    assert [(channel, state.mode) for channel, state in content.settings] == [("CIN", "react")]
    assert [(channel, change.what) for channel, change in content.changes] == [
        ("CIN", Changed.NOT_A_CODE), ("CIN", Changed.MODE), ("CIN", Changed.WATCH),
    ]  # fmt: skip
    assert [(channel, context.code) for channel, context in content.ignored] == [("CIN", 6000104)]
    assert await homes.content(Place("T1", "", "UNOBODY"), directory) == HomeContent(True, Retention(), NOW)


async def test_an_alert_with_an_owner_is_listed_once(homes: Homes, database: Database) -> None:
    """With its state: an alert goes on until its codes stop, also if somebody has resolved it."""
    directory, store = FakeDirectory(), IncidentStore(database)
    directory.private = {"CIN": frozenset({"UANN"})}
    seed = Incident(MessageRef("T1", "CIN", "90000.5"), "90000.5", "", "en")
    for status in (Status.TAKEN, Status.RESOLVED):
        state = replace(seed, status=status, user="UBEN", at=5.0)
        await store.change(seed, partial(set_to, state))
        content = await homes.content(ANN, directory)
        assert [each.ref.ts for each in content.incidents] == ["90000.1"]
        assert [incident and (incident.status, incident.user) for _, incident in content.alerts] == [(status, "UBEN")]


async def test_what_was_undone_is_not_offered_again(homes: Homes, database: Database) -> None:
    """Expired contexts and resolved incidents are not shown either."""
    directory, store = FakeDirectory(), ChangeStore(database)
    directory.private = {"CIN": frozenset({"UANN"})}
    for channel, change in (await homes.content(ANN, directory)).changes:
        restore = restore_watch if change.what is Changed.WATCH else None
        assert await store.undo("T1", channel, change, user="UANN", restore=restore)
    content = await homes.content(ANN, directory)
    assert (content.changes, content.ignored) == ((), ())
    assert [state.mode for _, state in content.settings] == []


async def test_nothing_is_shown_if_slack_can_not_be_asked(homes: Homes) -> None:
    """A channel that the person may have left is not shown."""
    assert await homes.content(ANN, Limited()) == HomeContent(False, Retention(), NOW)


async def test_the_latest_lookups_of_the_person_are_shown(homes: Homes, database: Database) -> None:
    """They belong to no channel, so also if Slack can't be asked."""
    store, directory = LookupStore(database), Limited()
    for at, code in enumerate(range(6000100, 6000112)):
        await store.put("T1", "UANN", code, at=float(at))
    await store.put("T1", "UBEN", 6000281, at=99.0)
    content = await homes.content(ANN, directory)
    assert content.lookups == tuple(range(6000111, 6000101, -1))
    assert (await homes.content(Place("T2", "", "UANN"), directory)).lookups == ()
