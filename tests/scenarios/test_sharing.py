"""Test that private answers can be shared with the channel by one click."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, FOREIGN, LIN, Start
from tests.scenarios.logs import LOG
from tests.scenarios.reading import answer_in_thread, bot_reactions, choose, dialog_of, last_said, said_by_bot, shown

SHARE = "share_to_channel"
Ask = Callable[[Sandbox], Awaitable[None]]


def can_share(message: dict[str, Any]) -> bool:
    """Return whether a message has the button."""
    return SHARE in json.dumps(message["blocks"])


async def private_copy(slack: Sandbox, user: str, channel: str = ENGLISH) -> dict[str, Any]:
    """Wait for the last ephemeral message to a person, which can be shared."""
    await slack.until(lambda: [each for each in slack.ephemerals(user, channel) if can_share(each)])
    copy = slack.ephemerals(user, channel)[-1]
    assert_sendable(copy)
    (row,) = (block for block in copy["blocks"] if block["type"] == "actions")
    assert row["elements"][0]["action_id"] == SHARE
    assert row["elements"][0]["style"] == "primary"
    assert len(row["elements"]) <= 4
    return copy


async def shared(slack: Sandbox, copy: dict[str, Any], user: str, channel: str = ENGLISH) -> dict[str, Any]:
    """Share a private answer; return the public message."""
    before = len(said_by_bot(slack, channel))
    await slack.click(copy, SHARE, user)
    message = await last_said(slack, channel, before + 1)
    assert_sendable(message)
    await slack.until(lambda: not any(can_share(each) for each in slack.ephemerals(user, channel)))
    return message


def command(text: str) -> Ask:
    """Return a way to ask by `/zimerr`."""
    return lambda slack: slack.command(ENGLISH, LIN, text)


async def explain_message(slack: Sandbox) -> None:
    """Use the shortcut on a message."""
    message = await slack.say(ENGLISH, ANN, "login fails, 6000106")
    await answer_in_thread(slack, ENGLISH, message)
    await slack.shortcut("explain_message", LIN, message)


async def details(slack: Sandbox) -> None:
    """Press *Details* on an unasked answer."""
    message = await slack.say(ENGLISH, ANN, "login fails, 6000106")
    await slack.click(await answer_in_thread(slack, ENGLISH, message), "show_details", LIN)


async def reaction(slack: Sandbox) -> None:
    """Click the bot's reaction."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, ANN, "login fails, 6000106")
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await slack.react(ENGLISH, message["ts"], LIN, "mag")


async def listed(slack: Sandbox) -> None:
    """Choose one of several codes."""
    await slack.command(ENGLISH, ANN, "6000354 6000106 6000121 ios")
    listing = await last_said(slack, ENGLISH, 1)
    value = json.dumps({"codes": [6000106], "platform": "ios"}, separators=(",", ":"))
    await slack.select(listing, "show_code", LIN, value)


WAYS = {
    "one-off": (command("6000106 me"), "6000106 · Token expired"),
    "several": (command("6000354 6000106 6000121 仅我"), "*6000106*  Token expired"),
    "search": (command("token expired"), "6000106"),
    "section": (command("list room"), "Rooms"),
    "sections": (command("list"), "Catalogue sections"),
    "range": (command("60001"), "start with 60001"),
    "unknown": (command("6000359"), "I don't recognize the ZIM error code *6000359*"),
    "foreign": (command("1002033"), "is not a code of the ZIM SDK"),
    "logs": (command("logs ios"), "SDK log on iOS"),
    "shortcut": (explain_message, "6000106 · Token expired"),
    "details": (details, "6000106 · Token expired"),
    "reaction": (reaction, "6000106 · Token expired"),
    "listed": (listed, "6000106 · Token expired"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_private_is_shared_in_the_channels_language(slack: Sandbox, way: str) -> None:
    """小林 reads Chinese; the channel gets English, with their name. The private answer loses its button."""
    ask, expected = WAYS[way]
    await ask(slack)
    copy = await private_copy(slack, LIN)
    message = await shared(slack, copy, LIN)
    assert expected in shown(message)
    assert "Shared by <@U0LIN>" in shown(message)
    assert not can_share(message)
    assert message.get("thread_ts") == copy.get("thread_ts")
    kept = slack.ephemerals(LIN)[-1]
    assert shown(kept) == shown(copy).replace("发到频道\n", "").removesuffix("\n发到频道")


@pytest.mark.both_transports
async def test_two_clicks_and_two_replicas_share_once(slack: Sandbox) -> None:
    """A double click is one wish."""
    await slack.command(ENGLISH, ANN, "6000106 me")
    copy = await private_copy(slack, ANN)
    await asyncio.gather(*(slack.click(copy, SHARE, ANN) for _ in range(3)))
    await last_said(slack, ENGLISH, 1)
    await slack.until(lambda: not can_share(slack.ephemerals(ANN)[-1]))
    await slack.idle()
    assert len(said_by_bot(slack, ENGLISH)) == 1


async def test_the_button_works_after_a_restart(workspace: Sandbox, start: Start) -> None:
    """It contains the question."""
    async with start():
        await workspace.command(CHINESE, ANN, "token expired")
        copy = await private_copy(workspace, ANN, CHINESE)
    async with start():
        message = await shared(workspace, copy, ANN, CHINESE)
        assert "6000106" in shown(message)
        assert "由 <@U0ANN> 发到频道" in shown(message)


async def test_a_copy_in_the_other_language_is_shared_in_that_language(slack: Sandbox) -> None:
    """It was chosen; the channel has the answer in its own language already."""
    await slack.command(ENGLISH, ANN, "6000106")
    await slack.click(await last_said(slack, ENGLISH, 1), "show_language", ANN)
    message = await shared(slack, await private_copy(slack, ANN), ANN)
    assert "6000106 · Token 已过期" in shown(message)
    assert "由 <@U0ANN> 发到频道" in shown(message)


async def test_what_was_private_in_a_thread_is_shared_there(slack: Sandbox) -> None:
    """The others in the thread wonder, not the channel."""
    message = await slack.say(ENGLISH, BEN, "login fails, 6000106")
    reply = await answer_in_thread(slack, ENGLISH, message)
    await slack.click(reply, "show_details", ANN)
    copy = await private_copy(slack, ANN)
    assert copy["thread_ts"] == message["ts"]
    await shared(slack, copy, ANN)
    assert len(slack.replies(ENGLISH, message["ts"])) == 2


async def test_it_works_where_the_bot_is_not_a_member(slack: Sandbox) -> None:
    """Slack offers the command everywhere; the answer goes the way of the command."""
    await slack.command(FOREIGN, ANN, "6000106 me")
    message = await shared(slack, await private_copy(slack, ANN, FOREIGN), ANN, FOREIGN)
    assert "Token expired" in shown(message)


REFUSALS = {
    "restricted_action": "I'm not allowed to post there. A channel manager can change the posting permissions.",
    "is_archived": "the channel is archived",
}


@pytest.mark.parametrize("error", REFUSALS)
async def test_a_refusal_is_explained_and_can_be_tried_again(slack: Sandbox, error: str) -> None:
    """Somebody may have to change a permission first."""
    await slack.command(ENGLISH, ANN, "6000106 me")
    copy = await private_copy(slack, ANN)
    slack.faults.refused("chat.postMessage", error, times=1)
    await slack.click(copy, SHARE, ANN)
    await slack.until(lambda: any(REFUSALS[error] in shown(each) for each in slack.ephemerals(ANN)))
    assert can_share(slack.ephemerals(ANN)[0])
    await slack.click(copy, SHARE, ANN)
    await last_said(slack, ENGLISH, 1)


async def test_in_a_direct_message_there_is_nothing_to_share(slack: Sandbox) -> None:
    """There is no channel."""
    direct = slack.workspace.im(ANN, slack.workspace.bot_user).id
    for typed in ("6000106 me", "token expired"):
        await slack.command(direct, ANN, typed)
    await slack.until(lambda: len(slack.ephemerals(ANN, direct)) == 2)
    assert not any(can_share(each) for each in slack.ephemerals(ANN, direct))


async def test_what_is_shared_mentions_nobody_but_the_person(slack: Sandbox) -> None:
    """A search text comes back from a button, and is a person's text."""
    await slack.command(ENGLISH, ANN, "token <!channel> <@U0BEN> expired `x`")
    message = await shared(slack, await private_copy(slack, ANN), ANN)
    assert "<!channel>" not in shown(message)
    assert "<@U0BEN>" not in shown(message)


async def test_a_question_that_is_too_long_for_a_button_has_none(slack: Sandbox) -> None:
    """Slack limits the value of a button to 2,000 characters."""
    await slack.command(ENGLISH, ANN, "token expired " * 200)
    await slack.until(lambda: slack.ephemerals(ANN))
    assert not can_share(slack.ephemerals(ANN)[0])


async def test_a_triage_in_react_mode_is_shared_with_all_its_buttons(slack: Sandbox) -> None:
    """Ann has read it first."""
    await slack.command(ENGLISH, ANN, "auto react")
    log = await slack.say(ENGLISH, BEN, f"look\n```\n{LOG}```")
    await slack.until(lambda: bot_reactions(log) == ["mag"])
    await slack.react(ENGLISH, log["ts"], LIN, "mag")
    copy = await private_copy(slack, LIN)
    assert "triage_take" not in json.dumps(copy["blocks"])
    message = await shared(slack, copy, LIN)
    assert "Likely cause: 6000106" in shown(message)
    await slack.click(message, "triage_take", ANN)
    await slack.until(lambda: "eyes" in bot_reactions(log))
    await choose(slack, message, "triage_language", LIN)
    chinese = await private_copy(slack, LIN)
    assert "可能原因：6000106" in shown(chinese)
    assert "可能原因：6000106" in shown(await shared(slack, chinese, LIN))


async def test_a_triage_whose_log_is_gone_says_so(slack: Sandbox) -> None:
    """Nothing of a log is kept."""
    await slack.command(ENGLISH, ANN, "auto react")
    log = await slack.say(ENGLISH, BEN, f"look\n```\n{LOG}```")
    await slack.until(lambda: bot_reactions(log) == ["mag"])
    await slack.react(ENGLISH, log["ts"], ANN, "mag")
    copy = await private_copy(slack, ANN)
    await slack.delete(ENGLISH, log["ts"])
    await slack.click(copy, SHARE, ANN)
    await slack.until(lambda: any("is gone" in shown(each) for each in slack.ephemerals(ANN)))


@pytest.mark.both_transports
@pytest.mark.parametrize("channel", [ENGLISH, CHINESE, FOREIGN])
async def test_a_code_that_was_looked_up_is_shared_with_the_chosen_channel(slack: Sandbox, channel: str) -> None:
    """The dialog belongs to no channel; the person chooses one, also where the bot is not a member."""
    await slack.shortcut("lookup", LIN)
    view = await dialog_of(slack, LIN)
    assert view["submit"] is None
    (option, *_) = await slack.suggest(view, LIN, "lookup_code", "6000106")
    await slack.select(view, "lookup_code", LIN, option)
    await slack.until(lambda: "Token 已过期" in json.dumps(slack.modal(LIN), ensure_ascii=False))
    view = await dialog_of(slack, LIN)
    assert view["submit"]["text"] == "发到频道"
    await slack.submit(view, LIN, {"lookup_channel": channel})
    message = await last_said(slack, channel, 1)
    assert_sendable(message)
    expected = "Token 已过期\n" if channel == CHINESE else "Token expired\n"
    assert f"6000106 · {expected}" in shown(message)
    assert "<@U0LIN>" in shown(message)
    assert slack.modal(LIN) is None
