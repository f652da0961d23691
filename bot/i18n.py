"""Which language an answer is in, and the bot's own words in it.

The words stand in ``data/locale/<language>.po``; the catalogue's texts are the catalogue's.
"""

from __future__ import annotations

import gettext
import re
from enum import StrEnum
from functools import cache, lru_cache
from io import BytesIO
from typing import Any, Protocol, TypeVar

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot import resources

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_T_co = TypeVar("_T_co", covariant=True)


class Language(StrEnum):
    """A language that the bot answers in."""

    EN = "en"
    ZH = "zh"
    ZH_HANT = "zh-Hant"  # the Chinese texts, converted (see `traditional`)

    @property
    def other(self) -> Language:
        """The one that the language button offers."""
        return Language.ZH if self is Language.EN else Language.EN

    @property
    def is_chinese(self) -> bool:
        """Whether the catalogue's Chinese texts serve."""
        return self is not Language.EN


def negotiate(tag: str | None, *, default: Language) -> Language:
    """Return the language that serves an IETF tag such as ``zh-HK``.

    An empty, unknown or malformed tag gives *default*; every language but Chinese is served in English.
    Slack sends tags such as ``en-US`` (conversations.info, users.info).
    """
    return _negotiated(tag) or default if tag else default


@lru_cache(1000)
def _negotiated(tag: str) -> Language | None:
    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    if locale.language != "zh":
        return Language.EN
    return Language.ZH_HANT if locale.script == "Hant" else Language.ZH


def prose_language(prose: str) -> Language | None:
    """Return the language that *prose* votes for, or None where there is too little of either.

    Scripts are counted, a Chinese character as much as a word of Latin letters. *prose* holds no code, no log
    lines, no links: those are English whatever people speak.
    """
    if _KANA.search(prose):
        return None  # Japanese, which has Chinese characters too
    chinese, latin = len(_CHINESE.findall(prose)), len(_LATIN_WORD.findall(prose))
    if chinese >= 2 and chinese >= latin:
        return Language.ZH
    return Language.EN if latin >= 3 and latin > 3 * chinese else None


def traditional(text: str) -> str:
    """*text* in traditional characters, where the extra ``traditional`` is installed; else as it is."""
    converter = _converter()
    converted: str = converter.convert(text) if converter else text
    return converted


@cache
def _converter() -> Any:
    try:
        from opencc import OpenCC
    except ModuleNotFoundError:
        return None
    return OpenCC("s2tw")


class Bilingual(Protocol[_T_co]):
    """A value of the catalogue in both languages, such as an entry's title."""

    @property
    def en(self) -> _T_co:
        """The English value."""

    @property
    def zh(self) -> _T_co:
        """The Chinese value."""


class Translator:
    """Translates the bot's own words by key, and picks the catalogue's texts, in one language."""

    def __init__(self, language: Language, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations

    def __call__(self, key: str, /, **values: object) -> str:
        """The words for *key* with its placeholders filled; raises KeyError where there are none."""
        text = self._translations.gettext(key)
        if text == key:
            raise KeyError(key)
        return text.format(**values)

    def count(self, key: str, number: int, /, **values: object) -> str:
        """The words for *number* of something, in the right plural, with ``{n}`` filled in."""
        text = self._translations.ngettext(key, key, number)
        if text == key:
            raise KeyError(key)
        return text.format(n=f"{number:,}", **values)

    def pick(self, content: Bilingual[_T_co]) -> _T_co:
        """Return *content* in this language. Chinese is in simplified characters (see `traditional`)."""
        return content.zh if self.language.is_chinese else content.en


@cache
def words(language: Language) -> Translator:
    """The bot's words in *language*."""
    name = "zh" if language.is_chinese else "en"
    with (resources.data() / "locale" / f"{name}.po").open("rb") as file:
        catalog = read_po(file, locale=name, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translator(language, gettext.GNUTranslations(compiled))
