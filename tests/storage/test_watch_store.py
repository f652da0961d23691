"""Test what is stored of watches, on every database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.storage.change_store import Changed, ChangeStore, OvertakenError
from bot.storage.database import Database
from bot.storage.watch_store import WatchStore, restore_watch

RULE = {"subject": "code:6000104", "count": 10, "span_s": 300, "is_everywhere": False, "group": ""}


@pytest.fixture
def store(database: Database) -> WatchStore:
    return WatchStore(database)


async def add(store: WatchStore, **changes: object) -> bool:
    """Make a watch in C1, which may have two."""
    return bool(await store.add("T1", "C1", RULE | changes, user="U1", at=5.0, most=2))


async def test_a_channel_has_each_watch_once_and_not_too_many(store: WatchStore) -> None:
    """A request that is repeated makes no second alert."""
    assert [await add(store), await add(store), await add(store, count=20), await add(store, count=30)] == [
        True, False, True, False,
    ]  # fmt: skip
    assert [each.rule for each in await store.of_channel("T1", "C1")] == [RULE, RULE | {"count": 20}]
    assert await store.of_channel("T2", "C1") == []


async def test_undo_stops_a_watch_and_starts_it_again(store: WatchStore, database: Database) -> None:
    """Each change can be undone, once, and never over the head of somebody who changed the same since."""
    changes = ChangeStore(database)
    made = await store.add("T1", "C1", RULE, user="U1", at=5.0, most=2)
    assert made
    (watch,) = await store.of_channel("T1", "C1")
    stopped = await store.stop(watch, user="U2", at=6.0)
    assert stopped
    assert (stopped.what, stopped.detail["watch"]) == (Changed.WATCH_STOPPED, watch.id)
    assert await store.stop(watch, user="U1", at=6.0) is None
    with pytest.raises(OvertakenError):
        await changes.undo("T1", "C1", made, user="U3", restore=restore_watch)
    assert await changes.undo("T1", "C1", stopped, user="U1", restore=restore_watch)
    assert await store.of_channel("T1", "C1") == [watch]
    assert await changes.undo("T1", "C1", made, user="U1", restore=restore_watch)
    assert await store.of_channel("T1", "C1") == []
    await store.forget_before(6.0)
    assert await store.claim_due(10.0, lease_s=60.0) == []


async def test_one_of_several_replicas_looks_after_a_watch(store: WatchStore, database: Database) -> None:
    """Two would post two alerts."""
    await add(store)
    claims = await asyncio.gather(*(WatchStore(database).claim_due(10.0, lease_s=60.0) for _ in range(5)))
    assert sum(map(len, claims)) == 1
    assert await store.claim_due(69.0, lease_s=60.0) == []
    assert len(await store.claim_due(70.0, lease_s=60.0)) == 1


async def test_an_alert_is_read_back_and_a_stopped_watch_without_one_is_never_due(store: WatchStore) -> None:
    """A replica that takes over goes on with the same message."""
    await add(store)
    (watch,) = await store.of_channel("T1", "C1")
    open_ = replace(watch, since=4.0, alert_ts="9.1", reached_at=9.0, shown_count=12, shown_at=9.5)
    await store.record(open_, due_at=20.0)
    assert await store.with_alerts("T1") == [open_]
    assert await store.claim_due(20.0, lease_s=60.0) == [open_]
    await store.stop(open_, user="U1", at=21.0)
    (stopped,) = await store.claim_due(21.0, lease_s=60.0)
    await store.record(stopped, due_at=30.0)
    (stopped,) = await store.claim_due(30.0, lease_s=60.0)
    await store.record(replace(stopped, since=None, alert_ts=None), due_at=40.0)
    assert await store.with_alerts("T1") == []
    assert await store.claim_due(1e9, lease_s=60.0) == []
    await store.forget_before(22.0)


async def test_a_calm_watch_is_due_again(store: WatchStore) -> None:
    """Its alert may open again."""
    await add(store)
    (watch,) = await store.claim_due(5.0, lease_s=60.0)
    await store.record(watch, due_at=15.0)
    assert await store.claim_due(14.0, lease_s=60.0) == []
    assert len(await store.claim_due(15.0, lease_s=60.0)) == 1
