"""The whole bot in a workspace: real Web API calls, a real WebSocket or signed HTTP requests, a real database."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Literal, cast

import pytest
import yaml

from bot import resources
from bot.app import running
from bot.sandbox.http_server import Sandbox
from bot.server import EVENTS_PATH
from bot.settings import Settings

Transport = Literal["socket", "http"]
Start = Callable[[], AbstractAsyncContextManager[None]]

ENGLISH, CHINESE, FOREIGN = "C0ONCALL", "C0ZHIBAN", "C0QUIET"
ANN, LIN, BEN, MEI = "U0ANN", "U0LIN", "U0BEN", "U0MEI"


def manifest(transport: Transport) -> dict[str, Any]:
    """The manifest that admins install, so that the tests have its scopes and events and no more."""
    path = resources.deploy() / f"manifest-{transport}.yaml"
    return cast(dict[str, Any], yaml.safe_load(path.read_text(encoding="utf-8")))


def free_port() -> int:
    """A port that nobody listens on, below those that systems give to outgoing connections: it stays free."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def settings_for(sandbox: Sandbox, transport: Transport, database: Path, **changes: Any) -> Settings:
    """Settings for a bot in *sandbox*."""
    ways = {
        "socket": {"slack_app_token": sandbox.app.app_token, "slack_signing_secret": None},
        "http": {"slack_app_token": None, "slack_signing_secret": sandbox.app.signing_secret},
    }
    values: dict[str, Any] = {
        "slack_bot_token": sandbox.app.bot_token,
        "slack_api_url": sandbox.api_url,
        "host": "127.0.0.1",
        "database_url": f"sqlite:///{database}",
        **ways[transport],
        **changes,
    }
    return Settings(_env_file=None, **values)


class Clock:
    """The bot's clock, which tests put forward."""

    ahead_s = 0.0

    def __call__(self) -> float:
        """The time."""
        return time.time() + self.ahead_s


@pytest.fixture
def clock() -> Clock:
    """What the bot takes for the time; Slack keeps the real one."""
    return Clock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the scenarios of the transports' contract over both transports, all others over HTTP.

    Bolt hides the transport from all code but a few lines of `bot.server`. ``--full`` runs all over both.
    """
    marks = metafunc.definition.iter_markers("parametrize")
    if "transport" in metafunc.fixturenames and not any(mark.args[0] == "transport" for mark in marks):
        is_contract = metafunc.definition.get_closest_marker("both_transports") or metafunc.config.getoption("--full")
        metafunc.parametrize("transport", ["socket", "http"] if is_contract else ["http"])


@pytest.fixture
async def workspace(transport: Transport) -> AsyncIterator[Sandbox]:
    """The demo's workspace; no bot is running."""
    async with Sandbox(manifest(transport), transport=transport, retry_delays_s=(0.0, 0.05, 0.05)) as sandbox:
        yield sandbox


@pytest.fixture
def start(workspace: Sandbox, transport: Transport, tmp_path: Path, clock: Clock) -> Start:
    """Start the bot; on the same database each time."""

    @contextlib.asynccontextmanager
    async def started() -> AsyncIterator[None]:
        port = free_port()
        async with running(settings_for(workspace, transport, tmp_path / "bot.db", port=port), clock):
            if transport == "http":
                workspace.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")
            yield

    return started


@pytest.fixture
async def slack(workspace: Sandbox, start: Start) -> AsyncIterator[Sandbox]:
    """The workspace with the bot running in it."""
    async with start():
        yield workspace
