"""What the bot did about which message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database

A, B, C = 6000106, 6000121, 6000281
SPOT = MessageRef("T1", "C1", "10.000000")
RECORD = AnnotationRecord("10.000000", "reply", "11.000000", (B, A), ("shape-of-b", "shape-of-a"))


@pytest.fixture
def store(database: Database) -> AnnotationStore:
    return AnnotationStore(database)


async def test_a_record_comes_back_as_it_was(store: AnnotationStore) -> None:
    """An edit is compared with it; the codes keep the order of the message."""
    assert await store.get(SPOT) is None
    await store.put({SPOT: RECORD}, now=5.0)
    assert await store.get(SPOT) == RECORD


async def test_a_reaction_has_no_reply(store: AnnotationStore) -> None:
    """There is nothing to change or delete then."""
    record = AnnotationRecord("10.000000", "react", None, (A,), ("shape",))
    await store.put({SPOT: record}, now=5.0)
    assert await store.get(SPOT) == record
    assert (await store.survey(SPOT, "", since=0.0)).lately == frozenset()


@pytest.mark.parametrize(
    "other", [MessageRef("T2", "C1", SPOT.ts), MessageRef("T1", "C2", SPOT.ts), MessageRef("T1", "C1", "10.000001")]
)
async def test_other_messages_have_records_of_their_own(store: AnnotationStore, other: MessageRef) -> None:
    """Time stamps are unique within a channel only."""
    await store.put({SPOT: RECORD}, now=5.0)
    assert await store.get(other) is None
    await store.forget(other, RECORD)
    assert await store.get(SPOT) == RECORD


async def test_a_record_can_be_replaced(store: AnnotationStore) -> None:
    """After an edit, or when work is done twice."""
    await store.put({SPOT: RECORD}, now=5.0)
    changed = replace(RECORD, codes=(A,))
    await store.put({SPOT: changed}, now=6.0, dropped={B})
    assert await store.get(SPOT) == changed
    assert (await store.in_thread(SPOT, SPOT.ts)).keys() == {A}


async def test_a_reply_leads_to_its_messages(store: AnnotationStore) -> None:
    """Buttons are pressed on the reply; it may answer a burst."""
    second = replace(SPOT, ts="10.500000")
    await store.put({SPOT: RECORD, second: replace(RECORD, codes=(C,))}, now=5.0)
    reply = MessageRef("T1", "C1", "11.000000")
    assert await store.of_reply(reply) == {SPOT.ts: RECORD, second.ts: replace(RECORD, codes=(C,))}
    assert await store.of_reply(MessageRef("T1", "C2", "11.000000")) == {}
    assert await store.of_reply(SPOT) == {}
    await store.forget(second, replace(RECORD, codes=(C,)))
    assert await store.in_thread(SPOT, SPOT.ts) == {A: reply.ts, B: reply.ts}
    assert await store.of_reply(reply) == {SPOT.ts: RECORD}


async def test_explained_codes_are_known_in_thread_and_channel(store: AnnotationStore) -> None:
    """For “once per thread” and for the cool-down."""
    await store.put({SPOT: RECORD}, now=100.0)
    assert await store.in_thread(SPOT, SPOT.ts) == {A: "11.000000", B: "11.000000"}
    assert await store.in_thread(SPOT, "9.000000") == {}
    assert (await store.survey(SPOT, "", since=100.0)).lately == {A, B}
    assert (await store.survey(SPOT, "", since=100.1)).lately == frozenset()
    assert (await store.survey(MessageRef("T1", "C2", SPOT.ts), "", since=0.0)).lately == frozenset()


async def test_repeats_are_counted_where_they_were_explained(store: AnnotationStore) -> None:
    """The first reply says how often a code came; another thread's does not."""
    other = MessageRef("T1", "C1", "20.000000")
    await store.put({SPOT: RECORD}, now=100.0)
    await store.put({other: AnnotationRecord(other.ts, "reply", "21.000000", (A,), ())}, now=101.0)
    await store.put(
        {MessageRef("T1", "C1", "30.000000"): AnnotationRecord(SPOT.ts, "count", None, (A,), ())},
        now=102.0,
        counted={A: 1},
    )
    more = AnnotationRecord(SPOT.ts, "count", None, (A, B), ())
    await store.put({MessageRef("T1", "C1", "31.000000"): more}, now=103.0, counted={A: 1, B: 1})
    assert await store.counts(SPOT, "11.000000") == {A: 3, B: 2}
    assert await store.counts(SPOT, "21.000000") == {A: 1}


async def test_the_first_explanation_in_a_thread_stays_the_first(store: AnnotationStore) -> None:
    """Two messages at once must not make it forget its count."""
    await store.put({SPOT: RECORD}, now=100.0)
    await store.put({SPOT: RECORD}, now=101.0, counted={A: 1})
    second = MessageRef("T1", "C1", "12.000000")
    await store.put({second: AnnotationRecord(SPOT.ts, "reply", "13.000000", (A,), ())}, now=200.0)
    assert await store.counts(SPOT, "11.000000") == {A: 2, B: 1}
    assert await store.counts(SPOT, "13.000000") == {}


async def test_what_is_taken_back_was_never_explained(store: AnnotationStore) -> None:
    """The reply is gone, so the next such code must be answered."""
    await store.put({SPOT: RECORD}, now=100.0)
    await store.forget(SPOT, RECORD)
    assert await store.get(SPOT) is None
    assert await store.in_thread(SPOT, SPOT.ts) == {}
    assert (await store.survey(SPOT, "", since=0.0)).lately == frozenset()


async def test_old_records_are_forgotten(store: AnnotationStore) -> None:
    """The tables must not grow for ever."""
    await store.put({SPOT: RECORD}, now=100.0)
    await store.forget_before(100.0)
    assert await store.get(SPOT) == RECORD
    await store.forget_before(100.1)
    assert await store.get(SPOT) is None
    assert await store.in_thread(SPOT, SPOT.ts) == {}


async def test_refused_shapes_belong_to_their_channel(store: AnnotationStore, database: Database) -> None:
    """What is an order number here may be a code there."""
    settings = ChannelStore(database)
    assert (await store.survey(MessageRef("T1", "C1", "1.1"), "", since=0.0)).refused == frozenset()
    await settings.refuse("T1", "C1", ["one", "two", "one"])
    await settings.refuse("T1", "C1", ["two", "three"])
    await settings.refuse("T1", "C1", [])
    assert (await store.survey(MessageRef("T1", "C1", "1.1"), "", since=0.0)).refused == {"one", "two", "three"}
    assert (await store.survey(MessageRef("T1", "C2", "1.1"), "", since=0.0)).refused == frozenset()
    assert (await store.survey(MessageRef("T2", "C1", "1.1"), "", since=0.0)).refused == frozenset()
