"""Test which codes are in `/zimerr top`: nobody learns about a channel that they can't see."""

from __future__ import annotations

import pytest

from bot.oncall.periods import Period
from bot.policy.place import Place, Standing
from bot.policy.ranking import Ranking
from bot.policy.visibility import Visibility
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.database import Database
from bot.storage.sighting_store import SightingStore
from tests.directory import FakeDirectory

A, B = 6000106, 6000121
NOW = 1_700_000_000.0

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def sight(database: Database, channel: str, code: int, at: float = NOW - 60) -> None:
    """Record that a code came three times in a channel."""
    ref = MessageRef("T1", channel, f"{at:.6f}")
    record = AnnotationRecord(ref.ts, "reply", "1.0", (code,), ())
    await AnnotationStore(database).put({ref: record}, now=at, sighted={ref: {code: 3}})


@pytest.fixture
async def ranking(database: Database) -> Ranking:
    await sight(database, "C1", A)
    await sight(database, "C1", A, NOW - 90_000)
    await sight(database, "C2", B)
    await sight(database, "G1", 6000281)
    return Ranking(SightingStore(database), Visibility(lambda: NOW), lambda: NOW)


async def codes(
    ranking: Ranking, directory: FakeDirectory, channel: str = "C1", *, everywhere: bool | None
) -> set[int]:
    """Return the codes that a person learns about."""
    top = await ranking.top(Place("T1", channel, "U1"), directory, Period.DAY, is_everywhere=everywhere)
    assert {each.channel for each in top.links} <= {
        each.channel for trend in top.trends for each in (trend.first, trend.last)
    }
    return {trend.code for trend in top.trends}


async def test_here_is_the_channel_and_in_a_direct_message_everywhere(ranking: Ranking) -> None:
    """Nothing is counted in a direct message."""
    directory = FakeDirectory()
    directory.private = {"G1": frozenset(("U2",))}
    assert await codes(ranking, directory, everywhere=None) == {A}
    assert await codes(ranking, directory, "D1", everywhere=None) == {A, B}
    top = await ranking.top(Place("T1", "C1", "U1"), directory, Period.DAY)
    assert (top.trends[0].count, top.trends[0].before, sum(top.trends[0].parts)) == (3, 3, 3)
    assert next(iter(top.links.values())) == "https://demo.slack.com/archives/C1/p1699999940000000"


async def test_a_private_channel_counts_only_for_its_members(ranking: Ranking) -> None:
    """Neither its codes nor its counts reach somebody outside."""
    directory = FakeDirectory()
    directory.private = {"G1": frozenset(("U2",))}
    assert await codes(ranking, directory, everywhere=True) == {A, B}
    directory.private = {"G1": frozenset(("U1",))}
    assert await codes(ranking, directory, everywhere=True) == {A, B}  # Slack's answer is kept for a while


async def test_a_member_sees_a_private_channel(ranking: Ranking) -> None:
    """It is theirs."""
    directory = FakeDirectory()
    directory.private = {"G1": frozenset(("U1",))}
    assert await codes(ranking, directory, everywhere=True) == {A, B, 6000281}


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.EXTERNAL, Standing.APP, None])
async def test_a_guest_learns_only_about_their_channels(ranking: Ranking, standing: Standing | None) -> None:
    """Guests can't open public channels that they are not in."""
    directory = FakeDirectory()
    directory.standings = {"U1": standing}
    directory.private = {"C2": frozenset(("U1",))}
    assert await codes(ranking, directory, everywhere=True) == {B}


async def test_without_slack_every_channel_is_private(ranking: Ranking) -> None:
    """Silence is better than a leak."""
    assert await codes(ranking, FakeDirectory(fails=True), everywhere=True) == set()
