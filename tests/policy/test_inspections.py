"""Apply the noise rules without acting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.annotations import Annotations
from bot.policy.inspections import PREVIEWED, Inspections
from bot.policy.language import Languages
from bot.policy.replies import DryRun
from bot.storage.annotation_store import AnnotationStore
from bot.storage.change_store import ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from tests.directory import FakeDirectory

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def inspections(catalogue: Catalogue, database: Database) -> AsyncIterator[Inspections]:
    settings = ChannelStore(database)
    languages = Languages(settings, default=Language.EN, clock=lambda: 0.0)
    annotations = Annotations(catalogue, languages, settings, AnnotationStore(database), lambda: 10_000.0)
    yield Inspections(catalogue, annotations, ChangeStore(database), lambda: 10_000.0)
    await languages.locales.close()


def written(at: float, text: str, **more: Any) -> dict[str, Any]:
    """Return a message of the history."""
    return {"type": "message", "ts": f"{at:.6f}", "user": "U1", "text": text, **more}


async def preview(inspections: Inspections, *messages: dict[str, Any]) -> DryRun:
    """Return the dry run over *messages*, oldest first."""
    return await inspections.preview("C1", FakeDirectory(history=messages[::-1]), own_bot="B1")


async def test_replies_and_reactions_are_counted_by_the_rules(inspections: Inspections) -> None:
    """The person who invites the bot learns how much it will post."""
    reply = await preview(
        inspections,
        written(1000, "good morning"),
        written(1100, "6000106 since the release"),
        written(1200, "here too: 6000106"),
        written(1300, "order 6000106 is late"),
        written(1400, "6000121 and 6000106"),
        written(1500, "&gt; 6000354"),
    )
    assert (reply.messages, reply.replies, reply.reactions) == (6, 2, 1)
    assert [entry.code for entry in reply.codes] == [6000106, 6000121]


async def test_the_cool_down_ends_within_the_history(inspections: Inspections) -> None:
    """The time is that of the messages, not the current time."""
    reply = await preview(
        inspections,
        written(1000, "6000106"),
        written(4599, "6000106"),
        written(4601, "6000106"),
        written(4700, "6000106"),
    )
    assert (reply.replies, reply.reactions) == (2, 2)


async def test_notices_are_not_counted(inspections: Inspections) -> None:
    """They are in the history, but nobody wrote them: also the notice that the bot has joined."""
    topic = written(1000, "set the channel topic: 6000106", subtype="channel_topic")
    assert await preview(inspections, topic) == DryRun(0)


async def test_the_most_frequent_codes_are_named(inspections: Inspections) -> None:
    """Five at most: it is a hint, not a report."""
    codes = [6000101, 6000102, 6000103, 6000104, 6000106, 6000121]
    messages = [written(1000 + n, f"error {code}") for n, code in enumerate([*codes, 6000121, 6000121, 6000106])]
    reply = await preview(inspections, *messages)
    assert [entry.code for entry in reply.codes] == [6000121, 6000106, 6000101, 6000102, 6000103]


async def test_an_empty_history_is_not_a_missing_one(inspections: Inspections) -> None:
    """“Nothing” and “I cannot read the history” are different answers."""
    assert await preview(inspections) == DryRun(0)
    assert await inspections.preview("C1", FakeDirectory(), own_bot="B1") == DryRun(None)


async def test_the_number_of_messages_is_limited(inspections: Inspections) -> None:
    """One page of Slack's API, one call."""
    messages = [written(1000 + n, "hello") for n in range(PREVIEWED + 10)]
    assert (await preview(inspections, *messages)).messages == PREVIEWED


async def test_the_bots_own_messages_are_skipped(inspections: Inspections) -> None:
    """The command works before the bot is invited; other bots' messages count."""
    own = written(1000, "6000106 Token expired", subtype="bot_message", bot_id="B1")
    alert = written(1001, "error 6000121", subtype="bot_message", bot_id="B2")
    reply = await preview(inspections, own, alert)
    assert (reply.messages, reply.replies, [entry.code for entry in reply.codes]) == (1, 1, [6000121])
