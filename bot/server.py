"""Receive Slack's requests over HTTP or over a socket, and answer health checks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import ZimerrError
from bot.inbox import Inbox
from bot.settings import Settings
from bot.slack.workspaces import sign_in_socket

EVENTS_PATH = "/slack/events"


def bolt_handler(
    handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make a handler of HTTP requests from one of Bolt's."""

    async def serve(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await handle(await to_bolt_request(request)))

    return serve


@contextlib.asynccontextmanager
async def listening(routes: Sequence[web.RouteDef], inbox: Inbox, settings: Settings) -> AsyncIterator[None]:
    """Serve *routes* and `/healthz` while the context is open. Raises ZimerrError if the port can't be opened."""

    async def healthz(_: web.Request) -> web.Response:
        # A load balancer should send requests elsewhere until the inbox is open, and once it closes. Requests that
        # arrive nevertheless are recorded.
        return web.json_response({"ok": inbox.is_open}, status=200 if inbox.is_open else 503)

    server = web.Application()
    server.add_routes([*routes, web.get("/healthz", healthz)])
    runner = web.AppRunner(server, access_log=None)
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise ZimerrError(
                f"Port {settings.port} can't be opened: {error.strerror}. Set PORT to a free one."
            ) from error
        yield
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def connected(app: AsyncApp, settings: Settings) -> AsyncIterator[None]:
    """Receive requests over a socket while the context is open. Raises ZimerrError if Slack refuses the token."""
    await sign_in_socket(app.client, settings)
    handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value())
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt has no types here
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
