"""`zimerr demo`: the bot in a workspace on this machine, in one process, until Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import signal
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

import click
import yaml

from bot import log, resources
from bot.app import running
from bot.errors import ZimerrError
from bot.sandbox.http_server import Sandbox
from bot.settings import Settings


async def run(port: int, *, open_browser: bool) -> None:
    """Start the workspace on *port*, or on a free one where that is taken, and the bot in it."""
    log.configure("warning")
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    with tempfile.TemporaryDirectory(prefix="zimerr-demo-") as folder:
        sandbox = await _workspace(port)
        try:
            async with running(_settings(sandbox, Path(folder))):
                click.echo(f"The workspace is open at {sandbox.base_url} (Ctrl-C ends it).")
                if open_browser:
                    await asyncio.to_thread(webbrowser.open, sandbox.base_url)
                await stopped.wait()
        finally:
            await sandbox.stop()


async def _workspace(port: int) -> Sandbox:
    try:
        return await _started(port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise ZimerrError(f"The workspace can't be opened on port {port}: {error.strerror}.") from error
        click.echo(f"Port {port} is taken; using another.", err=True)
        return await _started(0)


async def _started(port: int) -> Sandbox:
    sandbox = Sandbox(_manifest(), transport="socket", port=port)
    await sandbox.start()
    return sandbox


def _settings(sandbox: Sandbox, folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        slack_bot_token=sandbox.app.bot_token,
        slack_app_token=sandbox.app.app_token,
        slack_api_url=sandbox.api_url,
        database_url=f"sqlite:///{folder / 'zimerr.db'}",
    )


def _manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load((resources.deploy() / "manifest-socket.yaml").read_text(encoding="utf-8"))
    return manifest
