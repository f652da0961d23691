"""Test which connections are closed, and how refusals are logged."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import cast

import pytest
import structlog
from aiohttp import web

from bot import http_limits
from bot.http_limits import HttpConnection, RefusedRequests, WaitingConnections, connection_of, receiving
from bot.telemetry.metrics import Metrics

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Client:
    """A connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def get(self) -> bytes:
        """Send a request; return its answer, empty if the connection is closed."""
        self.send(GET)
        return await self.answer()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)

    async def answer(self) -> bytes:
        """Return an answer, empty if the connection is closed."""
        try:
            return await self._reader.readuntil(b"ok")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


class Site:
    """A server where two connections may wait, and whose answers can be held back."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.working = asyncio.Event()
        self._port = 0
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Site:
        refused = RefusedRequests()
        application = web.Application(middlewares=[receiving(refused)])
        application.add_routes([web.get("/", self._serve), web.get("/signed", self._serve)])
        runner, waiting = web.AppRunner(application), WaitingConnections(2, refused)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        listener = await asyncio.get_running_loop().create_server(
            lambda: HttpConnection(cast(web.Server, runner.server), waiting), "127.0.0.1", 0
        )
        self._stack.callback(listener.close)
        self._port = listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def connect(self) -> Client:
        """Open a connection."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self._port))
        self._stack.push_async_callback(client.close)
        return client

    async def _serve(self, request: web.Request) -> web.Response:
        with connection_of(request).working() if request.path == "/signed" else contextlib.nullcontext():
            self.working.set()
            await self.may_answer.wait()
            return web.Response(text="ok")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A running server."""
    async with Site() as running:
        yield running


async def test_the_connection_that_has_waited_longest_makes_room(site: Site) -> None:
    """A proxy that has just used its connection keeps it, and one that is new is served."""
    first, second = await site.connect(), await site.connect()
    assert await second.get()
    assert await first.get()  # so that the second has waited longest
    third = await site.connect()
    assert await third.get()
    assert await second.answer() == b""
    assert await first.get()


async def test_a_connection_whose_request_is_worked_on_stays(site: Site) -> None:
    """An event must not be lost because strangers connect."""
    site.may_answer.clear()
    busy = await site.connect()
    busy.send(GET.replace(b"/", b"/signed", 1))
    await site.working.wait()
    strangers = [await site.connect() for _ in range(5)]
    for stranger in strangers[:3]:
        assert await stranger.answer() == b""
    site.may_answer.set()
    assert await busy.answer()


async def test_a_connection_whose_request_is_not_signed_makes_room(site: Site) -> None:
    """Anyone can send slow requests, such as an installation."""
    site.may_answer.clear()
    stranger = await site.connect()
    stranger.send(GET)
    await site.working.wait()
    others = [await site.connect() for _ in range(2)]
    assert await stranger.answer() == b""
    site.may_answer.set()
    assert await others[1].get()


async def test_only_the_time_in_which_a_request_arrives_is_short(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies keep connections between requests, and answers may take longer."""
    monkeypatch.setattr(http_limits, "_ARRIVAL_TIMEOUT_S", 0.02)
    client = await site.connect()
    await asyncio.sleep(0.05)
    site.may_answer.clear()
    client.send(GET)
    await site.working.wait()
    await asyncio.sleep(0.05)
    site.may_answer.set()
    assert await client.answer()
    await asyncio.sleep(0.05)
    assert await client.get()
    client.send(GET[:-2])
    assert await client.answer() == b""


def test_refusals_are_added_up_to_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anyone can cause them."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    metrics = Metrics()
    refused = RefusedRequests(metrics)
    with structlog.testing.capture_logs() as lines:
        for _ in range(100):
            refused.count(HTTPStatus.UNAUTHORIZED)
        now += 61
        refused.count("too slow")
        refused.log()
    assert [line["counts"] for line in lines] == [
        {"401 Unauthorized": 1},
        {"401 Unauthorized": 99, "too slow": 1},
    ]
    assert b'zimerr_refused_requests_total{reason="401 Unauthorized"} 100.0' in metrics.exposition()
