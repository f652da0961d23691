"""Test a socket that is refreshed, announced to close, or cut while messages arrive."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.app import running
from bot.sandbox.http_server import Sandbox
from tests import migrated
from tests.scenarios.conftest import ANN, ENGLISH, settings_for
from tests.scenarios.reading import BOT, faults_of, settled

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


@pytest.mark.parametrize("transport", ["socket"])
async def test_the_health_check_tells_of_a_lost_socket(
    workspace: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load balancer has nothing to do, but monitoring has."""
    monkeypatch.setattr("bot.health._INTERVAL_S", 0.05)
    monkeypatch.setattr("bot.health._SOCKET_PATIENCE_S", 0.0)
    migrated.create(tmp_path / "bot.db")
    async with running(settings_for(workspace, "socket", tmp_path / "bot.db")):
        assert await faults_of(workspace) == {}
        workspace.faults.refused("apps.connections.open", "internal_error", times=None)
        await workspace.drop_socket()
        while not (faults := await faults_of(workspace)):
            pass
        assert faults.keys() == {"socket"}
