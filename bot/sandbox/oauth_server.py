"""Install the app with OAuth: serve the consent page, and issue, refresh and revoke tokens."""

from __future__ import annotations

import html
import math
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.event_stream import EventStream
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import SandboxWorkspace, SlackError

_PAGE = """<!doctype html><meta charset="utf-8"><title>{app}</title><h1>{app} asks for access</h1>
<p>It would be allowed to: {scopes}</p><form method="post">{buttons}</form>"""
_BUTTON = '<p><button name="target" value="{id}">Allow in {name}</button></p>'


@dataclass(frozen=True, slots=True)
class _Grant:
    """The installation that a code or a refresh token represents."""

    target: str  # the id of a team or of an organization
    redirect_uri: str = ""


class OAuthServer:
    """Issues the bot tokens of all workspaces of the sandbox."""

    def __init__(
        self, app: Installation, events: dict[str, EventStream], workspaces: dict[str, SandboxWorkspace]
    ) -> None:
        self._app = app
        self._events = events
        self._workspaces = workspaces
        self._codes: dict[str, _Grant] = {}
        self.refresh_tokens: dict[str, _Grant] = {}
        self._revoked: set[str] = set()
        self.clock: Callable[[], float] = time.time
        self.lifetime_s: int | None = None  # of tokens; with None, they do not expire and have no refresh token

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the consent page."""
        return [web.get("/oauth/v2/authorize", self._show_consent), web.post("/oauth/v2/authorize", self._allow)]

    async def _show_consent(self, request: web.Request) -> web.Response:
        self._checked_redirect_uri(request)
        names = {id_: workspace.name for id_, workspace in self._workspaces.items()}
        names |= {each: f"all of {each}" for each in sorted({w.enterprise_id or "" for w in self._workspaces.values()})}
        shown = {
            "app": html.escape(self._app.name),
            "scopes": html.escape(request.query.get("scope", "")),
            "buttons": "".join(_BUTTON.format(id=id_, name=html.escape(name)) for id_, name in names.items() if id_),
        }
        return web.Response(text=_PAGE.format(**shown), content_type="text/html")

    async def _allow(self, request: web.Request) -> web.Response:
        """Redirect the browser to the app with a code."""
        redirect_uri = self._checked_redirect_uri(request)
        code = secrets.token_hex(16)
        target = str((await request.post()).get("target", ""))
        if not any(self._workspaces_of(target)):
            raise web.HTTPBadRequest(text="no such workspace")
        self._codes[code] = _Grant(target, request.query.get("redirect_uri", ""))
        back = urlencode({"code": code, "state": request.query.get("state", "")})
        raise web.HTTPFound(f"{redirect_uri}?{back}")

    def _checked_redirect_uri(self, request: web.Request) -> str:
        """Return the redirect URI of a valid request; otherwise answer 400."""
        query = request.query
        redirect_uri = query.get("redirect_uri") or next(iter(self._app.redirect_urls), "")
        if query.get("client_id") != self._app.client_id:
            raise web.HTTPBadRequest(text="invalid client_id")
        if redirect_uri not in self._app.redirect_urls:
            raise web.HTTPBadRequest(text="bad_redirect_uri")
        if unknown := set(query.get("scope", "").split(",")) - set(self._app.scopes):
            raise web.HTTPBadRequest(text=f"invalid_scope: {sorted(unknown)}")
        return redirect_uri

    def access(self, arguments: Json) -> Json:
        """Exchange a code or a refresh token for a token (oauth.v2.access)."""
        if arguments.get("client_id") != self._app.client_id:
            raise SlackError("invalid_client_id")
        if arguments.get("client_secret") != self._app.client_secret:
            raise SlackError("bad_client_secret")
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
        return self._issue_token(grant)

    def _issue_token(self, grant: _Grant) -> Json:
        """Store a new token in the workspaces of a grant and return the answer of oauth.v2.access."""
        workspaces = list(self._workspaces_of(grant.target))
        first, is_org = workspaces[0], workspaces[0].team_id != grant.target
        rotates = self.lifetime_s is not None
        token = f"{'xoxe.xoxb-1' if rotates else 'xoxb'}-{secrets.token_hex(24)}"
        for workspace in workspaces:
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

    def uninstall(self, target: str) -> None:
        """Uninstall the app from a workspace or an organization, and send the events of that."""
        self.revoke(target)
        first = next(self._workspaces_of(target))
        events = self._events[first.team_id]
        events.send("tokens_revoked", tokens={"oauth": [], "bot": [first.bot_user]})
        events.send("app_uninstalled")

    def revoke(self, target: str) -> None:
        """Revoke the tokens of a workspace or an organization without sending an event."""
        for workspace in self._workspaces_of(target):
            self._revoked |= workspace.tokens.keys()
            workspace.tokens.clear()

    def remove_team(self, team_id: str) -> None:
        """Remove a workspace from an organization's installation, and send the event of that."""
        self.revoke(team_id)
        self._events[team_id].send("team_access_revoked", team_ids=[team_id])

    def workspaces_for(self, token: str) -> list[SandboxWorkspace]:
        """Return the workspaces of a token; raise `token_revoked`, `invalid_auth` or `token_expired`."""
        found = [workspace for workspace in self._workspaces.values() if token in workspace.tokens]
        if not found:
            raise SlackError("token_revoked" if token in self._revoked else "invalid_auth")
        if found[0].tokens[token] < self.clock():
            raise SlackError("token_expired")
        return found

    def _workspaces_of(self, target: str) -> Iterator[SandboxWorkspace]:
        for workspace in self._workspaces.values():
            if target and target in (workspace.team_id, workspace.enterprise_id):
                yield workspace
