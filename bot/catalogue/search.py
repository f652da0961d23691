"""Search entries by words, in one language or both at once.

An entry consists of lines: its titles, each keyword, its meaning and so on. Its score is the mean of three: how much of
the query it contains at all, how similar its best line is to the query (the cosine of their terms), and how similar
these two are letter by letter. In the first two, rare terms weigh more (inverse document frequency, Spärck Jones 1972).
The steps of the remedy are not searched: they say the same in many entries.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.catalogue.entry import Entry, Meaning, Section
from bot.catalogue.glossary import Glossary
from bot.catalogue.spelling import Spelling
from bot.catalogue.terms import SINGLE, Seen, TermReader, split_name

_PHRASE, _SYMBOL, _METHOD, _PROSE = 1.0, 0.8, 0.6, 0.45  # weights of lines
_LEAST = 0.5  # of 1: a best hit with a lower score is unrelated to the query
_RELATIVE = 0.6  # hits with a smaller share of the best score are far behind
_SINGLE = 0.8  # the weight of a single Chinese character, compared with a word
_UNKNOWN = 1.5  # the weight of an unknown word, compared with the rarest known one
_UNKNOWN_PAIR, _UNKNOWN_NUMBER = 0.5, 0.3  # of Chinese characters, and of digits; compared with an unknown word
_CORRECTED = 0.3  # the doubt about a corrected word, compared with an unknown one
_QUERY_LENGTH = 500  # characters of a query that are searched; more is no question
_COMPARED = 20  # entries that are compared letter by letter


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entry that a search found, with its score (higher is better; comparable within one search)."""

    entry: Entry
    score: float


class SearchIndex:
    """Index all entries for the search. Equal lines of several entries are stored once."""

    def __init__(self, sections: Iterable[Section], glossary: Glossary) -> None:
        self._reader = TermReader(glossary)
        self._entries: list[Entry] = []
        # Lines are numbered. Each has the terms of one text, a weight, and the entries that contain it.
        self._postings: dict[str, array[int]] = defaultdict(lambda: array("I"))
        self._weights = array("f")
        self._owner = array("I")  # the first entry that contains the line
        self._others: dict[int, array[int]] = defaultdict(lambda: array("I"))
        rarity, seen = self._read(sections)
        self._rarity: Mapping[str, float] = rarity
        self._unknown = _UNKNOWN * max(rarity.values(), default=0.0)
        self._squares = array("f", bytes(4 * len(self._owner)))  # of the length of each line as a vector
        for term, lines in self._postings.items():
            for line in lines:
                self._squares[line] += rarity[term] ** 2
        words = Counter({word: len(self._postings.get(word, ())) for token in seen for word in split_name(token)})
        self._spelling = Spelling(words, self._reader.plain_words)

    def _read(self, sections: Iterable[Section]) -> tuple[dict[str, float], Seen]:
        """Read all lines. Return the rarity of each term, and the tokens that were read."""
        lines: dict[tuple[float, str], int] = {}
        frequency: Counter[str] = Counter()
        seen: Seen = {}
        count = 0
        for entry, section in [(entry, each) for each in sections for entry in each.codes]:
            new: set[str] = set()
            for weight, text in _lines(entry, section):
                line = lines.setdefault((weight, text), len(self._owner))
                if line < len(self._owner):
                    self._others[line].append(len(self._entries))
                    continue
                self._owner.append(len(self._entries))
                self._weights.append(weight)
                found = self._reader.terms(text, seen)
                new |= found
                for term in found:
                    self._postings[term].append(line)
            self._entries.append(entry)
            frequency.update(new)
            count += bool(new)  # copies of an entry make no word more frequent
        return {term: _rarity(term, number, count) for term, number in frequency.items()}, seen

    @property
    def size(self) -> int:
        """The number of pairs of a term and a line that are stored."""
        return sum(map(len, self._postings.values()))

    def find(self, query: str, most: int = 8) -> tuple[SearchHit, ...]:
        """Return at most *most* entries that match *query*, best match first, without those far behind the best."""
        query = query[:_QUERY_LENGTH]
        corrected, corrections = self._spelling.corrected(query)
        asked = self._reader.terms(corrected)
        known = {term: self._rarity[term] for term in asked if term in self._rarity}
        doubt = self._unknown * (sum(map(_doubt, asked - known.keys())) + _CORRECTED * corrections)
        if not known:
            return ()
        covered, similar = self._covered(known, doubt), self._similar(known, doubt)
        scores = {number: (covered[number] + similar[number]) / 3 for number in covered}
        best = sorted(scores, key=lambda number: (-scores[number], number))[: max(most, _COMPARED)]
        hits = [SearchHit(self._entries[number], scores[number] + self._alike(query, number) / 3) for number in best]
        hits.sort(key=lambda hit: (-hit.score, hit.entry.code))
        if hits[0].score < _LEAST:
            return ()
        return tuple(hit for hit in hits[:most] if hit.score >= _RELATIVE * hits[0].score)

    def _covered(self, asked: Mapping[str, float], doubt: float) -> Mapping[int, float]:
        """Return how much of the query each entry contains, from 0 to 1."""
        total = sum(asked.values()) + doubt
        covered: dict[int, float] = defaultdict(float)
        for term, rarity in asked.items():
            weights: dict[int, float] = {}  # the greatest of the lines of each entry
            for line in self._postings[term]:
                weight = self._weights[line]
                for number in self._owners(line):
                    if weight > weights.get(number, 0.0):
                        weights[number] = weight
            for number, weight in weights.items():
                covered[number] += rarity * weight / total
        return covered

    def _similar(self, asked: Mapping[str, float], doubt: float) -> Mapping[int, float]:
        """Return the similarity of the query to the best line of each entry, from 0 to 1."""
        product: dict[int, float] = defaultdict(float)
        for term, rarity in asked.items():
            for line in self._postings[term]:
                product[line] += rarity**2
        square = sum(rarity**2 for rarity in asked.values()) + doubt**2 / 3
        best: dict[int, float] = defaultdict(float)
        for line, common in product.items():
            similarity = self._weights[line] * common / math.sqrt(square * self._squares[line])
            for number in self._owners(line):
                best[number] = max(similarity, best[number])
        return best

    def _owners(self, line: int) -> Iterable[int]:
        """Return the numbers of the entries that contain *line*."""
        return (self._owner[line], *self._others.get(line, ()))

    def _alike(self, query: str, number: int) -> float:
        """Return the similarity of *query* to the best line of an entry by letters, from 0 to 1."""
        short = (text.lower() for weight, text in _own_lines(self._entries[number]) if weight > _METHOD)
        best = process.extractOne(query.lower(), short, scorer=fuzz.token_set_ratio)
        return best[1] / 100 if best else 0.0


def _rarity(term: str, frequency: int, count: int) -> float:
    """Return the inverse document frequency of a term that *frequency* of *count* entries contain."""
    rarity = math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))
    return _SINGLE * rarity if term.startswith(SINGLE) else rarity


def _doubt(term: str) -> float:
    """Return the weight of a term that no entry contains, compared with an unknown word."""
    if term.startswith(SINGLE):
        return 0.0  # is in an unknown pair, too
    if term.isdigit():
        return _UNKNOWN_NUMBER
    return 1.0 if term.isascii() else _UNKNOWN_PAIR


def _lines(entry: Entry, section: Section) -> Iterator[tuple[float, str]]:
    """Yield the lines of *entry* with their weights."""
    yield _PROSE, section.name.en
    yield _PROSE, section.name.zh
    yield from _own_lines(entry)


def _own_lines(entry: Entry) -> Iterator[tuple[float, str]]:
    """Yield the lines of *entry* with their weights, without those of its section."""
    meanings: tuple[Entry | Meaning, ...] = (entry, *entry.other_meanings)
    for each in meanings:
        for text in (each.title, each.meaning):
            weight = _PHRASE if text is each.title else _PROSE
            yield weight, text.en
            yield weight, text.zh
        for method in each.methods:
            yield _METHOD, method
    symbols = [*entry.symbols.by_sdk().values()][:1]  # those of the other SDKs differ in style only
    for symbol in (*symbols, *entry.aliases):
        yield _SYMBOL, symbol
    for phrase in (*entry.keywords.en, *entry.keywords.zh, *filter(None, (entry.sdk_message,))):
        yield _PHRASE, phrase
    for number in (entry.code, *entry.server_codes):
        yield _PHRASE, str(number)
