"""Know the locales of channels and people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import RetryLater, StopWorkspace
from bot.policy.locales import Locales
from bot.storage.channel_store import ChannelStore, KnownLocale
from bot.storage.database import Database
from tests.directory import FakeDirectory, until_asked

DAY_S = 86_400.0


class Time:
    """A time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def clock(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        await asyncio.sleep(0)


class Slack(FakeDirectory):
    """A directory that records when it was asked for whom, and raises *errors* first."""

    def __init__(self, time: Time, locales: dict[str, str | None] | None = None, *errors: Exception) -> None:
        super().__init__(locales)
        self._time = time
        self.errors = list(errors)
        self.calls: list[tuple[float, str]] = []

    def _answer(self, key: str) -> str | None:
        self.calls.append((self._time.now, key))
        if self.errors:
            raise self.errors.pop(0)
        return super()._answer(key)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def locales(database: Database, time: Time) -> AsyncIterator[Locales]:
    locales = Locales(ChannelStore(database), time.clock, time.sleep)
    yield locales
    await locales.close()


async def test_no_caller_waits_for_slack(locales: Locales, time: Time) -> None:
    """A later reply has the answer."""
    slack = Slack(time, {"C1": "zh-CN", "U1": "zh-TW"})
    slack.may_answer.clear()
    assert await locales.find("T1", "C1", slack) is None
    assert await locales.find("T1", "U1", slack) is None
    slack.may_answer.set()
    await until_asked(locales)
    assert await locales.find("T1", "C1", slack) == "zh-CN"
    assert await locales.find("T1", "U1", slack) == "zh-TW"


async def test_slack_is_asked_once_a_day(locales: Locales, time: Time) -> None:
    """People change their locale, and until Slack has answered again, the known one is used."""
    slack = Slack(time, {"C1": "zh-CN"})
    for _ in range(3):
        await locales.find("T1", "C1", slack)
    await until_asked(locales)
    slack.locales["C1"] = "en-US"
    time.now += DAY_S - 60.0
    assert await locales.find("T1", "C1", slack) == "zh-CN"
    await until_asked(locales)
    assert slack.asked == 1
    time.now += 120.0
    assert await locales.find("T1", "C1", slack) == "zh-CN"
    await until_asked(locales)
    assert await locales.find("T1", "C1", slack) == "en-US"
    assert slack.asked == 2


async def test_a_locale_survives_a_restart(locales: Locales, database: Database, time: Time) -> None:
    """A deployment asks for no channel again, and answers each in its language at once."""
    slack = Slack(time, {"C1": "zh-CN", "C2": None})
    for channel in ("C1", "C2"):
        await locales.find("T1", channel, slack)
    await until_asked(locales)
    restarted = Locales(ChannelStore(database), time.clock, time.sleep)
    assert await restarted.find("T1", "C1", slack) == "zh-CN"
    assert await restarted.find("T1", "C2", slack) is None
    assert await restarted.find("T2", "C1", slack, may_ask=False) is None
    await until_asked(restarted)
    assert slack.asked == 2


async def test_another_replica_may_have_asked(locales: Locales, database: Database, time: Time) -> None:
    """Two replicas share one rate limit."""
    slack = Slack(time, {"C1": "en-US"})
    await locales.find("T1", "C1", slack, may_ask=False)
    await ChannelStore(database).put_locale("T1", "C1", KnownLocale("zh-CN", time.now))
    assert await locales.find("T1", "C1", slack) is None
    await until_asked(locales)
    assert await locales.find("T1", "C1", slack) == "zh-CN"
    assert slack.calls == []


async def test_nobody_is_asked_for_where_it_decides_nothing(locales: Locales, time: Time) -> None:
    """A vote or a setting does."""
    slack = Slack(time, {"C1": "zh-CN"})
    assert await locales.find("T1", "C1", slack, may_ask=False) is None
    await until_asked(locales)
    assert slack.calls == []


@pytest.mark.parametrize(("kind", "most"), [("C", 50), ("U", 100)])
async def test_calls_stay_within_the_rate_limit(locales: Locales, time: Time, kind: str, most: int) -> None:
    """After a restart, one message in each of many channels asks for all of them at once."""
    ids = [f"{kind}{number:03}" for number in range(200)]
    slack = Slack(time, dict.fromkeys(ids, "zh-CN"))
    for each in ids:
        await locales.find("T1", each, slack)
    await until_asked(locales)
    times = [at for at, _ in slack.calls]
    assert len(times) == 200
    assert max(sum(start <= at < start + 60.0 for at in times) for start in times) <= most / 2
    assert [await locales.find("T1", each, slack) for each in ids] == ["zh-CN"] * 200


async def test_a_wait_that_slack_demands_holds_for_all_channels(locales: Locales, time: Time) -> None:
    """The limit is the method's, not the channel's. Other workspaces have their own."""
    slack = Slack(time, {"C1": "zh-CN", "C2": "zh-CN"}, RetryLater("ratelimited", 40.0))
    started_at = time.now
    for channel in ("C1", "C2"):
        await locales.find("T1", channel, slack)
    await until_asked(locales)
    assert [(at - started_at, key) for at, key in slack.calls] == [(0.0, "C1"), (40.0, "C1"), (40.0, "C2")]


async def test_a_channel_that_cannot_be_asked_for_holds_nobody_up(locales: Locales, time: Time) -> None:
    """Slack did not answer in time; a later reply tries again."""
    slack = Slack(time, {"C1": "zh-CN", "C2": "zh-CN"}, RetryLater("no answer"))
    for channel in ("C1", "C2"):
        await locales.find("T1", channel, slack)
    await until_asked(locales)
    assert await locales.find("T1", "C2", slack) == "zh-CN"
    assert await locales.find("T1", "C1", slack) is None
    await until_asked(locales)
    assert await locales.find("T1", "C1", slack) == "zh-CN"


async def test_a_refused_token_ends_the_asking(locales: Locales, time: Time) -> None:
    """Every further call would be refused, too."""
    slack = Slack(time, {}, StopWorkspace("token_revoked"))
    for channel in ("C1", "C2"):
        await locales.find("T1", channel, slack)
    await until_asked(locales)
    assert len(slack.calls) == 1


async def test_a_forgotten_workspace_is_asked_again(locales: Locales, time: Time) -> None:
    """Its rows are deleted, too, by the store."""
    slack = Slack(time, {"C1": "zh-CN"})
    await locales.find("T1", "C1", slack)
    locales.forget("T1")
    await asyncio.sleep(0)
    assert slack.calls == []
    await locales.find("T1", "C1", slack)
    await until_asked(locales)
    assert await locales.find("T1", "C1", slack) == "zh-CN"


async def test_closing_stops_the_asking(locales: Locales, time: Time) -> None:
    """The bot stops, and its HTTP session is closed."""
    slack = Slack(time, {"C1": "zh-CN"})
    await locales.find("T1", "C1", slack)
    await locales.close()
    assert slack.calls == []
