"""Receive Slack's requests over HTTP or over a socket, and serve the state of the bot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Handler
from cachetools import TTLCache
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.errors import ZimerrError
from bot.health import Health
from bot.http_limits import (
    MAX_BODY_BYTES,
    HttpConnection,
    RefusedRequests,
    WaitingConnections,
    backlog,
    connection_of,
    most_waiting,
    receiving,
)
from bot.settings import Settings
from bot.slack.workspaces import sign_in_socket
from bot.telemetry.metrics import CONTENT_TYPE, Metrics

EVENTS_PATH = "/slack/events"
DEFAULT_PORT = 3000
_MAX_SSL_CHECK_BYTES = 1024
_MAX_FIELDS = 100  # of a form; a slash command has about 15, and 500,000 take seconds to parse
# A signature is valid from five minutes before the time that it names until five minutes after it.
_REMEMBER_S = 600.0
_MAX_REMEMBERED = 50_000
_BoltHandler = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


def signed_handler(handle: _BoltHandler, signing_secret: str) -> Handler:
    """Make a handler of Slack's signed requests from one of Bolt's.

    1. The signature is verified over the raw bytes, before anything is parsed
       (docs.slack.dev/authentication/verifying-requests-from-slack); otherwise the answer is 401.
    2. The body must be JSON or a form, in UTF-8, that Bolt can read; otherwise the answer is 400.
    3. A form that was handled before is refused, so that nobody can replay an intercepted command or press of a button.
       Slack sends each form once. Events are JSON, and the inbox recognizes those that Slack delivers again.
    4. Slack's test of the certificate needs no signature
       (docs.slack.dev/interactivity/implementing-slash-commands).
    """
    verifier = SignatureVerifier(signing_secret)
    handled: TTLCache[str, None] = TTLCache(_MAX_REMEMBERED, _REMEMBER_S)  # by signature

    async def serve(request: web.Request) -> web.Response:
        body = await request.read()
        if len(body) <= _MAX_SSL_CHECK_BYTES and b"ssl_check=1" in body.split(b"&"):
            return web.Response()
        if not _is_signed(request, body, verifier):
            raise web.HTTPUnauthorized(text="invalid signature")
        signature = request.headers["X-Slack-Signature"]
        if request.content_type != "application/json":
            if signature in handled:
                raise web.HTTPUnauthorized(text="repeated request")
            handled[signature] = None
        with connection_of(request).working():
            return await to_aiohttp_response(await handle(_bolt_request(request, body)))

    return serve


def open_handler(handle: _BoltHandler) -> Handler:
    """Make a handler of GET requests that are not signed from one of Bolt's."""

    async def serve(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await handle(_bolt_request(request, b"")))

    return serve


def _is_signed(request: web.Request, body: bytes, verifier: SignatureVerifier) -> bool:
    """Return whether Slack has signed *body* within the last five minutes. Raises HTTPBadRequest if it is not UTF-8."""
    try:
        return verifier.is_valid_request(body, request.headers)
    except UnicodeDecodeError as error:
        raise web.HTTPBadRequest(text="not UTF-8") from error
    except (ValueError, TypeError):  # the timestamp is no number, or the signature is not ASCII
        return False


def _bolt_request(request: web.Request, body: bytes) -> AsyncBoltRequest:
    """Parse a request. Raises HTTPBadRequest."""
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise web.HTTPBadRequest(text="not UTF-8")
    if request.content_type != "application/json" and body.count(b"&") > _MAX_FIELDS:
        raise web.HTTPBadRequest(text="too many fields")
    headers: Any = request.headers
    try:
        return AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=headers)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # Bolt raises these for malformed JSON, and while it looks for ids in JSON of another shape.
        raise web.HTTPBadRequest(text="malformed body") from error


def health_routes(health: Health) -> list[web.RouteDef]:
    """Return the routes `/healthz` (liveness) and `/readyz` (readiness); both answer 503 if there are faults.

    The faults of `/healthz` are those that only a restart ends.
    """

    def serve(faults: Callable[[], dict[str, str]], warnings: Callable[[], dict[str, str]]) -> Handler:
        async def answer(_: web.Request) -> web.Response:
            found = faults()
            body: dict[str, Any] = {"ok": not found, "faults": found, "warnings": warnings()}
            body["last_delivery_s"] = health.last_delivery_s
            return web.json_response(body, status=503 if found else 200)

        return answer

    return [
        web.get("/healthz", serve(lambda: health.crashes, dict)),
        web.get("/readyz", serve(lambda: health.faults, lambda: health.warnings)),
    ]


def metrics_route(metrics: Metrics) -> web.RouteDef:
    """Return the route `/metrics`."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})

    return web.get("/metrics", answer)


@contextlib.asynccontextmanager
async def listening(
    routes: Sequence[web.RouteDef], host: str, port: int, metrics: Metrics, *, setting: str = "PORT"
) -> AsyncIterator[None]:
    """Serve *routes* while the context is open. Raises ZimerrError if the port, of a *setting*, can't be opened."""
    refused = RefusedRequests(metrics)
    server = web.Application(middlewares=[receiving(refused)], client_max_size=MAX_BODY_BYTES)
    server.add_routes(routes)
    waiting = WaitingConnections(most_waiting(), refused)
    runner = web.AppRunner(server)
    await runner.setup()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(refused.log)
        stack.push_async_callback(runner.cleanup)
        try:
            listener = await asyncio.get_running_loop().create_server(
                lambda: HttpConnection(cast(web.Server, runner.server), waiting), host, port, backlog=backlog()
            )
        except OSError as error:
            raise ZimerrError(f"Port {port} can't be opened: {error.strerror}. Set {setting} to a free one.") from error
        stack.callback(listener.close)
        yield


@contextlib.asynccontextmanager
async def connected(app: AsyncApp, settings: Settings) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Receive requests over a socket while the context is open; yield a function that returns whether it is connected.

    Raises ZimerrError if Slack refuses the token.
    """
    await sign_in_socket(app.client, settings)
    handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value())
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt has no types here
        yield handler.client.is_connected
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
