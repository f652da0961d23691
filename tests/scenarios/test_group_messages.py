"""Test group direct messages: conversations of several people that are no channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, ENGLISH, LIN, MEI, bot_with, manifest
from tests.scenarios.logs import answers, file
from tests.scenarios.reading import BOT, BOT_USER, bot_reactions, settled, shown


def manifest_without(*names: str) -> dict[str, Any]:
    """Return the manifest without some scopes and events, as of an older installation."""
    plan = manifest("http")
    for listed in (plan["oauth_config"]["scopes"]["bot"], plan["settings"]["event_subscriptions"]["bot_events"]):
        listed[:] = [each for each in listed if each not in names]
    return plan


OLD = ("mpim:history", "mpim:read", "message.mpim")


@pytest.mark.both_transports
async def test_codes_in_a_group_message_are_explained(slack: Sandbox) -> None:
    """It is like a channel: once, in the thread, and a reaction for the repeat."""
    group = await slack.start_group(ANN, LIN, BOT_USER)
    message = await slack.say(group, ANN, "login says 6000106")
    (reply,) = await slack.until(lambda: answers(slack, message, group))
    assert "6000106 · Token expired" in shown(reply)
    again = await slack.say(group, LIN, "6000106 here too")
    await slack.until(lambda: bot_reactions(again))
    await slack.edit(group, message["ts"], "never mind")
    await slack.until(lambda: not answers(slack, message, group))


async def test_small_talk_in_a_group_message_gets_no_answer(slack: Sandbox) -> None:
    """Unlike in a direct message, nobody speaks to the bot."""
    group = await slack.start_group(ANN, LIN, BOT_USER)
    await slack.say(group, ANN, "lunch?")
    await settled(slack, ENGLISH, BEN)
    assert [each for each in slack.messages(group) if each.get("bot_id") == BOT] == []


@pytest.mark.parametrize("missing", ["nothing", "app_mention", "message.mpim"])
async def test_a_mention_in_a_group_message_is_answered_once(tmp_path: Path, missing: str) -> None:
    """Slack may send it as a mention, as a message, or as both."""
    async with bot_with("http", tmp_path, plan=manifest_without(missing)) as slack:
        group = await slack.start_group(ANN, LIN, BOT_USER)
        message = await slack.say(group, ANN, "@zimerr 6000106")
        await slack.until(lambda: answers(slack, message, group))
        await settled(slack, ENGLISH, BEN)
        (reply,) = answers(slack, message, group)
        assert "6000106 · Token expired" in shown(reply)


async def test_a_log_in_a_group_message_is_triaged(slack: Sandbox) -> None:
    """Attached, or by the shortcut on its thread."""
    group = await slack.start_group(ANN, LIN, BOT_USER)
    message = await slack.say(group, ANN, "the log", files=[file()])
    (triage,) = await slack.until(lambda: answers(slack, message, group))
    assert "Likely cause" in shown(triage)
    await slack.shortcut("triage_thread", LIN, message)
    await slack.until(lambda: len(answers(slack, message, group)) == 2)


async def test_a_group_message_has_its_own_language_and_mode(slack: Sandbox) -> None:
    """People vote by the language of their messages; settings hold for the conversation."""
    group = await slack.start_group(LIN, MEI, BOT_USER)
    for text in (
        "登录很慢，大家有没有遇到",
        "我这边也是这样",
        "换了网络还是不行",
        "重启之后好一点",
        "新版本已经发布了",
    ):
        await slack.say(group, LIN, text)
    message = await slack.say(group, LIN, "错误码6000106")
    (reply,) = await slack.until(lambda: answers(slack, message, group))
    assert "Token 已过期" in shown(reply)
    await slack.command(group, LIN, "auto off")
    other = await slack.say(group, LIN, "错误码6000121")
    await settled(slack, ENGLISH, BEN)
    assert answers(slack, other, group) == []


async def test_an_older_installation_says_which_scope_a_mention_needs(tmp_path: Path) -> None:
    """The mention arrives, but its text can't be read: silence would look like a broken bot."""
    async with bot_with("http", tmp_path, plan=manifest_without(*OLD)) as slack:
        group = await slack.start_group(ANN, LIN, BOT_USER)
        await slack.say(group, ANN, "@zimerr 6000106")
        (told,) = await slack.until(lambda: slack.ephemerals(ANN, group))
        assert "`mpim:history`" in shown(told)
        assert "reinstall" in shown(told)


async def test_an_older_installation_says_which_scope_a_shortcut_needs(tmp_path: Path) -> None:
    """An invitation would not help."""
    async with bot_with("http", tmp_path, plan=manifest_without(*OLD)) as slack:
        group = await slack.start_group(ANN, LIN, BOT_USER)
        message = await slack.say(group, ANN, "6000106")
        await slack.shortcut("triage_thread", ANN, message)
        (told,) = await slack.until(lambda: slack.ephemerals(ANN, group))
        assert "`mpim:history`" in shown(told)
        assert "/invite" not in shown(told)
        link = f"https://d.slack.com/archives/{group}/p{message['ts'].replace('.', '')}"
        await slack.command(group, LIN, f"why {link}")
        (told,) = slack.ephemerals(LIN, group)
        assert "`mpim:history`" in shown(told)


async def test_a_shortcut_in_a_group_message_without_the_bot_advises_what_works_there(slack: Sandbox) -> None:
    """Nobody can be added to a group message."""
    group = await slack.start_group(ANN, LIN)
    message = await slack.say(group, ANN, "6000106")
    await slack.shortcut("triage_thread", ANN, message)
    (told,) = await slack.until(lambda: slack.ephemerals(ANN, group))
    assert "/invite" not in shown(told)
    assert "`/zimerr triage`" in shown(told)
