"""Keep the database small while the bot runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot import app
from bot.inbox.job import JobState, Outcome
from bot.inbox.lease import Lease
from bot.inbox.rows import InboxRows
from bot.settings import Retention
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.lookup_store import LookupStore
from tests.inbox.workbench import job

DAY_S = 86_400.0
REF = MessageRef("T1", "C1", "1.0")


async def test_an_annotation_is_deleted_after_thirty_days(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database must not grow for ever, but edits of a younger message need its annotation."""
    monkeypatch.setattr(app, "_TIDY_INTERVAL_S", 0.001)
    store, now = AnnotationStore(database), 0.0
    await store.put({REF: AnnotationRecord("1.0", "reply", "2.0", (6000106,), ())}, now=0.0)
    async with app.tidying(database, lambda: now, Retention()):
        await asyncio.sleep(0.02)
        assert await store.get(REF)
        now = 31 * DAY_S
        for _ in range(2000):
            if await store.get(REF) is None:
                return
            await asyncio.sleep(0.005)
        pytest.fail("the annotation is still there")


async def test_a_lookup_is_deleted_after_thirty_days(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A younger one of the same person stays."""
    monkeypatch.setattr(app, "_TIDY_INTERVAL_S", 0.001)
    store = LookupStore(database)
    for code, at in ((6000106, 0.0), (6000121, 5 * DAY_S)):
        await store.put("T1", "U1", code, at=at)
    async with app.tidying(database, lambda: 31 * DAY_S, Retention()):
        for _ in range(2000):
            if await store.lately("T1", "U1", most=10) == [6000121]:
                return
            await asyncio.sleep(0.005)
        pytest.fail("the lookup is still there")


async def test_a_dead_job_and_an_old_notice_are_deleted_after_thirty_days(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator has had time to look at them. Younger ones stay."""
    monkeypatch.setattr(app, "_TIDY_INTERVAL_S", 0.001)
    rows, channels = InboxRows(database, "me"), ChannelStore(database)
    working = [
        replace(job(ts), state=JobState.WORKING, attempts=1, lease=Lease(9.0, lambda: 0.0, "me"))
        for ts in ("1.0", "2.0")
    ]
    old, young = [
        replace(each, id=recorded.id)
        for each, recorded in zip(working, await rows.write(working), strict=True)
        if recorded
    ]
    dead = [Outcome([each], JobState.DEAD, at, "gone") for each, at in ((old, 0.0), (young, 5 * DAY_S))]
    await rows.write(dead)
    for channel, at in (("C1", 0.0), ("C2", 5 * DAY_S)):
        assert await channels.claim_notice("T1", channel, "is_archived", now=at, unless_since=0.0)
    async with app.tidying(database, lambda: 31 * DAY_S, Retention()):
        for _ in range(2000):
            if [each.ts for each in await rows.find()] == ["2.0"]:
                break
            await asyncio.sleep(0.005)
    assert [each.ts for each in await rows.find()] == ["2.0"]
    claims = [
        await channels.claim_notice("T1", channel, "is_archived", now=6 * DAY_S, unless_since=0.0)
        for channel in ("C1", "C2")
    ]
    assert claims == [True, False]
