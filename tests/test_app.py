"""Keep the database small while the bot runs."""

from __future__ import annotations

import asyncio

import pytest

from bot import app
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.database import Database

DAY_S = 86_400.0
REF = MessageRef("T1", "C1", "1.0")


async def test_an_annotation_is_deleted_after_thirty_days(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database must not grow for ever, but edits of a younger message need its annotation."""
    monkeypatch.setattr(app, "_TIDY_INTERVAL_S", 0.001)
    store, now = AnnotationStore(database), 0.0
    await store.put({REF: AnnotationRecord("1.0", "reply", "2.0", (6000106,), ())}, now=0.0)
    async with app.tidying(database, lambda: now):
        await asyncio.sleep(0.02)
        assert await store.get(REF)
        now = 31 * DAY_S
        for _ in range(2000):
            if await store.get(REF) is None:
                return
            await asyncio.sleep(0.005)
        pytest.fail("the annotation is still there")
