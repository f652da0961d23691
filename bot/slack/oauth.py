"""Install the app in workspaces by OAuth, and forget the workspaces that it has lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urljoin

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot import resources
from bot.settings import Settings, split_keys
from bot.slack.services import Services
from bot.slack.workspaces import TEAM_REMOVED, ManyWorkspaces
from bot.storage.database import Database
from bot.storage.stored_data import forget_workspace
from bot.storage.tables import inbox, slack_bots

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
_MAX_EXCHANGES = 4  # of codes for tokens, at once
_WARNING_INTERVAL_S = 60.0
_STATE_LIFE_S = 600  # time to press Allow on Slack's page
_PURPOSE = b"installation"  # of a state, so that nothing else encrypted with the same keys is one
_log = structlog.stdlib.get_logger(__name__)


class InstallStates(AsyncOAuthStateStore):
    """The states that tie Slack's redirect to the browser that started the installation.

    A state is an encrypted time that the browser brings back in its cookie, so nothing is stored: anyone can start an
    installation. Bolt compares it with the cookie and removes the cookie; Slack accepts each code once.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._keys = MultiFernet([Fernet(key) for key in split_keys(settings.zimerr_encryption_keys)])
        self._clock = clock

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Return a new state."""
        return self._keys.encrypt_at_time(_PURPOSE, int(self._clock())).decode()

    async def async_consume(self, state: str) -> bool:
        """Return whether *state* was issued in the last ten minutes."""
        try:
            return self._keys.decrypt_at_time(state, _STATE_LIFE_S, int(self._clock())) == _PURPOSE
        except (InvalidToken, ValueError):  # ValueError: not ASCII
            return False


class OncePerMinute(logging.Filter):
    """Passes one record a minute: anyone can cause the warnings of Bolt's flow."""

    _next_at = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log *record*."""
        now = time.monotonic()
        if now < self._next_at:
            return False
        self._next_at = now + _WARNING_INTERVAL_S
        return True


class InstallFlow(AsyncOAuthFlow):
    """Bolt's OAuth flow: to Slack's page, and back with a code that is exchanged for a token.

    It names no redirect URL: Slack uses the first one of the app.
    """

    def __init__(
        self,
        settings: Settings,
        workspaces: ManyWorkspaces,
        client: AsyncWebClient,
        clock: Callable[[], float],
    ) -> None:
        oauth_settings = AsyncOAuthSettings(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
            scopes=(*resources.scopes(), *settings.more_scopes),
            user_scopes=(),
            install_path=INSTALL_PATH,
            install_page_rendering_enabled=False,
            redirect_uri_path=REDIRECT_PATH,
            authorization_url=urljoin(settings.slack_api_url, "/oauth/v2/authorize"),
            installation_store=workspaces.installations,
            installation_store_bot_only=True,
            state_store=InstallStates(settings, clock),
            state_expiration_seconds=_STATE_LIFE_S,
        )
        logger = logging.getLogger(f"{__name__}.flow")
        logger.filters = [OncePerMinute()]
        super().__init__(settings=oauth_settings, client=client, logger=logger)
        self._workspaces = workspaces
        self._exchanges = asyncio.Semaphore(_MAX_EXCHANGES)

    async def handle_callback(self, request: AsyncBoltRequest) -> BoltResponse:
        """Exchange the code for a token, a few at once: each is a call to Slack that anyone can cause."""
        if self._exchanges.locked():
            return BoltResponse(status=503, body="Other installations are in progress. Go back and try again.")
        async with self._exchanges:
            return await super().handle_callback(request)

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Store the token; it is used from the next event on."""
        await super().store_installation(request, installation)
        self._workspaces.clear_cache()
        _log.info("installed", team=installation.team_id, enterprise=installation.enterprise_id)


class Uninstall:
    """Forgets workspaces that the app has lost: the token, the stored data, the jobs."""

    def __init__(self, services: Services, workspaces: ManyWorkspaces, database: Database) -> None:
        self._services = services
        self._workspaces = workspaces
        self._database = database

    def register(self, app: AsyncApp) -> None:
        """Listen to the events about lost workspaces."""
        app.event("app_uninstalled")(self.uninstalled)
        app.event("tokens_revoked")(self.revoked)
        app.event("team_access_revoked")(self.removed)

    async def uninstalled(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Forget a workspace that removed the app. The event may come late, after the app was installed again."""
        lost = await self._workspaces.leave(context.team_id, context.enterprise_id, before=body["event_time"])
        await self._forget(lost, reason="app_uninstalled")

    async def revoked(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Forget a workspace that revoked the bot's token; the tokens of users are not ours."""
        if body["event"]["tokens"].get("bot"):
            await self.uninstalled(body, context)

    async def removed(self, event: dict[str, Any]) -> None:
        """Forget the workspaces from which their organization removed the app."""
        await self._forget(event["team_ids"], reason="team_access_revoked")

    def stop(self, team: str, reason: str) -> None:
        """Forget a workspace that has removed the app, by Slack's answer to a call."""
        self._services.background.start(self._stop(team, reason))

    async def _stop(self, team: str, reason: str) -> None:
        await self._services.inbox.forget(team)  # first, because the inbox has stopped working on its jobs
        lost = [team] if reason == TEAM_REMOVED else await self._workspaces.leave(team, None)
        await self._forget(lost, reason)

    async def _forget(self, teams: Sequence[str], reason: str) -> None:
        for team in teams:
            await self._services.inbox.forget(team)
            self._services.languages.forget(team)
            # The workspace may have installed the app again meanwhile.
            await forget_workspace(self._database, team, keeping=(inbox, slack_bots))
        self._workspaces.clear_cache()
        _log.info("forgotten", teams=list(teams), reason=reason)
