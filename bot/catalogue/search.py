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

from bot.catalogue.entry import Entry
from bot.catalogue.glossary import Glossary
from bot.catalogue.spelling import Spelling
from bot.catalogue.stored import Plain, StoredEntries
from bot.catalogue.terms import SINGLE, Seen, TermReader, normalized, split_name

_PHRASE, _SYMBOL, _METHOD, _PROSE = 1.0, 0.8, 0.6, 0.45  # weights of lines
_LEAST = 0.5  # of 1: a best hit with a lower score is unrelated to the query
_RELATIVE = 0.6  # hits with a smaller share of the best score are far behind
_SINGLE = 0.8  # the weight of a single Chinese character, compared with a word
_UNKNOWN = 1.5  # the weight of an unknown word, compared with the rarest known one
_UNKNOWN_PAIR, _UNKNOWN_NUMBER = 0.5, 0.3  # of Chinese characters, and of digits; compared with an unknown word
_CORRECTED = 0.3  # the doubt about a corrected word, compared with an unknown one
_QUERY_LENGTH = 500  # characters of a query that are searched; the rest is ignored
_COMPARED = 20  # entries that are compared letter by letter


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entry that a search found, with its score (higher is better; comparable within one search)."""

    entry: Entry
    score: float


class SearchIndex:
    """Index all entries for the search. Equal lines of several entries are stored once."""

    def __init__(self, entries: StoredEntries, glossary: Glossary) -> None:
        self._reader = TermReader(glossary)
        self._stored = entries
        self._codes: list[int] = []  # of the entries, which are numbered, too
        # Lines are numbered. Each has the terms of one text, a weight, and the entries that contain it.
        self._postings: dict[str, array[int]] = defaultdict(lambda: array("I"))
        self._weights = array("f")
        self._owner = array("I")  # the first entry that contains the line
        self._others: dict[int, array[int]] = defaultdict(lambda: array("I"))
        rarity, seen = self._read()
        self._rarity: Mapping[str, float] = rarity
        self._unknown = _UNKNOWN * max(rarity.values(), default=0.0)
        self._squares = array("f", bytes(4 * len(self._owner)))  # of the length of each line as a vector
        for term, lines in self._postings.items():
            square = rarity[term] ** 2
            for line in lines:
                self._squares[line] += square
        self._spelling = Spelling(self._words(seen), self._reader.plain_words)

    def _read(self) -> tuple[dict[str, float], Seen]:
        """Read all lines. Return the rarity of each term, and the tokens that were read."""
        # By weight and hash of the text, which needs less memory than the text.
        lines: dict[float, dict[int, int]] = defaultdict(dict)
        frequency: Counter[str] = Counter()
        seen: Seen = {}
        count = 0
        sections = [[(_PROSE, name) for name in head["name"].values()] for head in self._stored.heads]
        for entry in self._stored:
            new: set[str] = set()
            for weight, text in (*sections[self._stored.section_of[entry["code"]]], *_lines(entry)):
                line = lines[weight].setdefault(hash(text), len(self._owner))
                if line < len(self._owner):
                    self._others[line].append(len(self._codes))
                    continue
                self._owner.append(len(self._codes))
                self._weights.append(weight)
                found = self._reader.terms(text, seen)
                new |= found
                for term in found:
                    self._postings[term].append(line)
            self._codes.append(entry["code"])
            frequency.update(new)
            count += bool(new)  # copies of an entry make no word more frequent
        return {term: _rarity(term, number, count) for term, number in frequency.items()}, seen

    def _words(self, seen: Seen) -> dict[str, int]:
        """Return the English words of the tokens in *seen*, with their frequency."""
        frequency: dict[str, int] = {}
        for text, token in seen.items():
            words = split_name(text)
            if len(words) == 1 and words[0].isalpha():
                frequency[words[0]] = sum(len(self._postings.get(term, ())) for term in token.terms)
        return frequency

    @property
    def size(self) -> int:
        """The number of pairs of a term and a line that are stored."""
        return sum(map(len, self._postings.values()))

    def find(self, query: str, most: int = 8) -> tuple[tuple[int, float], ...]:
        """Return at most *most* codes that match *query*, each with its score from 0 to 1, best match first.

        Codes that score far below the best are left out.
        """
        query = normalized(query[:_QUERY_LENGTH])
        corrected, corrections = self._spelling.corrected(query)
        asked = self._reader.terms(corrected)
        known = {term: self._rarity[term] for term in asked if term in self._rarity}
        doubt = self._unknown * (sum(map(_doubt, asked - known.keys())) + _CORRECTED * corrections)
        if not known:
            return ()
        covered, similar = self._covered(known, doubt), self._similar(known, doubt)
        scores = {number: (covered[number] + similar[number]) / 3 for number in covered}
        best = sorted(scores, key=lambda number: (-scores[number], number))[: max(most, _COMPARED)]
        hits = [(self._codes[number], scores[number] + self._alike(query, number) / 3) for number in best]
        hits.sort(key=lambda hit: (-hit[1], hit[0]))
        if hits[0][1] < _LEAST:
            return ()
        return tuple(hit for hit in hits[:most] if hit[1] >= _RELATIVE * hits[0][1])

    def _covered(self, asked: Mapping[str, float], doubt: float) -> Mapping[int, float]:
        """Return the share of the query that each entry contains, from 0 to 1."""
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
        short = (text.lower() for weight, text in _lines(self._stored[self._codes[number]]) if weight > _METHOD)
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


def _lines(entry: Plain) -> Iterator[tuple[float, str]]:
    """Yield the lines of *entry* with their weights, without those of its section."""
    for each in (entry, *entry.get("other_meanings", ())):
        for weight, text in ((_PHRASE, each["title"]), (_PROSE, each["meaning"])):
            yield weight, text["en"]
            yield weight, text["zh"]
        for method in each.get("methods", ()):
            yield _METHOD, method
    symbols = [*filter(None, entry.get("symbols", {}).values())][:1]  # those of the other SDKs differ in style only
    for symbol in (*symbols, *entry.get("aliases", ())):
        yield _SYMBOL, symbol
    for keywords in entry.get("keywords", {}).values():
        for keyword in keywords:
            yield _PHRASE, keyword
    if entry.get("sdk_message"):
        yield _PHRASE, entry["sdk_message"]
    for number in (entry["code"], *entry.get("server_codes", ())):
        yield _PHRASE, str(number)
