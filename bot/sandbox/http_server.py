"""Run the sandbox: one HTTP server that provides Slack's API to the app and a page to people."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Self

from aiohttp import web

from bot.sandbox import app_methods, conversation_methods, message_methods
from bot.sandbox.delivery import Delivery, DeliveryAnswer, Envelope, HttpDelivery, SocketDelivery
from bot.sandbox.event_stream import EventStream
from bot.sandbox.faults import Faults
from bot.sandbox.manifest import Installation
from bot.sandbox.model import ActionRefused, Change, ChangeKind, SandboxWorkspace
from bot.sandbox.oauth_server import OAuthServer
from bot.sandbox.page_server import PageServer
from bot.sandbox.team import Team
from bot.sandbox.web_api import Call, MethodContext, WebApi

_MAX_BODY_BYTES = 64 * 2**20
METHODS = app_methods.METHODS | conversation_methods.METHODS | message_methods.METHODS
# Slack retries an event at once, after one minute and after five minutes.
RETRY_DELAYS_S = (0.0, 60.0, 300.0)


class Sandbox(Team):
    """The first workspace, with the app installed, and the server of all workspaces; use it with ``async with``."""

    def __init__(
        self,
        manifest: Mapping[str, Any],
        *,
        transport: Literal["socket", "http"],
        port: int = 0,
        host: str = "127.0.0.1",
        bot_token: str | None = None,
        app_token: str | None = None,
        signing_secret: str | None = None,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        ack_timeout_s: float = 3.0,
        seed: Literal["demo", "empty"] = "demo",
    ) -> None:
        self.app = Installation.from_manifest(
            manifest, bot_token=bot_token, app_token=app_token, signing_secret=signing_secret
        )
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self.faults = Faults()
        workspace = SandboxWorkspace()
        workspace.tokens[self.app.bot_token] = math.inf
        delivery_class = SocketDelivery if transport == "socket" else HttpDelivery
        self.delivery: Delivery = delivery_class(
            workspace, self.app, retry_delays_s=retry_delays_s, ack_timeout_s=ack_timeout_s
        )
        self._calls: list[Call] = []
        self._workspaces: dict[str, SandboxWorkspace] = {}
        self._events: dict[str, EventStream] = {}
        self.oauth = OAuthServer(self.app, self._events, self._workspaces)
        self._web_api = WebApi(METHODS, self.app, self.oauth, self.faults, self._calls)
        self._teams: dict[str, Team] = {}
        super().__init__(workspace, self.app, self.delivery, **self._shared(), seed=seed)
        self._register(self)
        self._page = PageServer(self)
        workspace.subscribe(self._share_progress)

    def add_workspace(
        self, team_id: str, name: str, *, enterprise_id: str | None = None, seed: Literal["demo", "empty"] = "demo"
    ) -> Team:
        """Add a workspace in which the app is not installed; its channels have the same ids as those of the first."""
        workspace = SandboxWorkspace(team_id=team_id, name=name, enterprise_id=enterprise_id)
        team = Team(workspace, self.app, self.delivery, **self._shared(), seed=seed)
        self._register(team)
        return team

    def team(self, team_id: str) -> Team:
        """Return one of the workspaces."""
        return self._teams[team_id]

    def _shared(self) -> dict[str, Any]:
        return {"base_url": lambda: self.base_url, "faults": self.faults, "calls": self._calls}

    def _register(self, team: Team) -> None:
        id_ = team.workspace.team_id
        self._teams[id_], self._workspaces[id_], self._events[id_] = team, team.workspace, team.events

        def new_socket_url() -> str:
            return self._socket_delivery().new_url(self.base_url)

        context = MethodContext(
            team.workspace, self.app, team.views, team.files, team.functions, new_socket_url, self.oauth
        )
        self._web_api.contexts.append(context)

    def _share_progress(self, change: Change) -> None:
        """Wake `Team.until` in the other workspaces. The Web API and delivery report progress in the first one only."""
        if change.kind is ChangeKind.PROGRESS:
            for team in self._teams.values():
                if team is not self:
                    team.workspace.notify(ChangeKind.PROGRESS)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start to listen; port 0 selects a free port. Raise `OSError` if the port is taken."""
        server = web.Application(client_max_size=_MAX_BODY_BYTES)
        server.add_routes(self._routes())
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Release delayed answers, close all connections and stop listening."""
        self.faults.clear()
        await self.delivery.close()
        await self._page.close()
        if self._runner:
            await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        def in_team(serve: Callable[[Team, web.Request], Awaitable[web.Response]]) -> Any:
            """Return a handler that passes a request to the team in its path."""

            async def handler(request: web.Request) -> web.Response:
                team = self._teams.get(request.match_info["team"])
                if team is None:
                    raise web.HTTPNotFound
                return await serve(team, request)

            return handler

        download = in_team(lambda team, request: team.files.download(request))
        routes = [
            web.route("*", "/api/{method}", self._web_api.serve),
            web.post("/response/{team}/{key}", in_team(lambda team, request: team.response_urls.serve(request))),
            web.post("/upload/v1/{team}/{file_id}", in_team(lambda team, request: team.files.receive(request))),
            web.get("/files-pri/{team}-{file}/{name}", download),
            web.get("/files-pri/{team}-{file}/download/{name}", download),
        ]
        if isinstance(self.delivery, SocketDelivery):
            routes.append(web.get("/link/", self.delivery.serve))
        return routes + self.oauth.routes() + self._page.routes()

    @property
    def base_url(self) -> str:
        """Return the URL of the sandbox without a trailing slash; people open it in a browser."""
        return f"http://{self._host}:{self._port}"

    @property
    def api_url(self) -> str:
        """Return the base URL for Slack clients."""
        return f"{self.base_url}/api/"

    def connect_app(self, request_url: str) -> None:
        """Deliver to this request URL from now on (transport "http")."""
        self._http_delivery().connect(request_url)

    async def refresh_socket(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect (transport "socket")."""
        await self._socket_delivery().ask_to_reconnect(reason)

    async def drop_socket(self) -> None:
        """Break the app's connections without a close frame (transport "socket")."""
        self._socket_delivery().cut()

    @property
    def connections(self) -> int:
        """Return the number of Socket Mode connections that receive envelopes."""
        return self._socket_delivery().connections

    async def redeliver(self, event_id: str) -> DeliveryAnswer:
        """Send an earlier event once more."""
        return await self.delivery.redeliver(event_id)

    def calls(self, method: str | None = None) -> list[Call]:
        """Return the app's calls of the Web API and of response URLs (``response_url``)."""
        return [call for call in self._calls if method in (None, call.method)]

    def deliveries(self, event_type: str | None = None) -> list[Envelope]:
        """Return the envelopes sent to the app; *event_type* selects events such as ``message``."""
        return [each for each in self.delivery.sent if event_type in (None, each.body.get("event", {}).get("type"))]

    def _socket_delivery(self) -> SocketDelivery:
        if not isinstance(self.delivery, SocketDelivery):
            raise ActionRefused("This sandbox delivers over HTTP.")
        return self.delivery

    def _http_delivery(self) -> HttpDelivery:
        if not isinstance(self.delivery, HttpDelivery):
            raise ActionRefused("This sandbox delivers over Socket Mode.")
        return self.delivery
