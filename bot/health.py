"""Check the running bot for faults.

The checks run every few seconds, so that asking for the faults costs nothing. A fault that begins or ends is logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog

from bot.errors import describe
from bot.inbox import Inbox
from bot.storage.database import UNREACHABLE, Database

Check = Callable[[], Awaitable[str | None]]  # returns the fault, or None

_INTERVAL_S = 5.0
_TIMEOUT_S = 4.0  # for one check
MAX_BACKLOG_S = 300.0
_SOCKET_PATIENCE_S = 15.0  # Slack replaces sockets now and then, and the client needs some seconds for it
_log = structlog.stdlib.get_logger(__name__)


class Health:
    """The faults of the bot, found by *checks*, which are named by the part that they check."""

    def __init__(self, inbox: Inbox, checks: Mapping[str, Check]) -> None:
        self._inbox = inbox
        self._checks = checks
        self._faults: dict[str, str] = {}

    @property
    def faults(self) -> dict[str, str]:
        """The fault of each part that has one."""
        # A load balancer should send requests elsewhere until the inbox is open, and once it closes. Requests that
        # arrive nevertheless are recorded.
        return self._faults if self._inbox.is_open else {"inbox": "zimerr is starting or stopping"} | self._faults

    async def update(self) -> None:
        """Run all checks."""
        for part, check in self._checks.items():
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    fault = await check()
            except Exception as error:  # whatever it is: a part that can't be checked is not known to be well
                fault = reason_of(error)
            if fault and part not in self._faults:
                _log.error("unhealthy", part=part, fault=fault)
            if part in self._faults and not fault:
                _log.info("healthy again", part=part)
            self._faults.pop(part, None)
            if fault:
                self._faults[part] = fault

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Run all checks every few seconds while the context is open."""

        async def watch() -> None:
            while True:
                await self.update()
                await asyncio.sleep(_INTERVAL_S)

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def reason_of(error: BaseException) -> str:
    """Return the words of SQLite for *error*; other errors may name addresses, so only their type."""
    original = getattr(error, "orig", None)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(original) if isinstance(original, sqlite3.Error) else describe(error)


def database_check(database: Database) -> Check:
    """Check that the database can be written to: an event that is not stored is not acknowledged."""

    async def check() -> str | None:
        try:
            await database.check_writable()
        except UNREACHABLE as error:
            return f"the database can't be written to: {reason_of(error)}"
        return None

    return check


def backlog_check(inbox: Inbox) -> Check:
    """Check that no job waits for long although it could be worked on."""

    async def check() -> str | None:
        try:
            waits_s = await inbox.backlog_s()
        except UNREACHABLE:  # which `database_check` reports
            return None
        return describe_backlog(waits_s) if waits_s > MAX_BACKLOG_S else None

    return check


def describe_backlog(waits_s: float) -> str:
    """Return how long the oldest message has been waiting."""
    return f"a message has been waiting for {waits_s / 60:.0f} minutes"


def token_check(reasons: Mapping[str, str]) -> Check:
    """Check that Slack accepts SLACK_BOT_TOKEN; *reasons* are its error codes for each team that is stopped."""

    async def check() -> str | None:
        codes = sorted(set(reasons.values()))
        return f"Slack refuses SLACK_BOT_TOKEN: {', '.join(codes)}" if codes else None

    return check


def socket_check(is_connected: Callable[[], Awaitable[bool]], clock: Callable[[], float] = time.monotonic) -> Check:
    """Check that the socket to Slack is open, or was a moment ago."""
    seen_at = clock()

    async def check() -> str | None:
        nonlocal seen_at
        now = clock()
        if await is_connected():
            seen_at = now
        lost_s = now - seen_at
        return f"the socket to Slack has been lost for {lost_s:.0f} s" if lost_s > _SOCKET_PATIENCE_S else None

    return check
