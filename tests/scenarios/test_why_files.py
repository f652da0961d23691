"""Test that `/zimerr why` reads the files of a message, and lists the findings of each or the reason for none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.file_store import Upload
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, ENGLISH, LIN, Transport, bot_with
from tests.scenarios.logs import LOG, PLAIN, file, the_answer
from tests.scenarios.reading import bot_reactions, settled, shown
from tests.scenarios.test_log_without_code import UNKNOWN, ZIM_LOG
from tests.scenarios.test_triage import zipped


def link(message: dict[str, Any]) -> str:
    """Return the link of *message*."""
    return f"https://zimerr-demo.slack.com/archives/{ENGLISH}/p{message['ts'].replace('.', '')}"


async def why(slack: Sandbox, message: dict[str, Any], person: str = ANN) -> str:
    """Return what `/zimerr why` says about *message*."""
    await settled(slack, ENGLISH, BEN)
    before = len(slack.ephemerals(person))
    await slack.command(ENGLISH, person, f"why {link(message)}")
    await slack.until(lambda: len(slack.ephemerals(person)) > before)
    return shown(slack.ephemerals(person)[-1])


@pytest.mark.both_transports
async def test_why_names_the_codes_of_each_file(slack: Sandbox) -> None:
    """The message itself may contain nothing."""
    files = [file("one.log"), file("two.log", "03-02 03:20:00.000 E/ZIM: errorCode=6000354\n"), file("3.log", PLAIN)]
    message = await slack.say(ENGLISH, ANN, "", files=files)
    await the_answer(slack, message, ENGLISH)
    said = await why(slack, message)
    assert said.startswith("*I triaged this message as a log.")
    assert "one.log: 30 lines, 6000106 (12×), 6000121 (12×)" in said
    assert "two.log: 1 line, 6000354 (1×)" in said
    assert "3.log: 40 lines, no ZIM error code" in said
    assert "contains nothing" not in said


async def test_why_says_why_a_file_has_no_code(slack: Sandbox) -> None:
    """Each reason has its own remedy."""
    files = [
        file("b.log", "03-02 03:20:00 size=6000121 bytes\n" * 3),
        file("core.log", b"\0\1\2" * 99),
        file("empty.log", ""),
        Upload("photo.png", b"\x89PNG 6000106"),
        Upload("a.zip", zipped({"in/zim.log": UNKNOWN, "in/b.log": PLAIN})),
    ]
    message = await slack.say(ENGLISH, ANN, "", files=files)
    said = await why(slack, message)
    assert "b.log: 3 lines, no ZIM error code, 3 look-alikes ignored: 3 × " in said
    assert "core.log was not read: it is not text" in said
    assert "empty.log was not read: it is empty" in said
    assert "photo.png was not opened: files of this type contain no log" in said
    assert "a.zip/in/zim.log, a.zip/in/b.log: 43 lines, 6009998 (3×, not in my catalogue)" in said


async def test_why_says_that_a_file_is_too_large(transport: Transport, tmp_path: Path) -> None:
    """It is not downloaded."""
    async with bot_with(transport, tmp_path, zimerr_max_file_mb=1) as slack:
        message = await slack.say(ENGLISH, ANN, "", files=[file("large.log", LOG * 1000)])
        assert "large.log was not read: it exceeds the size limit" in await why(slack, message)


async def test_why_names_the_mode_for_a_log(slack: Sandbox) -> None:
    """The reaction is not enough to understand it."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    said = await why(slack, message)
    assert "Reaction only: this channel is set to reactions." in said
    assert "zim.log: 30 lines, 6000106 (12×), 6000121 (12×)" in said
    await slack.command(ENGLISH, ANN, "auto off")
    silent = await slack.say(ENGLISH, ANN, "", files=[file()])
    said = await why(slack, silent)
    assert said.startswith("*I took no action on this message.")
    assert "zim.log: 30 lines" in said


async def test_why_knows_that_the_author_was_told(slack: Sandbox) -> None:
    """The others saw nothing."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("app.log", ZIM_LOG)])
    said = await why(slack, message, BEN)
    assert said.startswith("*I read its log, found no ZIM error code that I know, and told its author so privately.")
    assert "app.log: 40 lines, no ZIM error code" in said


async def test_why_explains_that_a_file_is_about_something_else(slack: Sandbox) -> None:
    """The bot sent no message then, because people share all kinds of files."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("access.log", PLAIN)])
    assert "Nothing in it names ZIM or ZEGO, so I kept silent." in await why(slack, message)


async def test_why_answers_in_time_however_long_reading_takes(slack: Sandbox) -> None:
    """Slack waits 3 seconds for the acknowledgement; the answer comes to the response_url."""
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    await the_answer(slack, message, ENGLISH)
    release = slack.faults.hold("files-pri")
    await slack.command(ENGLISH, ANN, f"why {link(message)}")
    assert slack.ephemerals(ANN) == []
    release.set()
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "zim.log: 30 lines" in shown(private)


async def test_why_in_a_mention_and_in_chinese(slack: Sandbox) -> None:
    """The answer is for the person who asked."""
    message = await slack.say(ENGLISH, ANN, "", files=[file(), file("b.log", PLAIN), Upload("photo.png", b"\x89PNG")])
    await the_answer(slack, message, ENGLISH)
    await slack.say(ENGLISH, LIN, f"@zimerr why {link(message)}")
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "zim.log：30 行，6000106（12 次），6000121（12 次）" in shown(private)
    assert "b.log：40 行，没有 ZIM 错误码" in shown(private)
    assert "photo.png 没有打开：这类文件不含日志" in shown(private)
