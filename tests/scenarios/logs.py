"""Sample logs for the scenarios, and helpers to read the bot's answers to them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from bot.sandbox.file_store import Upload
from bot.sandbox.http_server import Sandbox
from tests.scenarios.reading import BOT, answers_in_dm, dismiss, settled, shown

_EVENTS = (
    ("I", "[Login][API.login] userID: u_1041, network: wifi"),
    ("E", "[Login][API.renewToken] errorCode=6000106, message=Token expired"),
    ("E", "[Conv][API.sendMessage] errorCode=6000121, user is not logged in"),
    ("E", "[Room][API.joinRoom] errorCode=6000121, user is not logged in"),
    ("E", "[Login][API.login] errorCode=6000106, message=Token expired"),
)
LOG = "".join(
    f"03-02 03:{14 + number // 60:02}:{number % 60:02}.120 12483 12519 {level}/ZIM: {text}\n"
    for number, (level, text) in enumerate(_EVENTS * 6)
)
PLAIN = "".join(f"2026-03-02 03:14:{number:02} GET /index.html 200\n" for number in range(40))
TOKEN = "04AAAAAGm" + "".join(random.Random(7).choices("ABCDEFGHabcdefgh0123456789", k=120))  # noqa: S311 - not a real token


def file(name: str = "zim.log", content: str | bytes = LOG) -> Upload:
    """Return a file to attach."""
    return Upload(name, content.encode() if isinstance(content, str) else content)


def answers(slack: Sandbox, message: dict[str, Any], channel: str) -> list[dict[str, Any]]:
    """Return the bot's replies to *message*, without its uploads."""
    if channel.startswith("D"):
        return answers_in_dm(slack, channel, message)
    replies = slack.replies(channel, message["ts"])
    return [reply for reply in replies if reply.get("bot_id") == BOT and not reply.get("files")]


def uploads(slack: Sandbox, message: dict[str, Any], channel: str) -> list[dict[str, Any]]:
    """Return the files that the bot uploaded to the thread of *message*."""
    replies = slack.replies(channel, message["ts"])
    return [file for reply in replies if reply.get("bot_id") == BOT for file in reply.get("files", ())]


async def the_answer(slack: Sandbox, message: dict[str, Any], channel: str) -> dict[str, Any]:
    """Wait until the bot is idle, then return its only answer to *message*."""
    await slack.until(lambda: answers(slack, message, channel))
    await settled(slack, channel, "U0BEN")
    (answer,) = answers(slack, message, channel)
    return answer


async def mark_wrong(slack: Sandbox, answer: dict[str, Any], user: str) -> None:
    """Mark a triage as wrong, and confirm that."""
    await dismiss(slack, answer, "triage_wrong", user)


def first_line(message: dict[str, Any]) -> str:
    """Return the first line that a person reads."""
    return shown(message).splitlines()[0]


def block_types(message: dict[str, Any]) -> Sequence[str]:
    """Return the types of a message's blocks."""
    return [block["type"] for block in message["blocks"]]
