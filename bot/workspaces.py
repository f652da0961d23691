"""The workspaces that the bot is in: for each, its clients of Slack's Web API and who it is there.

All clients share one HTTP session.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ZimerrError
from bot.inbox import StopWorkspace
from bot.settings import Settings
from bot.slack_client import SlackClient

NOT_INSTALLED = "not_installed"  # beside Slack's own reasons to stop a workspace


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
        self._workspace = Workspace(client, posting_client(client), authorization)

    async def find(self, team: str | None, enterprise: str | None = None) -> Workspace | None:
        """The one workspace."""
        return self._workspace

    async def is_lost(self, team: str, reason: str) -> bool:
        """It is: another token takes a restart."""
        return True


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


def posting_client(client: SlackClient) -> SlackClient:
    """A client as *client* that repeats nothing."""
    return SlackClient(client.token, base_url=client.base_url, session=client.own_session, retry_handlers=[])


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
