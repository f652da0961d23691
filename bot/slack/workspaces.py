"""The workspaces that the bot is in: for each, its clients of Slack's Web API and who it is there.

All clients share one HTTP session. How the app comes into a workspace, and out, is `bot.slack.oauth`'s.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.errors import StopWorkspace, ZimerrError
from bot.settings import Settings, split_keys
from bot.slack.client import SlackClient
from bot.storage.database import Database
from bot.storage.installation_store import Installations

NOT_INSTALLED = "not_installed"  # beside Slack's own reasons to stop a workspace
TEAM_REMOVED = "team_access_not_granted"  # by its organisation, whose installation goes on
# Where a call is refused for another reason, such as an address that is not allowed, nothing is lost yet.
_GONE = frozenset({NOT_INSTALLED, TEAM_REMOVED, "token_revoked", "account_inactive"})
_REFRESH_MIN = 120  # before a token ends, as Bolt does
_LOOK_AGAIN_S = 60.0  # where that failed
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The bot in one workspace."""

    client: AsyncWebClient  # waits where Slack says so (429), and repeats nothing else
    posting: AsyncWebClient  # repeats nothing: the inbox does, after it has asked what came of the call before
    authorization: AuthorizeResult


class Workspaces(ABC):
    """Gives the bot's workspaces by team."""

    @abstractmethod
    async def find(self, team: str | None, enterprise: str | None = None) -> Workspace | None:
        """The workspace of a team, or None where the app is not installed."""

    @abstractmethod
    async def is_lost(self, team: str, reason: str) -> bool:
        """Whether the app has lost a workspace for good; *reason* is why Slack just refused, in its words."""

    async def get(self, team: str) -> Workspace:
        """The workspace of a team; raises StopWorkspace where the app is not installed."""
        found = await self.find(team)
        if found is None:
            raise StopWorkspace(NOT_INSTALLED)
        return found


class OneWorkspace(Workspaces):
    """The workspace of SLACK_BOT_TOKEN; the bot knows no other, whatever team an event names."""

    def __init__(self, client: SlackClient, identity: Identity) -> None:
        authorization = AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_token=client.token,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
        )
        self._workspace = Workspace(client, client.like(client.token, retry_handlers=[]), authorization)

    async def find(self, team: str | None, enterprise: str | None = None) -> Workspace | None:
        """The one workspace."""
        return self._workspace

    async def is_lost(self, team: str, reason: str) -> bool:
        """It is: another token takes a restart."""
        return True


class ManyWorkspaces(Workspaces):
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
        self._connect = connect  # gives the client for a token
        self._rotator = AsyncTokenRotator(
            client_id=installations.client_id, client_secret=client_secret, client=connect(None)
        )
        self._clock = clock
        self._known: dict[str, tuple[Workspace, float]] = {}  # by team, with when to look again
        self._turn = asyncio.Lock()  # a refresh token is good once

    async def find(self, team: str | None, enterprise: str | None = None) -> Workspace | None:
        """The workspace of a team; its token is refreshed before it ends."""
        key = team or enterprise or ""
        found, look_again_at = self._known.get(key, (None, 0.0))
        if found and self._clock() < look_again_at:
            return found
        async with self._turn:
            bot = await self.installations.find(team, enterprise)
            if bot is None:
                self._known.pop(key, None)
                return None
            if team and enterprise:
                await self.installations.learn(team, enterprise)
            bot = await self._refreshed(bot)
        found = self._workspace(bot)
        self._known[key] = (found, self._good_until(bot))
        return found

    async def is_lost(self, team: str, reason: str) -> bool:
        """Whether the token that Slack refused is still the one in the database: another process may know a newer."""
        if reason not in _GONE:
            return False
        refused, _ = self._known.pop(team, (None, 0.0))
        found = await self.find(team)
        return found is None or (refused is not None and found.client.token == refused.client.token)

    async def leave(self, team: str | None, enterprise: str | None, *, before: float = math.inf) -> list[str]:
        """Delete the installation that serves a team, if it is from *before* a time; return the teams it served."""
        bot = await self.installations.find(team, enterprise)
        if bot is None:
            return [team] if team else []
        # Slack's times of events are whole seconds. What was installed since is another installation.
        if int(bot.installed_at) > before:
            return []
        await self.installations.async_delete_bot(enterprise_id=bot.enterprise_id, team_id=bot.team_id)
        self.look_again()
        return [bot.team_id] if bot.team_id else await self.installations.teams_of(bot.enterprise_id or "")

    def look_again(self) -> None:
        """Forget what is known, because an installation came or went."""
        self._known.clear()

    async def _refreshed(self, bot: Bot) -> Bot:
        """*bot* with a token that is good for a while."""
        try:
            refreshed = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=_REFRESH_MIN)
        except (SlackTokenRotationError, aiohttp.ClientError, TimeoutError) as error:
            # Perhaps another process was first; then the next look finds what it got.
            _log.warning("a token can't be refreshed", team=bot.team_id, enterprise=bot.enterprise_id, error=str(error))
            return bot
        if refreshed:
            await self.installations.async_save_bot(refreshed)
        return refreshed or bot

    def _good_until(self, bot: Bot) -> float:
        if bot.bot_token_expires_at is None:
            return math.inf
        return max(bot.bot_token_expires_at - 60 * _REFRESH_MIN, self._clock() + _LOOK_AGAIN_S)

    def _workspace(self, bot: Bot) -> Workspace:
        client = self._connect(bot.bot_token)
        authorization = AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id,
            bot_token=bot.bot_token,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
        )
        return Workspace(client, client.like(client.token, retry_handlers=[]), authorization)


def installations(settings: Settings, database: Database) -> Installations:
    """Where the app of SLACK_CLIENT_ID is installed."""
    return Installations(database, settings.slack_client_id, split_keys(settings.zimerr_encryption_keys))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace, and what it may do there."""

    team_id: str
    team: str
    bot_id: str
    bot_user_id: str
    scopes: frozenset[str]


def slack_client(settings: Settings, session: aiohttp.ClientSession, token: str | None = None) -> SlackClient:
    """The client for all calls of Slack's Web API. It waits where Slack says so (429), and repeats nothing else."""
    return SlackClient(
        token,
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=5)],
    )


async def sign_in(client: AsyncWebClient) -> Identity:
    """Ask Slack who the bot's token belongs to; raises ZimerrError where it is no good."""
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        raise ZimerrError(
            f"Slack refuses SLACK_BOT_TOKEN: {error.response.get('error', error.response.status_code)}. "
            "Copy the Bot User OAuth Token from the app's page OAuth & Permissions; install the app there first."
        ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ZimerrError(f"Slack can't be reached at {client.base_url}: {error}. Check the network.") from error
    return Identity(
        team_id=answer["team_id"],
        team=answer["team"],
        bot_id=answer["bot_id"],
        bot_user_id=answer["user_id"],
        scopes=frozenset(answer.headers.get("x-oauth-scopes", "").replace(" ", "").split(",")) - {""},
    )
