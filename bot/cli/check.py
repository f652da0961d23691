"""Implement `zimerr check`: find all faults in settings, tokens, database and catalogue in one run."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import click
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import resources
from bot.catalogue.catalogue import open_catalogue
from bot.errors import CatalogueError, ConfigurationError, ZimerrError
from bot.health import MAX_BACKLOG_S, describe_backlog, reason_of
from bot.inbox.rows import InboxRows
from bot.settings import Settings, unknown_names
from bot.slack.workspaces import installations, sign_in, sign_in_socket, slack_client
from bot.storage.database import UNREACHABLE, Database

CheckResult = tuple[bool, str]  # whether the check passed, and what it found


async def run(overlay: Path | None = None, *, offline: bool) -> int:
    """Print the result of every check; return the exit status, 1 if any failed."""
    results: list[CheckResult] = []
    try:
        results.append((True, f"catalogue: {len(open_catalogue(overlay))} codes"))
    except CatalogueError as error:
        results += [(False, f"catalogue: {fault}") for fault in error.faults]
    try:
        settings = Settings.load()
    except ConfigurationError as error:
        results += [(False, f"settings: {fault}") for fault in error.faults]
    else:
        unknown = "".join(f"; {name} is not a setting" for name in unknown_names())
        results.append((True, f"settings: complete, to connect by {settings.transport}{unknown}"))
        results += [result async for result in _database(settings)]
        if not offline:
            results += [result async for result in _slack(settings)]
    for passed, text in results:
        click.secho(f"{'✓' if passed else '✗'} {text}", fg="green" if passed else "red")
    return 0 if all(passed for passed, _ in results) else 1


async def _database(settings: Settings) -> AsyncIterator[CheckResult]:
    """Open the database; with OAuth, also decrypt the stored tokens and check the scopes of each installation."""
    database = Database(settings.database_url)
    try:
        await database.open()
        await database.check_writable()
        yield True, "database: can be written to"
        now = time.time()
        due_at = await InboxRows(database).oldest_due(before=now - MAX_BACKLOG_S)
        if due_at is not None:
            yield False, f"inbox: {describe_backlog(now - due_at)}; does the bot run? `zimerr inbox list` shows it"
        if settings.is_for_many:
            installed = await installations(settings, database).all()
            yield True, f"installed: in {len(installed)} workspaces or organizations; their tokens can be decrypted"
            for bot in installed:
                if missing := {*resources.scopes(), *settings.more_scopes} - set(bot.bot_scopes):
                    name = bot.team_name or bot.enterprise_name or bot.team_id
                    scopes = ", ".join(sorted(missing))
                    yield False, f"scopes: {name} has not granted {scopes}; install the app there again"
    except ZimerrError as error:
        yield False, f"database: {error}"
    except UNREACHABLE as error:
        yield False, f"database: can't be written to: {reason_of(error)}"
    finally:
        await database.close()


async def _slack(settings: Settings) -> AsyncIterator[CheckResult]:
    """Sign in with the configured tokens, or check the client secret with OAuth."""
    async with aiohttp.ClientSession() as session:
        client = slack_client(settings, session, settings.slack_bot_token.get_secret_value() or None)
        try:
            if settings.is_for_many:
                await _try_client_secret(client, settings)
                yield True, "app: SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together"
            else:
                bot = await sign_in(client)
                yield True, f"bot token: belongs to workspace {bot.team_name}"
                if missing := {*resources.scopes(), *settings.more_scopes} - set(bot.bot_scopes):
                    scopes = ", ".join(sorted(missing))
                    yield False, f"scopes: add {scopes} (OAuth & Permissions), then reinstall the app"
                else:
                    yield True, "scopes: complete"
            if settings.transport == "socket":
                await sign_in_socket(client, settings)
                yield True, "app token: opens a socket"
        except ZimerrError as error:
            yield False, f"Slack: {error}"


async def _try_client_secret(client: AsyncWebClient, settings: Settings) -> None:
    """Exchange a made-up code; raises ZimerrError unless Slack refuses nothing but that code."""
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
