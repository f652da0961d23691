"""Read the bot's messages and reactions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp

from bot.inbox.job import JobState
from bot.sandbox.http_server import Sandbox
from bot.sandbox.interactions import ElementContainer, action_of
from bot.sandbox.team import Team
from tests.render.kit_rules import texts

BOT, BOT_USER = "B0ZIMERR", "U0ZIMERR"
DATABASES: WeakKeyDictionary[Sandbox, Path] = WeakKeyDictionary()  # of the bot in each sandbox
PORTS: WeakKeyDictionary[Sandbox, int] = WeakKeyDictionary()  # which serve its health


def shown(message: dict[str, Any]) -> str:
    """Return the text that a person reads in a message."""
    return "\n".join(texts(message.get("blocks", []))) or message["text"]


def said_by_bot(slack: Sandbox, channel: str) -> list[dict[str, Any]]:
    """Return the bot's public messages in a channel, including those in threads."""
    return [message for message in slack.messages(channel) if message.get("bot_id") == BOT]


async def last_said(slack: Sandbox, channel: str, count: int) -> dict[str, Any]:
    """Wait until the bot has posted *count* public messages in a channel, and return the last."""
    await slack.until(lambda: len(said_by_bot(slack, channel)) >= count)
    messages = said_by_bot(slack, channel)
    assert len(messages) == count
    return messages[-1]


async def answer_in_thread(slack: Team, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """Wait for the bot's reply to *message*, and return it."""
    (reply,) = await slack.until(lambda: slack.replies(channel, message["ts"]))
    return reply


def answers_in_dm(slack: Sandbox, channel: str, message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bot's replies to *message* in a direct message: none of them is in a thread."""
    said = [each for each in said_by_bot(slack, channel) if "thread_ts" not in each]
    return [each for each in said if each.get("metadata", {}).get("event_payload", {}).get("ts") == message["ts"]]


async def answer_in_dm(slack: Sandbox, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """Wait for the bot's reply to *message* in a direct message, and return it."""
    (reply,) = await slack.until(lambda: answers_in_dm(slack, channel, message))
    return reply


async def choose(slack: Team, reply: dict[str, Any], what: str, user: str) -> None:
    """Choose in the menu of an annotation or a triage, by the action id in the value of the option."""
    menu = reply["blocks"][-1]["elements"][-1]
    (value,) = [each["value"] for each in menu["options"] if json.loads(each["value"])["act"] == what]
    await slack.select(reply, menu["action_id"], user, value)


async def press_stale(slack: Sandbox, channel: str, message: dict[str, Any], act: str, user: str) -> None:
    """Press a button of *message* as a client still shows it, though it has changed."""
    container = ElementContainer(channel, message)
    await slack.interactions.act(container, user, action_of(*container.element(act), {}))


async def dismiss(slack: Team, reply: dict[str, Any], what: str, user: str) -> None:
    """Choose ``not_a_code``, ``quiet_here`` or ``triage_wrong`` in a menu, and confirm that."""
    await choose(slack, reply, what, user)
    await slack.submit(await dialog_of(slack, user), user, {})


async def dialog_of(slack: Team, user: str) -> dict[str, Any]:
    """Wait for the modal that *user* sees."""
    dialog = await slack.until(lambda: slack.modal(user))
    assert dialog is not None
    return dialog


async def settled(slack: Sandbox, channel: str, user: str) -> None:
    """Wait until the bot has processed everything posted so far.

    Posts a mention in *channel*, which is always answered, and waits until its answer is there and no job is open. The
    answer alone is not enough, because the threads of a channel take turns.
    """
    last = await slack.say(channel, user, "@zimerr 6000002")
    await slack.until(lambda: slack.replies(channel, last["ts"]))
    await slack.idle()
    await until_done(DATABASES[slack])


async def until_stored(is_stored: Callable[[], object]) -> None:
    """Wait until the value of *is_stored* is true. Nothing in the sandbox changes when the bot stores something."""
    async with asyncio.timeout(20):
        while not is_stored():  # noqa: ASYNC110  a database wakes nobody
            await asyncio.sleep(0.005)


async def until_done(database: Path) -> None:
    """Wait until no job in the inbox of an SQLite database is open."""
    await until_stored(lambda: not _has_open_jobs(database))


def _has_open_jobs(database: Path) -> bool:
    """Return whether the inbox in an SQLite database has a job that has not ended."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        states = {state for (state,) in connection.execute("SELECT DISTINCT state FROM inbox")}
    return not states <= {JobState.DONE, JobState.DEAD}


def bot_reactions(message: dict[str, Any]) -> list[str]:
    """Return the names of the bot's reactions to *message*."""
    return [each["name"] for each in message.get("reactions", ()) if BOT_USER in each["users"]]


async def faults_of(slack: Sandbox) -> dict[str, str]:
    """Return the faults and warnings of `/readyz`; assert that its status agrees and that the bot is alive."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{PORTS[slack]}/healthz") as response:
            alive = await response.json()
            assert (response.status, alive["ok"], alive["faults"], alive["warnings"]) == (200, True, {}, {})
        async with session.get(f"http://127.0.0.1:{PORTS[slack]}/readyz") as response:
            body = await response.json()
    assert response.status == (503 if body["faults"] else 200)
    assert body["ok"] is not bool(body["faults"])
    assert body["last_delivery_s"] is None or 0 <= body["last_delivery_s"] < 86_400
    found: dict[str, str] = body["faults"] | body["warnings"]
    return found
