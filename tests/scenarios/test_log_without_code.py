"""Test logs without a known code: the private message to the author, and when the bot is silent."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.file_store import Upload
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Start
from tests.scenarios.logs import LOG, PLAIN, answers, file, the_answer
from tests.scenarios.reading import bot_reactions, settled, shown
from tests.scenarios.test_triage import zipped

ZIM_LOG = "".join(f"03-02 03:14:{number:02}.120 12483 12519 I/ZIM: heartbeat {number}\n" for number in range(40))
UNKNOWN = "03-02 03:14:07.120 12483 12519 E/ZIM: login failed, errorCode=6009998\n" * 3
KICKED = "".join(
    f"03-02 03:14:{number:02}.120 E/ZIM: onConnectionStateChanged state: DISCONNECTED event: KICKED_OUT\n"
    for number in range(20)
)


async def told(slack: Sandbox, message: dict[str, Any], person: str = ANN, channel: str = ENGLISH) -> list[str]:
    """Return the bot's private messages to *person*, once it is idle; assert that nobody else sees an answer."""
    await settled(slack, channel, BEN)
    assert answers(slack, message, channel) == []
    assert bot_reactions(message) == []
    return [shown(each) for each in slack.ephemerals(person, channel)]


@pytest.mark.both_transports
async def test_the_author_of_a_log_without_a_code_gets_a_private_message(slack: Sandbox) -> None:
    """Silence would look like a bot that is broken."""
    message = await slack.say(ENGLISH, ANN, "have a look", files=[file("app.log", ZIM_LOG)])
    (said,) = await told(slack, message)
    assert said.startswith("I read your log, but found no ZIM error code in it.")
    assert "app.log: 40 lines" in said
    assert "`zimlog" in said
    assert "`/zimerr token expired`" in said
    assert slack.ephemerals(LIN) == []


async def test_it_is_in_the_language_of_the_author(slack: Sandbox) -> None:
    """Only that person reads it."""
    message = await slack.say(ENGLISH, LIN, "", files=[file("app.log", ZIM_LOG)])
    (said,) = await told(slack, message, LIN)
    assert said.startswith("我读了你的日志，没有发现 ZIM 错误码。")
    assert "app.log：40 行" in said


@pytest.mark.parametrize("mode", ["thread", "react"])
async def test_unknown_codes_are_told_privately(slack: Sandbox, mode: str) -> None:
    """The channel learns nothing from a table of codes that nobody can explain."""
    if mode != "thread":
        await slack.command(ENGLISH, ANN, f"auto {mode}")
    before = len(slack.ephemerals(ANN))
    message = await slack.say(ENGLISH, ANN, "", files=[file("app.log", ZIM_LOG + UNKNOWN)])
    said = (await told(slack, message))[before:]
    assert len(said) == 1
    assert said[0].startswith("I read your log. It reports 6009998 (3×), which is not in my catalogue.")
    assert "app.log: 43 lines" in said[0]
    assert "compared with zego-zim-web 2." in said[0]
    assert "`uploadLog`" in said[0]
    assert "Check the digits" not in said[0]  # nobody typed them
    assert "`@zimerr triage`" in said[0]


async def test_the_author_of_a_paste_of_unknown_codes_gets_a_private_message(slack: Sandbox) -> None:
    """It is a log like a file."""
    message = await slack.say(ENGLISH, ANN, f"```\n{ZIM_LOG}{UNKNOWN}```")
    (said,) = await told(slack, message)
    assert "6009998 (3×)" in said
    assert "pasted text: 4" in said


async def test_each_file_is_named(slack: Sandbox) -> None:
    """An archive has several; one may be unreadable."""
    bundle = Upload("bundle.zip", zipped({"a/zim.log": ZIM_LOG, "b/app.log": PLAIN, "core": b"\0\1\2"}))
    message = await slack.say(ENGLISH, ANN, "", files=[bundle, file("zim-empty.log", "")])
    (said,) = await told(slack, message)
    for name in ("a/zim.log: 40 lines", "b/app.log: 40 lines", "zim-empty.log was not read: it is empty"):
        assert name in said


async def test_one_line_names_what_was_read_and_what_was_not(slack: Sandbox) -> None:
    """A public line about the damaged file would say nothing of the other."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("app.log", UNKNOWN), file("bundle.zip", b"PK\3\4 broken")])
    (said,) = await told(slack, message)
    assert "app.log: 3 lines" in said
    assert "bundle.zip was not read" in said


@pytest.mark.parametrize(
    "upload",
    [
        file("access.log", PLAIN),
        file("zimbra.log", PLAIN + "zimbra maxzim Zimmer xZIMx\n"),
        file("empty.log", ""),
        Upload("core", b"\0\1\2 ZIM"),
        Upload("notes.txt", b"order 6000106 of the zimmer\nsize=6000121 bytes\n"),
    ],
    ids=lambda upload: upload.name,
)
async def test_a_file_without_relation_to_zim_is_passed_over(slack: Sandbox, upload: Upload) -> None:
    """People share all kinds of text files."""
    message = await slack.say(ENGLISH, ANN, "have a look", files=[upload])
    assert await told(slack, message) == []


async def test_words_of_the_message_count_too(slack: Sandbox) -> None:
    """If the message names ZIM, the log is one of ZIM's."""
    message = await slack.say(ENGLISH, ANN, "our ZIM login hangs", files=[file("access.log", PLAIN)])
    assert len(await told(slack, message)) == 1


async def test_a_question_about_a_log_without_a_code_gets_the_next_step(slack: Sandbox) -> None:
    """Also about a log without relation to ZIM. The question was public, so is the answer."""
    message = await slack.say(ENGLISH, ANN, "@zimerr and this?", files=[file("access.log", PLAIN)])
    answer = shown(await the_answer(slack, message, ENGLISH))
    assert answer.startswith("No ZIM error code found")
    assert "`zimlog" in answer
    message = await slack.say(ENGLISH, ANN, "@zimerr and this?", files=[file("app.log", UNKNOWN)])
    answer = shown(await the_answer(slack, message, ENGLISH))
    assert "6009998" in answer
    assert "`uploadLog`" in answer


async def test_no_private_message_is_sent_in_a_quiet_channel(slack: Sandbox) -> None:
    """Nothing is even read there."""
    await slack.command(ENGLISH, ANN, "auto off")
    before = len(slack.ephemerals(ANN))
    message = await slack.say(ENGLISH, ANN, "", files=[file("app.log", ZIM_LOG)])
    assert len(await told(slack, message)) == before


async def test_the_private_message_is_sent_once(workspace: Sandbox, start: Start) -> None:
    """Neither an edit nor a restart nor a retry repeats it; an edit that brings a code is answered."""
    async with start():
        workspace.faults.server_error("files.info")
        message = await workspace.say(ENGLISH, ANN, "look", files=[file("app.log", ZIM_LOG)])
        assert len(await told(workspace, message)) == 1
    async with start():
        await workspace.edit(ENGLISH, message["ts"], "look at this ZIM log")
        assert len(await told(workspace, message)) == 1
        await workspace.edit(ENGLISH, message["ts"], "look at 6000106 in this ZIM log")
        assert "6000106" in shown(await the_answer(workspace, message, ENGLISH))
        await workspace.edit(ENGLISH, message["ts"], "look at this ZIM log")
        assert len(await told(workspace, message)) == 1


async def test_other_bots_are_told_nothing(slack: Sandbox) -> None:
    """Nobody reads a private line to an app."""
    message = await slack.say_as_bot(ENGLISH, "CI", f"ZIM tests\n{ZIM_LOG}")
    assert await told(slack, message) == []


async def test_a_log_with_an_event_as_its_cause_is_triaged(slack: Sandbox) -> None:
    """A client that was kicked out may report no code at all."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("zim.log", KICKED)])
    answer = await the_answer(slack, message, ENGLISH)
    assert "Likely cause: kicked out" in shown(answer)
    second = await slack.say(ENGLISH, LIN, "", files=[file("zim.log", KICKED)])
    assert "probably the same log" in shown(await the_answer(slack, second, ENGLISH))
    await slack.delete(ENGLISH, message["ts"])
    await slack.until(lambda: answers(slack, message, ENGLISH) == [])


async def test_events_of_other_products_are_no_cause(slack: Sandbox) -> None:
    """Others have tokens and connections, too."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("mqtt.log", KICKED.replace("ZIM", "MQTT"))])
    assert await told(slack, message) == []


async def test_a_code_in_chinese_logs_is_found_as_before(slack: Sandbox) -> None:
    """The private line is for logs without one."""
    message = await slack.say(CHINESE, LIN, "", files=[file("日志.log", LOG)])
    await the_answer(slack, message, CHINESE)
    assert slack.ephemerals(LIN, CHINESE) == []
