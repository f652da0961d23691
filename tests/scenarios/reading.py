"""Reading what the bot said."""

from __future__ import annotations

from typing import Any

from bot.sandbox.http_server import Sandbox
from bot.sandbox.team import Team
from tests.render.kit_rules import texts

BOT, BOT_USER = "B0ZIMERR", "U0ZIMERR"


def shown(message: dict[str, Any]) -> str:
    """All that a person reads in a message."""
    return "\n".join(texts(message.get("blocks", []))) or message["text"]


def said_by_bot(slack: Sandbox, channel: str) -> list[dict[str, Any]]:
    """The bot's messages in a channel that everybody sees, threads among them."""
    return [message for message in slack.messages(channel) if message.get("bot_id") == BOT]


async def answer_in_thread(slack: Team, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """The bot's reply to *message*, when it has come."""
    (reply,) = await slack.until(lambda: slack.replies(channel, message["ts"]))
    return reply


async def settled(slack: Sandbox, channel: str, user: str) -> None:
    """Wait until the bot has dealt with all that was said before: it takes messages in order and answers a last one.

    Who speaks to it gets an answer whatever was said before, and whatever the channel's mode.
    """
    last = await slack.say(channel, user, "@zimerr 6000002")
    await slack.until(lambda: slack.replies(channel, last["ts"]))
    await slack.idle()


def marks(message: dict[str, Any]) -> list[str]:
    """The bot's reactions to *message*."""
    return [each["name"] for each in message.get("reactions", ()) if BOT_USER in each["users"]]
