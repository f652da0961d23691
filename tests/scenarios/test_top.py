"""Test `/zimerr top`: codes with counts and channels, for the people who may see them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN
from tests.scenarios.logs import LOG
from tests.scenarios.reading import said_by_bot, settled, shown
from tests.scenarios.test_sharing import private_copy, shared


async def private_answer(slack: Sandbox, user: str, text: str, channel: str = ENGLISH) -> dict[str, Any]:
    """Use the command, and return the private answer."""
    before = len(slack.ephemerals(user, channel))
    await slack.command(channel, user, text)
    (answer,) = await slack.until(lambda: slack.ephemerals(user, channel)[before:])
    return answer


@pytest.mark.both_transports
async def test_top_counts_messages_and_logs_and_can_be_shared(slack: Sandbox) -> None:
    """A message counts once, a line of a log too; questions to the bot do not."""
    first = await slack.say(ENGLISH, ANN, "login fails, 6000106")
    await slack.say(ENGLISH, ANN, "again: 6000106 and once more: 6000106")
    gone = await slack.say(ENGLISH, LIN, "and 6000354")
    await slack.say(ENGLISH, LIN, f"```\n{LOG}```")
    await settled(slack, ENGLISH, ANN)
    await slack.delete(ENGLISH, gone["ts"])
    await settled(slack, ENGLISH, ANN)
    await slack.command(ENGLISH, LIN, "6000103")
    answer = await private_answer(slack, ANN, "top")
    text = shown(answer)
    assert "last 24 hours" in text
    assert "*6000121*" in text
    assert "*6000106*  Token expired" in text
    assert f"|first> <!date^{int(float(first['ts']))}^" in text
    assert not {"6000354", "6000103", "6000002"} & set(text.replace("*", " ").split())
    message = await shared(slack, await private_copy(slack, ANN), ANN)
    assert "*6000106*  Token expired" in shown(message)


async def test_a_private_channel_is_counted_for_its_members_only(slack: Sandbox) -> None:
    """Neither its codes nor its links reach somebody outside; and `all` is not for the channel."""
    channel = slack.workspace.channels[CHINESE]
    channel.is_private, channel.members = True, {ANN, slack.workspace.bot_user}
    await slack.say(ENGLISH, ANN, "login fails, 6000106")
    await slack.say(CHINESE, ANN, "错误码 6000354")
    await settled(slack, ENGLISH, ANN)
    await settled(slack, CHINESE, ANN)
    outside = await private_answer(slack, LIN, "top 7d all")
    assert "6000106" in shown(outside)
    assert "6000354" not in str(outside)
    assert CHINESE not in str(outside)
    inside = await private_answer(slack, ANN, "排行 全部")
    assert "*6000354*" in shown(inside)
    assert "share_to_channel" not in str(inside)
    assert not [each for each in said_by_bot(slack, ENGLISH) if "6000354" in str(each)]


async def test_nothing_came_up(slack: Sandbox) -> None:
    """The answer says so, and how to look further."""
    answer = await private_answer(slack, LIN, "排行 30天", CHINESE)
    assert "没有出现错误码" in shown(answer)
