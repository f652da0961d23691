"""Turn texts of both languages into terms that are equal for words of the same meaning."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

from bot.catalogue.glossary import Glossary

SINGLE = "·"  # begins the term of a single Chinese character
_GROUP = "="  # begins the term of a group of synonyms
_MODULE = re.compile(r"\b[A-Za-z]+Module(?=[A-Z])")  # NetworkModule…: says little, and is in every name
_CAMEL = re.compile(r"(?<=[a-z0-9]{2})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOKENS = re.compile(r"[A-Za-z]+[0-9]*|[0-9]+|[\u4e00-\u9fff]+")
_APOSTROPHE = re.compile(r"(?<=[a-zA-Z])['’](?=[a-zA-Z])")


class Token(NamedTuple):
    """The terms of a run of letters, digits or Chinese characters."""

    parts: tuple[str, ...]  # stems, or words and pairs of characters
    terms: tuple[str, ...]
    may_begin_phrase: bool


Seen: TypeAlias = dict[str, Token]  # tokens that were read before, by their text


class TermReader:
    """Turn texts into terms: groups of synonyms, stems, numbers, and Chinese characters and pairs of them.

    In Chinese text, the longest words of the synonyms are found first. The text between them is split into pairs.
    """

    def __init__(self, glossary: Glossary) -> None:
        self._stem = snowballstemmer.stemmer("english").stemWord
        self._words: dict[str, tuple[str, ...]] = {}  # the terms of each stem and Chinese word of the groups
        self._phrases: dict[str, list[tuple[str, ...]]] = defaultdict(list)  # several stems, by the first
        self._of_phrase: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.plain_words = set(glossary.ignored.en)  # all English words of the groups, and those without meaning
        for number, group in enumerate(glossary.synonyms):
            for word in group:
                self._add(word, f"{_GROUP}{number}")
        for phrases in self._phrases.values():
            phrases.sort(key=len, reverse=True)
        self._words |= {word: () for word in glossary.ignored.zh if word not in self._words}
        self._longest = max(map(len, self._words))
        self._stop = {self._stem(word) for word in glossary.ignored.en} - self._words.keys()

    def _add(self, word: str, term: str) -> None:
        if _is_chinese(word):
            self._words[word] = (*self._words.get(word, ()), term)
            return
        self.plain_words.update(word.lower().split())
        stems = tuple(map(self._stem, word.lower().split()))
        if len(stems) == 1:
            self._words[stems[0]] = tuple(dict.fromkeys((*self._words.get(stems[0], ()), term)))
            return
        if stems not in self._of_phrase:
            self._phrases[stems[0]].append(stems)
        self._of_phrase[stems] = (*self._of_phrase.get(stems, ()), term)

    def terms(self, text: str, seen: Seen | None = None) -> set[str]:
        """Return the terms of *text*. *seen* saves time if many texts are read."""
        seen = {} if seen is None else seen
        tokens = [seen.get(token) or self._read(token, seen) for token in _TOKENS.findall(normalized(text))]
        if any(token.may_begin_phrase for token in tokens):
            return self._joined([part for token in tokens for part in token.parts]) - self._stop
        return {term for token in tokens for term in token.terms}

    def _read(self, text: str, seen: Seen) -> Token:
        """Read a token that is not in *seen*."""
        if _is_chinese(text):
            parts = tuple(self._segments(text))
        else:  # the stemmer is slow, and leaves words that end with a digit unchanged
            parts = tuple(word if word[-1].isdigit() else self._stem(word) for word in split_name(text))
        terms = {term for part in parts for term in self._words.get(part, (part,))} - self._stop
        token = seen[text] = Token(parts, tuple(terms), not self._phrases.keys().isdisjoint(parts))
        return token

    def _joined(self, parts: list[str]) -> set[str]:
        """Return the terms of *parts*, in which phrases of several words may be."""
        found: set[str] = set()
        at = 0
        while at < len(parts):
            phrases = self._phrases.get(parts[at], ())
            phrase = next((each for each in phrases if tuple(parts[at : at + len(each)]) == each), None)
            found.update(self._of_phrase[phrase] if phrase else self._words.get(parts[at], (parts[at],)))
            at += len(phrase) if phrase else 1
        return found

    def _segments(self, text: str) -> Iterator[str]:
        """Yield the words, pairs and single characters of Chinese *text*."""
        start = at = 0  # of the text without a known word
        was_single = False
        while at < len(text):
            ends = range(min(len(text), at + self._longest), at, -1)
            end = next((end for end in ends if text[at:end] in self._words), None)
            if end is None:
                at += 1
                continue
            # A known single character may be a part of a word that is not known.
            yield from _pairs(text, start, at, was_single, end - at == 1)
            yield text[at:end]
            if self._words[text[at:end]]:
                yield from (SINGLE + each for each in text[at:end])
            was_single = end - at == 1
            start = at = end
        yield from _pairs(text, start, at, was_single, False)


def normalized(text: str) -> str:
    """Return *text* with full-width letters as plain ones, and without the apostrophes within words."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _APOSTROPHE.sub("", text) if "'" in text or "’" in text else text


def split_name(token: str) -> list[str]:
    """Return the words of a token of Latin letters, such as a symbol, in lower case. Digits remain as they are.

    >>> split_name("NetworkModuleTokenExpired")
    ['token', 'expired']
    """
    return _CAMEL.sub(" ", _MODULE.sub("", token)).lower().split()


def _pairs(text: str, start: int, end: int, has_one_before: bool, has_one_after: bool) -> Iterator[str]:
    """Yield the characters from *start* to *end* and their pairs, also with a single character before or after."""
    if start == end:
        return
    yield from (SINGLE + each for each in text[start:end])
    for at in range(start - has_one_before, end + has_one_after - 1):
        yield text[at : at + 2]


def _is_chinese(token: str) -> bool:
    return token[0] >= "\u4e00"
