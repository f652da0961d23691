"""Choose the language of an answer, and translate the bot's own texts.

The bot's texts are in ``data/locale/<language>.po``. The catalogue's entries contain both languages.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast, overload

from bot import resources

if TYPE_CHECKING:
    from bot.catalogue.entry import Links, Steps, Text

_FOLDER = resources.DATA / "locale"


class Language(StrEnum):
    """A language of the bot's answers."""

    EN = "en"
    ZH = "zh"
    ZH_HANT = "zh-Hant"  # the Chinese texts, converted by `traditional`

    @property
    def other(self) -> Language:
        """Return the language that the language button offers."""
        return Language.ZH if self is Language.EN else Language.EN

    @property
    def is_chinese(self) -> bool:
        """Return whether readers of this language get the Chinese texts."""
        return self is not Language.EN


def negotiate(tag: str | None, *, default: Language) -> Language:
    """Return the language for an IETF tag such as ``zh-HK``.

    Chinese tags select Chinese, those of all other languages English. An empty, unknown or malformed tag selects
    *default*. Slack sends tags such as ``en-US`` (conversations.info, users.info).
    """
    tag = (tag or "").replace("_", "-")
    if not tag or (default is Language.EN and tag.partition("-")[0].lower() not in _CHINESE_CODES):
        return default  # English, whether or not Babel knows the tag
    return _CHINESE_TAGS.get(tag) or _ask_babel(tag) or default


# Babel knows all tags. Importing it for these would take a third of the time of `zimerr explain`.
_CHINESE_CODES = ("zh", "zho", "chi", "cmn")
_CHINESE_TAGS = dict.fromkeys(("zh", "zh-CN", "zh-SG", "zh-Hans"), Language.ZH) | dict.fromkeys(
    ("zh-TW", "zh-HK", "zh-MO", "zh-Hant"), Language.ZH_HANT
)


# Compiling these at the import would take 2 ms of every start. `re` caches them.
_CHINESE = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_KANA = r"[\u3040-\u30ff]"  # Japanese has Chinese characters, too


@lru_cache(1000)
def _ask_babel(tag: str) -> Language | None:
    """Return the language for any tag, or None if Babel does not know it."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    if locale.language != "zh":
        return Language.EN
    return Language.ZH_HANT if locale.script == "Hant" else Language.ZH


def prose_language(prose: str) -> Language | None:
    """Return the language of *prose*, or None if it is too short to tell.

    A Chinese character counts as much as a word of Latin letters. Remove codes, log lines and links from *prose*
    first: they are English whatever language people speak.
    """
    if re.search(_KANA, prose):
        return None
    chinese, latin = len(re.findall(_CHINESE, prose)), len(re.findall(r"[A-Za-z]{2,}", prose))
    if chinese >= 2 and chinese >= latin:
        return Language.ZH
    return Language.EN if latin >= 3 and latin > 3 * chinese else None


def script_language(text: str) -> Language | None:
    """Return Chinese if *text* contains a Chinese character but no kana, which would make it Japanese, else None."""
    return Language.ZH if re.search(_CHINESE, text) and not re.search(_KANA, text) else None


def question_language(question: str, *, usual: Language) -> Language:
    """Return the language of a *question*, or *usual*, the reader's, if it is too short to tell.

    One or two English words may be a quoted error, whatever language people speak. Readers of Traditional Chinese get
    it for Chinese questions.
    """
    asked = script_language(question) or prose_language(question) or usual
    return usual if asked.is_chinese == usual.is_chinese else asked


def traditional(text: str) -> str:
    """Return *text* in Traditional Chinese if the extra ``traditional`` is installed, else unchanged."""
    return _to_traditional()(text)


@cache
def _to_traditional() -> Callable[[str], str]:
    """Return the converter of OpenCC, or one that changes nothing."""
    try:
        from opencc import OpenCC
    except ModuleNotFoundError:
        return str
    return cast(Callable[[str], str], OpenCC("s2tw").convert)


class Translator:
    """Translate the bot's own texts by key, and pick the catalogue's texts, in one language."""

    def __init__(self, language: Language, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of *key* with its placeholders filled. Raises KeyError if there is no such text."""
        text = self._translations.gettext(key)
        if text == key:
            raise KeyError(key)
        return text.format(**values)

    def count(self, key: str, number: int, /, **values: object) -> str:
        """Return the text of *key* in the plural form for *number*, which replaces ``{n}``. Raises KeyError, too."""
        text = self._translations.ngettext(key, key, number)
        if text == key:
            raise KeyError(key)
        return text.format(n=f"{number:,}", **values)

    @overload
    def pick(self, content: Text | Links) -> str: ...
    @overload
    def pick(self, content: Steps) -> tuple[str, ...]: ...
    def pick(self, content: Text | Links | Steps) -> str | tuple[str, ...]:
        """Return *content* in this language. Chinese is in simplified characters (see `traditional`)."""
        return content.zh if self.language.is_chinese else content.en


@cache
def words(language: Language) -> Translator:
    """Return the bot's texts in *language*."""
    name = "zh" if language.is_chinese else "en"
    content = resources.compiled(f"{name}.mo", (_FOLDER / f"{name}.po", Path(__file__)), lambda: compile_words(name))
    return Translator(language, gettext.GNUTranslations(BytesIO(content)))


def compile_words(name: str) -> bytes:
    """Compile ``data/locale/<name>.po`` for `gettext`. Equal files give equal bytes."""
    from datetime import UTC, datetime

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_FOLDER / f"{name}.po").open("rb") as file:
        catalog = read_po(file, locale=name, abort_invalid=True)
    catalog.creation_date = datetime.fromtimestamp(0, UTC)  # by default, the current time
    compiled = BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()
