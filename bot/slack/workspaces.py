"""Find the workspaces that the bot is in: the clients of each, and the bot's identity there.

All clients share one HTTP session. `bot.slack.oauth` adds and removes workspaces.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import GiveUp, RetryLater, StopWorkspace, ZimerrError
from bot.settings import Settings, split_keys
from bot.slack.client import SlackClient, call_api, response_to
from bot.slack.reachability import unreachable
from bot.storage.database import Database
from bot.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from bot.storage.installation_store import Installations

NOT_INSTALLED = "not_installed"  # beside Slack's own reasons to stop a workspace
TEAM_REMOVED = "team_access_not_granted"  # removed by its organization, whose installation remains
# With any other refusal, such as a request from an address that is not allowed, the workspace may come back.
LOST = frozenset({NOT_INSTALLED, TEAM_REMOVED, "token_revoked", "account_inactive"})
_REFRESH_BEFORE_MIN = 120  # before a token expires, as in Bolt
_REFRESH_RETRY_S = 60.0
_REFRESH_WAIT_S, _REFRESH_TIMEOUT_S = 1.0, 30.0
# By Slack's error code (https://docs.slack.dev/reference/methods/auth.test#errors).
_REMEDIES = {
    "account_inactive": "The app was removed or the workspace is closed: install the app again and copy its new token.",
    "token_revoked": "Install the app again (OAuth & Permissions) and copy its new token.",
    "token_expired": (
        "Tokens of this app expire after 12 hours (token rotation). Install it by OAuth (SLACK_CLIENT_ID), so that "
        "zimerr refreshes them, or create the app anew without token rotation."
    ),
    "invalid_auth": (
        "Copy the Bot User OAuth Token from the app's page OAuth & Permissions; if the app allows certain IP addresses "
        "only, add this machine's."
    ),
    "org_login_required": "Slack is moving the workspace to an organization: wait until that is done.",
    "ekm_access_denied": "Administrators have suspended access to the workspace: ask them.",
}
_OTHER_REMEDY = "Copy the Bot User OAuth Token from the app's page OAuth & Permissions; install the app there first."
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The bot in one workspace."""

    client: SlackClient
    authorization: AuthorizeResult


class OneWorkspace:
    """The workspace of SLACK_BOT_TOKEN; it serves every team id that an event names."""

    def __init__(self, client: SlackClient, bot: Bot) -> None:
        self._workspace = _workspace(client, bot)
        self._team = str(bot.team_id)

    async def describe(self) -> str:
        """Return the id of the workspace."""
        return self._team

    async def find(self, team: str | None, enterprise: str | None = None) -> Workspace:
        """Return the one workspace."""
        return self._workspace

    async def get(self, team: str) -> Workspace:
        """Return the one workspace."""
        return self._workspace

    async def have_bot(self, users: Collection[str]) -> bool:
        """Return False: no other workspace has a bot."""
        return False

    async def check(self, team: str) -> None:
        """Raise StopWorkspace if Slack refuses the token, RetryLater if it does not answer."""
        await _test_token(self._workspace.client)


class ManyWorkspaces:
    """Every workspace where the app was installed by OAuth."""

    def __init__(
        self,
        installations: Installations,
        connect: Callable[[str | None], SlackClient],
        *,
        client_secret: str,
        clock: Callable[[], float],
    ) -> None:
        self.installations = installations
        self._connect = connect  # returns the client for a token
        self._rotator = AsyncTokenRotator(
            client_id=installations.client_id, client_secret=client_secret, client=connect(None)
        )
        self._clock = clock
        self._cache: dict[str, tuple[Workspace, float]] = {}  # by team, with the time until which it is valid
        self._refreshing: dict[tuple[str | None, str | None], asyncio.Task[Bot]] = {}  # by enterprise and team

    async def describe(self) -> str:
        """Return the number of installations."""
        return f"{len(await self.installations.all())} installed"

    async def find(self, team: str | None, enterprise: str | None = None) -> Workspace | None:
        """Return the workspace of a team, or None; its token is refreshed before it expires."""
        key = team or enterprise or ""
        found, valid_until = self._cache.get(key, (None, 0.0))
        if found and self._clock() < valid_until:
            return found
        bot = await self.installations.find(team, enterprise)
        if bot is None:
            self._cache.pop(key, None)
            return None
        if team and enterprise:
            await self.installations.learn(team, enterprise)
        bot = await self._refreshed(bot)
        found = _workspace(self._connect(bot.bot_token), bot)
        valid_until = math.inf
        if bot.bot_token_expires_at is not None:
            refresh_at = bot.bot_token_expires_at - 60 * _REFRESH_BEFORE_MIN
            valid_until = max(refresh_at, self._clock() + _REFRESH_RETRY_S)
        self._cache[key] = (found, valid_until)
        return found

    async def get(self, team: str) -> Workspace:
        """Return the workspace of a team; raises StopWorkspace if the app is not installed there."""
        found = await self.find(team)
        if found is None:
            raise StopWorkspace(NOT_INSTALLED)
        return found

    async def have_bot(self, users: Collection[str]) -> bool:
        """Return whether one of *users* is the bot in any of the workspaces."""
        return await self.installations.have_bot(users)

    async def check(self, team: str) -> None:
        """Raise StopWorkspace if Slack refuses the token of a team, RetryLater if it does not answer."""
        self._cache.pop(team, None)  # another process may have stored a newer token
        await _test_token((await self.get(team)).client)

    async def leave(self, team: str | None, enterprise: str | None, *, before: float = math.inf) -> list[str]:
        """Delete the installation that serves a team, if it was made by *before*; return the teams that it served."""
        bot = await self.installations.find(team, enterprise)
        if bot is None:
            return [team] if team else []
        # Slack gives event times in whole seconds. An installation made since is another one.
        if int(bot.installed_at) > before:
            return []
        await self.installations.async_delete_bot(enterprise_id=bot.enterprise_id, team_id=bot.team_id)
        self.clear_cache()
        return [bot.team_id] if bot.team_id else await self.installations.teams_of(bot.enterprise_id or "")

    async def close(self, grace_s: float) -> None:
        """Give refreshes *grace_s* to finish: Slack may have taken a refresh token and not answered yet."""
        if self._refreshing:
            await asyncio.wait(self._refreshing.values(), timeout=grace_s)

    def clear_cache(self) -> None:
        """Forget the cached workspaces, because an installation came or went."""
        self._cache.clear()

    async def _refreshed(self, bot: Bot) -> Bot:
        """Return *bot* with a token that does not expire soon, if it can be refreshed.

        A request waits for it, so that after a second the refresh continues in the background. Until then the old token
        is valid. A refresh token can be used once: only one refresh of a bot runs at a time.
        """
        key = (bot.enterprise_id, bot.team_id)
        if key not in self._refreshing:
            self._refreshing[key] = asyncio.create_task(self._refresh(bot))
            self._refreshing[key].add_done_callback(lambda _: self._refreshing.pop(key))
        task = self._refreshing[key]
        await asyncio.wait([task], timeout=_REFRESH_WAIT_S)
        return task.result() if task.done() else bot

    async def _refresh(self, bot: Bot) -> Bot:
        # Another request may just have refreshed it.
        bot = await self.installations.find(bot.team_id, bot.enterprise_id) or bot
        try:
            async with asyncio.timeout(_REFRESH_TIMEOUT_S):
                refreshed = await self._rotator.perform_bot_token_rotation(
                    bot=bot, minutes_before_expiration=_REFRESH_BEFORE_MIN
                )
        except (SlackTokenRotationError, aiohttp.ClientError, TimeoutError) as error:
            # Perhaps another process was first; the next look into the database will find its token.
            _log.warning("a token can't be refreshed", team=bot.team_id, enterprise=bot.enterprise_id, error=str(error))
            return bot
        if refreshed:
            await self.installations.async_save_bot(refreshed)
        return refreshed or bot


Workspaces = OneWorkspace | ManyWorkspaces


def _workspace(client: SlackClient, bot: Bot) -> Workspace:
    authorization = AuthorizeResult(
        enterprise_id=bot.enterprise_id,
        team_id=bot.team_id,
        bot_token=client.token,
        bot_id=bot.bot_id,
        bot_user_id=bot.bot_user_id,
    )
    return Workspace(client, authorization)


async def _test_token(client: SlackClient) -> None:
    try:
        await call_api(client.api_call("auth.test", json={}))
    except GiveUp as error:  # the call needs no scope and has no arguments, so Slack refuses the token
        raise StopWorkspace(error.reason) from error


def installations(settings: Settings, database: Database) -> Installations:
    """Return the store of the installations of the app SLACK_CLIENT_ID."""
    from bot.storage.installation_store import Installations  # needs 15 MB, and only many workspaces need it

    return Installations(database, settings.slack_client_id, split_keys(settings.zimerr_encryption_keys))


def slack_client(
    settings: Settings, session: aiohttp.ClientSession, token: str | None = None, metrics: Metrics | None = None
) -> SlackClient:
    """Return a client of the Web API."""
    return SlackClient(token, base_url=settings.slack_api_url, session=session, metrics=metrics)


async def sign_in(client: AsyncWebClient, name: str = "SLACK_BOT_TOKEN") -> Bot:
    """Return the bot that the client's token belongs to. Its scopes are empty if Slack does not tell them.

    Raises ZimerrError if Slack refuses the token, which the error calls *name*.
    """
    try:
        answer = await response_to(client.auth_test())
    except (GiveUp, StopWorkspace) as error:
        remedy = _REMEDIES.get(str(error), _OTHER_REMEDY)
        raise ZimerrError(f"Slack refuses {name}: {error}. {remedy}") from error
    except RetryLater as error:
        raise unreachable(client, error) from error
    return Bot(
        team_id=answer["team_id"],
        team_name=answer["team"],
        bot_token=client.token or "",
        bot_id=answer["bot_id"],
        bot_user_id=answer["user_id"],
        bot_scopes=answer.headers.get("x-oauth-scopes", "").replace(" ", ""),
        installed_at=0.0,
    )


async def sign_in_socket(client: AsyncWebClient, settings: Settings) -> None:
    """Check the app-level token; raises ZimerrError if Slack refuses it.

    With a bad token, the socket's client would retry for ever without an error.
    """
    try:
        await call_api(client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value()))
    except (GiveUp, StopWorkspace) as error:
        raise ZimerrError(
            f"Slack refuses SLACK_APP_TOKEN: {error}. Make an app-level token with the scope connections:write on the "
            "app's page Basic Information, and turn Socket Mode on."
        ) from error
    except RetryLater as error:
        raise unreachable(client, error) from error
