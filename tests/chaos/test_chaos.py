"""The bot may be killed at any instant, Slack may answer anything: every message is answered, none twice."""

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
# Transport, database, kills. One short run on each database always, the whole matrix with --full.
RUNS = [
    ("http", "sqlite", 2),
    ("socket", "postgresql", 2),
    *(
        pytest.param(transport, database, 10, marks=pytest.mark.full)
        for transport in ("http", "socket")
        for database in ("sqlite", "postgresql")
    ),
]
LEG_S = 0.8  # of the stream: before each kill the bot has as long to start, and is killed within as long
# What is not acknowledged comes again, as at Slack, which waits longer.
RETRY_DELAYS_S = (0.0, 0.5, *[1.0] * 60)


@pytest.fixture
def chance() -> random.Random:
    """Where all chance in a test comes from; CHAOS_SEED repeats a run, as far as processes repeat themselves."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)  # noqa: S311


@pytest.fixture
async def sandbox(transport: Transport) -> AsyncIterator[Sandbox]:
    """An impatient workspace."""
    async with Sandbox(manifest(transport), transport=transport, retry_delays_s=RETRY_DELAYS_S) as sandbox:
        yield sandbox


@pytest.fixture
def bot(sandbox: Sandbox, transport: Transport, database_url: str, tmp_path: Path) -> Iterator[BotProcess]:
    """The bot, not started yet; Slack knows where it will be."""
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


async def emptied(database_url: str, timeout_s: float = 120.0) -> None:
    """Wait until everything in the inbox is done; the answer to an answer may have been lost last."""
    database = Database(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    try:
        async with asyncio.timeout(timeout_s):
            while (await InboxRows(database).counts()).keys() != {"done"}:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.2)
    finally:
        await database.close()


@pytest.mark.parametrize(("transport", "database_url", "kills"), RUNS, indirect=["database_url"])
async def test_a_bot_that_is_killed_again_and_again_answers_everything_once(
    sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random, kills: int
) -> None:
    """Deployments and the lack of memory come in the middle of an incident, too."""
    bot.run("db", "upgrade")
    storm = Storm(sandbox, chance)
    storm.break_slack()
    bot.start()
    for _ in range(kills):
        blowing = asyncio.create_task(storm.blow(EVENTS_PER_KILL // 2, over_s=LEG_S))
        if chance.random() < 0.8:
            await bot.ready()
        await blowing
        blowing = asyncio.create_task(storm.blow(EVENTS_PER_KILL // 2, over_s=LEG_S))
        await asyncio.sleep(chance.uniform(0.0, 0.7 * LEG_S))
        assert not blowing.done()
        bot.kill()
        bot.start()
        await blowing
    await storm.answered()
    await emptied(database_url)
    assert bot.kill(signal.SIGTERM) == 0
    storm.assert_each_once()


@pytest.mark.full
@pytest.mark.parametrize("transport", ["http"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestPostgres:
    """What only a database that several processes share can go through."""

    async def test_of_two_replicas_one_dies_and_the_other_finishes_all(
        self, sandbox: Sandbox, bot: BotProcess, other: BotProcess, database_url: str, chance: random.Random
    ) -> None:
        """Although nobody restarts the dead one."""
        storm = await two_at_work(sandbox, bot, other, chance)
        async with balanced(sandbox, bot, other, chance):
            blowing = asyncio.create_task(storm.blow(150, over_s=3.0))
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            assert not blowing.done()
            bot.kill()
        sandbox.connect_app(other.url)
        await blowing
        await storm.blow(50, over_s=1.0)
        await storm.answered()
        await emptied(database_url)
        storm.assert_each_once()

    async def test_of_two_replicas_one_sleeps_through_its_leases_and_answers_nothing_twice(
        self, sandbox: Sandbox, bot: BotProcess, other: BotProcess, database_url: str, chance: random.Random
    ) -> None:
        """A machine is suspended while it posts, and wakes up when others have done its work."""
        storm = await two_at_work(sandbox, bot, other, chance)
        async with balanced(sandbox, bot, other, chance):
            blowing = asyncio.create_task(storm.blow(150, over_s=3.0))
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            assert not blowing.done()
            bot.pause()
        sandbox.connect_app(other.url)
        await blowing
        await storm.answered()  # so the other has taken over what this one had leased
        blowing = asyncio.create_task(storm.blow(100, over_s=2.0))
        bot.resume()
        async with balanced(sandbox, bot, other, chance):
            await blowing
        await storm.answered()
        await emptied(database_url)
        storm.assert_each_once()

    async def test_a_restart_of_the_database_under_load_loses_nothing(
        self, sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random, postgres: Postgres
    ) -> None:
        """Databases get their security updates, too."""
        bot.run("db", "upgrade")
        storm = Storm(sandbox, chance)
        storm.break_slack()
        bot.start()
        await bot.ready()
        for _ in range(3):
            blowing = asyncio.create_task(storm.blow(70, over_s=1.5))
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            assert not blowing.done()
            await asyncio.to_thread(postgres.restart)
            await blowing
        await storm.answered()
        await emptied(database_url)
        storm.assert_each_once()


async def two_at_work(sandbox: Sandbox, bot: BotProcess, other: BotProcess, chance: random.Random) -> Storm:
    """Start both replicas, before a storm in which many posts are under way at any moment."""
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
async def balanced(sandbox: Sandbox, bot: BotProcess, other: BotProcess, chance: random.Random) -> AsyncIterator[None]:
    """Have events go to one or the other, as a balancer does."""

    async def balance() -> None:
        while True:
            sandbox.connect_app(chance.choice((bot.url, other.url)))
            await asyncio.sleep(0.02)

    task = asyncio.create_task(balance())
    try:
        yield
    finally:
        task.cancel()
