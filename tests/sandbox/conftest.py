"""Provide a sandbox and a bare Bolt app that connects to it as to Slack."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Literal

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox

Transport = Literal["socket", "http"]
Connect = Callable[[AsyncApp], Awaitable[None]]

MANIFEST: dict[str, Any] = {
    "features": {
        "bot_user": {"display_name": "zimerr"},
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [{"command": "/zimerr", "description": "Explain codes", "usage_hint": "6000354"}],
        "shortcuts": [
            {"name": "Explain ZIM codes", "type": "message", "callback_id": "explain", "description": "Explain"},
            {"name": "Look up a code", "type": "global", "callback_id": "look_up", "description": "Look up"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                *("app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:read"),
                *("files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write"),
                *("reactions:read", "reactions:write", "users:read"),
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                *("app_home_opened", "app_mention", "file_shared", "member_joined_channel", "message.channels"),
                *("message.im", "reaction_added", "reaction_removed"),
            ]
        },
        "interactivity": {"is_enabled": True},
    },
}
ONCALL, ZHIBAN, QUIET = "C0ONCALL", "C0ZHIBAN", "C0QUIET"
ANN, LIN, BEN = "U0ANN", "U0LIN", "U0BEN"


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each transport in turn."""
    return "socket" if request.param == "socket" else "http"


@pytest.fixture
async def sandbox(transport: Transport) -> AsyncIterator[Sandbox]:
    """The demo workspace, with short retry delays and timeouts."""
    async with Sandbox(MANIFEST, transport=transport, retry_delays_s=(0.01, 0.01, 0.01), ack_timeout_s=0.5) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """A Web API client with the bot's token."""
    return AsyncWebClient(token=sandbox.app.bot_token, base_url=sandbox.api_url)


@pytest.fixture
def app(sandbox: Sandbox, client: AsyncWebClient) -> AsyncApp:
    """A Bolt app without listeners."""
    return AsyncApp(client=client, signing_secret=sandbox.app.signing_secret)


@pytest.fixture
async def connect(sandbox: Sandbox, transport: Transport) -> AsyncIterator[Connect]:
    """A function that connects a Bolt app to the sandbox until the test ends."""
    async with AsyncExitStack() as stack:

        async def connect(app: AsyncApp) -> None:
            @app.event(re.compile(".*"))
            async def ignore() -> None: ...

            if transport == "socket":
                handler = AsyncSocketModeHandler(app, sandbox.app.app_token, ping_interval=0.2)
                stack.push_async_callback(handler.close_async)
                await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt has no types here
                await sandbox.until(lambda: sandbox.connections)
            else:
                runner = web.AppRunner(app.server(port=0, path="/slack/events").web_app)
                stack.push_async_callback(runner.cleanup)
                await runner.setup()
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                sandbox.connect_app(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")

        yield connect
