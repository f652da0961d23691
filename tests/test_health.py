"""Test that the bot reports its faults."""

from __future__ import annotations

from typing import Any, cast

import structlog
from sqlalchemy.exc import OperationalError

from bot.health import Health, backlog_check, socket_check
from bot.inbox import Inbox
from bot.storage.database import Database
from tests.inbox.time import Time
from tests.inbox.workbench import Workbench, job


class OpenInbox:
    """An inbox that is open, for tests of other parts."""

    is_open = True


async def test_a_fault_is_told_while_it_lasts_and_logged_when_it_begins_and_ends() -> None:
    """A log line at each check would hide everything else."""
    answers: list[str | Exception | None] = [None, "away", "away still", ConnectionError("secret host"), None, None]

    async def check() -> str | None:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    health = Health(cast(Any, OpenInbox()), {"slack": check})
    seen = []
    with structlog.testing.capture_logs() as logs:
        for _ in range(6):
            await health.update()
            seen.append(health.faults.copy())
    told: list[dict[str, str]] = [{}, {"slack": "away"}, {"slack": "away still"}, {"slack": "ConnectionError"}, {}, {}]
    assert seen == told
    assert [each["event"] for each in logs] == ["unhealthy", "healthy again"]


async def test_a_message_that_nobody_works_on_is_an_old_backlog(database: Database) -> None:
    """It does not matter why: the inbox of a process that hangs looks the same."""
    bench = Workbench(database)
    check = backlog_check(bench.inbox)
    await bench.inbox.accept(job("1.0"))
    bench.time.advance(299)
    assert await check() is None
    bench.time.advance(121)
    assert await check() == "a message has been waiting for 7 minutes"
    await bench.open()
    await bench.until(lambda: bench.worked_on == ["1.0"])
    await bench.inbox.accept(job("1.1", thread="1.0"))
    bench.time.advance(1.0)
    assert await check() is None
    await bench.inbox.close(grace_s=0.0)


async def test_an_unreachable_database_is_told_once() -> None:
    """Each check that needs it would say the same."""

    class Unreachable:
        async def backlog_s(self) -> float:
            raise OperationalError("SELECT", {}, Exception("away"))

    assert await backlog_check(cast(Inbox, Unreachable()))() is None


async def test_a_socket_is_lost_after_some_seconds() -> None:
    """Slack replaces sockets every few hours."""
    time, connected = Time(), True

    async def is_connected() -> bool:
        return connected

    check = socket_check(is_connected, time.clock)
    time.advance(100)
    assert await check() is None
    connected = False
    time.advance(10)
    assert await check() is None
    time.advance(10)
    assert await check() == "the socket to Slack has been lost for 20 s"
    connected = True
    assert await check() is None
