"""Tests for the cards of catalogue entries."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.catalogue.numbers import ServerCode
from bot.catalogue.platforms import Platform, needs_log, open_platforms
from bot.i18n import Language, traditional, words
from bot.policy.replies import Annotation, Explained
from bot.render.block_kit import escape
from bot.render.entry_slack import MORE, NOT_A_CODE, OPEN_DOCS, QUIET_HERE, SHOW_DETAILS, SHOW_LANGUAGE, lookup
from bot.render.renderer import Renderer
from bot.render.snooze_slack import SNOOZE
from bot.sandbox.block_schema import check_view
from tests.render.kit_rules import assert_sendable, texts

LANGUAGES = list(Language)


def entry_of(catalogue: Catalogue, code: int) -> Entry:
    """Return an entry that exists."""
    entry = catalogue.get(code)
    assert entry
    return entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_makes_a_card_that_slack_accepts(catalogue: Catalogue, language: Language) -> None:
    """A text that grew too long would fail in the middle of an incident."""
    for entry in catalogue:
        message = Renderer(catalogue).message(Explained((entry,)), language)
        assert_sendable(message)
        shown = "\n".join(texts(message["blocks"]))
        assert str(entry.code) in shown
        assert "…" not in shown, f"{entry.code} is cut"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_cards_fit_together(catalogue: Catalogue, language: Language) -> None:
    """Two codes are two cards in one message, five of them the details for a single reader."""
    renderer = Renderer(catalogue)

    def length(entry: Entry) -> int:
        return sum(map(len, texts(renderer.message(Explained((entry,)), language)["blocks"])))

    longest = sorted(catalogue, key=length, reverse=True)[:5]
    for reply in (Explained(tuple(longest[:2]), (6009999,)), Explained(tuple(longest), (6009999,), is_detailed=True)):
        message = renderer.message(reply, language)
        assert_sendable(message)
        assert sum(block["type"] == "header" for block in message["blocks"]) == len(reply.entries)
        assert message["blocks"][-2]["elements"][0]["text"] != "…"


@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_codes_are_a_complete_list(catalogue: Catalogue, language: Language) -> None:
    """Each has its first step, and is one click away from all about it; in the longest entries, too."""

    def length(entry: Entry) -> int:
        return len(words(language).pick(entry.remedy)[0]) + len(words(language).pick(entry.title))

    entries = tuple(sorted(catalogue, key=length, reverse=True)[:40])
    for reply in (Explained(entries, (6009999,)), Annotation(entries, (6009999,), {})):
        message = Renderer(catalogue).message(reply, language)
        assert_sendable(message)
        shown = "\n".join(texts(message["blocks"]))
        for entry in entries:
            step = words(language).pick(entry.remedy)[0]
            assert f"*{entry.code}*" in shown
            assert escape(traditional(step) if language is Language.ZH_HANT else step) in shown
        menu = message["blocks"][-1]["elements"][0]
        assert [int(each["value"]) for each in menu["options"]] == [entry.code for entry in entries]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_link_to_the_documentation_is_that_of_its_code(catalogue: Catalogue, count: int) -> None:
    """A single button below several codes would show the page of the first one."""
    own = next(entry for entry in catalogue if entry.docs)
    entries = (own, *(entry_of(catalogue, code) for code in (6000106, 6000121)))[:count]
    blocks = Renderer(catalogue).message(Explained(entries), Language.EN)["blocks"]
    buttons = [each["url"] for each in blocks[-1]["elements"] if "url" in each]
    links = re.findall(r"<(https\S+)\|ZEGO docs>", "\n".join(texts(blocks)))
    assert buttons + links == ([catalogue.links_of(entry).en for entry in entries] if count < 3 else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_codes_at_once_still_make_a_message(catalogue: Catalogue, language: Language) -> None:
    """Someone will paste the whole table."""
    reply = Explained(tuple(catalogue), tuple(range(6009000, 6009999)))
    assert_sendable(Renderer(catalogue).message(reply, language))


def test_an_entry_with_many_meanings_is_cut_and_keeps_its_buttons(catalogue: Catalogue) -> None:
    """An overlay may add any number of meanings; Slack refuses a message of more than 50 blocks."""
    (several, *_) = [entry for entry in catalogue if entry.other_meanings]
    entry = replace(several, other_meanings=several.other_meanings * 60)
    message = Renderer(catalogue).message(Annotation((entry,), (), {}), Language.EN)
    assert_sendable(message)
    assert [button["action_id"] for button in message["blocks"][-1]["elements"]] == [SHOW_DETAILS, OPEN_DOCS, MORE]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unasked_answer_is_short(catalogue: Catalogue, language: Language) -> None:
    """Nobody asked for it: a title, a sentence, who acts, the steps; all else is one click away."""
    translate = words(language)
    for entry in catalogue:
        message = Renderer(catalogue).message(Annotation((entry,), (), {}), language)
        assert_sendable(message)
        title, said, *others, buttons = message["blocks"]
        assert title["type"] == "header"
        lines = said["text"]["text"].split("\n")
        steps = translate.pick(entry.remedy)
        assert len(lines) == 2 + len(steps)
        assert lines[1].startswith(("Who fixes it: ", "由谁处理：", "由誰處理："))
        assert all("…" not in line for line in lines)
        assert len(others) == bool(entry.other_meanings)
        assert [button["action_id"] for button in buttons["elements"]] == [SHOW_DETAILS, OPEN_DOCS, MORE]
        assert buttons["elements"][0]["style"] == "primary"


def test_the_menu_of_an_unasked_answer_fits(catalogue: Catalogue) -> None:
    """Slack refuses an option with a value of more than 150 characters, and with it the message."""
    entries = tuple(catalogue)[:30]
    for platform in open_platforms().platforms:
        for language in LANGUAGES:
            message = Renderer(catalogue).message(Annotation(entries, (6009999,), {}, platform), language)
            assert_sendable(message)
            options = message["blocks"][-1]["elements"][-1]["options"]
            acts = [json.loads(each["value"])["act"] for each in options]
            assert acts == [SHOW_LANGUAGE, SNOOZE, NOT_A_CODE, QUIET_HERE]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", [NOT_A_CODE, QUIET_HERE])
def test_the_confirmation_is_not_cut(catalogue: Catalogue, what: str, language: Language) -> None:
    """Slack limits titles and buttons of a modal to 24 characters."""
    view = Renderer(catalogue).confirmation(language, what, f"dismiss.{what}", "{}", [6000106, 6009999])
    check_view(view)
    assert not any("…" in view[part]["text"] for part in ("title", "submit", "close"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_that_follows_from_another_gets_a_line(catalogue: Catalogue, language: Language) -> None:
    """Two cards of eighteen lines hide that one is the reason for the other."""
    cause, follower, other = (entry_of(catalogue, code) for code in (6000106, 6000121, 6000604))
    message = Renderer(catalogue).message(Annotation((cause, other, follower), (6009999,), {6000121: 3}), language)
    assert_sendable(message)
    headers = [block["text"]["text"][:7] for block in message["blocks"] if block["type"] == "header"]
    assert headers == ["6000106", "6000604"]
    (line,) = [text for text in texts(message["blocks"]) if "↳" in text]
    assert line.index("6000121 ·") < line.index("6000106")
    assert "6000121" not in message["text"]
    assert any("6009999" in text for text in texts(message["blocks"]))


@pytest.mark.parametrize("codes", [(6000121, 6000106), (6000106, 6000604)])
def test_codes_that_do_not_follow_get_cards(catalogue: Catalogue, codes: tuple[int, int]) -> None:
    """A code before its cause, or without a rule, is explained in full."""
    entries = tuple(entry_of(catalogue, code) for code in codes)
    message = Renderer(catalogue).message(Annotation(entries, (), {}), Language.EN)
    assert sum(block["type"] == "header" for block in message["blocks"]) == 2


def test_codes_that_someone_asks_for_get_cards(catalogue: Catalogue) -> None:
    """A reader who names two codes wants to read about both."""
    entries = entry_of(catalogue, 6000106), entry_of(catalogue, 6000121)
    message = Renderer(catalogue).message(Explained(entries), Language.EN)
    assert sum(block["type"] == "header" for block in message["blocks"]) == 2


def test_the_language_button_offers_the_other_language(catalogue: Catalogue) -> None:
    """A Chinese reader in an English channel is one click away from Chinese."""
    entry = entry_of(catalogue, 6000106)
    for language, label in ((Language.EN, "中文"), (Language.ZH, "English")):
        buttons = Renderer(catalogue).message(Explained((entry,)), language)["blocks"][-1]["elements"]
        assert buttons[0]["text"]["text"] == label
        assert json.loads(buttons[0]["value"]) == {"codes": [6000106], "language": language.other}


def test_the_notification_names_the_code_and_its_first_step(catalogue: Catalogue) -> None:
    """On a locked phone only the plain text is shown."""
    entry = entry_of(catalogue, 6000106)
    text = Renderer(catalogue).message(Annotation((entry,), (), {}), Language.EN)["text"]
    assert text.startswith("6000106 Token expired")
    assert "renewToken" in text


def test_a_second_meaning_shows_its_own_limits_and_methods(catalogue: Catalogue) -> None:
    """The time limit for editing is not one of calls."""
    shown = texts(Renderer(catalogue).message(Explained((entry_of(catalogue, 6000286),)), Language.EN)["blocks"])
    (edit,) = (text for text in shown if "Too late to edit" in text)
    assert "Methods: `editMessage`" in edit
    assert "24 hours" in edit
    assert not any("24 hours" in text for text in shown if text is not edit)


@pytest.mark.parametrize(("language", "label"), [(Language.EN, "*Example*"), (Language.ZH, "*示例*")])
def test_the_details_show_the_example_and_messages_stay_short(
    catalogue: Catalogue, language: Language, label: str
) -> None:
    """Who looks one code up compares it with a log; a reply in a busy channel should be read in seconds."""
    entry = entry_of(catalogue, 6000353)
    (example,) = [text for text in texts(lookup(entry, words(language))["blocks"]) if label in text]
    assert "code: 6000353, message: set room members attributes failed with code: 103040" in example
    details = Renderer(catalogue).message(Explained((entry,), is_detailed=True), language)
    assert example in texts(details["blocks"])
    for reply in (Explained((entry,)), Annotation((entry,), (), {})):
        assert not any(label in text for text in texts(Renderer(catalogue).message(reply, language)["blocks"]))


def test_an_example_mentions_nobody_and_breaks_no_markup(catalogue: Catalogue) -> None:
    """An overlay may hold any line of a log, such as a message that mentions a channel."""
    entry = replace(entry_of(catalogue, 6000106), example="`<!channel>` *failed* <@U1> & code 6000106 " + "<" * 500)
    view = lookup(entry, words(Language.EN))
    check_view(view)
    shown = view["blocks"][-2]["text"]
    assert shown["text"].startswith("*Example*\n`'&lt;!channel&gt;' *failed* &lt;@U1&gt; &amp; code 6000106")
    assert shown["text"].count("`") == 2
    assert shown["verbatim"]


def test_the_language_button_repeats_the_question(catalogue: Catalogue) -> None:
    """The copy in the other language has the same lines."""
    foreign = catalogue.numbers.foreign(50014), catalogue.numbers.foreign(1002001)
    entries = catalogue[6000001], catalogue[6000106]
    reply = Explained(entries, (6009999,), (ServerCode(50014, 6000001),), tuple(each for each in foreign if each))
    message = Renderer(catalogue).message(reply, Language.EN)
    (button,) = (each for each in message["blocks"][-1]["elements"] if each.get("action_id") == SHOW_LANGUAGE)
    assert json.loads(button["value"])["codes"] == [50014, 6000106, 6009999, 1002001]


def small_print(catalogue: Catalogue, entry: Entry, key: str | None, language: Language) -> list[str]:
    """Return the small print of a card on a platform."""
    message = Renderer(catalogue).message(Explained((entry,), platform=open_platforms().keyed(key)), language)
    assert_sendable(message)
    found = [block["elements"] for block in message["blocks"] if block["type"] == "context"]
    return [element["text"] for elements in found for element in elements]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", open_platforms().platforms, ids=lambda each: each.key)
def test_a_platform_adds_a_line_about_the_log_where_it_is_needed(
    catalogue: Catalogue, platform: Platform, language: Language
) -> None:
    """One line, in the cards whose remedy uploads the log; no other text changes but the name in the SDK."""
    call = f"`{platform.upload[0]}`".replace(">", "&gt;")
    for entry in catalogue:
        before, after = (small_print(catalogue, entry, key, language) for key in (None, platform.key))
        assert len(after) - len(before) == any(call in line for line in after) == needs_log(entry.remedy.en)
        assert "…" not in "".join(after)


def test_a_card_names_the_code_as_the_platform_does(catalogue: Catalogue) -> None:
    """A name that the platform's SDK lacks is not claimed to be its own."""
    entry = entry_of(catalogue, 6000301)
    assert entry.symbols.java is None
    assert small_print(catalogue, entry, "flutter", Language.EN)[-2] == "SDK name (Flutter): `roomModuleCommonError`"
    assert small_print(catalogue, entry, "flutter", Language.ZH)[-2].startswith("SDK 中的名称（Flutter）：`room")
    assert small_print(catalogue, entry, "android", Language.EN)[-2] == "SDK name: `RoomModuleCommonError`"
    assert small_print(catalogue, entry, None, Language.EN)[-1] == "SDK name: `RoomModuleCommonError`"


def test_the_buttons_keep_to_the_platform(catalogue: Catalogue) -> None:
    """The page and the copy in the other language are those of the platform, too."""
    reply = Explained((entry_of(catalogue, 6000106),), platform=open_platforms().keyed("unity"))
    language, docs = Renderer(catalogue).message(reply, Language.ZH)["blocks"][-1]["elements"]
    assert json.loads(language["value"]) == {"codes": [6000106], "language": "en", "platform": "unity"}
    assert docs["url"] == "https://doc-zh.zego.im/zim-u3d/sdk-error-codes/zim"


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            Language.EN,
            "The message of *6000203* also has the server's own code 108035, which stands for *6000521* · Not a",
        ),
        (Language.ZH, "*6000203* 的错误信息里还带着服务端自己的错误码 108035，对应 *6000521* · 用户不是群成员"),
    ],
)
def test_an_annotation_says_what_the_servers_own_code_stands_for(
    catalogue: Catalogue, language: Language, line: str
) -> None:
    """The code only says that sending failed. The renderer keeps annotations, so the next one must not get the line."""
    renderer, entries = Renderer(catalogue), (catalogue[6000203],)
    for server_codes in (((6000203, ServerCode(108035, 6000521)),), ()):
        message = renderer.message(Annotation(entries, (), {}, server_codes=server_codes), language)
        assert_sendable(message)
        assert any(text.startswith(line) for text in texts(message["blocks"])) is bool(server_codes)


@pytest.mark.parametrize(("language", "expected"), [(Language.EN, "Not needed"), (Language.ZH, "无需重试")])
def test_where_nobody_has_to_fix_anything_no_retry_is_needed(
    catalogue: Catalogue, language: Language, expected: str
) -> None:
    """“Fix the cause first” contradicts “no action needed”."""
    message = Renderer(catalogue).message(Explained((entry_of(catalogue, 0),)), language)
    shown = "\n".join(texts(message["blocks"]))
    assert expected in shown
    assert words(language)("retry.no") not in shown
