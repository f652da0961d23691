"""Which language an answer is in, and the bot's own words in it.

The words stand in ``data/locale/<language>.po``; the catalogue's texts are the catalogue's.
"""

from __future__ import annotations

import gettext
from enum import StrEnum
from functools import cache
from io import BytesIO

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot import resources


class Language(StrEnum):
    """A language of the catalogue."""

    EN = "en"
    ZH = "zh"

    @property
    def other(self) -> Language:
        """The one that the language button offers."""
        return Language.EN if self is Language.ZH else Language.ZH


def negotiate(tag: str | None, *, default: Language) -> Language:
    """Return the catalogue language that serves an IETF tag such as ``zh-HK``.

    An empty, unknown or malformed tag gives *default*; every language but Chinese is served in English.
    Slack sends tags such as ``en-US`` (conversations.info, users.info).
    """
    if not tag:
        return default
    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return default
    return Language.ZH if locale.language == "zh" else Language.EN


class Words:
    """The bot's own words in one language, by key."""

    def __init__(self, translations: gettext.NullTranslations) -> None:
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


@cache
def words(language: Language) -> Words:
    """The bot's words in *language*."""
    with (resources.data() / "locale" / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=str(language), abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Words(gettext.GNUTranslations(compiled))
