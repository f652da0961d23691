"""Provide an HTTP server that keeps what exporters send to it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Receiver:
    """The requests that arrived: paths and bodies."""

    port: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, request: web.Request) -> web.Response:
        """Keep a request."""
        body = await request.read()
        self.requests.append((request.path, gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body))
        async with self._arrived:
            self._arrived.notify_all()
        return web.Response()

    async def until(self, count: int) -> None:
        """Wait until *count* requests have arrived."""
        async with asyncio.timeout(20), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver while the context is open."""
    receiver, server = Receiver(), web.Application()
    server.router.add_post("/{path:.*}", receiver.receive)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server
    receiver.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield receiver
    finally:
        await runner.cleanup()
