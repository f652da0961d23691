"""Count what the bot would have done in a channel."""

from __future__ import annotations

from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.policy.preview import HISTORY, dry_run
from bot.policy.replies import DryRun
from tests.directory import FakeDirectory


def said(at: float, text: str, **more: Any) -> dict[str, Any]:
    """Return a message of the history."""
    return {"type": "message", "ts": f"{at:.6f}", "user": "U1", "text": text, **more}


async def run(catalogue: Catalogue, *messages: dict[str, Any]) -> DryRun:
    """Return the dry run over *messages*, oldest first."""
    return await dry_run("C1", FakeDirectory(history=messages[::-1]), catalogue, own_bot="B1")


async def test_replies_and_reactions_are_counted_by_the_rules(catalogue: Catalogue) -> None:
    """The person who invites the bot learns how much it will post."""
    reply = await run(
        catalogue,
        said(1000, "good morning"),
        said(1100, "6000106 since the release"),
        said(1200, "here too: 6000106"),
        said(1300, "order 6000106 is late"),
        said(1400, "6000121 and 6000106"),
        said(1500, "&gt; 6000354"),
    )
    assert (reply.messages, reply.replies, reply.reactions) == (6, 2, 1)
    assert [entry.code for entry in reply.codes] == [6000106, 6000121]


async def test_the_cool_down_ends_within_the_history(catalogue: Catalogue) -> None:
    """The time is that of the messages, not the current time."""
    reply = await run(
        catalogue, said(1000, "6000106"), said(4599, "6000106"), said(4601, "6000106"), said(4700, "6000106")
    )
    assert (reply.replies, reply.reactions) == (2, 2)


async def test_notices_count_as_messages_but_get_nothing(catalogue: Catalogue) -> None:
    """They are in the history, but nobody wrote them."""
    topic = said(1000, "set the channel topic: 6000106", subtype="channel_topic")
    assert await run(catalogue, topic) == DryRun(1)


async def test_the_most_frequent_codes_are_named(catalogue: Catalogue) -> None:
    """Five at most: it is a hint, not a report."""
    codes = [6000101, 6000102, 6000103, 6000104, 6000106, 6000121]
    messages = [said(1000 + n, f"error {code}") for n, code in enumerate([*codes, 6000121, 6000121, 6000106])]
    reply = await run(catalogue, *messages)
    assert [entry.code for entry in reply.codes] == [6000121, 6000106, 6000101, 6000102, 6000103]


async def test_an_empty_history_is_not_a_missing_one(catalogue: Catalogue) -> None:
    """“Nothing” and “I cannot read the history” are different answers."""
    assert await run(catalogue) == DryRun(0)
    assert await dry_run("C1", FakeDirectory(), catalogue, own_bot="B1") == DryRun(None)


async def test_the_number_of_messages_is_limited(catalogue: Catalogue) -> None:
    """One page of Slack's API, one call."""
    messages = [said(1000 + n, "hello") for n in range(HISTORY + 10)]
    assert (await run(catalogue, *messages)).messages == HISTORY


async def test_the_bots_own_messages_are_skipped(catalogue: Catalogue) -> None:
    """The command works before the bot is invited; other bots' messages count."""
    own = said(1000, "6000106 Token expired", subtype="bot_message", bot_id="B1")
    alert = said(1001, "error 6000121", subtype="bot_message", bot_id="B2")
    reply = await run(catalogue, own, alert)
    assert (reply.messages, reply.replies, [entry.code for entry in reply.codes]) == (1, 1, [6000121])
