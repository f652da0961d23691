"""Faults that a test or a demonstration asks for, and Slack's rate limit on posting."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web


class FaultKind(StrEnum):
    """How a call goes wrong."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    LOST = "lost"  # done, but the answer never arrives
    SLOW = "slow"
    REDIRECTED = "redirected"


@dataclass(slots=True)
class Fault:
    """One fault; it goes away after *times* hits, and never of itself without them."""

    kind: FaultKind
    method: str = "*"  # also "response_url" and "files-pri"
    times: int | None = None
    probability: float = 1.0
    status: int = 503
    seconds: float = 1.0  # Retry-After of a rate limit, delay of a slow answer
    location: str = ""  # where a redirect leads


async def meet(fault: Fault | None, request: web.Request, work: Callable[[], web.Response]) -> web.Response:
    """Do the work and answer, as far as the fault lets it."""
    match fault.kind if fault else None, fault:
        case FaultKind.RATE_LIMITED, Fault(seconds=wait_s):
            return rate_limited(wait_s)
        case FaultKind.SERVER_ERROR, Fault(status=status):
            return web.Response(status=status, text="upstream connect error")
        case FaultKind.REDIRECTED, Fault(location=location):
            return web.Response(status=302, headers={"Location": location})
        case FaultKind.SLOW, Fault(seconds=delay_s):
            await asyncio.sleep(delay_s)
    response = work()
    if fault and fault.kind is FaultKind.LOST and request.transport:
        request.transport.close()
    return response


def rate_limited(wait_s: float) -> web.Response:
    """Slack's 429, which counts in whole seconds."""
    headers = {"Retry-After": str(math.ceil(wait_s))}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


class Faults:
    """The faults in force; chance comes from one seeded source."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  chance for tests, not for secrets
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)

    def rate_limited(self, method: str = "*", *, retry_after_s: float = 1, times: int | None = 1) -> None:
        """Answer 429 with Retry-After."""
        self.add(Fault(FaultKind.RATE_LIMITED, method, times, seconds=retry_after_s))

    def server_error(self, method: str = "*", *, status: int = 503, times: int | None = 1) -> None:
        """Answer 5xx without doing anything."""
        self.add(Fault(FaultKind.SERVER_ERROR, method, times, status=status))

    def lost(self, method: str = "*", *, times: int | None = 1) -> None:
        """Do what is asked, then cut the connection."""
        self.add(Fault(FaultKind.LOST, method, times))

    def slow(self, method: str = "*", *, seconds: float, times: int | None = 1) -> None:
        """Answer late."""
        self.add(Fault(FaultKind.SLOW, method, times, seconds=seconds))

    def redirected(self, method: str, location: str, *, times: int | None = 1) -> None:
        """Send the caller elsewhere."""
        self.add(Fault(FaultKind.REDIRECTED, method, times, location=location))

    def clear(self) -> None:
        """End all faults."""
        self._faults.clear()

    def strike(self, method: str) -> Fault | None:
        """The fault that this call meets, if any; it is counted."""
        for fault in self._faults:
            if fault.method in ("*", method) and self._random.random() < fault.probability:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None


class PostingRate:
    """A token bucket per channel, for chat.postMessage: about one a second, short bursts allowed."""

    def __init__(self, clock: Callable[[], float], *, per_second: float = 1.0, burst: int = 4) -> None:
        self._clock, self._per_second, self._burst = clock, per_second, burst
        self._buckets: dict[str, tuple[float, float]] = {}  # channel: (tokens, when counted)

    def wait_s(self, channel: str) -> float:
        """Take a token and return 0, or return how long to wait for one."""
        now = self._clock()
        tokens, counted = self._buckets.get(channel, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - counted) * self._per_second)
        taken = tokens >= 1
        self._buckets[channel] = (tokens - taken, now)
        return 0.0 if taken else (1 - tokens) / self._per_second
