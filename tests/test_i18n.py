"""Choose the language of an answer, and translate the bot's own texts."""

from __future__ import annotations

import re
import sys
from gettext import GNUTranslations
from io import BytesIO
from itertools import product

import pytest
from babel.localedata import locale_identifiers
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot import i18n, resources
from bot.i18n import Language, negotiate, prose_language, script_language, traditional, words
from tests.typography import faults

PLACEHOLDER = re.compile(r"\{(\w*)\}")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-CN", "zh"), ("zh-Hans", "zh"), ("zh-SG", "zh"), ("zh", "zh"), ("zh_CN", "zh"), ("zh-Hans-CN", "zh"),
        ("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"), ("zh-Hant", "zh-Hant"), ("zh_TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"), ("zh-MO", "zh-Hant"), ("zh-Hans-HK", "zh"),
        ("en-US", "en"), ("en", "en"), ("ja-JP", "en"), ("fr-FR", "en"), ("ko-KR", "en"),
        (None, "zh"), ("", "zh"), ("klingon", "zh"), ("xx-YY", "zh"), ("e", "zh"),
    ],
)  # fmt: skip
def test_a_locale_selects_a_language(tag: str | None, language: str) -> None:
    """Chinese locales select Chinese, all others English; an unusable tag selects the default."""
    assert negotiate(tag, default=Language.ZH) == language


def test_the_short_cuts_agree_with_babel() -> None:
    """Common tags, and all tags that are not Chinese in front of an English reader, need no Babel."""
    tags = [
        *i18n._CHINESE_TAGS,
        *locale_identifiers(),
        "klingon",
        "xx-YY",
        "zho",
        "chi",
        "cmn",
        "cmn-TW",
        "Chinese_China",
    ]
    expected = [i18n._ask_babel(tag.replace("_", "-")) or Language.EN for tag in tags]
    assert [negotiate(tag, default=Language.EN) for tag in tags] == expected
    assert [negotiate(tag.replace("-", "_"), default=Language.EN) for tag in tags] == expected


@pytest.mark.parametrize(
    ("language", "other", "is_chinese"),
    [
        (Language.EN, Language.ZH, False),
        (Language.ZH, Language.EN, True),
        (Language.ZH_HANT, Language.EN, True),
    ],
)
def test_each_language_has_another_to_offer(language: Language, other: Language, is_chinese: bool) -> None:
    """The language button leads from both kinds of Chinese to English."""
    assert (language.other, language.is_chinese) == (other, is_chinese)


@pytest.mark.parametrize(
    ("simplified", "converted"),
    [
        ("登录失败，网络请求超时", "登錄失敗，網絡請求超時"),
        ("房间不存在", "房間不存在"),
        ("Token expired: 6000106", "Token expired: 6000106"),
        ("`ZIMErrorCode.USER_IS_NOT_LOGGED` 用户未登录", "`ZIMErrorCode.USER_IS_NOT_LOGGED` 用戶未登錄"),
        ("", ""),
    ],
)
def test_chinese_becomes_traditional_and_nothing_else_changes(simplified: str, converted: str) -> None:
    """Readers in Taipei and Hong Kong expect it; codes and names must not change."""
    assert traditional(simplified) == converted


def test_without_the_extra_chinese_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCC is optional; simplified characters are better than none."""
    monkeypatch.setitem(sys.modules, "opencc", None)
    monkeypatch.setattr(i18n, "_to_traditional", i18n._to_traditional.__wrapped__)
    assert traditional("登录失败") == "登录失败"


@pytest.mark.parametrize(
    ("prose", "language"),
    [
        ("登录失败了", Language.ZH),
        ("login 登录失败", Language.ZH),
        ("login failed again", Language.EN),
        ("she said 好的 and then left the channel", Language.EN),
        ("login failed 登录失败", Language.ZH),
        ("please help with login 登录", None),
        ("好", None),
        ("ok thanks", None),
        ("", None),
        ("привет как дела", None),
    ],
)
def test_prose_has_one_language_or_none(prose: str, language: Language | None) -> None:
    """Two words are too few, and Chinese prose contains words such as login, token and app."""
    assert prose_language(prose) == language


def catalog(language: Language) -> Catalog:
    """Return the bot's texts in one language, from the translators' file."""
    with (resources.DATA / "locale" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=str(language), abort_invalid=True)


def messages(language: Language) -> dict[str, Message]:
    """Return the messages by key."""
    found: dict[str, Message] = {}
    for message in catalog(language):
        key = str(message.id[0] if isinstance(message.id, tuple) else message.id)
        if key:
            assert key not in found, f"{key} appears twice in {language}.po"
            found[key] = message
    return found


def forms(message: Message) -> tuple[str, ...]:
    """Return the texts of a message, one for each plural form."""
    return tuple(map(str, message.string)) if isinstance(message.string, tuple) else (str(message.string),)


def placeholders(form: str) -> set[str]:
    """Return the names in braces."""
    return set(PLACEHOLDER.findall(form))


def test_both_languages_have_the_same_keys() -> None:
    """A key that one language lacks would fail for its readers only."""
    english, chinese = messages(Language.EN), messages(Language.ZH)
    assert english.keys() == chinese.keys()
    for key in english:
        assert all(forms(english[key])), key
        assert all(forms(chinese[key])), key
        assert len(forms(english[key])) == (2 if isinstance(english[key].id, tuple) else 1), key
        assert len(forms(chinese[key])) == 1, key
        for form in forms(english[key]):
            # “One code” may spell its number.
            assert placeholders(form) - {"n"} == placeholders(forms(chinese[key])[0]) - {"n"}, key


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_every_key_has_one_text(language: Language) -> None:
    """A second text, such as a merge leaves behind, would silently replace the first."""
    lines = (resources.DATA / "locale" / f"{language}.po").read_text(encoding="utf-8").splitlines()
    kinds = [line.split()[0] for line in lines if line.startswith(("msgid ", "msgstr ", "msgstr[0] "))]
    assert kinds[::2] == ["msgid"] * (len(kinds) // 2)
    assert "msgid" not in kinds[1::2]


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_every_text_is_styled_whatever_fills_it(language: Language) -> None:
    """Slack shows `*`, `_`, `~` and back-ticks beside a letter or a Chinese character as they are."""
    found = []
    for key, message in messages(language).items():
        for form, filling in product(forms(message), ("占位", "Latin", "6000106", "“引用”")):
            shown = faults(PLACEHOLDER.sub(filling, form), is_chinese=False)
            found += [f"{key}, {fault}" for fault in shown]
    assert found == []


def test_chinese_texts_have_chinese_punctuation_and_spaces() -> None:
    """There is a space between Chinese and Latin letters or digits, and none elsewhere."""
    found = []
    for key, message in messages(Language.ZH).items():
        (form,) = forms(message)
        # The spaces beside a value depend on it; tests/render reads texts with real values.
        found += [f"{key}, {fault}" for fault in faults(PLACEHOLDER.sub("□", form), is_chinese=True)]
    assert found == []


def test_every_key_is_used_and_every_used_key_exists() -> None:
    """Unused texts mislead translators; a missing one breaks an answer."""
    folder = resources.DATA.parent / "bot"
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if "sandbox" not in path.parts]
    source = "".join(text for text in sources if "bot.i18n import" in text)
    used = set(re.findall(r"""(?:words(?:\(\w+\))?|say|translate)(?:\.count)?\(\s*f?["']([a-z_.]+)""", source)) | set(
        re.findall(r"""(?:key = |else )["']([a-z_]+\.[a-z_.]+)["']""", source)
    )
    prefixes = {key for key in used if key.endswith(".")}
    for key in messages(Language.EN):
        assert key in used or any(key.startswith(prefix) for prefix in prefixes), f"{key} is not used"
    for key in used - prefixes:
        assert key in messages(Language.EN), f"{key} has no text"


def test_compiled_texts_do_not_contain_the_current_time() -> None:
    """Two builds of a wheel can be compared."""
    header = GNUTranslations(BytesIO(i18n.compile_words("zh"))).info()
    assert header["pot-creation-date"] == "1970-01-01 00:00+0000"


def test_a_missing_key_is_an_error() -> None:
    """Nobody should ever read a key instead of a text."""
    with pytest.raises(KeyError):
        words(Language.EN)("no.such.key")
    with pytest.raises(KeyError):
        words(Language.ZH).count("no.such.key", 2)


def test_numbers_take_the_right_plural() -> None:
    """“1 requests” looks careless."""
    assert words(Language.EN).count("unit.requests", 1) == "1 request"
    assert words(Language.EN).count("unit.requests", 1000) == "1,000 requests"
    assert words(Language.ZH).count("unit.requests", 1000) == "1,000 次"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("登录报错误码 6000106", Language.ZH),
        ("ERROR 6000106: 网络异常 at a.b.c(d.java:12)", Language.ZH),
        ("登入失敗", Language.ZH),
        ("ログインに失敗しました 6000106", None),
        ("로그인 실패 6000106", None),
        ("login failed: 6000106。", None),
        ("", None),
    ],
)
def test_chinese_characters_make_a_text_chinese(text: str, language: Language | None) -> None:
    """A log line among them is English whatever people speak; kana make the text Japanese."""
    assert script_language(text) == language
