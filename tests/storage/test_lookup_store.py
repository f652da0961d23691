"""Test what is stored of lookups, on every database."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.database import Database
from bot.storage.lookup_store import LookupStore

A, B, C = 6000106, 6000121, 6000281


@pytest.fixture
def store(database: Database) -> LookupStore:
    return LookupStore(database)


async def test_a_code_is_stored_once_with_its_last_lookup(store: LookupStore) -> None:
    """The latest is first, so that it is found again."""
    for at, code in enumerate((A, B, C, A)):
        await store.put("T1", "U1", code, at=float(at))
    assert await store.lately("T1", "U1", most=10) == [A, C, B]
    assert await store.lately("T1", "U1", most=2) == [A, C]


async def test_lookups_at_the_same_time_are_all_stored(store: LookupStore) -> None:
    """Two replicas may store those of one person at once, and one person may ask twice."""
    await asyncio.gather(*(store.put("T1", "U1", code, at=at) for at, code in enumerate((A, B, C, B, A), start=1)))
    assert await store.lately("T1", "U1", most=10) == [A, B, C]


async def test_lookups_belong_to_a_person_in_a_workspace(store: LookupStore) -> None:
    """What one looks up is nobody else's business."""
    await store.put("T1", "U1", A, at=1.0)
    await store.put("T1", "U2", B, at=2.0)
    await store.put("T2", "U1", C, at=3.0)
    assert await store.lately("T1", "U1", most=10) == [A]
    assert await store.lately("T1", "U2", most=10) == [B]
    assert await store.lately("T2", "U1", most=10) == [C]


async def test_old_lookups_are_deleted(store: LookupStore) -> None:
    """A code that is looked up again is kept."""
    for at, code in ((1.0, A), (2.0, B), (3.0, A)):
        await store.put("T1", "U1", code, at=at)
    await store.forget_before(3.0)
    assert await store.lately("T1", "U1", most=10) == [A]
