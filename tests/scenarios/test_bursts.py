"""Many messages with codes in one thread within a moment."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN
from tests.scenarios.reading import BOT, settled, shown

LINES = ("login: 6000106", "send: 6000281", "again 6000106", "retry: 6000281, then 6000121")


def replies(slack: Sandbox, root: dict[str, Any]) -> list[dict[str, Any]]:
    """The bot's replies in the thread of *root*."""
    return [reply for reply in slack.replies(ENGLISH, root["ts"]) if reply.get("bot_id") == BOT]


@pytest.fixture
async def burst(slack: Sandbox) -> list[dict[str, Any]]:
    """A thread and its messages, of which all but the first wait while Slack takes its time for the first answer."""
    slack.faults.slow("chat.postMessage", seconds=0.7)
    root = await slack.say(ENGLISH, ANN, "look, 6000103")
    await slack.until(lambda: slack.calls("chat.postMessage"))
    lines = [await slack.say(ENGLISH, LIN, line, thread_ts=root["ts"]) for line in LINES]
    await slack.until(lambda: len(replies(slack, root)) == 2)
    await slack.until(lambda: "6000281 has appeared 2 times" in shown(replies(slack, root)[1]))
    return [root, *lines]


async def test_what_waits_gets_one_answer(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """An alert that posts line by line would be answered line by line for a minute otherwise."""
    await settled(slack, ENGLISH, ANN)
    first, merged = replies(slack, burst[0])
    assert "6000103" in shown(first)
    assert all(code in shown(merged) for code in ("6000106", "6000281", "6000121"))
    assert "6000106 has appeared 2 times in this thread." in shown(merged)
    assert_sendable(merged)
    named = merged["metadata"]["event_payload"]
    assert [named["ts"], *named["also"].split()] == [burst[number]["ts"] for number in (1, 2, 4)]


async def test_an_edit_changes_its_part_of_the_answer(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """The other messages still deserve theirs."""
    await slack.edit(ENGLISH, burst[1]["ts"], "login: 6000104")
    await slack.until(lambda: "6000104" in shown(replies(slack, burst[0])[1]))
    merged = shown(replies(slack, burst[0])[1])
    assert "6000106" not in merged
    assert "6000281 has appeared 2 times" in merged


async def test_a_deletion_takes_its_part_of_the_answer_along(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """Only the last of them takes it away."""
    await slack.delete(ENGLISH, burst[1]["ts"])
    await slack.until(lambda: "6000106" not in shown(replies(slack, burst[0])[1]))
    assert "6000281" in shown(replies(slack, burst[0])[1])
    await slack.delete(ENGLISH, burst[2]["ts"])
    await slack.delete(ENGLISH, burst[4]["ts"])
    await slack.until(lambda: len(replies(slack, burst[0])) == 1)


async def test_who_says_that_it_is_no_code_takes_all_of_it_back(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """The button stands under all; such things are not answered again here."""
    await slack.click(replies(slack, burst[0])[1], "not_a_code", ANN)
    await slack.until(lambda: len(replies(slack, burst[0])) == 1)
    await slack.say(ENGLISH, LIN, LINES[0], thread_ts=burst[0]["ts"])
    await settled(slack, ENGLISH, ANN)
    assert len(replies(slack, burst[0])) == 1


async def test_each_message_knows_why_it_was_answered(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """Whoever asks about the third line hears of that line."""
    link = f"https://demo.slack.com/archives/{ENGLISH}/p{burst[4]['ts'].replace('.', '')}?thread_ts={burst[0]['ts']}"
    await slack.command(ENGLISH, ANN, f"why {link}")
    (why,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "6000121" in shown(why)
    assert "6000106" not in shown(why)


async def test_a_channel_gets_a_few_answers_at_once_and_then_one_a_second(slack: Sandbox) -> None:
    """Slack takes no more in one channel, and its refusals would cost everybody more; other channels wait for none."""
    codes = (6000103, 6000104, 6000106, 6000107, 6000121, 6000281, 6000322, 6000354)
    said = [await slack.say(ENGLISH, ANN, f"login: {code}") for code in codes]
    await slack.until(lambda: len(replies(slack, said[4])) == 1)
    elsewhere = await slack.say(CHINESE, LIN, "登录报错误码 6000106")
    await slack.until(lambda: slack.replies(CHINESE, elsewhere["ts"]))
    assert replies(slack, said[-1]) == []
    await slack.until(lambda: len(replies(slack, said[-1])) == 1)
    answers = [replies(slack, message) for message in said]
    assert [len(each) for each in answers] == [1] * 8
    at = sorted(float(each[0]["ts"]) for each in answers)
    assert at[7] - at[4] > 2.0
    assert not [call for call in slack.calls("chat.postMessage") if call.error]
