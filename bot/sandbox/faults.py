"""Inject faults into the sandbox's answers: rate limits, refusals, server errors, lost, slow and redirected answers."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web

from bot.sandbox.model import SlackError
from bot.sandbox.validators import problem


class FaultKind(StrEnum):
    """The ways in which a call fails."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    LOST = "lost"  # the call is carried out, but its answer never arrives
    FAILED_AFTER = "failed_after"  # the call is carried out, but answered with an error
    SLOW = "slow"
    REDIRECTED = "redirected"
    REFUSED = "refused"  # with one of Slack's error codes


@dataclass(slots=True)
class Fault:
    """One fault; it ends after *times* calls, or stays until `Faults.clear` if *times* is None."""

    kind: FaultKind
    method: str = "*"  # a Web API method, "response_url" or "files-pri"
    times: int | None = None
    probability: float = 1.0
    status: int = 503
    seconds: float = 1.0  # Retry-After of a rate limit, delay of a slow answer
    header: str | None = None  # Retry-After as text, instead of `seconds`; empty: no such header
    location: str = ""  # the target of a redirect
    error: str = ""  # Slack's error code of a refusal
    block: str = ""  # only calls whose blocks include this type
    released: asyncio.Event = field(default_factory=asyncio.Event)  # ends the delay of a slow answer early

    def matches(self, method: str, arguments: Mapping[str, Any]) -> bool:
        """Return whether the fault is for this call."""
        return self.method in ("*", method) and (not self.block or bool(self._pointers(arguments)))

    def refusal(self, arguments: Mapping[str, Any]) -> SlackError:
        """Return the error; for a refused type of block, with Slack's messages, which name each such block."""
        problems = [problem(f"unsupported type: {self.block}", path) for path in self._pointers(arguments)]
        return SlackError(self.error, messages=problems if self.error.startswith("invalid_") else ())

    def _pointers(self, arguments: Mapping[str, Any]) -> list[str]:
        blocks = arguments.get("blocks")
        typed = enumerate(blocks if isinstance(blocks, list) else ())
        return [f"/blocks/{at}/type" for at, block in typed if block.get("type") == self.block]


async def answer_with(
    fault: Fault | None,
    request: web.Request,
    work: Callable[[], web.Response],
    *,
    arguments: Mapping[str, Any] | None = None,
    refused_status: int = 200,
) -> web.Response:
    """Return the answer of *work* as *fault* changes it; some faults prevent the work itself.

    A refusal has *refused_status*: Slack refuses calls of the Web API with 200.
    """
    match fault.kind if fault else None, fault:
        case FaultKind.RATE_LIMITED, Fault(seconds=wait_s, header=header):
            header = str(math.ceil(wait_s)) if header is None else header  # in whole seconds
            headers = {"Retry-After": header} if header else {}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        case FaultKind.SERVER_ERROR, Fault(status=status):
            return web.Response(status=status, text="upstream connect error")
        case FaultKind.REFUSED, Fault() as refused:
            return web.json_response(refused.refusal(arguments or {}).body(), status=refused_status)
        case FaultKind.REDIRECTED, Fault(location=location):
            return web.Response(status=302, headers={"Location": location})
        case FaultKind.SLOW, Fault(seconds=delay_s, released=released):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(released.wait(), delay_s)
    response = work()
    if fault and fault.kind is FaultKind.FAILED_AFTER:
        return web.json_response(fault.refusal(arguments or {}).body(), status=refused_status)
    if fault and fault.kind is FaultKind.LOST and request.transport:
        request.transport.close()
    return response


@dataclass(frozen=True, slots=True)
class _MethodLimit:
    """A rate limit of one method."""

    calls: int
    per_s: float
    allowed: deque[float] = field(default_factory=deque)  # the times of the calls that count

    def wait_s(self) -> float:
        """Count a call and return 0, or return how long the next one has to wait."""
        now = time.monotonic()
        while self.allowed and self.allowed[0] <= now - self.per_s:
            self.allowed.popleft()
        if len(self.allowed) >= self.calls:
            return self.allowed[0] + self.per_s - now
        self.allowed.append(now)
        return 0.0


class Faults:
    """The active faults; *seed* makes faults with a probability repeatable."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  randomness for tests, not for secrets
        self._faults: list[Fault] = []
        self._released: list[asyncio.Event] = []
        self._limits: dict[str, _MethodLimit] = {}
        self.hides_scopes = False  # answers have no header x-oauth-scopes

    def add(self, fault: Fault) -> None:
        """Activate a fault."""
        self._faults.append(fault)
        self._released.append(fault.released)

    def rate_limited(
        self, method: str = "*", *, retry_after_s: float = 1, header: str | None = None, times: int | None = 1
    ) -> None:
        """Answer 429 with Retry-After, or with the text *header* in its place (empty: without it)."""
        self.add(Fault(FaultKind.RATE_LIMITED, method, times, seconds=retry_after_s, header=header))

    def limit(self, method: str, *, calls: int, per_s: float) -> None:
        """Answer 429 to calls beyond *calls* in *per_s* seconds (https://docs.slack.dev/apis/web-api/rate-limits)."""
        self._limits[method] = _MethodLimit(calls, per_s)

    def server_error(self, method: str = "*", *, status: int = 503, times: int | None = 1) -> None:
        """Answer 5xx without carrying out the call."""
        self.add(Fault(FaultKind.SERVER_ERROR, method, times, status=status))

    def lost(self, method: str = "*", *, times: int | None = 1) -> None:
        """Carry out the call, then close the connection without an answer."""
        self.add(Fault(FaultKind.LOST, method, times))

    def failed_after(self, method: str, error: str, *, times: int | None = 1) -> None:
        """Carry out the call, then answer with one of Slack's error codes."""
        self.add(Fault(FaultKind.FAILED_AFTER, method, times, error=error))

    def slow(self, method: str = "*", *, seconds: float, times: int | None = 1) -> None:
        """Answer after a delay."""
        self.add(Fault(FaultKind.SLOW, method, times, seconds=seconds))

    def hold(self, method: str = "*", *, times: int | None = 1) -> asyncio.Event:
        """Answer only after the returned event is set; tests that use it need no fixed delay."""
        fault = Fault(FaultKind.SLOW, method, times, seconds=math.inf)
        self.add(fault)
        return fault.released

    def redirected(self, method: str, location: str, *, times: int | None = 1) -> None:
        """Answer with a redirect to *location*."""
        self.add(Fault(FaultKind.REDIRECTED, method, times, location=location))

    def refused(self, method: str, error: str, *, block: str = "", times: int | None = None) -> None:
        """Refuse calls with one of Slack's error codes, without carrying them out.

        With *block*, only calls that carry a block of this type are refused.
        """
        self.add(Fault(FaultKind.REFUSED, method, times, error=error, block=block))

    def clear(self) -> None:
        """End all faults and release the answers that they delay."""
        self._faults.clear()
        self._limits.clear()
        self.hides_scopes = False
        for released in self._released:
            released.set()
        self._released.clear()

    def next_for(self, method: str, arguments: Mapping[str, Any] | None = None) -> Fault | None:
        """Return the fault for this call, if any, and count it."""
        for fault in self._faults:
            if fault.matches(method, arguments or {}) and self._random.random() < fault.probability:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        if method in self._limits and (wait_s := self._limits[method].wait_s()):
            return Fault(FaultKind.RATE_LIMITED, method, seconds=wait_s)
        return None
