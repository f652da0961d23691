"""Test `catchup` and `handoff`: the events so far, for people who join late or take the next shift."""

from __future__ import annotations

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN
from tests.scenarios.reading import bot_reactions, dialog_of, said_by_bot, settled, shown
from tests.scenarios.test_incidents import triage_of
from tests.scenarios.test_sharing import private_copy, shared
from tests.scenarios.test_top import private_answer


@pytest.mark.both_transports
async def test_a_thread_tells_its_story_to_the_reader_alone(slack: Sandbox) -> None:
    """Slack takes no command in a thread: a mention and the shortcut are the ways in. Other threads are not in it."""
    message, answer = await triage_of(slack)
    await slack.say(ENGLISH, ANN, "something else: 6000281")
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await settled(slack, ENGLISH, ANN)
    said = len(said_by_bot(slack, ENGLISH))
    await slack.say(ENGLISH, BEN, "@zimerr catchup", thread_ts=message["ts"])
    (story,) = await slack.until(lambda: slack.ephemerals(BEN, ENGLISH))
    assert story["thread_ts"] == message["ts"]
    assert_sendable(story)
    text = shown(story)
    assert text.startswith("*The story of this thread so far*\n*<https://")
    assert "6000106 · Token expired" in text
    assert f":eyes: <@{BEN}> is on it" in text
    assert "reported <!date^" in text
    assert "*6000121*" in text
    assert "6000281" not in text
    await slack.shortcut("catch_up", LIN, answer)
    (chinese,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert shown(chinese).startswith("*本消息列的前情*")
    assert len(said_by_bot(slack, ENGLISH)) == said


@pytest.mark.both_transports
async def test_a_channel_tells_its_day_with_what_is_open(slack: Sandbox) -> None:
    """Taken or not; events of other channels are left out."""
    await triage_of(slack)
    _, second = await triage_of(slack)
    await slack.click(second, "triage_take", BEN)
    await slack.until(lambda: "is on it" in shown(second))
    await triage_of(slack, CHINESE)
    await slack.say(CHINESE, LIN, "错误码 6000281")
    await settled(slack, CHINESE, LIN)
    text = shown(await private_answer(slack, ANN, "catchup"))
    assert text.startswith("*The last 24 hours of this channel, and what is still open*")
    assert text.count("6000106 · Token expired>*") == 2
    assert "is on it (since" in text
    assert "Nobody is on it yet" in text
    assert "6000281" not in text
    assert CHINESE not in text
    await slack.say(ENGLISH, LIN, "@zimerr catch up")
    (mentioned,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert shown(mentioned).startswith("*本频道最近 24 小时的情况")
    assert "thread_ts" not in mentioned


async def test_a_quiet_place_says_so(slack: Sandbox) -> None:
    """In each place, and in a direct message why there is nothing."""
    assert "没有出现错误码" in shown(await private_answer(slack, LIN, "前情", CHINESE))
    message = await slack.say(ENGLISH, ANN, "hello")
    await slack.shortcut("catch_up", ANN, message)
    (nothing,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "I know nothing about this thread" in shown(nothing)
    direct = slack.workspace.im(ANN, slack.workspace.bot_user).id
    await slack.say(direct, ANN, "handoff")
    (note,) = await slack.until(lambda: said_by_bot(slack, direct))
    assert "Use this in a channel" in shown(note)


@pytest.mark.both_transports
async def test_a_handoff_is_private_until_it_is_shared_and_pings_nobody(slack: Sandbox) -> None:
    """It has the line about what helped; the next shift sees it in the channel's language."""
    message, answer = await triage_of(slack)
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.click(answer, "triage_resolve", BEN)
    await slack.submit(await dialog_of(slack, BEN), BEN, {"helped": "rotated the ServerSecret"})
    await slack.until(lambda: bot_reactions(message) == [])
    await triage_of(slack)
    said = len(said_by_bot(slack, ENGLISH))
    private = await private_answer(slack, LIN, "交接 12h")
    assert "*交接：最近 12 小时*" in shown(private)
    assert "rotated the ServerSecret" in shown(private)
    assert len(said_by_bot(slack, ENGLISH)) == said
    public = await shared(slack, await private_copy(slack, LIN), LIN)
    text = shown(public)
    assert "*Handoff: the last 12 hours*" in text
    assert text.index("nobody is on it") < text.index("resolved it") < text.index("*New codes*")
    assert f"<@{BEN}>" not in text
    assert "ben resolved it" in text
