"""The grammar of ``/zimerr``: what a person typed becomes one frozen value.

Nothing is looked up here: whether a code, a symbol or a section exists is for the services to say.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

LanguageChoice = Literal["en", "zh", "auto"]


@dataclass(frozen=True, slots=True)
class Help:
    """How to use the bot."""


@dataclass(frozen=True, slots=True)
class Status:
    """This channel's settings."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """This channel's language from now on."""

    choice: LanguageChoice


@dataclass(frozen=True, slots=True)
class Explain:
    """The codes to explain, each once, in the order typed."""

    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Browse:
    """What the catalogue holds: everything, or one section."""

    section: str | None


@dataclass(frozen=True, slots=True)
class Search:
    """Words, a symbol, a section or the beginning of a code, to be found in the catalogue."""

    query: str


@dataclass(frozen=True, slots=True)
class Misused:
    """A command word whose argument is missing or wrong."""

    word: str


Command = Help | Status | SetLanguage | Explain | Browse | Search | Misused

# Who types behind /zimerr means a code: only digits around it make it another number.
_CODE = re.compile(r"(?<![0-9])600[0-9]{4}(?![0-9])")
_LANGUAGES: dict[str, LanguageChoice] = {
    "zh": "zh", "cn": "zh", "中文": "zh", "chinese": "zh",
    "en": "en", "英文": "en", "english": "en",
    "auto": "auto", "自动": "auto",
}  # fmt: skip
_WORDS = {
    "help": "help", "?": "help", "帮助": "help",
    "status": "status", "settings": "status", "状态": "status", "设置": "status",
    "lang": "lang", "language": "lang", "语言": "lang",
    "list": "list", "列表": "list",
    "search": "search", "搜索": "search",
}  # fmt: skip


def parse(text: str) -> Command:
    """Return what *text*, typed behind ``/zimerr``, asks for.

    An unknown word is a search, never an error; nothing at all is help. Full-width digits and letters count as plain.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return Help()
    head, _, rest = text.partition(" ")
    word = _WORDS.get(head.lower())
    rest = rest.strip()
    if word == "lang":
        choice = _LANGUAGES.get(rest.lower())
        return SetLanguage(choice) if choice else Misused("lang")
    if word == "list":
        return Browse(rest or None)
    if word == "search":
        return Search(rest) if rest else Misused("search")
    if word and not rest:
        return Help() if word == "help" else Status()
    return _lookup(text)


def _lookup(text: str) -> Explain | Search:
    # 0 and 1 are codes of the vendor's table, but only when nothing else is typed: in a text they are just digits.
    if text in ("0", "1"):
        return Explain((int(text),))
    codes = tuple(dict.fromkeys(int(match) for match in _CODE.findall(text)))
    return Explain(codes) if codes else Search(text)
