"""Implement `zimerr demo`: run the bot in a sandbox workspace on this machine, in one process, until Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import signal
import tempfile
import time
import webbrowser

import click
import yaml

from bot import log, resources
from bot.app import running
from bot.errors import ZimerrError
from bot.sandbox.demo_content import play_history
from bot.sandbox.http_server import Sandbox
from bot.settings import Settings
from bot.storage.channel_store import ChannelStore, KnownLocale
from bot.storage.database import Database


async def run(port: int, *, open_browser: bool) -> None:
    """Start the workspace on *port*, or on a free port if that one is taken, and the bot in it.

    Raises ZimerrError if the port can't be opened.
    """
    log.configure("warning")
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    try:
        sandbox = await _start_sandbox(port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise ZimerrError(f"The workspace can't be opened on port {port}: {error.strerror}.") from error
        click.echo(f"Port {port} is taken; using another.", err=True)
        sandbox = await _start_sandbox(0)
    try:
        with tempfile.TemporaryDirectory(prefix="zimerr-demo-") as folder:
            settings = Settings(
                _env_file=None,
                slack_bot_token=sandbox.app.bot_token,
                slack_app_token=sandbox.app.app_token,
                slack_api_url=sandbox.api_url,
                zimerr_encryption_keys="",  # a deployed bot's may be in the environment, as the next
                port=None,
                health_port=None,
                otel_exporter_otlp_endpoint="",
                otel_exporter_otlp_traces_endpoint="",
                database_url=f"sqlite:///{folder}/zimerr.db",
            )
            await store_locales(sandbox, settings)
            async with running(settings):
                await play_history(sandbox)
                click.echo(f"The workspace is open at {sandbox.base_url} (Ctrl-C ends it).")
                if open_browser:
                    await asyncio.to_thread(webbrowser.open, sandbox.base_url)
                await stopped.wait()
    finally:
        await sandbox.stop()


async def store_locales(sandbox: Sandbox, settings: Settings) -> None:
    """Store the locales of all channels and people, as if the bot had met them: no answer waits for Slack to tell."""
    workspace, database = sandbox.workspace, Database(settings.database_url)
    await database.open()
    locales = {each.id: each.locale for each in workspace.channels.values()}
    locales |= {each.id: each.locale for each in workspace.users.values()}
    for id_, locale in locales.items():
        await ChannelStore(database).put_locale(workspace.team_id, id_, KnownLocale(locale, time.time()))
    await database.close()


async def _start_sandbox(port: int) -> Sandbox:
    manifest = yaml.safe_load((resources.DEPLOY / "manifest-socket.yaml").read_text(encoding="utf-8"))
    sandbox = Sandbox(manifest, transport="socket", port=port)
    await sandbox.start()
    return sandbox
