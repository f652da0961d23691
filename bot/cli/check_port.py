"""Check the ports for `zimerr check`: each is free, or the running bot answers there, or another program has it."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.cli.check_result import CheckResult, Level
from bot.server import DEFAULT_PORT
from bot.settings import Settings

_TIMEOUT_S = 3.0


async def check_ports(settings: Settings) -> list[CheckResult]:
    """Check each port that `zimerr serve` would open."""
    ports = {"HEALTH_PORT": settings.health_port}
    if settings.transport == "http" or settings.is_for_many:
        ports["PORT"] = settings.port or DEFAULT_PORT
    return [await _check(settings.host, port, name) for name, port in ports.items() if port]


async def _check(host: str, port: int, name: str) -> CheckResult:
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(await _state(host, port), port, name)
        text = f"{port} can't be opened at {host}: {error.strerror}; set HOST to an address of this machine, or {name}"
        return CheckResult(Level.FAULT, "port", text)
    server.close()
    return CheckResult(Level.OK, "port", f"{port} is free; no bot runs here")


def _taken(state: Mapping[str, Any] | None, port: int, name: str) -> CheckResult:
    if state is None:
        return CheckResult(Level.FAULT, "port", f"another program has {port}; stop it, or set {name} to a free one")
    if found := {**state.get("faults", {}), **state.get("warnings", {})}:
        text = f"the bot at {port} says: {'; '.join(map(str, found.values()))}"
        return CheckResult(Level.WARNING if state.get("ok") else Level.FAULT, "port", text)
    return CheckResult(Level.OK, "port", f"the bot runs at {port} and is well")


async def _state(host: str, port: int) -> dict[str, Any] | None:
    """Return the health that the bot at a port reports; None if another program answers, or none does."""
    address = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  that is any address of the machine
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{address}:{port}/readyz") as response,
        ):
            state = json.loads(await response.read())
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return state if isinstance(state, dict) and "faults" in state else None
