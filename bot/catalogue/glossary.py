"""Read ``data/glossary.yaml``: the terms of the entries, and the words that people type instead."""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from bot.catalogue.data_file import open_file
from bot.catalogue.entry import Line, Words
from bot.catalogue.shape import Constraint, Shape


@dataclass(frozen=True, slots=True)
class Term(Shape):
    """The words that the entries use for one thing, and those that they avoid."""

    en: Line
    zh: Line
    avoid: Words | None = None


@dataclass(frozen=True, slots=True)
class Glossary(Shape):
    """The content of the file.

    A group of *synonyms* has the words of both languages for one meaning. The words of *ignored* say nothing about an
    error. A message of *greetings*, *thanks* and *small_talk* alone is no question.
    """

    terms: tuple[Term, ...]
    ignored: Words
    greetings: Words
    thanks: Words
    small_talk: Words
    synonyms: tuple[Annotated[tuple[Line, ...], Constraint(min_length=2)], ...]


class Courtesy(StrEnum):
    """The kinds of messages that are no question."""

    GREETING = "greeting"
    THANKS = "thanks"  # also after a greeting
    CHAT = "chat"


class SmallTalk:
    """Recognize greetings, thanks and the like."""

    def __init__(self, glossary: Glossary) -> None:
        self._kinds = ((Courtesy.THANKS, glossary.thanks), (Courtesy.GREETING, glossary.greetings))
        groups = (glossary.greetings, glossary.thanks, glossary.small_talk)
        self._english = frozenset(word for group in groups for word in group.en)
        # Possessive: “哈哈哈哈” splits into words in many ways, and backtracking would take exponential time.
        longest_first = sorted((word for group in groups for word in group.zh), key=len, reverse=True)
        self._chinese = re.compile(f"(?>{'|'.join(longest_first)})++")

    def kind(self, text: str) -> Courtesy | None:
        """Return the kind of a *text* that consists of small talk, or has no words; else None."""
        text = re.sub(r"['’]|(?<!\w):[a-z0-9_+-]+:", "", unicodedata.normalize("NFKC", text).lower())
        words = re.findall(r"[a-z]+|[0-9]+|[^\W0-9a-z_]+", text)
        if not all(word in self._english or self._chinese.fullmatch(word) for word in words):
            return None
        said = " ".join(words)
        kinds = (
            kind for kind, group in self._kinds if {*words} & {*group.en} or any(each in said for each in group.zh)
        )
        return next(kinds, Courtesy.CHAT)


def open_glossary() -> Glossary:
    """Open the file that ships with the bot. Raises CatalogueError with all faults in it."""
    return open_file("glossary", Glossary)
