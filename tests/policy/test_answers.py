"""Answer commands."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.platforms import open_platforms
from bot.i18n import Language
from bot.oncall.periods import Period
from bot.policy import replies
from bot.policy.annotations import Annotations
from bot.policy.answers import Answers
from bot.policy.changes import Changes
from bot.policy.command_types import (
    ExplainCommand,
    LogsCommand,
    SearchCommand,
    SetAudienceCommand,
    SetModeCommand,
    TopCommand,
    WhyCommand,
)
from bot.policy.grammar import parse
from bot.policy.inspections import Inspections
from bot.policy.language import Languages
from bot.policy.memories import Memories
from bot.policy.noise_rules import Mode
from bot.policy.permissions import Permissions
from bot.policy.place import Audience, Place
from bot.policy.question import Question, question_of
from bot.policy.ranking import Ranking
from bot.policy.stories import Stories
from bot.policy.team_notes import TeamNotes
from bot.policy.visibility import Visibility
from bot.policy.watching import Watching
from bot.settings import Retention
from bot.storage.annotation_store import AnnotationStore
from bot.storage.change_store import ChangeStore
from bot.storage.channel_store import ChannelStore, SetBy
from bot.storage.database import Database
from bot.storage.memory_store import MemoryStore
from bot.storage.note_store import NoteStore
from bot.storage.sighting_store import SightingStore
from bot.storage.snooze_store import SnoozeStore
from bot.storage.story_store import StoryStore
from bot.storage.watch_store import WatchStore
from tests.directory import FakeDirectory, until_asked

PLACE = Place("T1", "C1", "U1")
NOW = 1_700_000_000.0

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def answers(catalogue: Catalogue, database: Database) -> AsyncIterator[Answers]:
    settings = ChannelStore(database)
    languages = Languages(settings, default=Language.EN, clock=lambda: 0.0)
    store = ChangeStore(database)
    annotations = Annotations(catalogue, languages, settings, AnnotationStore(database), lambda: 0.0)
    inspections = Inspections(catalogue, annotations, store, lambda: 0.0)
    permissions = Permissions((), lambda: 0.0)
    changes = Changes(
        permissions,
        permissions,
        languages,
        annotations,
        settings,
        store,
        SnoozeStore(database),
        lambda: 0.0,
        Retention(),
    )
    ranking = Ranking(SightingStore(database), Visibility(lambda: 0.0), lambda: NOW)
    memories = Memories(MemoryStore(database), lambda: 0.0)
    notes = TeamNotes(permissions, catalogue, NoteStore(database), store, memories, lambda: 0.0)
    stories = Stories(StoryStore(database), WatchStore(database), lambda: NOW)
    watching = Watching(permissions, catalogue, WatchStore(database), store, lambda: NOW)
    yield Answers(catalogue, languages, inspections, changes, ranking, stories, notes, watching)
    await languages.locales.close()


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("6000106", replies.Explained),
        ("NetworkModuleTokenExpired", replies.Explained),
        ("room", replies.Listing),
        ("60003", replies.Range),
        ("token expired", replies.Found),
    ],
)
async def test_a_query_is_a_code_or_symbol_then_a_section_then_a_range_then_words(
    answers: Answers, query: str, kind: type
) -> None:
    """People type what they have; the most specific reading is the likeliest."""
    assert type(answers.search(query)) is kind


async def test_the_search_index_is_built_in_a_thread(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a third of a second, in which the bot would acknowledge no event."""
    threads: list[int] = []
    build = Catalogue.prepare_search

    def note_thread(catalogue: Catalogue) -> None:
        threads.append(threading.get_ident())
        build(catalogue)

    monkeypatch.setattr(Catalogue, "prepare_search", note_thread)
    await answers.answer(ExplainCommand((6000106,)), PLACE, FakeDirectory())
    assert threads == []
    for command in (SearchCommand("token expired"), LogsCommand("upload failed")):
        await answers.answer(command, PLACE, FakeDirectory())
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


@pytest.mark.parametrize(
    ("query", "codes", "server_codes", "foreign"),
    [
        ("103040", [6000353], [103040], []),
        ("103040 0", [6000353], [103040], []),
        ("what is code 103040?", [6000353], [103040], []),
        ("错误码103040是什么", [6000353], [103040], []),
        ("103040、103039", [6000353, 6000352], [103040, 103039], []),
        ("1002001", [], [], [1002001]),
        ("error 0 or 1002001", [], [], [1002001]),
        ("返回 660000011 怎么办", [], [], [660000011]),
        ("50014", [6000001], [50014], [50014]),
    ],
)
def test_numbers_that_zego_documents_are_answered(
    answers: Answers, query: str, codes: list[int], server_codes: list[int], foreign: list[int]
) -> None:
    """People ask for the number that they see, of any product; 0 is never the answer beside another one."""
    reply = answers.search(query)
    if isinstance(reply, replies.Foreign):
        assert (codes, server_codes) == ([], [])
        assert [each.number for each in reply.numbers] == foreign
    else:
        assert isinstance(reply, replies.Explained)
        assert [entry.code for entry in reply.entries] == codes
        assert [each.number for each in reply.server_codes] == server_codes
        assert [each.number for each in reply.foreign] == foreign


@pytest.mark.parametrize("query", ["room 103040 members", "user 1002001 kicked out", "limit of 100001 bytes"])
def test_an_amount_or_an_id_is_not_asked_for(answers: Answers, query: str) -> None:
    """The words of the question count then."""
    assert isinstance(answers.search(query), replies.Found)


async def test_codes_and_other_numbers_are_answered_together(answers: Answers) -> None:
    """A log line may have the numbers of two products."""
    reply = (await answers.answer(ExplainCommand((6000106, 1002001, 6009999, 77777)), PLACE, FakeDirectory())).reply
    assert isinstance(reply, replies.Explained)
    assert ([entry.code for entry in reply.entries], reply.unknown) == ([6000106], (6009999,))
    assert [each.number for each in reply.foreign] == [1002001]
    reply = (await answers.answer(ExplainCommand((6009999, 1002001)), PLACE, FakeDirectory())).reply
    assert isinstance(reply, replies.Foreign)
    assert reply.unknown == (6009999,)


@pytest.mark.parametrize(
    ("note", "texts"),
    [
        ("greeting", ("hello", "Hi there!", "good morning :wave:", "你好", "大家好", "早上好！")),
        ("thanks", ("thanks!", "Thank you so much :)", "hey, thx mate", "谢谢", "好的，谢谢啦")),
        ("chat", ("ok", "在吗？", ":)", ":thumbsup:", "收到", "bye", "test")),
    ],
)
def test_small_talk_is_answered_in_kind(answers: Answers, note: str, texts: tuple[str, ...]) -> None:
    """It matches no code. Nobody answers “thanks” with an introduction."""
    assert {text: answers.search(text) for text in texts} == dict.fromkeys(texts, replies.Note(note))  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("status foo", "status"), ("设置 foo", "status"), ("list nosuch", "list"), ("ignored x", "ignored"),
        ("why x", "why"), ("why https://example.com", "why"), ("auto loud", "auto"), ("lang fr", "lang"),
        ("triage nosuch", "triage"), ("list --help", "list"),
    ],
)  # fmt: skip
async def test_a_misused_command_is_explained_alone(answers: Answers, typed: str, command: str) -> None:
    """The whole help would hide the line that helps."""
    assert (await answers.answer(parse(typed), PLACE, FakeDirectory())).reply == replies.Usage(command)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("status subscription limit", 6000016), ("logs upload failed", 6000212), ("自动 重连 失败", 6000009),
        ("why login fails", 6000101), ("why do sends fail?", 6000203), ("为什么登录失败", 6000101),
        ("list token expired", 6000106), ("排查 登录", 6000101),
    ],
)  # fmt: skip
async def test_words_behind_a_command_that_match_codes_are_a_search(answers: Answers, typed: str, code: int) -> None:
    """“Status” and “auto” are also words of errors."""
    reply = (await answers.answer(parse(typed), PLACE, FakeDirectory())).reply
    assert isinstance(reply, replies.Found)
    assert code in [entry.code for entry in reply.entries[:4]]


@pytest.mark.parametrize(
    ("locale", "question", "language"),
    [
        ("en-US", "群满了", Language.ZH),
        ("zh-CN", "why was the user kicked out", Language.EN),
        ("zh-CN", "token expired", Language.ZH),  # may be quoted
        ("zh-TW", "群满了", Language.ZH_HANT),
        ("en-US", "谢谢", Language.ZH),
    ],
)
async def test_a_question_is_answered_in_its_language(
    answers: Answers, locale: str, question: str, language: Language
) -> None:
    """Who asks in a language reads it."""
    directory = FakeDirectory({"U1": locale})
    await answers.answer(SearchCommand(question), PLACE, directory)
    await until_asked(answers._languages.locales)
    assert (await answers.answer(SearchCommand(question), PLACE, directory)).language is language


def test_words_that_match_no_code_find_nothing(answers: Answers) -> None:
    """The reply suggests another search."""
    assert answers.search("zzzzzzzzz") == replies.Found("zzzzzzzzz", ())


async def test_an_explanation_is_in_the_channels_language_and_the_rest_in_the_persons(answers: Answers) -> None:
    """Everyone in the channel reads an explanation, only one person the rest."""
    directory = FakeDirectory({"C1": "en-US", "U1": "zh-CN"})
    await answers.answer(SearchCommand(""), PLACE, directory)
    await until_asked(answers._languages.locales)
    explained = await answers.answer(ExplainCommand((6000106,), "6000106"), PLACE, directory)
    listing = await answers.answer(SearchCommand(""), PLACE, directory)
    assert (explained.language, listing.language) == (Language.EN, Language.ZH)


@pytest.mark.parametrize(
    "query",
    ["600354", "60003544", "error 600354", "what does 600354 mean?", "错误码 600354 是什么", "我遇到600354了"],
)
def test_a_number_with_a_digit_more_or_less_is_told_to_be_unknown(answers: Answers, query: str) -> None:
    """The answer names the mistake in the number; a search for the words beside it would not."""
    (number,) = re.findall("[0-9]+", query)
    assert answers.search(query) == replies.Unknown((int(number),))


def test_a_number_with_a_wrong_digit_is_told_to_be_unknown(answers: Answers) -> None:
    """One of the first digits may be wrong, too; other numbers are no codes."""
    assert answers.search("6100354") == replies.Unknown((6100354,))
    assert isinstance(answers.search("6654321"), replies.Found)
    assert isinstance(answers.search("limit of 600000 users"), replies.Found)


def test_a_mistyped_code_beside_a_known_one_is_named(answers: Answers) -> None:
    """Nothing that somebody asks for goes without a word."""
    reply = answers.explain((6000106, 600354, 12345))
    assert isinstance(reply, replies.Explained)
    assert reply.unknown == (600354,)


@pytest.mark.parametrize("query", ["103999", "103999 ios", "错误码 103999", "code: 103999"])
def test_an_unknown_code_of_the_servers_is_told_to_be_one(answers: Answers, query: str) -> None:
    """“No results” would send people away from the code that explains it."""
    reply = answers.search(query)
    assert isinstance(reply, replies.Unknown)
    assert reply.codes == (103999,)


@pytest.mark.parametrize("query", ["token expired 103999", "999999", "room 103999 members"])
def test_another_number_is_no_code_of_the_servers(answers: Answers, query: str) -> None:
    """Words that say more than the number are searched."""
    assert isinstance(answers.search(query), replies.Found)


def test_an_unknown_code_keeps_the_platform(answers: Answers) -> None:
    """The answer links the platform's list of codes."""
    ios = open_platforms().keyed("ios")
    assert answers.explain((6000199,), ios) == replies.Unknown((6000199,), ios)
    assert answers.search("600354 ios") == replies.Unknown((600354,), ios)


def test_unknown_codes_are_named(answers: Answers) -> None:
    """The reply about them differs from an explanation."""
    assert answers.explain((6000199, 6000198)) == replies.Unknown((6000199, 6000198))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("6000106 ios", "ios"),
        ("安卓上的 6000106", "android"),
        ("PlatformException(6000106, Token expired, null, null)", "flutter"),
        ("6000106 on ios and android", None),
        ("6000106", None),
    ],
)
async def test_an_explanation_is_about_the_platform_that_the_asker_names_or_shows(
    answers: Answers, text: str, key: str | None
) -> None:
    """The person knows it best; else the pasted line may show it."""
    answer = await answers.answer(ExplainCommand((6000106,), text), PLACE, FakeDirectory())
    assert isinstance(answer.reply, replies.Explained)
    assert answer.reply.platform is open_platforms().keyed(key)
    shared = answers.explain_message({"text": text})
    assert isinstance(shared, replies.Explained)
    assert shared.platform is open_platforms().keyed(key if key == "flutter" else None)


@pytest.mark.parametrize(
    ("query", "code", "key"),
    [
        ("NetworkModuleTokenExpired ios", 6000106, "ios"),
        ("Flutter networkModuleTokenExpired", 6000106, "flutter"),
        ("ZIMErrorCode.USER_IS_NOT_LOGGED 安卓", 6000121, "android"),
        ("103040 ios", 6000353, "ios"),
        ("苹果 103040", 6000353, "ios"),
        ("NetworkModuleTokenExpired", 6000106, None),
        ("103040", 6000353, None),
        ("ios android 103040", 6000353, None),
    ],
)
def test_a_symbol_or_server_code_is_explained_on_the_platform_that_the_asker_names(
    answers: Answers, query: str, code: int, key: str | None
) -> None:
    """People add their platform to whatever they ask about, as they may to a code."""
    reply = answers.search(query)
    assert isinstance(reply, replies.Explained)
    assert [entry.code for entry in reply.entries] == [code]
    assert reply.platform is open_platforms().keyed(key)


async def test_the_place_of_the_log_is_that_of_the_platform(answers: Answers) -> None:
    """Without a platform, the answer lists all; a word that names none is shown."""
    platforms = open_platforms().platforms
    for text, reply in (
        ("ios", replies.LogsReply((platforms[1],))),
        ("", replies.LogsReply(platforms)),
        ("symbian", replies.LogsReply(platforms, "symbian")),
    ):
        assert (await answers.answer(LogsCommand(text), PLACE, FakeDirectory())).reply == reply


async def test_a_mode_is_set_and_shown(answers: Answers) -> None:
    """The reply tells the channel who did it; a second time, there is nothing to tell."""
    reply = (await answers.answer(SetModeCommand(Mode.REACT), PLACE, FakeDirectory())).reply
    assert isinstance(reply, replies.ChangeReply)
    assert (reply.change.what, reply.change.user, reply.change.detail["after"]) == ("mode", "U1", "react")
    again = (await answers.answer(SetModeCommand(Mode.REACT), PLACE, FakeDirectory())).reply
    assert isinstance(again, replies.SettingsReply)
    assert (again.mode, again.mode_by) == (Mode.REACT, SetBy("U1", 0.0))


async def test_another_attempt_at_a_command_tells_of_the_first_one(answers: Answers) -> None:
    """Slack may refuse the answer after the mode was changed, and the channel must learn of it."""
    first = (await answers.answer(SetModeCommand(Mode.OFF), PLACE, FakeDirectory())).reply
    second = (await answers.answer(SetModeCommand(Mode.OFF), PLACE, FakeDirectory(), is_repeated=True)).reply
    assert first == second
    other = Place("T1", "C1", "U2")
    assert isinstance(
        (await answers.answer(SetModeCommand(Mode.OFF), other, FakeDirectory(), is_repeated=True)).reply,
        replies.SettingsReply,
    )


async def test_why_is_only_answered_in_the_messages_own_channel(answers: Answers) -> None:
    """Elsewhere, the person may not be allowed to read the message."""
    directory = FakeDirectory(history=[{"ts": "1.0", "text": "order 6000106"}])
    here = (await answers.answer(WhyCommand("C1", "1.0", "1.0"), PLACE, directory)).reply
    elsewhere = (await answers.answer(WhyCommand("C2", "1.0", "1.0"), PLACE, directory)).reply
    assert isinstance(here, replies.WhyReply)
    assert [each.text for each in here.lookalikes] == ["6000106"]
    assert elsewhere == replies.Note("no_message")


async def test_quoted_codes_are_explained_on_request(answers: Answers) -> None:
    """A person asked, so the noise rules do not apply."""
    reply = answers.explain_message({"text": "&gt; 6000106"})
    assert isinstance(reply, replies.Explained)
    assert answers.explain_message({"text": "hello"}) == replies.Note("no_codes")


async def test_the_servers_own_code_is_explained_on_request(answers: Answers) -> None:
    """It says why the call failed."""
    reply = answers.explain_message({"text": "{code: 6000203, message: 'code: 108035, message: no member'}"})
    assert isinstance(reply, replies.Explained)
    assert [entry.code for entry in reply.entries] == [6000203, 6000521]
    assert [each.number for each in reply.server_codes] == [108035]


@pytest.mark.parametrize(
    "command",
    [
        ExplainCommand((6000106, 6009999), "6000106 ios"),
        ExplainCommand((6000201, 103040), "6000201 103040"),
        ExplainCommand((6000359,), "6000359"),
        ExplainCommand((0,), "0"),
        SearchCommand("1002033"),
        SearchCommand("token expired"),
        SearchCommand("令牌 过期"),
        SearchCommand("60003"),
        SearchCommand("room"),
        SearchCommand(""),
        LogsCommand("ios"),
        LogsCommand("安卓"),
        LogsCommand(""),
        TopCommand(Period.WEEK),
    ],
)
async def test_the_question_of_an_answer_gives_the_same_answer(
    answers: Answers, command: ExplainCommand | SearchCommand | LogsCommand | TopCommand
) -> None:
    """A button contains the question as JSON, because Slack does not send an ephemeral message back."""
    reply = (await answers.answer(command, PLACE, FakeDirectory())).reply
    question = question_of(reply)
    assert question
    value = json.dumps(question.to_json(), ensure_ascii=False)
    assert Question.from_json(json.loads(value)) == question
    assert await answers.again(question, PLACE, FakeDirectory()) == reply


async def test_a_question_of_a_button_changes_nothing(answers: Answers) -> None:
    """Only questions are asked again."""
    with pytest.raises(ValueError, match="not a question"):
        await answers.again(Question(command="auto off"), PLACE, FakeDirectory())
    nothing = await answers.answer(SearchCommand("qqqq zzzz"), PLACE, FakeDirectory())
    for reply in (nothing.reply, replies.Usage(), replies.LogsReply((), "symbian")):
        assert question_of(reply) is None


@pytest.mark.parametrize(
    ("typed", "setting", "audience"),
    [
        ("6000106", None, Audience.CHANNEL),
        ("6000106", Audience.ME, Audience.ME),
        ("6000106 channel", Audience.ME, Audience.CHANNEL),
        ("6000106 me", None, Audience.ME),
        ("103040 me", None, Audience.ME),
        ("NetworkModuleTokenExpired me", None, Audience.ME),
        ("NetworkModuleTokenExpired", Audience.ME, Audience.ME),
    ],
)
async def test_the_audience_is_that_of_the_command_else_that_of_the_settings(
    answers: Answers, typed: str, setting: Audience | None, audience: Audience
) -> None:
    """A mention is public speech: only its own word makes its answer private."""
    if setting:
        await answers.answer(SetAudienceCommand(setting, is_for_workspace=True), PLACE, FakeDirectory())
    answer = await answers.answer(parse(typed), PLACE, FakeDirectory(), is_slash_command=True)
    assert isinstance(answer.reply, replies.Explained)
    assert answer.audience is audience
    assert answer.is_public is (audience is Audience.CHANNEL)
    mentioned = await answers.answer(parse(typed), PLACE, FakeDirectory())
    assert mentioned.is_public is not typed.endswith(" me")
    direct = await answers.answer(
        parse("6000106"), replace(PLACE, channel="D1"), FakeDirectory(), is_slash_command=True
    )
    assert direct.is_public
