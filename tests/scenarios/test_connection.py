"""Test a socket that is refreshed, announced to close, or cut while messages arrive."""

from __future__ import annotations

import functools

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, ENGLISH
from tests.scenarios.reading import BOT, settled

CODES = (6000103, 6000104, 6000106, 6000107)


@pytest.fixture(autouse=True)
def frequent_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pings every 0.2 s, not every 10 s: the bot notices by a ping that the socket was cut."""
    frequent = functools.partial(AsyncSocketModeHandler, ping_interval=0.2)
    monkeypatch.setattr("bot.server.AsyncSocketModeHandler", frequent)


@pytest.mark.parametrize("transport", ["socket"])
@pytest.mark.parametrize("event", ["refresh_requested", "warning", "cut"])
async def test_each_message_is_answered_once_when_the_socket_is_replaced(slack: Sandbox, event: str) -> None:
    """Slack refreshes connections every few hours, and networks fail. One connection is open at a time."""
    opened = len(slack.calls("apps.connections.open"))
    said = [await slack.say(ENGLISH, ANN, f"login: {code}") for code in CODES[:2]]
    await (slack.drop_socket() if event == "cut" else slack.refresh_socket(event))
    said += [await slack.say(ENGLISH, ANN, f"login: {code}") for code in CODES[2:]]
    await slack.until(lambda: all(slack.replies(ENGLISH, message["ts"]) for message in said))
    await settled(slack, ENGLISH, ANN)
    for message in said:
        assert [reply["bot_id"] for reply in slack.replies(ENGLISH, message["ts"])] == [BOT]
    assert len(slack.calls("apps.connections.open")) == opened + 1
    assert slack.connections == 1
