"""Test how codes are counted, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.database import Database
from bot.storage.sighting_store import ChannelCount, ChannelMessages, CodeTrend, Seen, SightingStore

A, B = 6000106, 6000121
REF = MessageRef("T1", "C1", "1700000010.000100")
RECORD = AnnotationRecord(REF.ts, "reply", "1700000011.000000", (A, B), ((A, "shape-a"), (B, "shape-b")))
START = 1_700_000_000.0


@pytest.fixture
def annotated(database: Database) -> AnnotationStore:
    return AnnotationStore(database)


@pytest.fixture
def store(database: Database) -> SightingStore:
    return SightingStore(database)


async def counts(store: SightingStore, team: str = "T1") -> dict[tuple[str, int], int]:
    """Return the counts of a minute by channel and code."""
    found = await store.counts(team, since=START, until=START + 60)
    return {(each.channel, each.code): each.count for each in found}


async def test_a_message_counts_once_however_often_it_is_put(annotated: AnnotationStore, store: SightingStore) -> None:
    """A delivery that is repeated, or an answer to a commit that is lost, must not look like a burst."""
    for _ in range(3):
        await annotated.put({REF: RECORD}, now=5.0, sighted={REF: {A: 1, B: 3}})
    assert await counts(store) == {("C1", B): 3, ("C1", A): 1}
    assert await counts(store, "T2") == {}


async def test_an_edit_replaces_and_a_deletion_removes(annotated: AnnotationStore, store: SightingStore) -> None:
    """The counts are those of the messages that are there."""
    other = replace(REF, ts="1700000020.000100")
    await annotated.put({REF: RECORD, other: RECORD}, now=5.0, sighted={REF: {A: 1, B: 3}, other: {A: 1}})
    await annotated.put({REF: RECORD}, now=6.0, sighted={REF: {B: 2}})
    assert await counts(store) == {("C1", B): 2, ("C1", A): 1}
    await annotated.put({REF: replace(RECORD, act="answer")}, now=7.0)
    assert await counts(store) == {("C1", A): 1}
    await annotated.forget(other, RECORD)
    assert await counts(store) == {}


async def test_what_is_not_a_code_does_not_count_until_that_is_undone(
    database: Database, annotated: AnnotationStore, store: SightingStore
) -> None:
    """Also where the thread repeated it."""
    again, elsewhere = replace(REF, ts="1700000020.000100"), replace(REF, ts="1700000030.000100")
    await annotated.put(
        {REF: RECORD, again: replace(RECORD, act="count", reply=None)},
        now=5.0,
        sighted={REF: {A: 1, B: 3}, again: {A: 1}},
    )
    apart = replace(RECORD, thread=elsewhere.ts, act="react", reply=None)
    await annotated.put({elsewhere: apart}, now=5.0, sighted={elsewhere: {A: 1}})
    changes, reply = ChangeStore(database), replace(REF, ts=str(RECORD.reply))
    detail = {"until": 1e12, "link": ""}
    change = await changes.reject(reply, Changed.NOT_A_CODE, "rejected", user="U1", at=6.0, detail=detail)
    assert await counts(store) == {("C1", A): 1}
    assert change
    assert await changes.undo("T1", "C1", change, user="U1")
    assert await counts(store) == {("C1", A): 3, ("C1", B): 3}


async def test_top_compares_two_spans_and_names_the_first_and_the_last_message(
    annotated: AnnotationStore, store: SightingStore
) -> None:
    """The end of a span is excluded, and so are channels that the reader may not see."""
    for ts, channel, seen in [
        ("1699999970.000100", "C1", {A: 4}),
        ("1699999910.000100", "C1", {A: 9}),
        ("1700000000.000000", "C2", {A: 1}),
        ("1700000031.000100", "C1", {A: 2, B: 5}),
        ("1700000059.000100", "C1", {A: 1}),
        ("1700000060.000000", "C1", {A: 7}),
        ("1700000010.000000", "G1", {A: 99}),
    ]:
        ref = MessageRef("T1", channel, ts)
        await annotated.put({ref: replace(RECORD, thread=ts)}, now=5.0, sighted={ref: seen})
    trends = await store.top("T1", since=START, until=START + 60, channels=["C1", "C2"], parts=3)
    assert trends == [
        CodeTrend(B, 5, 0, (0, 5, 0), Seen("C1", "1700000031.000100"), Seen("C1", "1700000031.000100")),
        CodeTrend(A, 4, 4, (1, 2, 1), Seen("C2", "1700000000.000000"), Seen("C1", "1700000059.000100")),
    ]
    assert [each.count for each in await store.top("T1", since=START, until=START + 60, most=1)] == [103]
    assert await store.counts("T1", since=START, until=START + 60) == [
        ChannelCount("G1", A, 99),
        ChannelCount("C1", B, 5),
        ChannelCount("C1", A, 3),
        ChannelCount("C2", A, 1),
    ]
    await store.forget_before(START + 60)
    assert await counts(store) == {}


async def test_messages_count_once_each(annotated: AnnotationStore, store: SightingStore) -> None:
    """A watch counts messages: a log has thousands of hits."""
    for ts, channel, seen in [
        ("1700000001.000100", "C1", {A: 400, B: 5}),
        ("1700000002.000100", "C1", {A: 1}),
        ("1700000003.000100", "C2", {B: 1}),
    ]:
        ref = MessageRef("T1", channel, ts)
        await annotated.put({ref: replace(RECORD, thread=ts)}, now=5.0, sighted={ref: seen})
    assert await store.messages("T1", since=START, until=START + 60) == [
        ChannelMessages("C1", 2, 1700000001.0001, 1700000002.0001),
        ChannelMessages("C2", 1, 1700000003.0001, 1700000003.0001),
    ]
    assert await store.messages("T1", since=START, until=START + 60, channels=["C1"], codes=[B]) == [
        ChannelMessages("C1", 1, 1700000001.0001, 1700000001.0001)
    ]
    found = await store.messages_by_code("T1", since=START, until=START + 60, channels=["C1", "C2"])
    assert found == [(A, 2), (B, 2)]
