"""Check the running bot for faults.

The checks run every few seconds, so that asking for the faults costs nothing. The start and the end of a fault
are logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog

from bot.errors import ZimerrError, describe
from bot.inbox import Inbox
from bot.periodic import repeating
from bot.storage import schema
from bot.storage.database import UNREACHABLE, Database
from bot.storage.database_advice import advice
from bot.telemetry.metrics import Metrics

Check = Callable[[], Awaitable[str | None]]  # returns the fault, or None

_INTERVAL_S = 5.0
_TIMEOUT_S = 4.0  # for one check
MAX_BACKLOG_S = 300.0
_WARNINGS = frozenset({"backlog", "workspace"})
_SOCKET_PATIENCE_S = 15.0  # Slack replaces sockets now and then, and the client needs some seconds for it
_log = structlog.stdlib.get_logger(__name__)


class Health:
    """The state of the bot, found by checks of its parts.

    A *crash* ends only with a restart of the process. A *fault* keeps this process from taking Slack's requests. A
    *warning* needs a person, but all requests are still recorded. Every replica has it at once: if it were a fault, a
    load balancer would send Slack's requests nowhere.
    """

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics or Metrics()
        self._inbox: Inbox | None = None  # None: the bot is starting
        self._checks: Mapping[str, Check] = {}
        self._found: dict[str, str] = {}

    @property
    def crashes(self) -> dict[str, str]:
        """The parts that only a restart brings back."""
        has_crashed = self._inbox is not None and self._inbox.has_crashed
        return {"inbox": "zimerr has stopped working on messages; restart it"} if has_crashed else {}

    @property
    def faults(self) -> dict[str, str]:
        """The fault of each part that has one."""
        # Requests that arrive while the inbox is closed are recorded nevertheless.
        is_open = self._inbox is not None and self._inbox.is_open
        inbox = self.crashes if is_open else {"inbox": "zimerr is starting or stopping"}
        return inbox | {part: text for part, text in self._found.items() if part not in _WARNINGS}

    @property
    def last_delivery_s(self) -> int | None:
        """For how long Slack has sent nothing, in seconds; None if it has sent nothing yet.

        It is no fault: it may be quiet where the bot is a member.
        """
        at = self._metrics.last_delivery_at
        return round(max(0.0, time.time() - at)) if at else None

    @property
    def warnings(self) -> dict[str, str]:
        """The warning of each part that has one."""
        return {part: text for part, text in self._found.items() if part in _WARNINGS}

    async def update(self) -> None:
        """Run all checks."""
        for part, check in self._checks.items():
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    fault = await check()
            except Exception as error:  # whatever it is: a part that can't be checked is not known to be well
                fault = reason_of(error)
            if fault and part not in self._found:
                _log.error("unhealthy", part=part, fault=fault)
            if part in self._found and not fault:
                _log.info("healthy again", part=part)
            self._metrics.health_fault.labels(part).set(bool(fault))
            self._found.pop(part, None)
            if fault:
                self._found[part] = fault

    @contextlib.asynccontextmanager
    async def watching(self, inbox: Inbox, checks: Mapping[str, Check]) -> AsyncIterator[None]:
        """Run all *checks*, which are named by the part that they check, every few seconds while the context is open.

        Until then, the bot is starting; it is stopping from when *inbox* closes.
        """
        self._checks = checks
        await self.update()
        self._inbox = inbox
        async with repeating(self.update, _INTERVAL_S, first_pause_s=_INTERVAL_S):
            yield


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
            remedy = advice(error, is_postgresql=database.is_shared)
            return f"the database can't be written to: {reason_of(error)}. {remedy}"
        return None

    return check


def schema_check(database: Database) -> Check:
    """Check that the database's schema is not older than the code.

    During an upgrade of several replicas it is newer for a while, and this one still runs on it.
    """

    async def check() -> str | None:
        try:
            await database.run(schema.check)
        except schema.OlderSchemaError as error:
            return str(error)
        except (ZimerrError, *UNREACHABLE):  # it is newer, or `database_check` reports the fault
            pass
        return None

    return check


def backlog_check(inbox: Inbox, metrics: Metrics | None = None) -> Check:
    """Check that no job waits for long although it could be worked on; note the state of the queue in *metrics*."""
    metrics = metrics or Metrics()

    async def check() -> str | None:
        try:
            waits_s, counts = await inbox.backlog_s(), await inbox.counts()
        except UNREACHABLE:  # which `database_check` reports
            return None
        metrics.oldest_job_age.set(waits_s)
        for state, count in counts.items():
            metrics.queue_jobs.labels(str(state)).set(count)
        return describe_backlog(waits_s) if waits_s > MAX_BACKLOG_S else None

    return check


def describe_backlog(waits_s: float) -> str:
    """Return how long the oldest message has been waiting."""
    return f"a message has been waiting for {waits_s / 60:.0f} minutes"


def workspace_check(reasons: Mapping[str, str], *, is_for_many: bool) -> Check:
    """Check that Slack accepts the token of each workspace; *reasons* are its error codes for each that is stopped."""

    async def check() -> str | None:
        if not reasons:
            return None
        codes = ", ".join(sorted(set(reasons.values())))
        whose = f"the tokens of {len(reasons)} workspaces" if is_for_many else "SLACK_BOT_TOKEN"
        return f"Slack refuses {whose}: {codes}"

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
