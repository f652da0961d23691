"""Whose language an answer is in."""

from __future__ import annotations

import pytest

from bot.language import Language
from bot.services.languages import Choice, Languages
from bot.services.place import Place
from bot.storage.channels import ChannelSettings
from bot.storage.database import Database
from tests.directory import FakeDirectory

CHANNEL = Place("T1", "C1", "U1")
DIRECT = Place("T1", "D1", "U1")


class Clock:
    """A clock that tests set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def languages(database: Database, clock: Clock) -> Languages:
    return Languages(ChannelSettings(database), default=Language.EN, clock=clock)


async def test_a_setting_wins_over_the_channels_locale(languages: Languages) -> None:
    """People who chose a language expect to keep it."""
    directory = FakeDirectory({"C1": "en-US"})
    await languages.set(CHANNEL, Language.ZH)
    assert await languages.of_channel(CHANNEL, directory) == Choice(Language.ZH, "setting")
    await languages.set(CHANNEL, None)
    assert await languages.of_channel(CHANNEL, directory) == Choice(Language.EN, "channel")


async def test_the_channels_locale_wins_over_the_default(languages: Languages) -> None:
    """A Chinese channel reads Chinese without anybody setting it."""
    assert await languages.of_channel(CHANNEL, FakeDirectory({"C1": "zh-CN"})) == Choice(Language.ZH, "channel")
    assert await languages.of_channel(Place("T1", "C2", "U1"), FakeDirectory()) == Choice(Language.EN, "default")


async def test_direct_messages_and_private_answers_follow_the_person(languages: Languages) -> None:
    """Only that person reads them."""
    directory = FakeDirectory({"U1": "zh-TW", "C1": "en-US", "D1": "en-US"})
    assert await languages.of_channel(DIRECT, directory) == Choice(Language.ZH, "person")
    assert await languages.of_person(CHANNEL, directory) == Choice(Language.ZH, "person")


async def test_workspaces_do_not_share_settings(languages: Languages) -> None:
    """Two workspaces may have channels of the same id."""
    await languages.set(CHANNEL, Language.ZH)
    other = Place("T2", "C1", "U1")
    assert await languages.of_channel(other, FakeDirectory()) == Choice(Language.EN, "default")


async def test_slack_is_asked_once_an_hour(languages: Languages, clock: Clock) -> None:
    """Answers must not wait for a call each, nor miss a changed locale for ever."""
    directory = FakeDirectory({"C1": "zh-CN"})
    for _ in range(3):
        await languages.of_channel(CHANNEL, directory)
    assert directory.asked == 1
    clock.now += 3601
    directory.locales["C1"] = "en-US"
    assert (await languages.of_channel(CHANNEL, directory)).language == Language.EN
    assert directory.asked == 2


async def test_while_slack_is_away_the_last_known_locale_serves(languages: Languages, clock: Clock) -> None:
    """An outage must not turn a Chinese channel English, and must not be remembered."""
    assert (await languages.of_channel(CHANNEL, FakeDirectory(fails=True))).reason == "default"
    assert (await languages.of_channel(CHANNEL, FakeDirectory({"C1": "zh-CN"}))).language == Language.ZH
    clock.now += 3601
    assert (await languages.of_channel(CHANNEL, FakeDirectory(fails=True))).language == Language.ZH
