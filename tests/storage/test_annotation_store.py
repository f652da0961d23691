"""Test the stored annotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, LogRecord, MessageRef
from bot.storage.database import Database
from bot.triage.summary import TriageSummary

A, B, C = 6000106, 6000121, 6000281
REF = MessageRef("T1", "C1", "10.000000")
RECORD = AnnotationRecord("10.000000", "reply", "11.000000", (B, A), ((B, "shape-of-b"), (A, "shape-of-a")))

SUMMARY = TriageSummary("token", A, 1.5, 60.0, has_zone=False, hits=3, users=1, is_ongoing=None)


@pytest.fixture
def store(database: Database) -> AnnotationStore:
    return AnnotationStore(database)


async def test_a_record_is_read_back(store: AnnotationStore) -> None:
    """An edit is compared with it. The codes keep the order of the message."""
    assert await store.get(REF) is None
    await store.put({REF: RECORD}, now=5.0)
    assert await store.get(REF) == RECORD


async def test_what_was_read_in_a_message_is_read_back(store: AnnotationStore) -> None:
    """A later triage refers to the summary of a log, an update of the reply to the platform and the server codes."""
    record = replace(RECORD, act="triage", log=LogRecord(5.0, SUMMARY), platform="ios", server_codes=((A, 103040),))
    await store.put({REF: record, replace(REF, ts="10.5"): RECORD}, now=5.0)
    assert await store.get(REF) == record
    assert (await store.history(REF, "", since=0.0, now=0.0)).record == record


async def test_triages_are_found_by_thread_and_by_time(store: AnnotationStore) -> None:
    """Those without a reply were only reacted to, called wrong or deleted."""
    log = LogRecord(5.0, SUMMARY)
    for ts, thread, at, reply, of in [
        ("1", "1", 5.0, "a", log),
        ("2", "2", 9.0, "b", log),
        ("3", "3", 9.0, None, log),
        ("4", "4", 9.0, "c", None),
    ]:
        await store.put({replace(REF, ts=ts): replace(RECORD, thread=thread, reply=reply, log=of)}, now=at)
    assert (await store.triages(REF, "x", since=8.0)).keys() == {"2"}
    assert (await store.triages(REF, "1", since=8.0)).keys() == {"1", "2"}
    assert await store.triages(replace(REF, channel="C2"), "1", since=0.0) == {}


async def test_a_reaction_has_no_reply(store: AnnotationStore) -> None:
    """Then an edit has no message to change."""
    record = AnnotationRecord("10.000000", "react", None, (A,), ((A, "shape"),))
    await store.put({REF: record}, now=5.0)
    assert await store.get(REF) == record
    assert (await store.history(REF, "", since=0.0, now=0.0)).recent == frozenset()


@pytest.mark.parametrize(
    "other", [MessageRef("T2", "C1", REF.ts), MessageRef("T1", "C2", REF.ts), MessageRef("T1", "C1", "10.000001")]
)
async def test_each_message_has_its_own_record(store: AnnotationStore, other: MessageRef) -> None:
    """Time stamps are only unique within a channel."""
    await store.put({REF: RECORD}, now=5.0)
    assert await store.get(other) is None
    await store.forget(other, RECORD)
    assert await store.get(REF) == RECORD


async def test_a_record_can_be_replaced(store: AnnotationStore) -> None:
    """After an edit, or when a job is repeated."""
    await store.put({REF: RECORD}, now=5.0)
    changed = replace(RECORD, codes=(A,))
    await store.put({REF: changed}, now=6.0, dropped={B})
    assert await store.get(REF) == changed
    assert (await store.replies_in_thread(REF, REF.ts)).keys() == {A}


async def test_a_code_is_counted_once_when_the_answer_to_a_commit_is_lost(
    store: AnnotationStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection to the database may break at that moment, and the same is written again."""
    await store.put({REF: RECORD}, now=5.0)
    run, losses = database.run, ["lost"]

    async def lose_answer(work: Callable[[Connection], None]) -> None:
        await run(work)
        if losses:
            raise OSError(losses.pop())

    monkeypatch.setattr(database, "run", lose_answer)
    again = replace(REF, ts="12.000000")
    await store.put({again: replace(RECORD, act="count", reply=None)}, now=6.0, counted={A: 1})
    monkeypatch.setattr(database, "run", run)
    assert losses == []
    assert await store.counts(REF, RECORD.reply or "") == {A: 2, B: 1}


async def test_a_reply_leads_to_its_messages(store: AnnotationStore) -> None:
    """People press buttons on the reply, which may answer a burst."""
    second = replace(REF, ts="10.500000")
    await store.put({REF: RECORD, second: replace(RECORD, codes=(C,))}, now=5.0)
    reply = MessageRef("T1", "C1", "11.000000")
    assert await store.find_by_reply(reply) == {REF.ts: RECORD, second.ts: replace(RECORD, codes=(C,))}
    assert await store.find_by_reply(MessageRef("T1", "C2", "11.000000")) == {}
    assert await store.find_by_reply(REF) == {}
    await store.forget(second, replace(RECORD, codes=(C,)))
    assert await store.replies_in_thread(REF, REF.ts) == {A: reply.ts, B: reply.ts}
    assert await store.find_by_reply(reply) == {REF.ts: RECORD}


async def test_explained_codes_are_known_in_thread_and_channel(store: AnnotationStore) -> None:
    """For “once per thread” and for the cool-down of the channel."""
    await store.put({REF: RECORD}, now=100.0)
    assert await store.replies_in_thread(REF, REF.ts) == {A: "11.000000", B: "11.000000"}
    assert await store.replies_in_thread(REF, "9.000000") == {}
    assert (await store.history(REF, "", since=100.0, now=0.0)).recent == {A, B}
    assert (await store.history(REF, "", since=100.1, now=0.0)).recent == frozenset()
    assert (await store.history(MessageRef("T1", "C2", REF.ts), "", since=0.0, now=0.0)).recent == frozenset()


async def test_repeats_are_counted_for_the_reply_that_explained_the_code(store: AnnotationStore) -> None:
    """That reply shows how often the code appeared; one in another thread does not."""
    other = MessageRef("T1", "C1", "20.000000")
    await store.put({REF: RECORD}, now=100.0)
    await store.put({other: AnnotationRecord(other.ts, "reply", "21.000000", (A,), ())}, now=101.0)
    await store.put(
        {MessageRef("T1", "C1", "30.000000"): AnnotationRecord(REF.ts, "count", None, (A,), ())},
        now=102.0,
        counted={A: 1},
    )
    more = AnnotationRecord(REF.ts, "count", None, (A, B), ())
    await store.put({MessageRef("T1", "C1", "31.000000"): more}, now=103.0, counted={A: 1, B: 1})
    assert await store.counts(REF, "11.000000") == {A: 3, B: 2}
    assert await store.counts(REF, "21.000000") == {A: 1}


async def test_the_first_explanation_in_a_thread_stays_the_first(store: AnnotationStore) -> None:
    """Two concurrent messages must not reset its count."""
    await store.put({REF: RECORD}, now=100.0)
    await store.put({REF: RECORD}, now=101.0, counted={A: 1})
    second = MessageRef("T1", "C1", "12.000000")
    await store.put({second: AnnotationRecord(REF.ts, "reply", "13.000000", (A,), ())}, now=200.0)
    assert await store.counts(REF, "11.000000") == {A: 2, B: 1}
    assert await store.counts(REF, "13.000000") == {}


async def test_a_forgotten_message_explains_no_codes(store: AnnotationStore) -> None:
    """Its reply is deleted, so the next such code must be answered."""
    await store.put({REF: RECORD}, now=100.0)
    await store.forget(REF, RECORD)
    assert await store.get(REF) is None
    assert await store.replies_in_thread(REF, REF.ts) == {}
    assert (await store.history(REF, "", since=0.0, now=0.0)).recent == frozenset()


async def test_old_records_are_deleted(store: AnnotationStore) -> None:
    """The tables must not grow without limit."""
    await store.put({REF: RECORD}, now=100.0)
    await store.forget_before(100.0)
    assert await store.get(REF) == RECORD
    await store.forget_before(100.1)
    assert await store.get(REF) is None
    assert await store.replies_in_thread(REF, REF.ts) == {}


async def test_any_number_of_old_records_is_deleted(store: AnnotationStore) -> None:
    """They are deleted some at a time, so that replies do not wait for the rest."""
    refs = [replace(REF, ts=f"{number}.0") for number in range(1201)]
    await store.put(dict.fromkeys(refs[:-1], RECORD), now=100.0)
    await store.put({refs[-1]: RECORD}, now=200.0)
    await store.forget_before(150.0)
    assert [ref for ref in refs if await store.get(ref)] == refs[-1:]
