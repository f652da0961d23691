"""The bot may be killed at any instant, Slack may answer anything: every message is answered, none twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from bot.settings import DatabaseSettings
from bot.storage.database import Database
from bot.storage.inbox import InboxRows
from tests.chaos.process import BotProcess
from tests.chaos.storm import Storm
from tests.postgres import Postgres
from tests.scenarios.conftest import Transport, manifest

EVENTS, KILLS = 510, 10  # on each of two databases over each of two transports
# What is not acknowledged comes again, as at Slack, which waits longer.
RETRY_DELAYS_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


@pytest.fixture
def chance() -> random.Random:
    """Where all chance in a test comes from; CHAOS_SEED repeats a run, as far as processes repeat themselves."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)  # noqa: S311


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> Transport:
    """Both ways in which Slack delivers."""
    return "socket" if request.param == "socket" else "http"


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


async def emptied(database_url: str, timeout_s: float = 30.0) -> None:
    """Wait until everything in the inbox is done; the answer to an answer may have been lost last."""
    database = Database(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    try:
        async with asyncio.timeout(timeout_s):
            while (await InboxRows(database).counts()).keys() != {"done"}:  # noqa: ASYNC110  another process's
                await asyncio.sleep(0.2)
    finally:
        await database.close()


async def test_a_bot_that_is_killed_again_and_again_answers_everything_once(
    sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random
) -> None:
    """Deployments and the lack of memory come in the middle of an incident, too."""
    bot.run("db", "upgrade")
    storm = Storm(sandbox, EVENTS, chance)
    storm.break_slack()
    bot.start()
    blowing = asyncio.create_task(storm.blow(over_s=20.0))
    for _ in range(KILLS):
        if chance.random() < 0.8:
            await bot.ready()
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        bot.kill()
        bot.start()
    await blowing
    await storm.answered(timeout_s=90.0)
    await emptied(database_url)
    assert bot.kill(signal.SIGTERM) == 0
    storm.assert_each_once()


@pytest.mark.parametrize("transport", ["http"], indirect=True)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestPostgres:
    """What only a database that several processes share can go through."""

    async def test_of_two_replicas_one_dies_and_the_other_finishes_all(
        self, sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random, tmp_path: Path
    ) -> None:
        """Within half a minute, and although nobody restarts the dead one."""
        bot.run("db", "upgrade")
        other = BotProcess(sandbox, "http", database_url, tmp_path / "other.log")
        storm = Storm(sandbox, 200, chance)
        storm.break_slack()
        try:
            bot.start()
            other.start()
            await asyncio.gather(bot.ready(), other.ready())
            blowing = asyncio.create_task(storm.blow(over_s=4.0))
            while not blowing.done():
                sandbox.connect_app(chance.choice((bot.url, other.url)))  # as a balancer does
                await asyncio.sleep(0.05)
            bot.kill()
            sandbox.connect_app(other.url)
            killed_at = time.monotonic()
            await storm.answered(timeout_s=60.0)
            await emptied(database_url)
            assert time.monotonic() - killed_at < 45.0  # the lease, and the attempts that Slack refuses
            storm.assert_each_once()
        finally:
            other.close()

    async def test_a_restart_of_the_database_under_load_loses_nothing(
        self, sandbox: Sandbox, bot: BotProcess, database_url: str, chance: random.Random, postgres: Postgres
    ) -> None:
        """Databases get their security updates, too."""
        bot.run("db", "upgrade")
        storm = Storm(sandbox, 200, chance)
        storm.break_slack()
        bot.start()
        await bot.ready()
        blowing = asyncio.create_task(storm.blow(over_s=6.0))
        for _ in range(3):
            await asyncio.sleep(chance.uniform(0.5, 2.0))
            await asyncio.to_thread(postgres.restart)
        await blowing
        await storm.answered(timeout_s=60.0)
        await emptied(database_url)
        storm.assert_each_once()
