"""Bound what strangers can take of the HTTP port: connections, time, memory and lines of the log.

Slack signs its requests, but anyone can connect. A connection is *waiting* unless a handler works on a signed request
of it. Only waiting connections are limited, so strangers keep out each other, not Slack.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from bot.telemetry.metrics import Metrics

# A message has up to 40,000 characters (docs.slack.dev/reference/methods/chat.postMessage). JSON encodes most of them
# as six bytes (such as \u4e2d), and an edit brings the message before and after it, each as text and as blocks: 960 KB.
MAX_BODY_BYTES = 2**20
_ARRIVAL_TIMEOUT_S = 10.0  # from the first byte of a request to its last
_KEEPALIVE_S = 75.0  # between requests; proxies such as nginx and AWS's load balancers keep connections for 60 s
_LINGERING_S = 1.0  # in which the rest of a refused request is read, so that the client sees the answer
_MAX_WAITING = 200  # connections
_GRACE_S = 0.02  # before a connection makes room
_MAX_BACKLOG = 1024  # connections; asyncio's default is 100, and Linux allows 4096 (net.core.somaxconn)
_SHARE_OF_FILES = 6  # of the process' files, 1/6 may be waiting connections, for a moment 1/3, and 1/3 the backlog
_LOG_INTERVAL_S = 60.0
_UNAUTHORIZED = "401 Unauthorized"
_UNAUTHORIZED_HINT = (
    "Anyone can send such requests. If they are Slack's, SLACK_SIGNING_SECRET is wrong, or the clock of this machine: "
    "`zimerr check` compares it with Slack's."
)
_log = structlog.stdlib.get_logger(__name__)


class RefusedRequests:
    """Count refused requests and connections by reason, and log the counts at most once a minute."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics or Metrics()
        self._counts: Counter[str] = Counter()
        self._next_log_at = 0.0

    def count(self, reason: str | HTTPStatus) -> None:
        """Count one refusal."""
        name = f"{reason} {reason.phrase}" if isinstance(reason, HTTPStatus) else reason
        self._counts[name] += 1
        self._metrics.refused_requests.labels(name).inc()
        if time.monotonic() >= self._next_log_at:
            self.log()

    def log(self) -> None:
        """Log the counts since the last call, if there are any."""
        if self._counts:
            hint = {"hint": _UNAUTHORIZED_HINT} if _UNAUTHORIZED in self._counts else {}
            _log.warning("HTTP requests refused", counts=dict(self._counts), **hint)
            self._counts.clear()
            self._next_log_at = time.monotonic() + _LOG_INTERVAL_S


class WaitingConnections:
    """The waiting connections. Beyond *most*, those whose last request is the oldest are closed.

    That takes a moment, in which a request that is on its way arrives; beyond twice as many, it takes none.
    """

    def __init__(self, most: int, refused: RefusedRequests) -> None:
        self._most = most
        self.refused = refused
        self._connections: dict[HttpConnection, None] = {}  # the oldest first
        self._closing: asyncio.TimerHandle | None = None

    def add(self, connection: HttpConnection) -> None:
        """Let *connection* wait, as the newest."""
        self._connections.pop(connection, None)
        self._connections[connection] = None
        if len(self._connections) > 2 * self._most:
            self._close_oldest()
        elif len(self._connections) > self._most and self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(_GRACE_S, self._close_surplus)

    def _close_surplus(self) -> None:
        self._closing = None
        while len(self._connections) > self._most:
            self._close_oldest()

    def _close_oldest(self) -> None:
        oldest = next(iter(self._connections))
        self.remove(oldest)
        self.refused.count("too many connections")
        oldest.force_close()

    def remove(self, connection: HttpConnection) -> None:
        """Forget *connection*: a handler works on it, or it is closed."""
        self._connections.pop(connection, None)


class HttpConnection(web.RequestHandler):
    """A connection that is closed if a request takes too long to arrive."""

    __slots__ = ("_deadline", "_waiting")

    def __init__(self, server: web.Server, waiting: WaitingConnections) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=cast(Any, None),  # aiohttp accepts None, but its annotation does not
            keepalive_timeout=_KEEPALIVE_S,
            lingering_time=_LINGERING_S,
            auto_decompress=False,  # the signature is that of the raw bytes, and Slack does not compress
        )
        self._waiting = waiting
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._waiting.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._waiting.remove(self)
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the timeout with the first bytes of a request."""
        if data and self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(_ARRIVAL_TIMEOUT_S, self._time_out)
        super().data_received(data)

    def arrived(self) -> None:
        """Stop the timeout: the whole request is here."""
        self._stop_deadline()
        self._waiting.add(self)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Keep the connection open while a handler works on a signed request."""
        self._waiting.remove(self)
        try:
            yield
        finally:
            if self.connected:
                self._waiting.add(self)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse malformed HTTP, and ignore clients that are gone, without the traceback that aiohttp logs."""
        is_gone = isinstance(exc, ConnectionError) and not self.connected
        if not is_gone and not isinstance(exc, HttpProcessingError | web.RequestPayloadError):
            return super().handle_error(request, status, exc, message)
        self._waiting.refused.count(HTTPStatus.BAD_REQUEST)
        response = web.Response(status=HTTPStatus.BAD_REQUEST, text="400: Bad Request")
        response.force_close()
        return response

    def _time_out(self) -> None:
        self._waiting.refused.count("too slow")
        self.force_close()

    def _stop_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def connection_of(request: web.Request) -> HttpConnection:
    """Return the connection over which *request* came."""
    return cast(HttpConnection, request.protocol)


def receiving(refused: RefusedRequests) -> Middleware:
    """Make the middleware that reads the whole request before its handler is called, and counts answers with 4xx."""

    @web.middleware
    async def receive(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            await request.read()  # raises HTTPRequestEntityTooLarge beyond MAX_BODY_BYTES
            connection_of(request).arrived()
            response = await handler(request)
        except web.HTTPClientError as refusal:
            # aiohttp would keep the exception in a reference cycle, and with it the body: 1 MB until the next garbage
            # collection, which is rare.
            response = web.Response(status=refusal.status, text=refusal.text)
        if 400 <= response.status < 500:
            refused.count(HTTPStatus(response.status))
        return response

    return receive


def most_waiting() -> int:
    """Return how many connections may wait, so that they can't use up the files that the process may open."""
    return min(_MAX_WAITING, _max_files() // _SHARE_OF_FILES)


def backlog() -> int:
    """Return the length of the listen queue: how many connections the kernel keeps until they are accepted.

    If the queue is full, the kernel drops a SYN. The client repeats it after 1 s and 3 s, but Slack waits 3 s for an
    answer. asyncio accepts the whole queue at once, so until the surplus is closed, it takes up files, too.
    """
    return min(_MAX_BACKLOG, 2 * _max_files() // _SHARE_OF_FILES)


def _max_files() -> int:
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if files == resource.RLIM_INFINITY else files
