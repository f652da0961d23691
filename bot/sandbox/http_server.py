"""The sandbox put together: one server on this machine that is Slack to the app and a page to people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from aiohttp import web

import bot.sandbox.methods  # noqa: F401  registers the methods
from bot.sandbox.api_error import ActRefused
from bot.sandbox.delivery import Delivery, DeliveryAnswer, Parcel
from bot.sandbox.event_stream import Events
from bot.sandbox.faults import Faults, PostingRate
from bot.sandbox.http_mode import HttpDelivery
from bot.sandbox.install_flow import OAuth
from bot.sandbox.manifest import Installation
from bot.sandbox.model import Change, SandboxWorkspace, What
from bot.sandbox.page import Page
from bot.sandbox.socket_mode import SocketDelivery
from bot.sandbox.team import Team
from bot.sandbox.web_api import Api, Call, WebApi

_MAX_BODY = 64 * 2**20
# Slack tries an event again at once, after a minute and after five.
RETRY_DELAYS_S = (0.0, 60.0, 300.0)


class Sandbox(Team):
    """A workspace with one app installed, and room for more workspaces. Use it with ``async with``."""

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
        self.app = Installation.of(manifest, bot_token=bot_token, app_token=app_token, signing_secret=signing_secret)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self.faults = Faults()
        workspace = SandboxWorkspace()
        workspace.tokens[self.app.bot_token] = math.inf
        chosen = SocketDelivery if transport == "socket" else HttpDelivery
        self.delivery: Delivery = chosen(
            workspace, self.app, retry_delays_s=retry_delays_s, ack_timeout_s=ack_timeout_s
        )
        self._calls: list[Call] = []
        self._workspaces: dict[str, SandboxWorkspace] = {}
        self._events: dict[str, Events] = {}
        self.oauth = OAuth(self.app, self._events, self._workspaces)
        self._web_api = WebApi(self.app, self.oauth, self.faults, self._calls)
        self._teams: dict[str, Team] = {}
        super().__init__(workspace, self.app, self.delivery, **self._shared(), seed=seed)
        self._join(self)
        self._page = Page(self, self.app)
        workspace.subscribe(self._pass_on)

    def add_workspace(
        self, team_id: str, name: str, *, enterprise_id: str | None = None, seed: Literal["demo", "empty"] = "demo"
    ) -> Team:
        """One more workspace, in which the app is not installed yet; its channels have the same ids as the first's."""
        workspace = SandboxWorkspace(team_id=team_id, name=name, enterprise_id=enterprise_id)
        team = Team(workspace, self.app, self.delivery, **self._shared(), seed=seed)
        self._join(team)
        return team

    def team(self, team_id: str) -> Team:
        """One of the workspaces."""
        return self._teams[team_id]

    def _shared(self) -> dict[str, Any]:
        return {"base_url": lambda: self.base_url, "faults": self.faults, "calls": self._calls}

    def _join(self, team: Team) -> None:
        id_ = team.workspace.team_id
        self._teams[id_], self._workspaces[id_], self._events[id_] = team, team.workspace, team.events
        self._web_api.apis.append(Api(team.workspace, self.app, team.views, team.files, self._open_link, self.oauth))

    def _pass_on(self, change: Change) -> None:
        """Progress concerns whoever waits in any workspace; it is told in the first."""
        if change.what is What.PROGRESS:
            for team in self._teams.values():
                if team is not self:
                    team.workspace.tell(What.PROGRESS)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; with port 0 on a free port."""
        server = web.Application(client_max_size=_MAX_BODY)
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
        """Close every connection and stop listening."""
        await self.delivery.close()
        await self._page.close()
        if self._runner:
            await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        routes = [
            web.route("*", "/api/{method}", self._web_api.serve),
            web.post("/response/{team}/{key}", self._respond),
            web.post("/upload/v1/{team}/{file_id}", self._receive),
            web.get("/files-pri/{team}-{file}/{name}", self._download),
            web.get("/files-pri/{team}-{file}/download/{name}", self._download),
        ]
        if isinstance(self.delivery, SocketDelivery):
            routes.append(web.get("/link/", self.delivery.serve))
        return routes + self.oauth.routes() + self._page.routes()

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        return await self._asked(request).responses.serve(request)

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        return await self._asked(request).files.receive(request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        return await self._asked(request).files.download(request)

    def _asked(self, request: web.Request) -> Team:
        team = self._teams.get(request.match_info["team"])
        if team is None:
            raise web.HTTPNotFound
        return team

    @property
    def base_url(self) -> str:
        """Where the sandbox listens, without a slash at the end; a person opens this."""
        return f"http://{self._host}:{self._port}"

    @property
    def api_url(self) -> str:
        """The `base_url` for Slack's clients."""
        return f"{self.base_url}/api/"

    def connect_app(self, request_url: str) -> None:
        """Send events, commands and interactions to this address (transport "http")."""
        self._http().connect(request_url)

    async def verify_url(self) -> None:
        """Check that the app's address answers to Slack's challenge (transport "http")."""
        await self._http().verify()

    async def refresh_socket(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect (transport "socket")."""
        await self._socket().ask_to_reconnect(reason)

    async def drop_socket(self) -> None:
        """Break the app's connections without a word (transport "socket")."""
        self._socket().cut()

    @property
    def connections(self) -> int:
        """How many Socket Mode connections the app has open for envelopes."""
        return self._socket().connections

    def limit_posting(self, *, per_second: float = 1.0, burst: int = 4) -> None:
        """Hold chat.postMessage to Slack's rate per channel from now on."""
        self._web_api.apis[0].rate = PostingRate(self.workspace.clock, per_second=per_second, burst=burst)

    async def redeliver(self, event_id: str) -> DeliveryAnswer:
        """Send an event that was sent before once more."""
        return await self.delivery.send_again(event_id)

    def calls(self, method: str | None = None) -> list[Call]:
        """The app's calls, of the Web API and of response URLs (``response_url``)."""
        return [call for call in self._calls if method in (None, call.method)]

    def deliveries(self, event_type: str | None = None) -> list[Parcel]:
        """What was sent to the app; *event_type* picks events such as ``message``."""
        sent = self.delivery.parcels
        return [p for p in sent if event_type in (None, p.body.get("event", {}).get("type"))]

    def _open_link(self) -> str:
        return self._socket().open_link(self.base_url)

    def _socket(self) -> SocketDelivery:
        if not isinstance(self.delivery, SocketDelivery):
            raise ActRefused("This sandbox delivers over HTTP.")
        return self.delivery

    def _http(self) -> HttpDelivery:
        if not isinstance(self.delivery, HttpDelivery):
            raise ActRefused("This sandbox delivers over Socket Mode.")
        return self.delivery
