"""Test many messages with codes in one thread at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN, Clock
from tests.scenarios.reading import BOT, dismiss, settled, shown

LINES = ("login: 6000106", "send: 6000281", "again 6000106", "retry: 6000281, then 6000121")


def replies(slack: Sandbox, root: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bot's replies in the thread of *root*."""
    return [reply for reply in slack.replies(ENGLISH, root["ts"]) if reply.get("bot_id") == BOT]


@pytest.fixture
async def burst(slack: Sandbox) -> list[dict[str, Any]]:
    """A thread whose messages, except the first, wait while Slack is slow to post the first answer."""
    release = slack.faults.hold("chat.postMessage")
    root = await slack.say(ENGLISH, ANN, "look, 6000103")
    await slack.until(lambda: slack.calls("chat.postMessage"))
    lines = [await slack.say(ENGLISH, LIN, line, thread_ts=root["ts"]) for line in LINES]
    await slack.idle()
    release.set()
    await slack.until(lambda: len(replies(slack, root)) == 2)
    await slack.until(lambda: "6000281 has appeared 2 times" in shown(replies(slack, root)[1]))
    return [root, *lines]


async def test_waiting_messages_get_one_answer(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """Otherwise, an alert that posts line by line would be answered line by line for a minute."""
    await settled(slack, ENGLISH, ANN)
    first, merged = replies(slack, burst[0])
    assert "6000103" in shown(first)
    assert all(code in shown(merged) for code in ("6000106", "6000281", "6000121"))
    assert "6000106 has appeared 2 times in this thread." in shown(merged)
    assert_sendable(merged)
    named = merged["metadata"]["event_payload"]
    assert [named["ts"], *named["also"].split()] == [burst[number]["ts"] for number in (1, 2, 4)]


async def test_an_edit_changes_its_part_of_the_answer(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """The other messages keep their part."""
    await slack.edit(ENGLISH, burst[1]["ts"], "login: 6000104")
    await slack.until(lambda: "6000104" in shown(replies(slack, burst[0])[1]))
    merged = shown(replies(slack, burst[0])[1])
    assert "6000106" not in merged
    assert "6000281 has appeared 2 times" in merged


async def test_a_deletion_removes_its_part_of_the_answer(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """The answer itself goes with the last of its messages."""
    await slack.delete(ENGLISH, burst[1]["ts"])
    await slack.until(lambda: "6000106" not in shown(replies(slack, burst[0])[1]))
    assert "6000281" in shown(replies(slack, burst[0])[1])
    await slack.delete(ENGLISH, burst[2]["ts"])
    await slack.delete(ENGLISH, burst[4]["ts"])
    await slack.until(lambda: len(replies(slack, burst[0])) == 1)


async def test_not_a_code_replaces_the_whole_answer(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """The button belongs to the whole answer, and similar text is not answered again in this channel."""
    await dismiss(slack, replies(slack, burst[0])[1], "not_a_code", ANN)
    await slack.until(lambda: "not a code" in shown(replies(slack, burst[0])[1]))
    await slack.say(ENGLISH, LIN, LINES[0], thread_ts=burst[0]["ts"])
    await settled(slack, ENGLISH, ANN)
    assert len(replies(slack, burst[0])) == 2


async def test_why_explains_each_message_by_itself(slack: Sandbox, burst: list[dict[str, Any]]) -> None:
    """`/zimerr why` about the last message names the codes of that message only."""
    link = f"https://demo.slack.com/archives/{ENGLISH}/p{burst[4]['ts'].replace('.', '')}?thread_ts={burst[0]['ts']}"
    await slack.command(ENGLISH, ANN, f"why {link}")
    (why,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "6000121" in shown(why)
    assert "6000106" not in shown(why)


async def test_a_channel_gets_a_few_answers_at_once_then_one_per_second(slack: Sandbox, clock: Clock) -> None:
    """Slack allows about one post a second per channel. Other channels do not wait."""
    clock.stop()
    codes = (6000103, 6000104, 6000106, 6000107, 6000121, 6000281, 6000322, 6000354)
    said = []
    for code in codes:
        said.append(await slack.say(ENGLISH, ANN, f"login: {code}"))
        await slack.idle()  # Slack delivers events in no certain order, and the bot answers in the order of arrival

    async def until_answered(count: int) -> None:
        await slack.until(lambda: replies(slack, said[count - 1]))
        elsewhere = await slack.say(CHINESE, LIN, f"登录报错误码 {codes[count - 1]}")
        await slack.until(lambda: slack.replies(CHINESE, elsewhere["ts"]))
        assert [len(replies(slack, message)) for message in said] == [1] * count + [0] * (len(said) - count)

    await until_answered(5)
    clock.ahead_s = 2.0
    await until_answered(7)
    clock.ahead_s = 3.0
    await until_answered(8)
    assert not [call for call in slack.calls("chat.postMessage") if call.error]
