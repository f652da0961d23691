"""Test the main flows of an app in the sandbox, over both transports: a command, a message and their answers."""

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
    """The answer is in the channel, with the command above it."""

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
    """Commands work in any channel; an answer is ephemeral by default."""

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


async def test_an_unanswered_command_shows_an_error_to_its_author(sandbox: Sandbox) -> None:
    """No app is connected; the person must see that."""
    sandbox.delivery.ack_timeout_s = 0.01
    await sandbox.command(ONCALL, ANN, "6000354")
    (ephemeral,) = sandbox.ephemerals(ANN)
    assert ephemeral["text"] == '/zimerr failed with the error "operation_timeout"'


async def test_a_message_reaches_the_app_and_is_answered_in_its_thread(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    """The main flow of the bot."""
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.message("6000")
    async def reply(message: dict[str, Any], say: AsyncSay) -> None:
        await messages.put(message)
        await say(text="explained", thread_ts=message["ts"])

    await connect(app)
    said = await sandbox.say(ONCALL, ANN, "code 6000354")
    (answer,) = await sandbox.until(lambda: sandbox.replies(ONCALL, said["ts"]))
    assert (answer["text"], answer["bot_id"]) == ("explained", "B0ZIMERR")
    event = await messages.get()
    assert event["channel_type"] == "channel"
    assert event["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "code 6000354"}]
    await sandbox.idle()
    assert len(sandbox.deliveries("message")) == 2, "the bot's reply is an event too"


async def test_the_api_returns_the_locale_of_channels_and_users(client: AsyncWebClient) -> None:
    """The bot answers in the channel's language."""
    english = await client.conversations_info(channel=ONCALL, include_locale=True)
    chinese = await client.conversations_info(channel="C0ZHIBAN", include_locale=True)
    person = await client.users_info(user="U0MEI", include_locale=True)
    assert [english["channel"]["locale"], chinese["channel"]["locale"]] == ["en-US", "zh-CN"]
    assert person["user"]["locale"] == "zh-TW"
    assert "locale" not in (await client.conversations_info(channel=ONCALL))["channel"]
