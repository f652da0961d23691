"""Test what is stored of snoozes, on every database."""

from __future__ import annotations

import pytest

from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, LogRecord, MessageRef
from bot.storage.change_store import ChangeStore, OvertakenError
from bot.storage.database import Database
from bot.storage.snooze_store import Snooze, SnoozeStore, restore_snoozes
from bot.triage.summary import TriageSummary

CODE, OTHER = 6000106, 6000121
REF = MessageRef("T1", "C1", "1.0")


async def snoozed(database: Database, now: float, channel: str = "C1") -> set[int]:
    """Return the codes that get no reply, as a decision about a message loads them."""
    ref = MessageRef("T1", channel, "9.0")
    return {*(await AnnotationStore(database).history(ref, "9.0", since=0.0, now=now)).snoozed}


async def test_a_snooze_ends_at_its_time(database: Database) -> None:
    """In its channel only; nobody has to remember it."""
    store = SnoozeStore(database)
    await store.put("T1", "C1", [CODE], until=100.0, times=None, user="U1", at=1.0)
    assert await snoozed(database, 99.0) == {CODE}
    assert await snoozed(database, 99.0, "C2") == set()
    assert await store.active("T1", "C1", now=99.0) == (Snooze(CODE, 100.0, None, "U1", 1.0),)
    assert await snoozed(database, 100.0) == set()
    assert await store.active("T1", "C1", now=100.0) == ()
    await store.forget_before(100.0)


async def test_a_snooze_ends_after_its_messages(database: Database) -> None:
    """A batch that is repeated after a lost answer does not count twice."""
    store, annotations = SnoozeStore(database), AnnotationStore(database)
    await store.put("T1", "C1", [CODE], until=100.0, times=2, user="U1", at=1.0)
    await store.put("T1", "C1", [OTHER], until=100.0, times=None, user="U1", at=1.0)
    record = AnnotationRecord("1.0", "react", None, (CODE, OTHER), ())
    for _ in range(2):
        await annotations.put({REF: record}, now=2.0, snoozed=[CODE, OTHER])
        assert await snoozed(database, 3.0) == {CODE, OTHER}
    await annotations.put({MessageRef("T1", "C1", "2.0"): record}, now=4.0, snoozed=[CODE, OTHER])
    assert await snoozed(database, 5.0) == {OTHER}
    assert [each.code for each in await store.active("T1", "C1", now=5.0)] == [OTHER]


async def test_undoing_restores_the_snooze_before(database: Database) -> None:
    """Unless a code was snoozed again since."""
    store, changes = SnoozeStore(database), ChangeStore(database)
    first = await store.put("T1", "C1", [CODE], until=100.0, times=None, user="U1", at=1.0)
    second = await store.put("T1", "C1", [CODE, OTHER], until=200.0, times=3, user="U2", at=2.0)
    with pytest.raises(OvertakenError):
        await changes.undo("T1", "C1", first, user="U3", restore=restore_snoozes)
    assert await changes.undo("T1", "C1", second, user="U3", restore=restore_snoozes)
    assert await store.active("T1", "C1", now=3.0) == (Snooze(CODE, 100.0, None, "U1", 1.0),)
    assert await changes.undo("T1", "C1", first, user="U3", restore=restore_snoozes)
    assert await store.active("T1", "C1", now=3.0) == ()


async def test_what_was_answered_is_counted(database: Database) -> None:
    """A reply that explains another code, too, would still come; so would a triage with another cause."""
    annotations = AnnotationStore(database)

    def log(code: int) -> LogRecord:
        return LogRecord(1.0, TriageSummary(str(code), code, None, None, False, 1, 0, None))

    records = [
        AnnotationRecord("1.0", "reply", "1.1", (CODE,), ()),
        AnnotationRecord("1.0", "reply", "1.2", (CODE, OTHER), ()),
        AnnotationRecord("1.0", "react", None, (CODE,), ()),
        AnnotationRecord("1.0", "triage", "1.3", (CODE, OTHER), (), log(CODE)),
        AnnotationRecord("1.0", "triage", "1.4", (CODE, OTHER), (), log(OTHER)),
    ]
    for number, record in enumerate(records):
        await annotations.put({MessageRef("T1", "C1", f"{number}.0"): record}, now=10.0)
    store = SnoozeStore(database)
    assert await store.answered("T1", "C1", [CODE], since=9.0) == (1, 1)
    assert await store.answered("T1", "C1", [CODE], since=11.0) == (0, 0)
    assert await store.answered("T1", "C2", [CODE], since=9.0) == (0, 0)
