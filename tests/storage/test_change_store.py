"""Test what is stored of changes for everybody in a channel, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.change_store import Changed, ChangeStore, ChannelChange, IgnoredContext, OvertakenError
from bot.storage.channel_store import ChannelState, ChannelStore, SetBy, Votes
from bot.storage.database import Database
from bot.storage.tables import annotated

A, B = 6000106, 6000121
HERE = ("T1", "C1")
REPLY = MessageRef(*HERE, "11.000000")
FIRST, SECOND = MessageRef(*HERE, "10.000000"), MessageRef(*HERE, "10.500000")
LINK = "https://demo.slack.com/archives/C1/p10"
LEARNED = {"until": 1000.0, "link": LINK}


@pytest.fixture
def store(database: Database) -> ChangeStore:
    return ChangeStore(database)


@pytest.fixture
def records(database: Database) -> AnnotationStore:
    return AnnotationStore(database)


async def set_mode(store: ChangeStore, value: str | None, user: str = "U1", at: float = 1.0) -> ChannelChange:
    """Set the mode of the channel."""
    change = await store.set(*HERE, Changed.MODE, value, user=user, at=at)
    assert change
    return change


async def test_a_setting_names_who_set_it(store: ChangeStore, database: Database) -> None:
    """The status shows whom to ask; the other setting is not affected."""
    await set_mode(store, "off")
    await store.set(*HERE, Changed.LANGUAGE, "zh", user="U2", at=2.0)
    state = await ChannelStore(database).get(*HERE)
    assert state == ChannelState("zh", "off", Votes(), SetBy("U2", 2.0), SetBy("U1", 1.0))
    assert await ChannelStore(database).get("T1", "C2") == ChannelState(None, None, Votes())


async def test_setting_the_same_value_again_is_no_change(store: ChangeStore) -> None:
    """Nobody needs to be told, and the first one remains the one who set it."""
    first = await set_mode(store, "off")
    assert await store.set(*HERE, Changed.MODE, "off", user="U2", at=2.0) is None
    assert await store.last(*HERE, Changed.MODE) == first
    assert await store.last(*HERE, Changed.LANGUAGE) is None


async def test_undoing_restores_the_value_and_who_had_set_it(store: ChangeStore, database: Database) -> None:
    """“What was before” includes who is to be asked about it."""
    first = await set_mode(store, "react")
    second = await set_mode(store, "off", "U2", 2.0)
    assert await store.undo(*HERE, second, user="U3")
    assert (await ChannelStore(database).get(*HERE)).mode_by == SetBy("U1", 1.0)
    assert await store.find(*HERE, second.id) == replace(second, undone_by="U3")
    assert await store.undo(*HERE, first, user="U3")
    assert await ChannelStore(database).get(*HERE) == ChannelState(None, None, Votes())


async def test_a_setting_of_the_workspace_is_apart_from_those_of_its_channels(
    store: ChangeStore, database: Database
) -> None:
    """Both name their author; the change belongs to the channel where it was made, and can be undone there."""
    channels = ChannelStore(database)
    shared = await store.set(*HERE, Changed.WORKSPACE_ANSWERS, "me", user="U1", at=1.0)
    own = await store.set(*HERE, Changed.ANSWERS, "channel", user="U2", at=2.0)
    assert shared
    assert own
    by, elsewhere = SetBy("U1", 1.0), await channels.get("T1", "C2")
    assert elsewhere == ChannelState(None, None, Votes(), workspace_answers="me", workspace_answers_by=by)
    state = await channels.get(*HERE)
    assert (state.answers, state.answers_by, state.workspace_answers) == ("channel", SetBy("U2", 2.0), "me")
    assert (await channels.get("T2", "C1")).workspace_answers is None
    assert await store.set("T1", "C2", Changed.WORKSPACE_ANSWERS, "me", user="U3", at=3.0) is None
    assert await store.find("T1", "C2", shared.id) is None
    assert await store.undo(*HERE, shared, user="U3")
    state = await channels.get(*HERE)
    assert (state.answers, state.workspace_answers, state.workspace_answers_by) == ("channel", None, None)
    assert await store.undo(*HERE, own, user="U3")
    assert await channels.get(*HERE) == ChannelState(None, None, Votes())


async def test_a_setting_of_the_workspace_that_was_changed_again_is_not_overwritten(store: ChangeStore) -> None:
    """Somebody else may have set it in another channel."""
    first = await store.set(*HERE, Changed.WORKSPACE_ANSWERS, "me", user="U1", at=1.0)
    assert await store.set("T1", "C2", Changed.WORKSPACE_ANSWERS, "channel", user="U2", at=2.0)
    assert first
    with pytest.raises(OvertakenError):
        await store.undo(*HERE, first, user="U1")


async def test_only_one_of_several_people_undoes_a_change(store: ChangeStore) -> None:
    """The others see who was first."""
    change = await set_mode(store, "off")
    undone = await asyncio.gather(*(store.undo(*HERE, change, user=f"U{each}") for each in range(5)))
    assert sorted(undone) == [False] * 4 + [True]
    assert not await store.undo(*HERE, change, user="U9")


async def test_a_setting_that_was_changed_again_is_not_overwritten(store: ChangeStore, database: Database) -> None:
    """The later one was as intended; and once that is undone, the first can be undone too."""
    first = await set_mode(store, "off")
    second = await set_mode(store, "react", "U2", 2.0)
    with pytest.raises(OvertakenError):
        await store.undo(*HERE, first, user="U3")
    assert (await ChannelStore(database).get(*HERE)).mode == "react"
    assert await store.undo(*HERE, second, user="U3")
    assert await store.undo(*HERE, first, user="U3")


async def test_a_change_belongs_to_its_channel(store: ChangeStore) -> None:
    """The id comes from a button, whose channel Slack names."""
    change = await set_mode(store, "off")
    assert await store.find("T1", "C2", change.id) is None
    assert await store.find("T2", "C1", change.id) is None
    assert await store.find(*HERE, change.id) == change


async def annotate(records: AnnotationStore) -> None:
    """Record a reply that answers two messages."""
    first = AnnotationRecord(FIRST.ts, "reply", REPLY.ts, (A,), ((A, "one"), (B, "quoted")))
    second = AnnotationRecord(FIRST.ts, "reply", REPLY.ts, (B,), ((B, "two"),))
    await records.put({FIRST: first, SECOND: second}, now=5.0)
    counting = AnnotationRecord(FIRST.ts, "count", None, (A,), ())
    await records.put({replace(FIRST, ts="12.0"): counting}, now=6.0, counted={A: 2})


async def reject(store: ChangeStore, what: Changed = Changed.NOT_A_CODE, **detail: Any) -> ChannelChange:
    """Reject the reply."""
    shared: Mapping[str, Any] = LEARNED if what is Changed.NOT_A_CODE else {}
    act = "rejected" if what is Changed.NOT_A_CODE else "wrong"
    change = await store.reject(REPLY, what, act, user="U1", at=7.0, detail={**shared, **detail})
    assert change
    return change


async def ignored(records: AnnotationStore, channel: str = "C1", now: float = 8.0) -> set[str]:
    """Return the fingerprints that silence numbers in a channel."""
    found = await records.history(MessageRef("T1", channel, "1.1"), "", since=0.0, now=now)
    return {*found.ignored}


async def test_a_rejected_reply_explains_nothing_and_teaches_its_contexts(
    store: ChangeStore, records: AnnotationStore
) -> None:
    """Only the contexts of the codes that were explained: nobody complained about the others."""
    await annotate(records)
    change = await reject(store)
    assert (change.detail["codes"], change.detail["learned"]) == ([A, B], 2)
    assert await records.find_by_reply(REPLY) == {}
    assert await records.replies_in_thread(FIRST, FIRST.ts) == {}
    record = await records.get(FIRST)
    assert record
    assert (record.act, record.reply) == ("rejected", None)
    assert await ignored(records) == {"one", "two"}
    assert await ignored(records, "C2") == set()
    assert await store.ignored(*HERE, now=8.0) == (
        IgnoredContext("one", A, "U1", 7.0, 1000.0, LINK),
        IgnoredContext("two", B, "U1", 7.0, 1000.0, LINK),
    )
    again = await store.reject(REPLY, Changed.NOT_A_CODE, "rejected", user="U2", at=8.0, detail=LEARNED)
    assert again is None


async def test_a_reply_of_the_previous_version_can_be_rejected(
    store: ChangeStore, records: AnnotationStore, database: Database
) -> None:
    """During an upgrade, a replica of that version stores fingerprints without their codes."""
    await annotate(records)
    old = update(annotated).values(shapes=["0123456789abcdef"])
    await database.run(lambda connection: connection.execute(old))
    change = await reject(store)
    assert (change.detail["codes"], change.detail["learned"]) == ([A, B], 0)


async def test_undoing_a_rejection_restores_records_counts_and_contexts(
    store: ChangeStore, records: AnnotationStore
) -> None:
    """Afterwards it is as if nobody had clicked."""
    await annotate(records)
    before = await records.find_by_reply(REPLY), await records.counts(FIRST, REPLY.ts)
    change = await reject(store)
    assert await store.undo(*HERE, change, user="U2")
    assert (await records.find_by_reply(REPLY), await records.counts(FIRST, REPLY.ts)) == before
    assert await ignored(records) == set()
    recent = await records.history(FIRST, "", since=5.0, now=8.0)
    assert recent.recent == {A, B}


async def test_a_message_that_was_deleted_since_is_not_restored(store: ChangeStore, records: AnnotationStore) -> None:
    """Its code must not count as explained."""
    await annotate(records)
    change = await reject(store)
    record = await records.get(SECOND)
    assert record
    await records.forget(SECOND, record)
    assert await store.undo(*HERE, change, user="U2")
    assert {*await records.find_by_reply(REPLY)} == {FIRST.ts}
    assert {*await records.counts(FIRST, REPLY.ts)} == {A}


async def test_a_wrong_triage_teaches_no_context_and_needs_no_record(
    store: ChangeStore, records: AnnotationStore
) -> None:
    """A triage that somebody asked for has no record."""
    change = await reject(store, Changed.WRONG, source="thread:1")
    assert (change.detail["acts"], change.detail["source"]) == ({}, "thread:1")
    await annotate(records)
    await reject(store, Changed.WRONG)
    assert await ignored(records) == set()


async def test_ignored_contexts_expire_and_can_be_forgotten(store: ChangeStore, records: AnnotationStore) -> None:
    """Nothing is silenced for ever, and nothing is kept that silences nothing."""
    await annotate(records)
    await reject(store)
    assert await ignored(records, now=1000.0) == set()
    assert await store.ignored(*HERE, now=1000.0) == ()
    contexts = [each for each in await store.ignored(*HERE, now=0.0) if each.fingerprint == "one"]
    assert await store.forget("T1", "C2", contexts, user="U2", at=2.0) is None
    change = await store.forget(*HERE, contexts, user="U2", at=2.0)
    assert change
    assert change.detail == {"codes": [contexts[0].code]}
    assert await store.last(*HERE, Changed.FORGOT) == change
    assert await ignored(records) == {"two"}
    await store.forget_before(0.0, now=1000.0)
    assert await ignored(records) == set()


async def test_old_changes_are_deleted(store: ChangeStore) -> None:
    """The table must not grow for ever."""
    change = await set_mode(store, "off", at=1.0)
    await store.forget_before(1.0, now=0.0)
    assert await store.find(*HERE, change.id) == change
    await store.forget_before(1.1, now=0.0)
    assert await store.find(*HERE, change.id) is None
