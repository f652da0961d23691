"""Test that every message is answered exactly once while the bot is killed and Slack fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.inbox.rows import InboxRows
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.http_server import Sandbox
from bot.settings import DatabaseSettings
from bot.storage.database import Database
from tests.chaos.process import BotProcess
from tests.chaos.storm import Storm
from tests.postgres import Postgres
from tests.scenarios.conftest import Transport, manifest

EVENTS_PER_KILL = 100
# Transport, database, kills. A short run on each database is always included, the whole matrix only with --full.
RUNS = [
    ("http", "sqlite", 2),
    ("socket", "postgresql", 2),
    *(
        pytest.param(transport, database, 10, marks=pytest.mark.full)
        for transport in ("http", "socket")
        for database in ("sqlite", "postgresql")
    ),
]
# Messages are posted in legs. The bot starts during one leg and is killed during the next.
LEG_S = 0.8
# Unacknowledged events are redelivered, as Slack does after longer delays.
RETRY_DELAYS_S = (0.0, 0.5, *[1.0] * 60)


@pytest.fixture
def chance() -> random.Random:
    """The source of all randomness. CHAOS_SEED repeats a run, as far as the timing of processes allows."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)  # noqa: S311


@pytest.fixture
async def sandbox(transport: Transport) -> AsyncIterator[Sandbox]:
    """A workspace that redelivers events quickly."""
    async with Sandbox(manifest(transport), transport=transport, retry_delays_s=RETRY_DELAYS_S) as sandbox:
        yield sandbox


@pytest.fixture
def bot(sandbox: Sandbox, transport: Transport, database_url: str, tmp_path: Path) -> Iterator[BotProcess]:
    """The bot, not started yet. The sandbox knows its URL."""
    bot = BotProcess(sandbox, transport, database_url, tmp_path / "bot.log")
    if transport == "http":
        sandbox.connect_app(bot.url)
    yield bot
    bot.close()


@pytest.fixture
def other(sandbox: Sandbox, database_url: str, tmp_path: Path) -> Iterator[BotProcess]:
    """A second replica on the same database, not started yet."""
    bot = BotProcess(sandbox, "http", database_url, tmp_path / "other.log")
    yield bot
    bot.close()


async def until_done(database_url: str, timeout_s: float = 120.0) -> None:
    """Wait until every row of the inbox is done.

    The response to the last post may have been lost, and the row then stays open although its answer is visible.
    """
    database = Database(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    try:
        async with asyncio.timeout(timeout_s):
            while (await InboxRows(database).counts()).keys() != {"done"}:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.2)
    finally:
        await database.close()


@pytest.mark.parametrize(("transport", "database_url", "kills"), RUNS, indirect=["database_url"])
async def test_a_bot_that_is_killed_repeatedly_answers_everything_once(
    sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random, kills: int
) -> None:
    """Deployments and out-of-memory kills happen during incidents too."""
    bot.run("db", "upgrade")
    storm = Storm(sandbox, chance)
    storm.break_slack()
    bot.start()
    for _ in range(kills):
        posting = asyncio.create_task(storm.post(EVENTS_PER_KILL // 2, over_s=LEG_S))
        if chance.random() < 0.8:
            await bot.ready()
        await posting
        posting = asyncio.create_task(storm.post(EVENTS_PER_KILL // 2, over_s=LEG_S))
        await asyncio.sleep(chance.uniform(0.0, 0.7 * LEG_S))
        assert not posting.done()
        bot.kill()
        bot.start()
        await posting
    await storm.answered()
    await until_done(database_url)
    assert bot.kill(signal.SIGTERM) == 0
    storm.assert_each_once()


@pytest.mark.full
@pytest.mark.parametrize("transport", ["http"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestPostgres:
    """Scenarios that need a database shared by several processes."""

    async def test_a_replica_finishes_the_work_of_a_dead_one(
        self, sandbox: Sandbox, bot: BotProcess, other: BotProcess, database_url: str, chance: random.Random
    ) -> None:
        """Nobody may be there to restart the dead replica."""
        storm = await start_replicas(sandbox, bot, other, chance)
        async with load_balanced(sandbox, bot, other, chance):
            posting = asyncio.create_task(storm.post(150, over_s=3.0))
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            assert not posting.done()
            bot.kill()
        sandbox.connect_app(other.url)
        await posting
        await storm.post(50, over_s=1.0)
        await storm.answered()
        await until_done(database_url)
        storm.assert_each_once()

    async def test_a_replica_that_was_suspended_answers_nothing_twice(
        self, sandbox: Sandbox, bot: BotProcess, other: BotProcess, database_url: str, chance: random.Random
    ) -> None:
        """A machine is suspended while it posts, and resumes after another has done its work."""
        storm = await start_replicas(sandbox, bot, other, chance)
        async with load_balanced(sandbox, bot, other, chance):
            posting = asyncio.create_task(storm.post(150, over_s=3.0))
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            assert not posting.done()
            bot.pause()
        sandbox.connect_app(other.url)
        await posting
        await storm.answered()  # the other replica has taken over the expired leases
        posting = asyncio.create_task(storm.post(100, over_s=2.0))
        bot.resume()
        async with load_balanced(sandbox, bot, other, chance):
            await posting
        await storm.answered()
        await until_done(database_url)
        storm.assert_each_once()

    async def test_a_restart_of_the_database_under_load_loses_nothing(
        self, sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random, postgres: Postgres
    ) -> None:
        """Databases are restarted for security updates."""
        bot.run("db", "upgrade")
        storm = Storm(sandbox, chance)
        storm.break_slack()
        bot.start()
        await bot.ready()
        for _ in range(3):
            posting = asyncio.create_task(storm.post(70, over_s=1.5))
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            assert not posting.done()
            await asyncio.to_thread(postgres.restart)
            await posting
        await storm.answered()
        await until_done(database_url)
        storm.assert_each_once()


async def start_replicas(sandbox: Sandbox, bot: BotProcess, other: BotProcess, chance: random.Random) -> Storm:
    """Start both replicas, and prepare a storm in which posts are slow."""
    bot.run("db", "upgrade")
    bot.start()
    other.start()
    await asyncio.gather(bot.ready(), other.ready())
    storm = Storm(sandbox, chance)
    sandbox.faults.add(Fault(FaultKind.SLOW, "conversations.info", probability=0.5, seconds=0.3))
    sandbox.faults.add(Fault(FaultKind.SLOW, "chat.postMessage", probability=0.3, seconds=0.5))
    storm.break_slack()
    return storm


@contextlib.asynccontextmanager
async def load_balanced(
    sandbox: Sandbox, bot: BotProcess, other: BotProcess, chance: random.Random
) -> AsyncIterator[None]:
    """Send events to either replica, like a load balancer."""

    async def balance() -> None:
        while True:
            sandbox.connect_app(chance.choice((bot.url, other.url)))
            await asyncio.sleep(0.02)

    task = asyncio.create_task(balance())
    try:
        yield
    finally:
        task.cancel()
