"""The way of a command, a message and an answer, over both transports."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox

from .conftest import ANN, ONCALL, QUIET, Connect


async def test_a_command_is_acknowledged_and_answered_in_the_channel(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    """The answer stands in the channel, above it what was typed."""

    @app.command("/zimerr")
    async def answer(ack: AsyncAck, command: dict[str, Any]) -> None:
        await ack(text=f"{command['text']}: too many attributes", response_type="in_channel")

    await connect(app)
    await sandbox.command(ONCALL, ANN, "6000354")
    (message,) = sandbox.messages(ONCALL)
    assert message["text"] == "6000354: too many attributes"
    assert sandbox.workspace.commands_shown[message["ts"]] == {"user": ANN, "text": "/zimerr 6000354"}


async def test_a_response_url_answers_privately_where_the_bot_is_not_a_member(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    """Commands work in any channel; what is not said to be public stays private."""

    @app.command("/zimerr")
    async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("help")

    await connect(app)
    await sandbox.command(QUIET, ANN, "help")
    await sandbox.until(lambda: sandbox.ephemerals(ANN))
    assert [m["text"] for m in sandbox.ephemerals(ANN, QUIET)] == ["help"]
    assert sandbox.messages(QUIET) == []
    assert [call.method for call in sandbox.calls("response_url")] == ["response_url"]


async def test_a_command_without_an_answer_fails_before_the_eyes_of_its_author(sandbox: Sandbox) -> None:
    """Nobody is connected: the person must learn it."""
    await sandbox.command(ONCALL, ANN, "6000354")
    (whisper,) = sandbox.ephemerals(ANN)
    assert whisper["text"] == '/zimerr failed with the error "operation_timeout"'


async def test_a_message_is_heard_and_answered_in_its_thread(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """The core of the product's behaviour."""
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.message("6000")
    async def reply(message: dict[str, Any], say: AsyncSay) -> None:
        await heard.put(message)
        await say(text="explained", thread_ts=message["ts"])

    await connect(app)
    said = await sandbox.say(ONCALL, ANN, "code 6000354")
    (answer,) = await sandbox.until(lambda: sandbox.replies(ONCALL, said["ts"]))
    assert (answer["text"], answer["bot_id"]) == ("explained", "B0ZIMERR")
    event = await heard.get()
    assert event["channel_type"] == "channel"
    assert event["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "code 6000354"}]
    await sandbox.idle()
    assert len(sandbox.deliveries("message")) == 2, "the bot's own reply is an event too"


async def test_the_locale_of_a_channel_can_be_asked_for(client: AsyncWebClient) -> None:
    """The bot answers in the channel's language."""
    english = await client.conversations_info(channel=ONCALL, include_locale=True)
    chinese = await client.conversations_info(channel="C0ZHIBAN", include_locale=True)
    person = await client.users_info(user="U0MEI", include_locale=True)
    assert [english["channel"]["locale"], chinese["channel"]["locale"]] == ["en-US", "zh-CN"]
    assert person["user"]["locale"] == "zh-TW"
    assert "locale" not in (await client.conversations_info(channel=ONCALL))["channel"]
