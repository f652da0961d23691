"""`zimerr check`: what is wrong with the settings, the tokens, the database and the catalogue, all in one run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import click
import yaml

from bot import resources
from bot.app import sign_in_socket
from bot.catalogue.catalogue import open_catalogue
from bot.errors import CatalogueError, ConfigurationError, ZimerrError
from bot.settings import Settings, load
from bot.storage.database import Database
from bot.workspaces import sign_in, slack_client

Finding = tuple[bool, str]  # whether it is in order, and what it says


async def run(overlay: Path | None = None, *, offline: bool) -> int:
    """Print every check, good or bad; return the exit status."""
    findings = [*_catalogue(overlay)]
    try:
        settings = load()
    except ConfigurationError as error:
        findings += [(False, f"settings: {fault}") for fault in error.faults]
    else:
        findings.append((True, f"settings: complete, to connect by {settings.transport}"))
        findings += [finding async for finding in _running_parts(settings, offline=offline)]
    for good, text in findings:
        click.secho(f"{'✓' if good else '✗'} {text}", fg="green" if good else "red")
    return 0 if all(good for good, _ in findings) else 1


def _catalogue(overlay: Path | None) -> Iterator[Finding]:
    try:
        yield True, f"catalogue: {len(open_catalogue(overlay))} codes"
    except CatalogueError as error:
        for fault in error.faults:
            yield False, f"catalogue: {fault}"


async def _running_parts(settings: Settings, *, offline: bool) -> AsyncIterator[Finding]:
    database = Database(settings.database_url)
    try:
        await database.open()
        yield True, "database: opens"
    except ZimerrError as error:
        yield False, f"database: {error}"
    finally:
        await database.close()
    if not offline:
        async with aiohttp.ClientSession() as session:
            async for finding in _slack(settings, session):
                yield finding


async def _slack(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    client = slack_client(settings, session, settings.slack_bot_token.get_secret_value())
    try:
        identity = await sign_in(client)
        yield True, f"bot token: belongs to workspace {identity.team}"
        missing = wanted_scopes() - identity.scopes
        if missing:
            yield False, f"scopes: add {', '.join(sorted(missing))} (OAuth & Permissions), then reinstall the app"
        else:
            yield True, "scopes: all that are needed"
        if settings.transport == "socket":
            await sign_in_socket(client, settings)
            yield True, "app token: opens a socket"
    except ZimerrError as error:
        yield False, f"Slack: {error}"


def wanted_scopes() -> frozenset[str]:
    """The bot's scopes, from the manifest that admins install."""
    manifest = yaml.safe_load((resources.deploy() / "manifest-socket.yaml").read_text(encoding="utf-8"))
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])
