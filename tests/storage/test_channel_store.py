"""Test what is stored of channels, on every database."""

from __future__ import annotations

import asyncio

from bot.storage.channel_store import ChannelStore, KnownLocale, Votes
from bot.storage.database import Database


async def test_old_votes_lose_weight(database: Database) -> None:
    """A channel whose people change their language must not need as many messages as it ever had."""
    store = ChannelStore(database)
    await store.add_votes("T1", "C1", Votes(en=39))
    await store.add_votes("T1", "C1", Votes(en=1))
    assert (await store.get("T1", "C1")).votes == Votes(en=40)
    await store.add_votes("T1", "C1", Votes(zh=1))
    assert (await store.get("T1", "C1")).votes == Votes(en=20, zh=1)
    assert (await store.get("T1", "C2")).votes == Votes()


async def test_one_of_several_callers_claims_a_notice(database: Database) -> None:
    """An incident brings many messages at once, and people need one notice."""
    store = ChannelStore(database)
    claims = [store.claim_notice("T1", "C1", "not_in_channel", now=100.0, unless_since=0.0) for _ in range(5)]
    assert sorted(await asyncio.gather(*claims)) == [False] * 4 + [True]
    assert await store.claim_notice("T1", "C1", "is_archived", now=100.0, unless_since=0.0)
    assert await store.claim_notice("T1", "C2", "not_in_channel", now=100.0, unless_since=0.0)


async def test_a_notice_can_be_claimed_again_after_a_while_or_if_it_was_not_sent(database: Database) -> None:
    """People forget, and Slack may be away when the notice is sent."""
    store = ChannelStore(database)
    assert await store.claim_notice("T1", "C1", "is_archived", now=100.0, unless_since=50.0)
    assert not await store.claim_notice("T1", "C1", "is_archived", now=150.0, unless_since=100.0)
    assert await store.claim_notice("T1", "C1", "is_archived", now=151.0, unless_since=101.0)
    await store.forget_notice("T1", "C1", "is_archived")
    assert await store.claim_notice("T1", "C1", "is_archived", now=152.0, unless_since=102.0)


async def test_locales_that_are_no_longer_used_are_deleted(database: Database) -> None:
    """Those in use are renewed every day. The others are data about people that nobody needs."""
    store = ChannelStore(database)
    await store.put_locale("T1", "U1", KnownLocale("zh-CN", 100.0))
    await store.put_locale("T1", "U2", KnownLocale("zh-CN", 100.0))
    await store.put_locale("T1", "U2", KnownLocale("en-US", 200.0))
    await store.forget_locales(before=150.0)
    assert await store.locale("T1", "U1") == KnownLocale()
    assert await store.locale("T1", "U2") == KnownLocale("en-US", 200.0)
