"""Test what is stored of watches, on every database."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.change_store import Changed, ChangeStore, OvertakenError
from bot.storage.database import Database
from bot.storage.watch_store import WatchStore

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
        await changes.undo("T1", "C1", made, user="U3")
    assert await changes.undo("T1", "C1", stopped, user="U1")
    assert await store.of_channel("T1", "C1") == [watch]
    assert await changes.undo("T1", "C1", made, user="U1")
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
