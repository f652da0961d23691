"""Read the bot's messages and reactions."""

from __future__ import annotations

from typing import Any

from bot.sandbox.http_server import Sandbox
from bot.sandbox.team import Team
from tests.render.kit_rules import texts

BOT, BOT_USER = "B0ZIMERR", "U0ZIMERR"


def shown(message: dict[str, Any]) -> str:
    """Return the text that a person reads in a message."""
    return "\n".join(texts(message.get("blocks", []))) or message["text"]


def said_by_bot(slack: Sandbox, channel: str) -> list[dict[str, Any]]:
    """Return the bot's public messages in a channel, including those in threads."""
    return [message for message in slack.messages(channel) if message.get("bot_id") == BOT]


async def answer_in_thread(slack: Team, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """Wait for the bot's reply to *message*, and return it."""
    (reply,) = await slack.until(lambda: slack.replies(channel, message["ts"]))
    return reply


async def settled(slack: Sandbox, channel: str, user: str) -> None:
    """Wait until the bot has processed everything posted so far in *channel*.

    It processes messages in order, so this posts one more and waits for the answer. A mention is always answered,
    whatever the channel's mode.
    """
    last = await slack.say(channel, user, "@zimerr 6000002")
    await slack.until(lambda: slack.replies(channel, last["ts"]))
    await slack.idle()


def bot_reactions(message: dict[str, Any]) -> list[str]:
    """Return the names of the bot's reactions to *message*."""
    return [each["name"] for each in message.get("reactions", ()) if BOT_USER in each["users"]]
