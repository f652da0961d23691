"""Tokens by workspace; another process may have a newer one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation

from bot.errors import RetryLater, StopWorkspace
from bot.sandbox.http_server import Sandbox
from bot.slack.client import SlackClient
from bot.slack.workspaces import ManyWorkspaces
from bot.storage.database import Database
from bot.storage.installation_store import Installations
from tests.scenarios.conftest import manifest

# slack_sdk asks aiohttp for it, for the app's secret.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


class Replica(ManyWorkspaces):
    """The workspaces as one process has cached them."""

    now = time.time()

    def __init__(self, store: Installations, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        def connect(token: str | None) -> SlackClient:
            return SlackClient(token, base_url=sandbox.api_url, session=session)

        super().__init__(store, connect, client_secret=sandbox.app.client_secret, clock=lambda: self.now)

    async def token(self, team: str = "T1") -> str | None:
        """Return the bot's token."""
        return (await self.get(team)).client.token


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        yield sandbox


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def store(database: Database, sandbox: Sandbox) -> Installations:
    """The store that the processes share."""
    return Installations(database, sandbox.app.client_id, [Fernet.generate_key().decode()])


def installation(token: str, **changes: Any) -> Installation:
    """Return an installation in workspace T1."""
    names = {"app_id": "A1", "team_id": "T1", "bot_id": "B1", "bot_user_id": "U1", "user_id": "U2"}
    values: dict[str, Any] = {**names, "bot_token": token, **changes}
    return Installation(**values)


async def test_a_token_is_read_once(store: Installations, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    """Every event needs it."""
    replica = Replica(store, sandbox, session)
    with pytest.raises(StopWorkspace, match="not_installed"):
        await replica.token()
    await store.async_save(installation("xoxb-1"))
    assert await replica.get("T1") is await replica.get("T1")
    assert await replica.token() == "xoxb-1"


async def test_the_token_that_is_checked_is_the_newest_one(
    store: Installations, sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    """The app was reinstalled through another process; this one has cached the old token."""
    replica = Replica(store, sandbox, session)
    await store.async_save(installation("xoxb-old"))
    await replica.get("T1")
    with pytest.raises(StopWorkspace, match="invalid_auth"):
        await replica.check("T1")
    await store.async_delete_bot(enterprise_id=None, team_id="T1")
    with pytest.raises(StopWorkspace, match="not_installed"):
        await replica.check("T1")
    await store.async_save(installation(sandbox.app.bot_token))
    await replica.check("T1")
    assert await replica.token() == sandbox.app.bot_token


async def test_slack_that_does_not_answer_says_nothing_about_a_token(
    store: Installations, sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    """An outage must not stop a workspace, or delete its settings."""
    replica = Replica(store, sandbox, session)
    await store.async_save(installation("xoxb-1"))
    sandbox.faults.server_error("auth.test")
    with pytest.raises(RetryLater):
        await replica.check("T1")


async def test_the_second_process_takes_the_token_that_the_first_refreshed(
    store: Installations, sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    """A refresh token can be used once. The old token works until the first process has stored the new one."""
    one, two = Replica(store, sandbox, session), Replica(store, sandbox, session)
    ends = {"bot_refresh_token": "xoxe-1-used", "bot_token_expires_in": 3600}
    await store.async_save(installation("xoxb-1", **ends))
    assert await two.token() == "xoxb-1"  # Slack refuses the refresh token
    refreshed = await store.find("T1", None)
    assert refreshed is not None
    refreshed.bot_token, refreshed.bot_token_expires_at = "xoxb-2", int(time.time()) + 43_200
    await store.async_save_bot(refreshed)
    assert await one.token() == "xoxb-2"
    assert await two.token() == "xoxb-1"
    two.now += 61.0
    assert await two.token() == "xoxb-2"
    assert [call.error for call in sandbox.calls("oauth.v2.access")] == ["invalid_refresh_token"]


async def test_a_slow_refresh_holds_no_request_up(
    store: Installations, sandbox: Sandbox, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command must be answered within 3 seconds, and the old token is still valid for an hour."""
    monkeypatch.setattr("bot.slack.workspaces._REFRESH_WAIT_S", 0.05)
    replica = Replica(store, sandbox, session)
    await store.async_save(installation("xoxb-1", bot_refresh_token="xoxe-1-used", bot_token_expires_in=3600))
    release = sandbox.faults.hold("oauth.v2.access")
    assert await asyncio.gather(*(replica.token() for _ in range(3))) == ["xoxb-1"] * 3
    refreshing = list(replica._refreshing.values())
    release.set()
    await asyncio.gather(*refreshing)
    assert len(sandbox.calls("oauth.v2.access")) == 1
