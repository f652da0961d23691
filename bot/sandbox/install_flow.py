"""Installing the app: Slack's page with the button Allow, codes for tokens, refreshing and revoking them."""

from __future__ import annotations

import html
import math
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.api_error import SlackError
from bot.sandbox.event_stream import Events
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import SandboxWorkspace

_PAGE = """<!doctype html><meta charset="utf-8"><title>{app}</title><h1>{app} asks for access</h1>
<p>It would be allowed to: {scopes}</p><form method="post">{buttons}</form>"""
_BUTTON = '<p><button name="target" value="{id}">Allow in {name}</button></p>'


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a code or a refresh token is good for."""

    target: str  # a team, or an organisation
    redirect_uri: str = ""


class OAuth:
    """Hands out the bot's tokens for all workspaces of the sandbox."""

    def __init__(self, app: Installation, events: dict[str, Events], workspaces: dict[str, SandboxWorkspace]) -> None:
        self._app = app
        self._events = events
        self._workspaces = workspaces
        self._codes: dict[str, _Grant] = {}
        self.refresh_tokens: dict[str, _Grant] = {}
        self._revoked: set[str] = set()
        self.clock: Callable[[], float] = time.time
        self.lifetime_s: int | None = None  # of tokens; None: they never end, and can't be refreshed

    def routes(self) -> list[web.RouteDef]:
        """The address that the app sends people to."""
        return [web.get("/oauth/v2/authorize", self._ask), web.post("/oauth/v2/authorize", self._allow)]

    async def _ask(self, request: web.Request) -> web.Response:
        self._check(request)
        names = {id_: workspace.name for id_, workspace in self._workspaces.items()}
        names |= {each: f"all of {each}" for each in sorted({w.enterprise_id or "" for w in self._workspaces.values()})}
        shown = {
            "app": html.escape(self._app.name),
            "scopes": html.escape(request.query.get("scope", "")),
            "buttons": "".join(_BUTTON.format(id=id_, name=html.escape(name)) for id_, name in names.items() if id_),
        }
        return web.Response(text=_PAGE.format(**shown), content_type="text/html")

    async def _allow(self, request: web.Request) -> web.Response:
        """Send the browser back with a code."""
        redirect_uri = self._check(request)
        code = secrets.token_hex(16)
        target = str((await request.post()).get("target", ""))
        if not any(self._served(target)):
            raise web.HTTPBadRequest(text="no such workspace")
        self._codes[code] = _Grant(target, request.query.get("redirect_uri", ""))
        back = urlencode({"code": code, "state": request.query.get("state", "")})
        raise web.HTTPFound(f"{redirect_uri}?{back}")

    def _check(self, request: web.Request) -> str:
        asked = request.query
        redirect_uri = asked.get("redirect_uri") or next(iter(self._app.redirect_urls), "")
        if asked.get("client_id") != self._app.client_id:
            raise web.HTTPBadRequest(text="invalid client_id")
        if redirect_uri not in self._app.redirect_urls:
            raise web.HTTPBadRequest(text="bad_redirect_uri")
        if unknown := set(asked.get("scope", "").split(",")) - set(self._app.scopes):
            raise web.HTTPBadRequest(text=f"invalid_scope: {sorted(unknown)}")
        return redirect_uri

    def access(self, arguments: Json) -> Json:
        """Trade a code, or a refresh token, for a token (oauth.v2.access)."""
        self.must_be_app(arguments)
        if arguments.get("grant_type") == "refresh_token":
            grant = self.refresh_tokens.pop(str(arguments.get("refresh_token")), None)
            if grant is None:
                raise SlackError("invalid_refresh_token")
        else:
            grant = self._codes.pop(str(arguments.get("code")), None)
            if grant is None:
                raise SlackError("invalid_code")
            if str(arguments.get("redirect_uri") or "") != grant.redirect_uri:
                raise SlackError("bad_redirect_uri")
        return self._granted(grant)

    def _granted(self, grant: _Grant) -> Json:
        served = list(self._served(grant.target))
        first, is_org = served[0], served[0].team_id != grant.target
        rotates = self.lifetime_s is not None
        token = f"{'xoxe.xoxb-1' if rotates else 'xoxb'}-{secrets.token_hex(24)}"
        for workspace in served:
            workspace.tokens[token] = self.clock() + self.lifetime_s if self.lifetime_s else math.inf
            workspace.is_org_install = is_org
        answer: Json = {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(self._app.scopes),
            "bot_user_id": first.bot_user,
            "app_id": APP_ID,
            "team": None if is_org else {"id": first.team_id, "name": first.name},
            "enterprise": {"id": first.enterprise_id, "name": first.enterprise_id} if first.enterprise_id else None,
            "is_enterprise_install": is_org,
            "authed_user": {"id": "U0ANN"},
        }
        if rotates:
            refresh_token = f"xoxe-1-{secrets.token_hex(24)}"
            self.refresh_tokens[refresh_token] = _Grant(grant.target)
            answer |= {"expires_in": self.lifetime_s, "refresh_token": refresh_token}
        return answer

    def must_be_app(self, arguments: Json) -> None:
        """Refuse who does not know the app's secret."""
        if arguments.get("client_id") != self._app.client_id:
            raise SlackError("invalid_client_id")
        if arguments.get("client_secret") != self._app.client_secret:
            raise SlackError("bad_client_secret")

    def uninstall(self, target: str) -> None:
        """Remove the app from a workspace or an organisation; it is told."""
        self.revoke(target)
        first = next(self._served(target))
        events = self._events[first.team_id]
        events.tell("tokens_revoked", tokens={"oauth": [], "bot": [first.bot_user]})
        events.tell("app_uninstalled")

    def revoke(self, target: str) -> None:
        """Take the bot's tokens back without a word."""
        for workspace in self._served(target):
            self._revoked |= workspace.tokens.keys()
            workspace.tokens.clear()

    def remove_team(self, team_id: str) -> None:
        """Take a workspace from an organisation's installation; the app is told."""
        self.revoke(team_id)
        self._events[team_id].tell("team_access_revoked", team_ids=[team_id])

    def places_of(self, token: str) -> list[SandboxWorkspace]:
        """Where a token is good; else the error that says why not."""
        found = [workspace for workspace in self._workspaces.values() if token in workspace.tokens]
        if not found:
            raise SlackError("token_revoked" if token in self._revoked else "invalid_auth")
        if found[0].tokens[token] < self.clock():
            raise SlackError("token_expired")
        return found

    def _served(self, target: str) -> Iterator[SandboxWorkspace]:
        for workspace in self._workspaces.values():
            if target and target in (workspace.team_id, workspace.enterprise_id):
                yield workspace
