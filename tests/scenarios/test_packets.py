"""Test the text for ZEGO support: one option of a triage's menu, one dialog, a file and a text to copy."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import BEN, CHINESE, ENGLISH, LIN
from tests.scenarios.logs import LOG, file, the_answer, uploads
from tests.scenarios.reading import DATABASES, choose, dialog_of, said_by_bot, settled, shown
from tests.scenarios.test_incidents import triage_of

APP_ID = "1357924680"
PASSWORD = "hunter2secret"


async def packet_dialog(slack: Sandbox, answer: dict[str, Any], user: str) -> dict[str, Any]:
    """Choose the option, and return the dialog."""
    await choose(slack, answer, "triage_packet", user)
    return await dialog_of(slack, user)


def copied(copy: dict[str, Any]) -> str:
    """Return the text to copy."""
    text: str = copy["blocks"][1]["elements"][-1]["elements"][0]["text"]
    return text


@pytest.mark.both_transports
@pytest.mark.parametrize(("channel", "user"), [(ENGLISH, BEN), (CHINESE, LIN)])
async def test_it_is_a_file_in_the_thread_and_a_text_to_copy(
    slack: Sandbox, channel: str, user: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The person's input is in it, secrets are not; the AppID is neither stored nor logged."""
    message = await slack.say(channel, user, "", files=[file(content=f"zego-zim-web@2.18.1\n{LOG}")])
    answer = await the_answer(slack, message, channel)
    dialog = await packet_dialog(slack, answer, user)
    typed = {"app_id": APP_ID, "tried": f"restarted <!channel>\npassword={PASSWORD}"}
    await slack.submit(dialog, user, typed)
    (copy,) = await slack.until(lambda: slack.ephemerals(user, channel))
    assert_sendable(copy)
    (sent,) = uploads(slack, message, channel)
    text = copied(copy)
    assert sent["size"] == len(f"{text}\n".encode())
    assert sent["name"] == f"zego-support-{answer['ts']}.txt"
    assert f"AppID{'：' if user == LIN else ': '}{APP_ID}" in text
    assert "restarted <!channel>" in text
    assert PASSWORD not in text
    assert "6000106" in text
    assert "uploadLog" in text
    await settled(slack, channel, user)
    assert all(APP_ID not in shown(each) for each in said_by_bot(slack, channel))
    with sqlite3.connect(DATABASES[slack]) as connection:
        assert APP_ID not in "\n".join(connection.iterdump())
    connection.close()
    output = capfd.readouterr()
    assert APP_ID not in output.out + output.err + caplog.text


async def test_an_app_sign_is_refused_in_the_dialog(slack: Sandbox) -> None:
    """It is a secret, and people confuse the two."""
    message, answer = await triage_of(slack)
    dialog = await packet_dialog(slack, answer, BEN)
    errors = await slack.submit(dialog, BEN, {"app_id": "a1b2c3d4e5f60718"})
    assert list(errors) == ["app_id"]
    assert "AppSign" in errors["app_id"]
    assert await slack.submit(dialog, BEN, {"language": "zh"}) == {}
    (copy,) = await slack.until(lambda: slack.ephemerals(BEN))
    assert "AppID：未提供" in shown(copy)
    assert len(uploads(slack, message, ENGLISH)) == 1


async def test_a_log_that_is_gone_and_a_file_that_slack_refuses(slack: Sandbox) -> None:
    """The person gets an ephemeral message, with the text if there is one."""
    message, answer = await triage_of(slack)
    dialog = await packet_dialog(slack, answer, BEN)
    slack.faults.refused("files.completeUploadExternal", "file_uploads_disabled")
    await slack.submit(dialog, BEN, {})
    (copy,) = await slack.until(lambda: slack.ephemerals(BEN))
    assert "only you have this text" in shown(copy)
    assert "AppID: not stated" in shown(copy)
    assert uploads(slack, message, ENGLISH) == []
    dialog = await packet_dialog(slack, answer, LIN)
    await slack.delete(ENGLISH, message["ts"])
    await slack.submit(dialog, LIN, {})
    (note,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "排查结果所依据的消息或文件已不存在" in shown(note)
