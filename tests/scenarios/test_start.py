"""Test start and stop of the bot, and the errors that prevent a start."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from cryptography.fernet import Fernet

import bot
from bot.app import running
from bot.errors import ZimerrError
from bot.sandbox.http_server import Sandbox
from bot.server import EVENTS_PATH
from tests.scenarios.conftest import ANN, ENGLISH, free_port, manifest, settings_for


async def status_of(url: str, body: str, secret: str, *, at: float) -> int:
    """Send a request signed with *secret* at time *at*; return its HTTP status."""
    stamp = str(int(at))
    signature = "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status


# Start the bot, and print the names of all modules once it is ready.
_START = """
import asyncio, json, sys
from bot import app, log
from bot.settings import Settings

async def start():
    async with app.running(Settings.load()):
        print(json.dumps([*sys.modules]))

log.configure("error")
asyncio.run(start())
"""


async def test_a_start_imports_only_what_it_needs(tmp_path: Path) -> None:
    """These modules need half as much memory as all the rest. In one workspace on SQLite, few bots need them."""
    rarely = {"alembic", "cryptography", "sqlalchemy.ext.asyncio", "sqlalchemy.orm", "aiosqlite", "asyncpg", "psycopg"}
    rarely |= {"rapidfuzz", "snowballstemmer", "babel", "opencc", "mcp", "sentry_sdk", "opentelemetry"}
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        settings = settings_for(sandbox, "socket", tmp_path / "bot.db")
        async with running(settings):
            pass  # upgrades the schema
        variables = {
            "DATABASE_URL": settings.database_url,
            "SLACK_API_URL": settings.slack_api_url,
            "SLACK_APP_TOKEN": sandbox.app.app_token,
            "SLACK_BOT_TOKEN": sandbox.app.bot_token,
            "PYTHONPATH": str(Path(bot.__file__).parents[1]),
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _START), cwd=tmp_path, env=os.environ | variables, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    imported = set(json.loads(output))
    assert "bot.slack.worker" in imported
    assert rarely & imported == set()


async def test_only_requests_from_slack_have_an_effect(tmp_path: Path) -> None:
    """The address is public, so a forged or old request must have no effect."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{EVENTS_PATH}"
    event: dict[str, Any] = {"type": "message", "channel": "C0ONCALL", "user": "U0ANN", "ts": "1.1", "text": "6000106"}
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "team_id": "T0DEMO", "event": event})
    async with Sandbox(manifest("http"), transport="http") as sandbox:
        secret = sandbox.app.signing_secret
        async with running(settings_for(sandbox, "http", tmp_path / "bot.db", port=port)):
            assert await status_of(url, body, "wrong", at=time.time()) == 401
            assert await status_of(url, body, secret, at=time.time() - 600) == 401
            assert sandbox.calls("chat.postMessage") == []
            assert await status_of(url, body, secret, at=time.time()) == 200


async def test_an_event_that_is_not_handled_is_acknowledged(tmp_path: Path) -> None:
    """Otherwise Slack retries it."""
    port = free_port()
    body = json.dumps(
        {"type": "event_callback", "event_id": "Ev1", "team_id": "T0DEMO", "event": {"type": "team_join"}}
    )
    async with (
        Sandbox(manifest("http"), transport="http") as sandbox,
        running(settings_for(sandbox, "http", tmp_path / "bot.db", port=port)),
    ):
        url = f"http://127.0.0.1:{port}{EVENTS_PATH}"
        assert await status_of(url, body, sandbox.app.signing_secret, at=time.time()) == 200


async def test_a_wrong_bot_token_stops_the_start(tmp_path: Path) -> None:
    """The admin learns it at once, not when the first code goes unanswered."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        settings = settings_for(sandbox, "socket", tmp_path / "bot.db", slack_bot_token="xoxb-wrong")
        with pytest.raises(ZimerrError, match=r"SLACK_BOT_TOKEN: invalid_auth"):
            async with running(settings):
                pass


async def test_a_wrong_app_token_stops_the_start(tmp_path: Path) -> None:
    """Otherwise the socket client would retry forever without a message."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        settings = settings_for(sandbox, "socket", tmp_path / "bot.db", slack_app_token="xapp-wrong")
        with pytest.raises(ZimerrError, match="SLACK_APP_TOKEN"):
            async with running(settings):
                pass


async def test_an_unreachable_slack_stops_the_start(tmp_path: Path) -> None:
    """A firewall has this effect."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        settings = settings_for(
            sandbox, "socket", tmp_path / "bot.db", slack_api_url=f"http://127.0.0.1:{free_port()}/"
        )
        with pytest.raises(ZimerrError, match="can't be reached"):
            async with running(settings):
                pass


@pytest.mark.parametrize(
    ("status", "words"), [(405, "can't be reached at .*: status 405"), (502, "can't be reached"), (429, "wait for 7 s")]
)
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_an_answer_that_is_not_slacks_verdict_stops_the_start(
    tmp_path: Path, method: str, status: int, words: str
) -> None:
    """A proxy answers in Slack's place, or Slack has no time. The token is not to blame."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        if status == 429:
            sandbox.faults.rate_limited(method, retry_after_s=7)
        else:
            sandbox.faults.server_error(method, status=status)
        with pytest.raises(ZimerrError, match=words):
            async with running(settings_for(sandbox, "socket", tmp_path / "bot.db")):
                pass


async def test_an_unreachable_slack_stops_the_start_for_many_workspaces(tmp_path: Path) -> None:
    """There is no token to try before the socket."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        settings = settings_for(
            sandbox,
            "socket",
            tmp_path / "bot.db",
            slack_api_url=f"http://127.0.0.1:{free_port()}/",
            slack_bot_token="",
            slack_client_id="1.1",
            slack_client_secret="secret",
            zimerr_encryption_keys=Fernet.generate_key().decode(),
        )
        with pytest.raises(ZimerrError, match="can't be reached"):
            async with running(settings):
                pass


async def test_a_port_in_use_stops_the_start(tmp_path: Path) -> None:
    """It happens with two bots on one machine."""
    async with Sandbox(manifest("http"), transport="http") as sandbox:
        taken = int(sandbox.base_url.rpartition(":")[2])
        settings = settings_for(sandbox, "http", tmp_path / "bot.db", port=taken)
        with pytest.raises(ZimerrError, match="Set PORT"):
            async with running(settings):
                pass


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_the_state_has_a_port_of_its_own(tmp_path: Path, transport: Literal["socket", "http"]) -> None:
    """Probes work over both transports. Metrics must not be on the port that the internet reaches."""
    port, health_port = free_port(), free_port()
    async with Sandbox(manifest(transport), transport=transport) as sandbox, aiohttp.ClientSession() as session:
        settings = settings_for(sandbox, transport, tmp_path / "bot.db", port=port, health_port=health_port)

        async def status(port: int, path: str) -> int | None:
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                    return response.status
            except aiohttp.ClientError:
                return None

        async with running(settings):
            paths = ("/healthz", "/readyz", "/metrics", EVENTS_PATH)
            assert [await status(health_port, path) for path in paths] == [200, 200, 200, 404]
            public = [200, 200, 404, 405] if transport == "http" else [None] * 4
            assert [await status(port, path) for path in paths] == public


async def test_probes_are_answered_while_the_bot_starts(tmp_path: Path) -> None:
    """The upgrade of a large database takes long, and must not be killed by a liveness probe."""
    port = free_port()
    async with Sandbox(manifest("socket"), transport="socket") as sandbox, aiohttp.ClientSession() as session:
        release, stack = sandbox.faults.hold("auth.test"), contextlib.AsyncExitStack()
        settings = settings_for(sandbox, "socket", tmp_path / "bot.db", health_port=port)
        starting = asyncio.create_task(stack.enter_async_context(running(settings)))
        await sandbox.until(lambda: sandbox.calls("auth.test"))
        seen = []
        for path in ("healthz", "readyz"):
            async with session.get(f"http://127.0.0.1:{port}/{path}") as response:
                seen.append((response.status, (await response.json())["faults"]))
        assert seen == [(200, {}), (503, {"inbox": "zimerr is starting or stopping"})]
        release.set()
        await starting
        await stack.aclose()


async def test_a_health_port_in_use_stops_the_start(tmp_path: Path) -> None:
    """The message names the setting to change."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        taken = int(sandbox.base_url.rpartition(":")[2])
        with pytest.raises(ZimerrError, match="Set HEALTH_PORT"):
            async with running(settings_for(sandbox, "socket", tmp_path / "bot.db", health_port=taken)):
                pass


async def test_a_stopping_bot_fails_its_health_check_and_loses_nothing(tmp_path: Path) -> None:
    """The load balancer stops sending in time, and the next process answers what arrives meanwhile."""
    port = free_port()
    health = f"http://127.0.0.1:{port}/readyz"
    async with Sandbox(manifest("http"), transport="http") as sandbox, aiohttp.ClientSession() as session:
        settings = settings_for(sandbox, "http", tmp_path / "bot.db", port=port)
        sandbox.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")
        stack = contextlib.AsyncExitStack()
        await stack.enter_async_context(running(settings))
        async with session.get(health) as response:
            assert response.status == 200
        release = sandbox.faults.hold("chat.postMessage")
        before = await sandbox.say(ENGLISH, ANN, "login: 6000106")
        await sandbox.until(lambda: sandbox.calls("chat.postMessage"))
        stopping = asyncio.create_task(stack.aclose())
        status = 200  # until the rounds have ended
        async with asyncio.timeout(5):
            while status == 200:
                async with session.get(health) as response:
                    status = response.status
        assert status == 503
        meanwhile = await sandbox.say(ENGLISH, ANN, "send: 6000281")
        release.set()
        await stopping
        assert len(sandbox.replies(ENGLISH, before["ts"])) == 1
        assert sandbox.replies(ENGLISH, meanwhile["ts"]) == []
        async with running(settings):
            await sandbox.until(lambda: sandbox.replies(ENGLISH, meanwhile["ts"]))
        assert [len(sandbox.replies(ENGLISH, each["ts"])) for each in (before, meanwhile)] == [1, 1]
