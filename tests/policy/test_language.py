"""Choose the language of a channel and of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.i18n import Language
from bot.policy.language import LanguageChoice, Languages
from bot.policy.place import Place
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.tables import language_votes
from tests.directory import FakeDirectory, until_asked

IN_CHINESE, IN_ENGLISH = "用户登录失败了", "login fails for all users"
CHANNEL = Place("T1", "C1", "U1")
DIRECT = Place("T1", "D1", "U1")


class Clock:
    """A clock that tests can set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def languages(database: Database, clock: Clock) -> AsyncIterator[Languages]:
    languages = Languages(ChannelStore(database), default=Language.EN, clock=clock)
    yield languages
    await languages.locales.close()


async def of_channel(
    languages: Languages, place: Place, directory: FakeDirectory, text_language: Language | None = None
) -> LanguageChoice:
    """Return the language of a channel once Slack has told what it was asked for."""
    await languages.of_channel(place, directory, text_language=text_language)
    await until_asked(languages.locales)
    return await languages.of_channel(place, directory, text_language=text_language)


async def set_language(database: Database, place: Place, language: Language | None) -> None:
    """Set the language of a channel."""
    where = place.team, place.channel
    await ChangeStore(database).set(*where, Changed.LANGUAGE, language, user=place.user, at=1.0)


async def test_a_setting_wins_over_the_channels_locale(languages: Languages, database: Database) -> None:
    """People who set a language expect to keep it."""
    directory = FakeDirectory({"C1": "en-US"})
    await set_language(database, CHANNEL, Language.ZH)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.ZH, "setting")
    await set_language(database, CHANNEL, None)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.EN, "channel")


async def test_the_channels_locale_wins_over_the_default(languages: Languages) -> None:
    """A Chinese channel gets Chinese without a setting."""
    assert await of_channel(languages, CHANNEL, FakeDirectory({"C1": "zh-CN"})) == LanguageChoice(
        Language.ZH, "channel"
    )
    assert await of_channel(languages, Place("T1", "C2", "U1"), FakeDirectory()) == LanguageChoice(
        Language.EN, "default"
    )


async def test_direct_messages_and_private_replies_follow_the_person(languages: Languages) -> None:
    """Only that person reads them."""
    directory = FakeDirectory({"U1": "zh-TW", "C1": "en-US", "D1": "en-US"})
    assert await of_channel(languages, DIRECT, directory) == LanguageChoice(Language.ZH_HANT, "person")
    assert await languages.of_person(CHANNEL, directory) == LanguageChoice(Language.ZH_HANT, "person")


async def test_workspaces_do_not_share_settings(languages: Languages, database: Database) -> None:
    """Two workspaces may have channels of the same id."""
    await set_language(database, CHANNEL, Language.ZH)
    other = Place("T2", "C1", "U1")
    assert await of_channel(languages, other, FakeDirectory()) == LanguageChoice(Language.EN, "default")


async def test_an_answer_does_not_wait_for_slack(languages: Languages) -> None:
    """Chinese characters decide until the locale is known, then the default."""
    directory = FakeDirectory({"C1": "en-US", "U1": "en-US"})
    directory.may_answer.clear()
    for choose in (languages.of_channel, languages.of_person):
        assert await choose(CHANNEL, directory, text_language=Language.ZH) == LanguageChoice(Language.ZH, "text")
        assert await choose(CHANNEL, directory) == LanguageChoice(Language.EN, "default")
    directory.may_answer.set()
    await until_asked(languages.locales)
    assert await languages.of_channel(CHANNEL, directory, text_language=Language.ZH) == LanguageChoice(
        Language.EN, "channel"
    )
    assert await languages.of_person(CHANNEL, directory, text_language=Language.ZH) == LanguageChoice(
        Language.EN, "person"
    )


async def test_a_person_of_unknown_locale_reads_the_channels_language(languages: Languages, database: Database) -> None:
    """It is likelier theirs than the default is. A direct message tells nothing, nor does a shortcut elsewhere."""
    await set_language(database, CHANNEL, Language.ZH)
    assert await languages.of_person(CHANNEL, FakeDirectory()) == LanguageChoice(Language.ZH, "setting")
    for place in (DIRECT, Place("T1", "", "U1")):
        assert await languages.of_person(place, FakeDirectory()) == LanguageChoice(Language.EN, "default")


async def test_a_private_reply_needs_no_database(tmp_path: Path) -> None:
    """A search and the help work while the database is away."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/missing/bot.db")
    languages = Languages(ChannelStore(database), default=Language.EN, clock=Clock())
    assert await languages.of_person(CHANNEL, FakeDirectory()) == LanguageChoice(Language.EN, "default")
    choice = await languages.of_person(CHANNEL, FakeDirectory(), text_language=Language.ZH)
    assert choice == LanguageChoice(Language.ZH, "text")
    await database.close()


async def test_slack_is_not_asked_for_a_locale_that_decides_nothing(languages: Languages, database: Database) -> None:
    """A setting or an English vote decides. A Chinese vote does not tell simplified from traditional characters."""
    directory = FakeDirectory({"C1": "zh-TW"})
    await count(languages, *[IN_ENGLISH] * 5)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.EN, "vote")
    await set_language(database, CHANNEL, Language.ZH)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.ZH, "setting")
    assert directory.asked == 0


async def test_the_last_known_locale_is_used_while_slack_is_unavailable(languages: Languages, clock: Clock) -> None:
    """An outage must not turn a Chinese channel English."""
    assert (await of_channel(languages, CHANNEL, FakeDirectory({"C1": "zh-CN"}))).language == Language.ZH
    clock.now += 100_000
    assert (await languages.of_channel(CHANNEL, FakeDirectory(fails=True))).language == Language.ZH


async def count(languages: Languages, *prose: str) -> None:
    """Count messages of the channel."""
    for each in prose:
        if saving := languages.count_vote(CHANNEL, each):
            await saving


def everything_in(folder: Path) -> bytes:
    """Return the content of the files in *folder*."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_five_messages_decide_and_four_do_not(languages: Languages) -> None:
    """An American workspace has English locales everywhere, also where people write Chinese."""
    directory = FakeDirectory({"C1": "en-US"})
    await count(languages, *[IN_CHINESE] * 4)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.EN, "channel")
    await count(languages, IN_CHINESE)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.ZH, "vote")


async def test_a_message_without_words_of_a_language_does_not_vote(languages: Languages) -> None:
    """Everybody writes “ok”, codes and emoji."""
    await count(languages, *[IN_CHINESE] * 4, "ok", "", "6000106", "🎉")
    assert await of_channel(languages, CHANNEL, FakeDirectory({"C1": "en-US"})) == LanguageChoice(
        Language.EN, "channel"
    )


async def test_the_majority_wins_over_the_locale(languages: Languages) -> None:
    """Both ways, with a few in the other language."""
    directory = FakeDirectory({"C1": "zh-CN"})
    await count(languages, *[IN_ENGLISH] * 4, IN_CHINESE)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.EN, "vote")
    await count(languages, *[IN_CHINESE] * 4)
    assert await of_channel(languages, CHANNEL, directory) == LanguageChoice(Language.ZH, "channel")


@pytest.mark.parametrize(
    ("locale", "choice"),
    [
        ("zh-CN", LanguageChoice(Language.ZH, "channel")),
        ("en-US", LanguageChoice(Language.EN, "channel")),
        (None, LanguageChoice(Language.EN, "default")),
    ],
)
async def test_a_tie_goes_to_the_locale(languages: Languages, locale: str | None, choice: LanguageChoice) -> None:
    """As many messages in either language are no vote."""
    await count(languages, *[IN_ENGLISH, IN_CHINESE] * 3)
    assert await of_channel(languages, CHANNEL, FakeDirectory({"C1": locale})) == choice


async def test_the_vote_wins_over_the_default(languages: Languages) -> None:
    """Not every channel has a Slack locale."""
    await count(languages, *[IN_CHINESE] * 5)
    assert await of_channel(languages, CHANNEL, FakeDirectory()) == LanguageChoice(Language.ZH, "vote")


async def test_a_setting_wins_over_the_vote(languages: Languages, database: Database) -> None:
    """A setting is explicit."""
    await count(languages, *[IN_CHINESE] * 9)
    await set_language(database, CHANNEL, Language.EN)
    assert await of_channel(languages, CHANNEL, FakeDirectory()) == LanguageChoice(Language.EN, "setting")


async def test_each_channel_votes_for_itself(languages: Languages) -> None:
    """The same people may write English elsewhere."""
    await count(languages, *[IN_CHINESE] * 9)
    assert (await of_channel(languages, Place("T1", "C2", "U1"), FakeDirectory())).reason == "default"
    assert (await of_channel(languages, Place("T2", "C1", "U1"), FakeDirectory())).reason == "default"


async def test_a_channel_can_change_its_language(languages: Languages) -> None:
    """After a team changes, a year of English must not outvote it for another year."""
    await count(languages, *[IN_ENGLISH] * 400)
    assert (await of_channel(languages, CHANNEL, FakeDirectory())).language == Language.EN
    await count(languages, *[IN_CHINESE] * 40)
    assert (await of_channel(languages, CHANNEL, FakeDirectory())).language == Language.ZH


async def test_a_vote_survives_a_restart(database: Database, clock: Clock) -> None:
    """A deployment must not turn a Chinese channel English."""
    await count(Languages(ChannelStore(database), default=Language.EN, clock=clock), *[IN_CHINESE] * 5)
    restarted = Languages(ChannelStore(database), default=Language.EN, clock=clock)
    assert await of_channel(restarted, CHANNEL, FakeDirectory({"C1": "en-US"})) == LanguageChoice(Language.ZH, "vote")


async def test_a_chinese_vote_leaves_a_traditional_channel_traditional(languages: Languages) -> None:
    """The vote distinguishes Chinese and English, the locale simplified and traditional Chinese."""
    await count(languages, *["使用者登入失敗了"] * 9)
    choice = await of_channel(languages, CHANNEL, FakeDirectory({"C1": "zh-TW"}))
    assert choice == LanguageChoice(Language.ZH_HANT, "channel")
    await count(languages, *[IN_ENGLISH] * 30)
    assert await of_channel(languages, CHANNEL, FakeDirectory({"C1": "zh-TW"})) == LanguageChoice(Language.EN, "vote")


async def test_only_counts_of_messages_are_stored(languages: Languages, database: Database, tmp_path: Path) -> None:
    """The bot must not store what people write."""
    await count(languages, *[IN_CHINESE] * 3, *[IN_ENGLISH] * 2)
    rows = await database.run(lambda connection: [tuple(row) for row in connection.execute(select(language_votes))])
    assert rows == [("T1", "C1", 2, 3)]
    written = everything_in(tmp_path)
    assert IN_CHINESE.encode() not in written
    assert IN_ENGLISH.encode() not in written
