"""Test waiting for a workspace whose token Slack refuses."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
import structlog
from slack_sdk.oauth.installation_store import Bot

from bot.sandbox.http_server import Sandbox
from bot.slack.client import SlackClient
from bot.slack.suspension import Suspensions
from bot.slack.workspaces import OneWorkspace
from tests.scenarios.conftest import manifest


async def test_a_workspace_that_is_stopped_again_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its jobs were forgotten meanwhile, and new ones came. A second question would find the workspace resumed."""
    monkeypatch.setattr("bot.slack.suspension._INTERVAL_S", 0.01)
    resumed = asyncio.Event()
    teams: list[str] = []

    def resume(team: str) -> None:
        teams.append(team)
        resumed.set()

    async with Sandbox(manifest("socket"), transport="socket") as sandbox, aiohttp.ClientSession() as session:
        client = SlackClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session)
        bot = Bot(bot_token=sandbox.app.bot_token, bot_id="B1", bot_user_id="U1", installed_at=0.0)
        suspensions = Suspensions(OneWorkspace(client, bot), resume)
        with structlog.testing.capture_logs() as logs:
            suspensions.stop("T1", "invalid_auth")
            suspensions.stop("T1", "account_inactive")
            assert suspensions.reasons == {"T1": "account_inactive"}
            await resumed.wait()
        await suspensions.close()
    assert teams == ["T1"]
    assert suspensions.reasons == {}
    assert sum("SLACK_BOT_TOKEN" in each["event"] for each in logs) == 1
