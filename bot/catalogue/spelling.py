"""Correct misspelled words and complete unfinished ones, by the words of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.catalogue.terms import split_name

_WORD = re.compile(r"[A-Za-z]+")
_SHORTEST, _LONGEST = 4, 30  # letters of a word that is corrected
_SHORTEST_BEGINNING = 3  # letters of a word that is completed
_MOST = 20  # corrections of a text
_ONE_SLIP, _TWO_SLIPS = 0.79, 0.74  # least similarity: one typing error, or two in a long word
_SHORT, _LONG = 5, 8  # letters
_COMPARED = 10  # similar words


class Spelling:
    """Correct words to one of *words*, given with their frequency. Neither these nor *others* are corrected."""

    def __init__(self, words: Mapping[str, int], others: Iterable[str]) -> None:
        # Of equally similar words, the first is taken.
        self._words = sorted((word for word in words if len(word) >= _SHORTEST), key=lambda word: (-words[word], word))
        self._right = {*words, *others}

    def corrected(self, text: str) -> tuple[str, int]:
        """Return *text* with corrected words, and the number of corrections. The last word may be completed."""
        count = 0
        last = max((match.start() for match in _WORD.finditer(text)), default=0)

        def correct(match: re.Match[str]) -> str:
            nonlocal count
            words = split_name(match[0])
            if count >= _MOST or self._right.issuperset(words):
                return match[0]
            better = [self._correct(word, match.start() == last) for word in words]
            count += better != words
            return " ".join(better)

        return _WORD.sub(correct, text), count

    def _correct(self, word: str, may_be_begun: bool) -> str:
        """Return the known word that begins with *word* or that *word* misspells, else *word* itself."""
        if word in self._right:
            return word
        if may_be_begun and len(word) >= _SHORTEST_BEGINNING:
            whole = next((each for each in self._words if each.startswith(word)), None)
            if whole:
                return whole
        if not _SHORTEST <= len(word) <= _LONGEST:
            return word
        least = _ONE_SLIP if len(word) < _LONG else _TWO_SLIPS
        like = process.extract(word, self._words, scorer=OSA.normalized_similarity, score_cutoff=least, limit=_COMPARED)
        return next((each for each, _, _ in like if _may_mean(word, each)), word)


def _may_mean(word: str, other: str) -> bool:
    """Return whether *word* may be a misspelling of the similar word *other*.

    The first letter is usually right. A short word with one letter replaced is usually another word: “purse” is not
    “parse”.
    """
    if word[0] != other[0]:
        return False
    return len(word) != len(other) or len(word) > _SHORT or sorted(word) == sorted(other)
