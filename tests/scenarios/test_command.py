"""Test `/zimerr` as people type it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from bot.sandbox.delivery import DeliveryKind
from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, FOREIGN, LIN
from tests.scenarios.reading import answer_in_thread, bot_reactions, last_said, said_by_bot, shown


@pytest.mark.both_transports
async def test_a_code_is_explained_to_the_channel_in_its_language(slack: Sandbox) -> None:
    """The main job: the whole channel sees the meaning of the code and the steps."""
    for channel, user, title in ((ENGLISH, ANN, "Token expired"), (CHINESE, ANN, "Token 已过期")):
        await slack.command(channel, user, "6000106")
        (answer,) = await slack.until(partial(said_by_bot, slack, channel))
        assert f"6000106 · {title}" in shown(answer)
        assert "`renewToken`" in shown(answer)
        assert_sendable(answer)
    assert slack.ephemerals(ANN) == []


async def test_several_codes_are_explained_in_the_order_typed(slack: Sandbox) -> None:
    """Support engineers paste them with commas and words in between."""
    await slack.command(ENGLISH, ANN, "6000354, 6000106 and 6009999")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert shown(answer).index("6000354") < shown(answer).index("6000106")
    assert "I don't recognize 6009999" in shown(answer)


async def test_an_sdk_symbol_is_a_code(slack: Sandbox) -> None:
    """Developers see the symbol, not the number."""
    await slack.command(ENGLISH, ANN, "ZIMErrorCode.USER_IS_NOT_LOGGED")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "6000121" in shown(answer)


@pytest.mark.parametrize(("typed", "meant"), [("6000359", "6000357"), ("600354", "6000354"), ("60003544", "6000354")])
async def test_an_unknown_code_is_answered_privately_with_its_neighbours(
    slack: Sandbox, typed: str, meant: str
) -> None:
    """A typo concerns only its author, and the right code is a click away."""
    await slack.command(CHINESE, ANN, typed)
    (answer,) = await slack.until(lambda: slack.ephemerals(ANN, CHINESE))
    assert typed in shown(answer)
    assert meant in shown(answer)
    assert "Check the digits." in shown(answer)
    assert_sendable(answer)
    await slack.click(answer, "show_code", ANN, value=meant)
    await slack.until(lambda: [each for each in slack.ephemerals(ANN, CHINESE) if f"{meant} · " in shown(each)])
    assert said_by_bot(slack, CHINESE) == []


async def test_private_answers_use_the_readers_language(slack: Sandbox) -> None:
    """Ann reads English even in a Chinese channel; 小林 reads Chinese even in an English one."""
    await slack.command(CHINESE, ANN, "")
    (english,) = await slack.until(lambda: slack.ephemerals(ANN, CHINESE))
    assert "explains ZEGO ZIM error codes" in shown(english)
    await slack.command(ENGLISH, LIN, "help")
    (chinese,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "解释 ZEGO ZIM 错误码" in shown(chinese)


async def test_unknown_words_get_no_results_and_ping_nobody(slack: Sandbox) -> None:
    """No input may look like a crash or ping anyone."""
    await slack.command(ENGLISH, ANN, "<!here> qqqq zzzz")
    (answer,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "No results" in shown(answer)
    assert "<!here>" not in shown(answer)


async def test_words_find_codes_and_a_button_shows_one(slack: Sandbox) -> None:
    """People who do not know the number find it in two steps."""
    await slack.command(ENGLISH, ANN, "token expired")
    (found,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "6000106" in shown(found)
    await slack.click(found, "show_code", ANN, value="6000106")
    card = (await slack.until(lambda: slack.ephemerals(ANN)[1:]))[0]
    assert "6000106 · Token expired" in shown(card)


@pytest.mark.both_transports
async def test_the_language_button_gives_a_private_copy(slack: Sandbox) -> None:
    """小林 reads the English answer in Chinese without disturbing anyone."""
    await slack.command(ENGLISH, ANN, "6000106")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    await slack.click(answer, "show_language", LIN)
    (copy,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "Token 已过期" in shown(copy)
    assert len(said_by_bot(slack, ENGLISH)) == 1


async def test_each_of_several_codes_can_be_shown(slack: Sandbox) -> None:
    """The list is for the channel; the full explanation of one code is an ephemeral message."""
    await slack.command(ENGLISH, ANN, "6000354 6000106 6000121")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "Have your server issue a new Token" in shown(answer)
    assert "SDK name" not in shown(answer)
    await slack.select(answer, "show_code", LIN, "6000106")
    (copy,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "6000106 · Token 已过期" in shown(copy)
    assert "SDK 中的名称" in shown(copy)


async def test_the_command_works_in_channels_without_the_bot(slack: Sandbox) -> None:
    """Slack offers slash commands in every channel."""
    await slack.command(FOREIGN, ANN, "6000106")
    (answer,) = await slack.until(lambda: said_by_bot(slack, FOREIGN))
    assert "Token expired" in shown(answer)


def has_ephemerals(slack: Sandbox, user: str, count: int) -> bool:
    """Return whether *user* has got so many ephemeral messages."""
    return len(slack.ephemerals(user)) >= count


def docs_of(message: dict[str, Any]) -> str:
    """Return the URL of the button that opens ZEGO's page."""
    return str(next(each["url"] for each in message["blocks"][-1]["elements"] if "url" in each))


@pytest.mark.both_transports
async def test_an_answer_is_about_the_platform_that_the_asker_names_or_the_message_shows(slack: Sandbox) -> None:
    """Page, name and place of the log are of iOS or of Flutter, in the copy in the other language, too."""
    await slack.command(ENGLISH, ANN, "6000704 ios")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert docs_of(answer) == "https://www.zegocloud.com/docs/zim-ios/sdk-error-codes/zim"
    assert "SDK log on iOS: `zimlog*.txt` in `Library/Caches/ZIMLogs` of the app." in shown(answer)
    await slack.click(answer, "show_language", LIN)
    (copy,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert docs_of(copy) == "https://doc-zh.zego.im/zim-ios/sdk-error-codes/zim"
    assert "SDK 日志（iOS）：应用沙盒 `Library/Caches/ZIMLogs`" in shown(copy)
    message = await slack.say(ENGLISH, LIN, "E/flutter ( 412): PlatformException(6000703, db failed, null, null)")
    reply = await answer_in_thread(slack, ENGLISH, message)
    await slack.say(ENGLISH, BEN, "6000703 here, too", thread_ts=message["ts"])
    await slack.until(lambda: "2 times" in shown(slack.replies(ENGLISH, message["ts"])[0]))
    reply = slack.replies(ENGLISH, message["ts"])[0]
    await slack.click(reply, "show_details", ANN)
    (details,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "SDK log on Flutter" in shown(details)  # an update of the reply keeps the platform
    again = await slack.say(ENGLISH, ANN, "E/flutter ( 412): PlatformException(6000703, db failed, null, null)")
    await slack.until(lambda: bot_reactions(again) == ["mag"])
    await slack.react(ENGLISH, again["ts"], BEN, "mag")
    (copy,) = await slack.until(lambda: slack.ephemerals(BEN, ENGLISH))
    assert "SDK log on Flutter" in shown(copy)
    assert docs_of(reply) == "https://www.zegocloud.com/docs/zim-flutter/sdk-error-codes/zim"


async def test_the_place_of_the_sdks_log_is_shown_privately(slack: Sandbox) -> None:
    """On one platform with all steps, without a platform on all, and never an error for a word unknown."""
    told = {
        "logs android": "`/storage/Android/data/&lt;package name&gt;/files/ZIMLogs`",
        "logs": "*Windows*: `zimlog*.txt` in `%APPDATA%",
        "logs symbian": "I don't know the platform “symbian”. I know Android, iOS, Web",
    }
    for count, typed in enumerate(told, 1):
        await slack.command(ENGLISH, ANN, typed)
        await slack.until(partial(has_ephemerals, slack, ANN, count))
    for answer, said in zip(slack.ephemerals(ANN), told.values(), strict=True):
        assert said in shown(answer)
        assert_sendable(answer)
    message = await slack.say(CHINESE, LIN, "@zimerr 取日志 小程序")
    (answer,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "SDK 日志（小程序）：没有本地文件，登录后才能上传。上传：`await zim.uploadLog()`" in shown(answer)
    assert slack.replies(CHINESE, message["ts"]) == []


async def test_a_triage_says_where_the_log_of_its_platform_is(slack: Sandbox) -> None:
    """Support asks for it; the log shows that it is of Android."""
    lines = [f"11-23 07:36:{second}.090  4127  4180 E ZIM : insert failed, code: 6000704" for second in range(10, 30)]
    message = await slack.say(ENGLISH, LIN, "\n".join(lines))
    reply = await answer_in_thread(slack, ENGLISH, message)
    assert "SDK log on Android: `zimlog*.txt` in `/storage/Android/data/" in shown(reply)
    assert "Upload: `zim.uploadLog(callback)`" in shown(reply)


async def test_a_language_can_be_set_and_reset_to_auto(slack: Sandbox) -> None:
    """An English locale says little about the language of a channel."""
    await slack.command(ENGLISH, ANN, "lang zh")
    said = await last_said(slack, ENGLISH, 1)
    await slack.command(ENGLISH, ANN, "6000106")
    answer = await last_said(slack, ENGLISH, 2)
    assert shown(said).startswith("<@U0ANN> 把我在本频道的回答语言设为中文。")
    assert "Token 已过期" in shown(answer)
    await slack.command(ENGLISH, ANN, "status")
    (status,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "`/zimerr lang`" in shown(status)
    await slack.command(ENGLISH, ANN, "lang auto")
    said = await last_said(slack, ENGLISH, 3)
    await slack.command(ENGLISH, ANN, "6000106")
    answer = await last_said(slack, ENGLISH, 4)
    assert shown(said).startswith("<@U0ANN> let me choose my language in this channel again.")
    assert "Token expired" in shown(answer)


@pytest.mark.parametrize(("typed", "expected"), [("list", "Rooms"), ("60007", "6000710")])
async def test_sections_and_ranges_are_listed_privately(slack: Sandbox, typed: str, expected: str) -> None:
    """Browsing concerns one reader, not the channel."""
    await slack.command(ENGLISH, ANN, typed)
    (answer,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert expected in shown(answer)


async def test_zero_and_one_are_codes_as_the_only_argument(slack: Sandbox) -> None:
    """Both are in ZEGO's table, and a plain failure returns `1`."""
    await slack.command(ENGLISH, ANN, "1")
    (answer,) = await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "1 · " in shown(answer)


async def test_a_command_is_acknowledged_before_its_dialog_opens(slack: Sandbox) -> None:
    """Slack waits 3 seconds for the acknowledgement, but may ask for 30 before it opens a dialog."""
    opening = slack.faults.hold("views.open")
    await slack.command(ENGLISH, ANN, "triage")
    (acknowledged,) = (each for each in slack.deliveries() if each.kind is DeliveryKind.COMMAND)
    assert acknowledged.acknowledged
    assert slack.calls("views.open") == []
    opening.set()
    await slack.until(lambda: slack.calls("views.open"))
