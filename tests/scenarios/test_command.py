"""`/zimerr` as a person types it."""

from __future__ import annotations

from functools import partial

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, FOREIGN, LIN
from tests.scenarios.reading import said_by_bot, shown


@pytest.mark.both_transports
async def test_a_code_is_explained_to_the_channel_in_its_language(slack: Sandbox) -> None:
    """The main job: everybody in the channel sees what it means and what to do."""
    for channel, user, title in ((ENGLISH, ANN, "Token expired"), (CHINESE, ANN, "Token 已过期")):
        await slack.command(channel, user, "6000106")
        (answer,) = await slack.until(partial(said_by_bot, slack, channel))
        assert f"6000106 · {title}" in shown(answer)
        assert "`renewToken`" in shown(answer)
        assert_sendable(answer)
    assert slack.ephemerals(ANN) == []


async def test_several_codes_are_explained_in_the_order_typed(slack: Sandbox) -> None:
    """A support engineer pastes them with commas and words between."""
    await slack.command(ENGLISH, ANN, "6000354, 6000106 and 6009999")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert shown(answer).index("6000354") < shown(answer).index("6000106")
    assert "I don't recognize 6009999" in shown(answer)


async def test_an_sdk_name_is_a_code(slack: Sandbox) -> None:
    """Developers have the symbol at hand, not the number."""
    await slack.command(ENGLISH, ANN, "ZIMErrorCode.USER_IS_NOT_LOGGED")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "6000121" in shown(answer)


async def test_an_unknown_code_is_answered_privately_with_its_neighbours(slack: Sandbox) -> None:
    """A typing error is the asker's business, and the right code is close."""
    await slack.command(CHINESE, ANN, "6000359")
    (answer,) = await slack.until(lambda: slack.ephemerals(ANN, CHINESE))
    assert "6000359" in shown(answer)
    assert "6000357" in shown(answer)
    assert said_by_bot(slack, CHINESE) == []


async def test_private_answers_follow_the_reader(slack: Sandbox) -> None:
    """Ann reads English, also in a Chinese channel; 小林 reads Chinese, also in an English one."""
    await slack.command(CHINESE, ANN, "")
    (english,) = await slack.until(lambda: slack.ephemerals(ANN, CHINESE))
    assert "explains ZEGO ZIM error codes" in shown(english)
    await slack.command(ENGLISH, LIN, "help")
    (chinese,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "解释 ZEGO ZIM 错误码" in shown(chinese)


async def test_nonsense_is_answered_kindly(slack: Sandbox) -> None:
    """Nothing that a person types may look like a crash, nor ping anybody."""
    await slack.command(ENGLISH, ANN, "<!here> qqqq zzzz")
    (answer,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "No results" in shown(answer)
    assert "<!here>" not in shown(answer)


async def test_words_find_codes_and_a_button_shows_one(slack: Sandbox) -> None:
    """Whoever does not know the number gets there in two steps."""
    await slack.command(ENGLISH, ANN, "token expired")
    (found,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "6000106" in shown(found)
    await slack.click(found, "show_code", ANN, value="6000106")
    card = (await slack.until(lambda: slack.ephemerals(ANN)[1:]))[0]
    assert "6000106 · Token expired" in shown(card)


@pytest.mark.both_transports
async def test_the_language_button_gives_a_private_copy(slack: Sandbox) -> None:
    """小林 reads the English answer in Chinese without disturbing the others."""
    await slack.command(ENGLISH, ANN, "6000106")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    await slack.click(answer, "show_language", LIN)
    (copy,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "Token 已过期" in shown(copy)
    assert len(said_by_bot(slack, ENGLISH)) == 1


async def test_the_command_works_where_the_bot_is_no_member(slack: Sandbox) -> None:
    """Slack lets people type it anywhere."""
    await slack.command(FOREIGN, ANN, "6000106")
    (answer,) = await slack.until(lambda: said_by_bot(slack, FOREIGN))
    assert "Token expired" in shown(answer)


async def test_a_language_can_be_set_and_left_to_the_rules_again(slack: Sandbox) -> None:
    """An English locale says little about what a channel speaks."""
    await slack.command(ENGLISH, ANN, "lang zh")
    (said,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "*Chinese*" in shown(said)
    await slack.command(ENGLISH, ANN, "6000106")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "Token 已过期" in shown(answer)
    await slack.command(ENGLISH, ANN, "status")
    status = (await slack.until(lambda: slack.ephemerals(ANN)[1:]))[0]
    assert "`/zimerr lang`" in shown(status)
    await slack.command(ENGLISH, ANN, "lang auto")
    await slack.until(lambda: slack.ephemerals(ANN)[2:])
    await slack.command(ENGLISH, ANN, "6000106")
    answer = (await slack.until(lambda: said_by_bot(slack, ENGLISH)[1:]))[0]
    assert "Token expired" in shown(answer)


async def test_an_answer_does_not_wait_for_a_slow_slack(slack: Sandbox) -> None:
    """Three seconds are all that Slack gives; the language may cost a part of them only."""
    slack.faults.slow("conversations.info", seconds=10)
    await slack.command(CHINESE, ANN, "6000106")
    (answer,) = await slack.until(lambda: said_by_bot(slack, CHINESE))
    assert "6000106 · Token expired" in shown(answer)
    assert not slack.ephemerals(ANN)


@pytest.mark.parametrize(("typed", "expected"), [("list", "Rooms"), ("房间", "6000354"), ("60007", "6000710")])
async def test_sections_and_ranges_are_listed_privately(slack: Sandbox, typed: str, expected: str) -> None:
    """Browsing is for one reader; the channel need not see it."""
    await slack.command(ENGLISH, ANN, typed)
    (answer,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert expected in shown(answer)


async def test_zero_and_one_are_codes_when_nothing_else_is_typed(slack: Sandbox) -> None:
    """They stand in the vendor's table, and `1` is what a bare failure returns."""
    await slack.command(ENGLISH, ANN, "1")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "1 · " in shown(answer)
