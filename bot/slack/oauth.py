"""How the app comes into a workspace, and what is done when it has lost one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.background import Background
from bot.inbox import Inbox
from bot.policy.language import Languages
from bot.slack.workspaces import TEAM_REMOVED, ManyWorkspaces
from bot.storage.database import Database
from bot.storage.installation_store import Installations, forget_teams

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
_log = log.get(__name__)


class InstallFlow(AsyncOAuthFlow):
    """Bolt's OAuth flow: to Slack's page, and back with a code that is good for a token."""

    def __init__(self, settings: AsyncOAuthSettings, client: AsyncWebClient, workspaces: ManyWorkspaces) -> None:
        super().__init__(settings=settings, client=client)
        self._workspaces = workspaces

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Keep the token; it is used from the next event on."""
        await super().store_installation(request, installation)
        self._workspaces.look_again()
        _log.info("installed", team=installation.team_id, enterprise=installation.enterprise_id)

    def routes(self) -> list[web.RouteDef]:
        """The addresses that a browser visits."""
        return [
            web.get(INSTALL_PATH, _served(self.handle_installation)),
            web.get(REDIRECT_PATH, _served(self.handle_callback)),
        ]


def _served(
    handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await handle(await to_bolt_request(request)))

    return serve


def oauth_settings(
    installations: Installations,
    states: AsyncOAuthStateStore,
    *,
    client_secret: str,
    scopes: Sequence[str],
    authorization_url: str,
) -> AsyncOAuthSettings:
    """What Bolt's flow is to do. Slack knows where to come back to: the app's first redirect URL."""
    return AsyncOAuthSettings(
        client_id=installations.client_id,
        client_secret=client_secret,
        scopes=scopes,
        user_scopes=(),
        install_path=INSTALL_PATH,
        install_page_rendering_enabled=False,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=authorization_url,
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=states,
    )


class Uninstall:
    """Forgets workspaces that the app has lost: the token, what is stored, what waits to be answered."""

    def __init__(
        self,
        workspaces: ManyWorkspaces,
        inbox: Inbox,
        languages: Languages,
        database: Database,
        background: Background,
    ) -> None:
        self._workspaces = workspaces
        self._inbox = inbox
        self._languages = languages
        self._database = database
        self._background = background

    def register(self, app: AsyncApp) -> None:
        """Listen to what Slack says of it."""
        app.event("app_uninstalled")(self.uninstalled)
        app.event("tokens_revoked")(self.revoked)
        app.event("team_access_revoked")(self.removed)

    async def uninstalled(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody has removed the app. Slack may tell it late, after it was installed again."""
        lost = await self._workspaces.leave(context.team_id, context.enterprise_id, before=body["event_time"])
        await self._forget(lost, reason="app_uninstalled")

    async def revoked(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Tokens were taken back, perhaps the bot's."""
        if body["event"]["tokens"].get("bot"):
            await self.uninstalled(body, context)

    async def removed(self, event: dict[str, Any]) -> None:
        """An organisation has taken the app from some of its workspaces."""
        await self._forget(event["team_ids"], reason="team_access_revoked")

    def stop(self, team: str, reason: str) -> None:
        """Slack has refused the workspace's token."""
        self._background.start(self._stop(team, reason))

    async def _stop(self, team: str, reason: str) -> None:
        await self._inbox.forget(team)  # first, for it is on hold there
        lost = [team] if reason == TEAM_REMOVED else await self._workspaces.leave(team, None)
        await self._forget(lost, reason)

    async def _forget(self, teams: Sequence[str], reason: str) -> None:
        for team in teams:
            await self._inbox.forget(team)
            self._languages.forget(team)
        await forget_teams(self._database, teams)
        self._workspaces.look_again()
        _log.info("forgotten", teams=list(teams), reason=reason)
