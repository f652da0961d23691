"""Test who sees the answers to `/zimerr`: the channel, or the person who asks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, FOREIGN, LIN, Start, Transport, bot_with
from tests.scenarios.reading import last_said, said_by_bot, shown
from tests.scenarios.test_changes import GUEST, invite_strangers, private_line


@pytest.mark.both_transports
async def test_a_channel_that_wants_quiet_gets_private_answers(slack: Sandbox) -> None:
    """The line about it is public, with its author and *Undo*; a word behind the code still answers everyone."""
    await slack.command(ENGLISH, ANN, "answers me")
    said = await last_said(slack, ENGLISH, 1)
    assert shown(said).startswith("<@U0ANN> set `/zimerr` to answer only the person who asks here.")
    assert_sendable(said)
    await slack.command(ENGLISH, LIN, "6000106")
    assert "6000106 · Token 已过期" in await private_line(slack, LIN)  # in the language of the reader
    await slack.command(ENGLISH, BEN, "NetworkModuleTokenExpired")
    assert "6000106 · Token expired" in await private_line(slack, BEN)
    await slack.command(ENGLISH, LIN, "6000106 channel")
    assert "6000106 · Token expired" in shown(await last_said(slack, ENGLISH, 2))
    await slack.click(said, "undo_change", BEN)
    await slack.until(lambda: "Undone by <@U0BEN>." in shown(said_by_bot(slack, ENGLISH)[0]))
    await slack.command(ENGLISH, LIN, "6000106")
    assert "Token expired" in shown(await last_said(slack, ENGLISH, 3))


async def test_one_answer_can_be_private(slack: Sandbox) -> None:
    """A support engineer looks forty codes up a day; the channel need not read along."""
    for count, typed in enumerate(("6000354 me", "6000354 iOS，仅我", "ZIMErrorCode.USER_IS_NOT_LOGGED me"), 1):
        await slack.command(ENGLISH, ANN, typed)
        assert "600" in await private_line(slack, ANN, count)
    mention = await slack.say(CHINESE, LIN, "@zimerr 6000354 仅我")
    assert "6000354 · " in await private_line(slack, LIN)
    assert said_by_bot(slack, ENGLISH) == []
    assert slack.replies(CHINESE, mention["ts"]) == []


async def test_a_channels_own_setting_wins_over_that_of_the_workspace(slack: Sandbox) -> None:
    """The line about the workspace is where it was said; another channel can choose for itself, and follow again."""
    await slack.command(CHINESE, LIN, "回答 仅我 工作区")
    said = await last_said(slack, CHINESE, 1)
    assert shown(said).startswith("<@U0LIN> 把我设为：在工作区内没有单独设置的所有频道里")
    await slack.command(ENGLISH, ANN, "6000106")
    assert "Token expired" in await private_line(slack, ANN)
    await slack.command(ENGLISH, ANN, "answers channel")
    await last_said(slack, ENGLISH, 1)
    await slack.command(ENGLISH, ANN, "6000106")
    assert "Token expired" in shown(await last_said(slack, ENGLISH, 2))
    await slack.command(ENGLISH, ANN, "answers auto")
    assert "The workspace's setting applies again." in shown(await last_said(slack, ENGLISH, 3))
    await slack.command(ENGLISH, ANN, "6000106")
    assert "Token expired" in await private_line(slack, ANN, 2)
    await slack.click(said, "undo_change", ANN)
    await slack.until(lambda: "<@U0ANN> 已撤销此操作。" in shown(said_by_bot(slack, CHINESE)[0]))
    await slack.command(ENGLISH, ANN, "6000106")
    assert "Token expired" in shown(await last_said(slack, ENGLISH, 4))


async def test_the_status_names_who_set_it_and_for_what(slack: Sandbox) -> None:
    """People can ask that person for the reason."""
    await slack.command(FOREIGN, ANN, "status")
    assert "`/zimerr` with a code answers the whole channel.\n" in f"{await private_line(slack, ANN)}\n"
    await slack.command(ENGLISH, BEN, "answers me workspace")
    await last_said(slack, ENGLISH, 1)
    await slack.command(FOREIGN, ANN, "status")
    status = await private_line(slack, ANN, 2)
    assert "answers only the person who asks" in status
    assert "Set for the whole workspace by <@U0BEN>" in status
    await slack.command(FOREIGN, ANN, "answers me")
    await last_said(slack, FOREIGN, 1)
    await slack.command(FOREIGN, ANN, "status")
    assert "share the answer with the channel. Set by <@U0ANN>" in await private_line(slack, ANN, 3)


async def test_it_survives_a_restart(workspace: Sandbox, start: Start) -> None:
    """The setting is in the database, and the button for undoing knows its change."""
    async with start():
        await workspace.command(ENGLISH, ANN, "answers me workspace")
        said = await last_said(workspace, ENGLISH, 1)
    async with start():
        await workspace.command(CHINESE, LIN, "6000106")
        assert "Token 已过期" in await private_line(workspace, LIN)
        await workspace.click(said, "undo_change", ANN)
        await workspace.until(lambda: "Undone by <@U0ANN>." in shown(said_by_bot(workspace, ENGLISH)[0]))


@pytest.mark.parametrize("typed", ["answers me", "answers me workspace"])
async def test_only_those_who_may_change_things_set_it(transport: Transport, tmp_path: Path, typed: str) -> None:
    """Guests never, and only the admins if there are any."""
    async with bot_with(transport, tmp_path, zimerr_admins=LIN) as slack:
        invite_strangers(slack)
        await slack.command(ENGLISH, GUEST, typed)
        assert "Sorry, guests can't do this" in await private_line(slack, GUEST)
        await slack.command(ENGLISH, ANN, typed)
        assert "Sorry, only <@U0LIN> can do this here." in await private_line(slack, ANN)
        assert said_by_bot(slack, ENGLISH) == []


async def test_a_direct_message_has_no_such_setting(slack: Sandbox) -> None:
    """Nobody else would see who changed the workspace, and one's own answers need no setting."""
    direct = slack.workspace.im(ANN, slack.workspace.bot_user).id
    for typed, expected in (
        ("answers me", "In a direct message, everyone in it sees my answers."),
        ("answers me workspace", "use the command in a channel"),
    ):
        message = await slack.say(direct, ANN, typed)
        await slack.until(partial(answered, slack, direct, expected))
        await slack.delete(direct, message["ts"])
    await slack.command(ENGLISH, ANN, "6000106")
    assert "Token expired" in shown(await last_said(slack, ENGLISH, 1))


def answered(slack: Sandbox, channel: str, text: str) -> bool:
    """Return whether the bot said *text* in a channel."""
    return any(text in shown(each) for each in said_by_bot(slack, channel))


async def test_a_wrong_word_gets_the_hint(slack: Sandbox) -> None:
    """The commands that work, in the language of the reader."""
    await slack.command(ENGLISH, ANN, "answers everybody")
    assert "`/zimerr answers me`, `/zimerr answers channel` or `/zimerr answers auto`" in await private_line(slack, ANN)
