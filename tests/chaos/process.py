"""Run the bot as a process that tests can kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from bot.sandbox.http_server import Sandbox
from bot.server import EVENTS_PATH
from tests.scenarios.conftest import Transport, free_port

_TIMEOUT_S = 90.0  # of steps that take a second on an idle machine


class BotProcess:
    """`zimerr serve` in a sandbox, started and killed any number of times."""

    def __init__(self, sandbox: Sandbox, transport: Transport, database_url: str, log: Path) -> None:
        self._sandbox = sandbox
        self._transport = transport
        self._log = log
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "SLACK_BOT_TOKEN": sandbox.app.bot_token,
            "SLACK_API_URL": sandbox.api_url,
            "DATABASE_URL": database_url,
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
            "ZIMERR_RETRY_PAUSE_S": "0.02",
            "ZIMERR_LOG_LEVEL": "warning",
        }
        if transport == "socket":
            self._environment["SLACK_APP_TOKEN"] = sandbox.app.app_token
        else:
            self._environment["SLACK_SIGNING_SECRET"] = sandbox.app.signing_secret

    @property
    def url(self) -> str:
        """The URL for events over HTTP."""
        return f"http://127.0.0.1:{self._port}{EVENTS_PATH}"

    def run(self, *arguments: str) -> None:
        """Run a `zimerr` command and wait for it."""
        subprocess.run(self._command(arguments), env=self._environment, check=True, capture_output=True)

    def start(self) -> None:
        """Start the bot without waiting until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(["serve"]), env=self._environment, stderr=log)

    async def ready(self) -> None:
        """Wait until the bot accepts events."""
        async with asyncio.timeout(_TIMEOUT_S):
            while not await self._is_ready():
                assert self._process is not None
                assert self._process.poll() is None, self._log.read_text()[-4000:]
                await asyncio.sleep(0.02)

    def pause(self) -> None:
        """Suspend the process, as if its machine were suspended."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume the suspended process."""
        self._signal(signal.SIGCONT)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, and return the exit status."""
        self._signal(how)
        assert self._process is not None
        return self._process.wait(timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Kill the process if it is still running."""
        if self._process and self._process.poll() is None:
            self.kill()

    def _signal(self, signal_: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(signal_)

    async def _is_ready(self) -> bool:
        if self._transport == "socket":
            return self._sandbox.connections > 0
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(self.url.replace(EVENTS_PATH, "/readyz")) as response,
            ):
                return response.status == 200
        except aiohttp.ClientError:
            return False

    @staticmethod
    def _command(arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "bot", *arguments]
