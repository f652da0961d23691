"""Test that the bot reports its faults."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import Connection
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from bot.health import Health, backlog_check, schema_check, socket_check, workspace_check
from bot.inbox import Inbox
from bot.inbox.rows import InboxRows
from bot.storage.database import Database
from tests.inbox.time import Time
from tests.inbox.workbench import Workbench, job


class OpenInbox:
    """An inbox that is open, for tests of other parts."""

    is_open = True
    has_crashed = False


async def test_a_fault_is_reported_while_it_lasts_and_logged_when_it_begins_and_ends() -> None:
    """A log line at each check would hide everything else."""
    answers: list[str | Exception | None] = [None, "away", "away still", ConnectionError("secret host"), None, None]

    async def check() -> str | None:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    health = Health()
    seen = []
    with structlog.testing.capture_logs() as logs:
        async with health.watching(cast(Any, OpenInbox()), {"slack": check}):
            seen.append(health.faults.copy())
            for _ in range(5):
                await health.update()
                seen.append(health.faults.copy())
    told: list[dict[str, str]] = [{}, {"slack": "away"}, {"slack": "away still"}, {"slack": "ConnectionError"}, {}, {}]
    assert seen == told
    assert [each["event"] for each in logs] == ["unhealthy", "healthy again"]


async def test_the_bot_is_not_ready_before_all_parts_were_checked() -> None:
    """A load balancer would send requests to a process that can't store them."""
    health, may_end = Health(), asyncio.Event()

    async def check() -> str | None:
        assert list(health.faults) == ["inbox"]
        await may_end.wait()
        return "away"

    assert health.faults == {"inbox": "zimerr is starting or stopping"}
    inbox = OpenInbox()
    may_end.set()
    async with health.watching(cast(Any, inbox), {"database": check}):
        assert health.faults == {"database": "away"}
        inbox.is_open = False
        assert list(health.faults) == ["inbox", "database"]
    assert health.crashes == {}


async def test_what_all_replicas_have_is_only_a_warning() -> None:
    """If all of them were unready, Slack's requests would reach none, and would be lost after an hour."""

    async def check() -> str | None:
        return "much to do"

    health = Health()
    async with health.watching(cast(Any, OpenInbox()), {"backlog": check, "workspace": check}):
        assert health.faults == {}
        assert health.warnings == {"backlog": "much to do", "workspace": "much to do"}


async def test_an_inbox_that_has_stopped_by_a_bug_is_a_crash(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process would accept messages and never answer them. Only a restart helps."""
    bench, health = Workbench(database), Health()
    async with health.watching(bench.inbox, {}):
        await bench.open()
        assert health.faults == {}

        async def broken(*_: Any, **__: Any) -> None:
            raise KeyError("a bug")

        monkeypatch.setattr(InboxRows, "lease", broken)
        with structlog.testing.capture_logs() as logs:
            await bench.until(lambda: bench.inbox.has_crashed)
        assert list(health.crashes) == list(health.faults) == ["inbox"]
        assert [each["event"] for each in logs] == ["the inbox has stopped working; restart zimerr"]
        await bench.inbox.close(grace_s=0.0)


async def test_only_an_older_schema_is_a_fault(database: Database) -> None:
    """A backup may be restored while the bot runs. A newer schema comes with every upgrade of several replicas."""
    check = schema_check(database)

    async def set_version(version: str) -> None:
        change = sql("UPDATE alembic_version SET version_num = :version").bindparams(version=version)
        await database.run(lambda connection: connection.execute(change))

    def current(connection: Connection) -> str:
        return str(connection.execute(sql("SELECT version_num FROM alembic_version")).scalar_one())

    version = await database.run(current)
    assert await check() is None
    try:
        await set_version("0001")
        assert "zimerr db upgrade" in str(await check())
        await set_version("from the future")
        assert await check() is None
    finally:  # on PostgreSQL, other tests have the same tables
        await set_version(version)


async def test_refused_tokens_are_counted() -> None:
    """With many workspaces, each may have its own reason."""
    reasons: dict[str, str] = {}
    one, many = (workspace_check(reasons, is_for_many=each) for each in (False, True))
    assert (await one(), await many()) == (None, None)
    reasons |= {"T1": "token_revoked", "T2": "account_inactive", "T3": "token_revoked"}
    assert await one() == "Slack refuses SLACK_BOT_TOKEN: account_inactive, token_revoked"
    assert await many() == "Slack refuses the tokens of 3 workspaces: account_inactive, token_revoked"


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


async def test_an_unreachable_database_is_reported_once() -> None:
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
