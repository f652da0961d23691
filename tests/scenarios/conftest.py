"""Run the whole bot in a sandbox workspace: Web API calls, a WebSocket or signed HTTP requests, and a database."""

from __future__ import annotations

import contextlib
import copy
import functools
import random
import socket
import sqlite3
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
from tests import migrated
from tests.scenarios.reading import DATABASES, PORTS

Transport = Literal["socket", "http"]
Start = Callable[[], AbstractAsyncContextManager[None]]

ENGLISH, CHINESE, FOREIGN = "C0ONCALL", "C0ZHIBAN", "C0QUIET"
ANN, LIN, BEN, MEI = "U0ANN", "U0LIN", "U0BEN", "U0MEI"


def manifest(transport: Transport) -> dict[str, Any]:
    """Return the manifest that admins install, so that the tests have exactly its scopes and events."""
    return copy.deepcopy(_parsed_manifest(transport))


@functools.cache
def _parsed_manifest(transport: Transport) -> dict[str, Any]:
    path = resources.DEPLOY / f"manifest-{transport}.yaml"
    return cast(dict[str, Any], yaml.safe_load(path.read_text(encoding="utf-8")))


_RETURNED_PORTS: set[int] = set()


def free_port() -> int:
    """Return a free port below the ephemeral range, so that no outgoing connection takes it before the test does.

    No port is returned twice: a bot may need two.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        if port in _RETURNED_PORTS:
            continue
        _RETURNED_PORTS.add(port)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def settings_for(sandbox: Sandbox, transport: Transport, database: Path, **changes: Any) -> Settings:
    """Return settings for a bot in *sandbox*; note its database for `settled` and its HEALTH_PORT for `faults_of`."""
    DATABASES[sandbox] = database
    PORTS[sandbox] = changes.setdefault("health_port", free_port())
    ways = {
        "socket": {"slack_app_token": sandbox.app.app_token, "slack_signing_secret": ""},
        "http": {"slack_app_token": "", "slack_signing_secret": sandbox.app.signing_secret},
    }
    values: dict[str, Any] = {
        "slack_bot_token": sandbox.app.bot_token,
        "slack_api_url": sandbox.api_url,
        "host": "127.0.0.1",
        "database_url": f"sqlite:///{database}",
        "zimerr_retry_pause_s": 0.02,
        **ways[transport],
        **changes,
    }
    return Settings(_env_file=None, **values)


def know_locales(sandbox: Sandbox, database: Path) -> None:
    """Store the locales of all channels and people of the first workspace, as if the bot had met them a minute ago.

    No answer waits for Slack to tell them: to people that the bot has not met, the first one may be in English.
    """
    workspace, asked_at = sandbox.workspace, time.time() - 60.0
    locales = {each.id: each.locale for each in workspace.channels.values()}
    locales |= {each.id: each.locale for each in workspace.users.values()}
    rows = [(workspace.team_id, id_, locale, asked_at) for id_, locale in locales.items()]
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany("INSERT INTO locales VALUES (?, ?, ?, ?)", rows)


@contextlib.asynccontextmanager
async def bot_with(
    transport: Transport,
    folder: Path,
    *,
    plan: dict[str, Any] | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[Sandbox]:
    """Run the bot with other settings, or with *plan* as its manifest."""
    clock, database = clock or Clock(), folder / "bot.db"
    migrated.create(database)
    async with Sandbox(plan or manifest(transport), transport=transport) as sandbox:
        know_locales(sandbox, database)
        port = free_port()
        async with running(settings_for(sandbox, transport, database, port=port, **settings), clock, clock.steady):
            if transport == "http":
                sandbox.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")
            yield sandbox


class Clock:
    """The clocks of the bot, which tests can move forward or stop, and set apart."""

    ahead_s = 0.0  # of both clocks
    jump_s = 0.0  # of the wall clock
    _stopped_at: float | None = None

    def __call__(self) -> float:
        """Return the time in seconds since the epoch."""
        return self.steady() + self.jump_s

    def steady(self) -> float:
        """Return the time of the clock that does not jump."""
        return (time.time() if self._stopped_at is None else self._stopped_at) + self.ahead_s

    def stop(self) -> None:
        """Let no time pass from now on, except by `ahead_s`."""
        self._stopped_at = time.time()


@pytest.fixture
def clock() -> Clock:
    """The bot's clock. The sandbox keeps the real time."""
    return Clock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run scenarios marked `both_transports` over both transports, and all others over HTTP.

    Bolt hides the transport from all code except a few lines of `bot.server`. ``--full`` runs everything over both.
    """
    marks = metafunc.definition.iter_markers("parametrize")
    if "transport" in metafunc.fixturenames and not any(mark.args[0] == "transport" for mark in marks):
        is_contract = metafunc.definition.get_closest_marker("both_transports") or metafunc.config.getoption("--full")
        metafunc.parametrize("transport", ["socket", "http"] if is_contract else ["http"])


@pytest.fixture
async def workspace(transport: Transport) -> AsyncIterator[Sandbox]:
    """The workspace of the demo, without a running bot."""
    async with Sandbox(manifest(transport), transport=transport, retry_delays_s=(0.0, 0.05, 0.05)) as sandbox:
        yield sandbox


@pytest.fixture
def start(workspace: Sandbox, transport: Transport, tmp_path: Path, clock: Clock) -> Start:
    """Start the bot, each time on the same database."""
    database = tmp_path / "bot.db"
    migrated.create(database)
    know_locales(workspace, database)

    @contextlib.asynccontextmanager
    async def started() -> AsyncIterator[None]:
        port = free_port()
        async with running(settings_for(workspace, transport, database, port=port), clock, clock.steady):
            if transport == "http":
                workspace.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")
            yield

    return started


@pytest.fixture
async def slack(workspace: Sandbox, start: Start) -> AsyncIterator[Sandbox]:
    """The workspace with a running bot."""
    async with start():
        yield workspace
