"""Test that a snoozed code is quiet, that everybody sees it, and that it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Clock, Start
from tests.scenarios.reading import (
    answer_in_thread,
    bot_reactions,
    choose,
    dialog_of,
    said_by_bot,
    settled,
    shown,
)
from tests.scenarios.test_incidents import FENCED, triage_of

CAUSE = 6000106


async def snooze(slack: Sandbox, message: dict[str, Any], span: str, times: str = "10") -> dict[str, Any]:
    """Let Ben snooze the codes of the bot's *message*; return the public line."""
    before = len(said_by_bot(slack, ENGLISH))
    await choose(slack, message, "snooze", BEN)
    await slack.submit(await dialog_of(slack, BEN), BEN, {"span": span, "times": times})
    await slack.until(lambda: len(said_by_bot(slack, ENGLISH)) > before)
    return said_by_bot(slack, ENGLISH)[-1]


async def is_silenced(slack: Sandbox, text: str) -> bool:
    """Post *text*, and return whether it gets the reaction and no reply."""
    message = await slack.say(ENGLISH, ANN, text)
    await settled(slack, ENGLISH, BEN)
    replies = [each for each in said_by_bot(slack, ENGLISH) if each.get("thread_ts") == message["ts"]]
    assert (bot_reactions(message) == ["mag"]) is not bool(replies)
    return not replies


@pytest.mark.both_transports
async def test_a_snoozed_code_gets_a_reaction(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """So does a log with that cause. The line names the person, the code and the end; the snooze ends by itself."""
    async with start():
        _, triage = await triage_of(workspace)
        await choose(workspace, triage, "snooze", BEN)
        dialog = await dialog_of(workspace, BEN)
        assert "In the last 7 days, this would have silenced one triage here." in shown(dialog)
        await workspace.submit(dialog, BEN, {"span": "day", "times": ""})
        said = f"<@{BEN}> snoozed {CAUSE} here until <!date^"
        await workspace.until(lambda: any(shown(each).startswith(said) for each in said_by_bot(workspace, ENGLISH)))
        clock.ahead_s += 2 * 3600  # after the cool-down
        assert await is_silenced(workspace, f"errorCode={CAUSE}")
        assert await is_silenced(workspace, FENCED.replace("u_1041", "u_7"))
        assert not await is_silenced(workspace, "errorCode=6000354")
        await workspace.command(ENGLISH, BEN, "status")
        (status,) = await workspace.until(lambda: workspace.ephemerals(BEN))
        assert f"{CAUSE} is snoozed until" in shown(status)
        clock.ahead_s += 23 * 3600
        assert not await is_silenced(workspace, f"again errorCode={CAUSE}")


async def test_a_snooze_is_undone(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """By anybody, from the line."""
    async with start():
        message = await workspace.say(ENGLISH, ANN, f"errorCode={CAUSE}")
        line = await snooze(workspace, await answer_in_thread(workspace, ENGLISH, message), "hour")
        await workspace.click(line, "undo_change", ANN)
        await workspace.until(lambda: f"Undone by <@{ANN}>" in shown(line))
        clock.ahead_s += 2 * 3600
        assert not await is_silenced(workspace, f"again errorCode={CAUSE}")


async def test_a_snooze_ends_after_a_number_of_messages(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """A number that is none is corrected in the dialog."""
    async with start():
        message = await workspace.say(ENGLISH, ANN, f"errorCode={CAUSE}")
        answer = await answer_in_thread(workspace, ENGLISH, message)
        await choose(workspace, answer, "snooze", BEN)
        dialog = await dialog_of(workspace, BEN)
        errors = await workspace.submit(dialog, BEN, {"span": "times", "times": "none"})
        assert errors == {"times": "Type a number from 1 to 1000."}
        await workspace.submit(dialog, BEN, {"span": "times", "times": "2"})
        await workspace.until(lambda: "the next 2 messages" in json.dumps(said_by_bot(workspace, ENGLISH)))
        clock.ahead_s += 2 * 3600
        assert await is_silenced(workspace, f"one errorCode={CAUSE}")
        assert await is_silenced(workspace, f"two errorCode={CAUSE}")
        assert not await is_silenced(workspace, f"three errorCode={CAUSE}")


async def test_an_edited_message_counts_once(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """A correction must not end the snooze for the others."""
    async with start():
        message = await workspace.say(ENGLISH, ANN, f"errorCode={CAUSE} errorCode=6000354")
        answer = await answer_in_thread(workspace, ENGLISH, message)
        await snooze(workspace, answer, "times", "2")
        clock.ahead_s += 2 * 3600
        assert await is_silenced(workspace, f"one errorCode={CAUSE}")
        first = next(each for each in workspace.messages(ENGLISH) if each["text"].startswith("one "))
        await workspace.edit(ENGLISH, first["ts"], "one errorCode=6000354")
        await settled(workspace, ENGLISH, BEN)
        assert await is_silenced(workspace, "two errorCode=6000354")
        assert await is_silenced(workspace, "three errorCode=6000354")
        assert not await is_silenced(workspace, "four errorCode=6000354")


async def test_why_names_the_snooze(slack: Sandbox) -> None:
    """In the reader's language; other channels are as loud as before."""
    message = await slack.say(CHINESE, ANN, f"errorCode={CAUSE}")
    answer = await answer_in_thread(slack, CHINESE, message)
    await choose(slack, answer, "snooze", LIN)
    await slack.submit(await dialog_of(slack, LIN), LIN, {"span": "day", "times": ""})
    await slack.until(lambda: "暂不提醒" in json.dumps(said_by_bot(slack, CHINESE), ensure_ascii=False))
    silenced = await slack.say(CHINESE, ANN, f"再次出现 errorCode={CAUSE}")
    await slack.until(lambda: bot_reactions(silenced) == ["mag"])
    link = f"https://demo.slack.com/archives/{CHINESE}/p{silenced['ts'].replace('.', '')}"
    await slack.command(CHINESE, LIN, f"why {link}")
    await slack.until(lambda: any("本频道暂不提醒该错误码" in shown(each) for each in slack.ephemerals(LIN)))
    other = await slack.say(ENGLISH, ANN, f"errorCode={CAUSE}")
    assert await answer_in_thread(slack, ENGLISH, other)
