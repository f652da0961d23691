"""`zimerr check`: what is wrong with the settings, the tokens, the database and the catalogue, all in one run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import click
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import resources
from bot.catalogue.catalogue import open_catalogue
from bot.errors import CatalogueError, ConfigurationError, ZimerrError
from bot.settings import Settings, load
from bot.slack.workspaces import installations, sign_in, sign_in_socket, slack_client
from bot.storage.database import Database

CheckResult = tuple[bool, str]  # whether it is in order, and what it says


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


def _catalogue(overlay: Path | None) -> Iterator[CheckResult]:
    try:
        yield True, f"catalogue: {len(open_catalogue(overlay))} codes"
    except CatalogueError as error:
        for fault in error.faults:
            yield False, f"catalogue: {fault}"


async def _running_parts(settings: Settings, *, offline: bool) -> AsyncIterator[CheckResult]:
    database = Database(settings.database_url)
    try:
        await database.open()
        yield True, "database: opens"
        if settings.is_for_many:
            async for finding in _installed(settings, database):
                yield finding
    except ZimerrError as error:
        yield False, f"database: {error}"
    finally:
        await database.close()
    if not offline:
        async with aiohttp.ClientSession() as session:
            async for finding in _slack(settings, session):
                yield finding


async def _installed(settings: Settings, database: Database) -> AsyncIterator[CheckResult]:
    """The workspaces where the app is installed, and whether with all that it needs."""
    installed = await installations(settings, database).all()
    yield True, f"installed: in {len(installed)} workspaces or organisations; their tokens can be decrypted"
    for bot in installed:
        if missing := frozenset(resources.scopes()) - set(bot.bot_scopes):
            place = bot.team_name or bot.enterprise_name or bot.team_id
            yield False, f"scopes: {place} has not granted {', '.join(sorted(missing))}; install the app there again"


async def _slack(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[CheckResult]:
    client = slack_client(settings, session, settings.slack_bot_token.get_secret_value() or None)
    try:
        if settings.is_for_many:
            await _try_secret(client, settings)
            yield True, "app: SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together"
        else:
            async for finding in _bot_token(client):
                yield finding
        if settings.transport == "socket":
            await sign_in_socket(client, settings)
            yield True, "app token: opens a socket"
    except ZimerrError as error:
        yield False, f"Slack: {error}"


async def _bot_token(client: AsyncWebClient) -> AsyncIterator[CheckResult]:
    identity = await sign_in(client)
    yield True, f"bot token: belongs to workspace {identity.team}"
    missing = frozenset(resources.scopes()) - identity.scopes
    if missing:
        yield False, f"scopes: add {', '.join(sorted(missing))} (OAuth & Permissions), then reinstall the app"
    else:
        yield True, "scopes: all that are needed"


async def _try_secret(client: AsyncWebClient, settings: Settings) -> None:
    """Raise ZimerrError unless Slack knows the app: then all that it has against a made-up code is the code."""
    secret = settings.slack_client_secret.get_secret_value()
    try:
        await client.oauth_v2_access(client_id=settings.slack_client_id, client_secret=secret, code="made-up")
    except SlackApiError as error:
        reason = error.response.get("error", error.response.status_code)
        if reason != "invalid_code":
            raise ZimerrError(
                f"Slack refuses SLACK_CLIENT_ID with SLACK_CLIENT_SECRET: {reason}. "
                "Copy both from the app's page Basic Information."
            ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ZimerrError(f"Slack can't be reached at {client.base_url}: {error}. Check the network.") from error
