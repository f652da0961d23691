"""The sandbox put together: one server on this machine that is Slack to the app and a page to people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self, TypeVar

from aiohttp import web

import bot.sandbox.methods  # noqa: F401  registers the methods
from bot.sandbox.delivery import Answer, Delivery, Parcel
from bot.sandbox.errors import Refused
from bot.sandbox.events import Events
from bot.sandbox.faults import Faults, PostingRate
from bot.sandbox.files import FileStore
from bot.sandbox.http_mode import HttpDelivery
from bot.sandbox.interactions import Interactions
from bot.sandbox.manifest import Installation, Json
from bot.sandbox.model import Workspace
from bot.sandbox.page import Page
from bot.sandbox.people import People
from bot.sandbox.responses import ResponseUrls
from bot.sandbox.seed import plant
from bot.sandbox.socket_mode import SocketDelivery
from bot.sandbox.views import Views
from bot.sandbox.web_api import Api, Call, WebApi

T = TypeVar("T")

_MAX_BODY = 64 * 2**20
# Slack tries an event again at once, after a minute and after five.
RETRY_DELAYS_S = (0.0, 60.0, 300.0)


class Sandbox(People):
    """A workspace with one app installed; use it with ``async with``, act as people do, look at what came of it."""

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
        self.workspace = Workspace()
        plant(self.workspace, self.app, seed)
        self.faults = Faults()
        chosen = SocketDelivery if transport == "socket" else HttpDelivery
        self.delivery: Delivery = chosen(
            self.workspace, self.app, retry_delays_s=retry_delays_s, ack_timeout_s=ack_timeout_s
        )
        self.files = FileStore(self.workspace, self.app, lambda: self.base_url, self.faults)
        views = Views(self.workspace, self.app)
        self._api = Api(self.workspace, self.app, views, self.files, self._open_link)
        self._web_api = WebApi(self._api, self.faults)
        self._responses = ResponseUrls(
            self.workspace, self.app, lambda: self.base_url, self.faults, self._web_api.calls
        )
        self.interactions = Interactions(self.workspace, self.app, self.delivery, views, self._responses)
        self._page = Page(self, self.app)
        Events(self.workspace, self.app, self.delivery.post)

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
            web.post("/response/{team}/{key}", self._responses.serve),
            web.post("/upload/v1/{file_id}", self.files.receive),
            web.get("/files-pri/{file}/{name}", self.files.download),
            web.get("/files-pri/{file}/download/{name}", self.files.download),
        ]
        if isinstance(self.delivery, SocketDelivery):
            routes.append(web.get("/link/", self.delivery.serve))
        return routes + self._page.routes()

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
        self._api.rate = PostingRate(self.workspace.clock, per_second=per_second, burst=burst)

    async def redeliver(self, event_id: str) -> Answer:
        """Send an event that was sent before once more."""
        return await self.delivery.send_again(event_id)

    def messages(self, channel: str) -> list[Json]:
        """All messages of a channel, replies among them, oldest first."""
        return list(self.workspace.channel(channel).messages.values())

    def thread(self, channel: str, ts: str) -> list[Json]:
        """A message and its replies."""
        return self.workspace.channel(channel).thread(ts)

    def replies(self, channel: str, ts: str) -> list[Json]:
        """The replies to a message."""
        return [message for message in self.thread(channel, ts) if message["ts"] != ts]

    def ephemerals(self, user: str, channel: str | None = None) -> list[Json]:
        """What only this user sees."""
        return [m for m in self.workspace.ephemerals.get(user, {}).values() if channel in (None, m["channel"])]

    def modal(self, user: str) -> Json | None:
        """The topmost modal of a user."""
        stack = self.workspace.modals.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Json | None:
        """The Home tab of a user."""
        return self.workspace.homes.get(user)

    def calls(self, method: str | None = None) -> list[Call]:
        """The app's calls, of the Web API and of response URLs (``response_url``)."""
        return [call for call in self._web_api.calls if method in (None, call.method)]

    def deliveries(self, event_type: str | None = None) -> list[Parcel]:
        """What was sent to the app; *event_type* picks events such as ``message``."""
        sent = self.delivery.parcels
        return [p for p in sent if event_type in (None, p.body.get("event", {}).get("type"))]

    async def until(self, predicate: Callable[[], T], timeout_s: float = 5) -> T:
        """Wait until the predicate holds and return its value; it is asked again at every change."""
        async with asyncio.timeout(timeout_s):
            while not (value := predicate()):
                await self.workspace.next_change()
            return value

    async def idle(self, timeout_s: float = 5) -> None:
        """Wait until nothing is on its way to the app or unacknowledged."""
        await self.until(lambda: self.delivery.in_flight == 0, timeout_s)

    def _open_link(self) -> str:
        return self._socket().open_link(self.base_url)

    def _socket(self) -> SocketDelivery:
        if not isinstance(self.delivery, SocketDelivery):
            raise Refused("This sandbox delivers over HTTP.")
        return self.delivery

    def _http(self) -> HttpDelivery:
        if not isinstance(self.delivery, HttpDelivery):
            raise Refused("This sandbox delivers over Socket Mode.")
        return self.delivery
