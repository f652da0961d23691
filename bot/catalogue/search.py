"""Search entries by words, in one language or both at once.

The ranking is BM25F (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", section 3.6): a word's weight
depends on its field, and rare words weigh more. English words are stemmed. Chinese text is split into characters and
pairs of them. A word that is not in the catalogue counts as the most similar one that is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]  # ships no types
from rapidfuzz import fuzz, process

from bot.catalogue.entry import Entry, Meaning, Section

_WEIGHTS = {
    "title": 4.0,
    "keywords": 4.0,
    "symbols": 2.0,
    "message": 2.0,
    "methods": 2.0,
    "meaning": 1.5,
    "section": 1.5,
    "remedy": 0.5,
}
_LENGTH = 0.75  # b: how much the length of a field reduces the weight of its words
_SATURATION = 2.0  # k1: how soon repetitions of a word stop adding weight
_SIMILAR = 80.0  # of 100: less similar words are other words, not misspellings
_LEAST = 1.0  # hits with a lower score are unrelated to the query
_RELATIVE = 0.3  # hits with a smaller share of the best score are far behind
_PREFIX = 0.8  # the share of a word that is typed only in part
_MISSPELT = 0.8  # the share of a misspelt word
_SINGLE = 0.4  # the share of a single Chinese character among other terms
_QUERY_LENGTH = 500  # characters of a query that are searched; more is no question
_STEMS = 10_000  # kept; the catalogue has fewer words, but people type any
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are at be been but by can cannot could do does for from get got had has have how i if in into is it"
        " its me my of on or our so still that the their them then there they this to was we were what when where"
        " which who why will with you your zim error code codes doesnt dont cant isnt didnt wont",
    )
)
_PARTS = re.compile(r"[a-z]+|[0-9]+|[\u4e00-\u9fff]+")
_NAME = re.compile(r"[A-Za-z]+(?:[a-z][A-Z]|_)[A-Za-z_]+")  # camel case or snake case
_MODULE = re.compile(r"\b[A-Za-z]+Module(?=[A-Z])")  # NetworkModule…: says little, and is in every name
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entry that a search found, with its score (higher is better; comparable within one search)."""

    entry: Entry
    score: float


class SearchIndex:
    """Index all entries for the search."""

    def __init__(self, sections: Iterable[Section]) -> None:
        found = [(entry, section) for section in sections for entry in section.codes]
        self._entries = [entry for entry, _ in found]
        self._postings = _weights([_fields(entry, section) for entry, section in found])
        self._words = [word for word in self._postings if word.isascii() and word.isalpha() and len(word) > 3]

    def find(self, query: str, most: int = 8) -> tuple[SearchHit, ...]:
        """Return at most *most* entries that match *query*, best match first, without those far behind the best."""
        scores: dict[int, float] = defaultdict(float)
        matched: dict[int, float] = defaultdict(float)
        total = 0.0
        asked = dict.fromkeys(terms(query[:_QUERY_LENGTH]))
        for word in asked:
            share, postings = self._lookup(word)
            if len(word) == 1 and len(asked) > 1:
                share = _SINGLE
            total += share or 1.0
            for document, weight in postings.items():
                scores[document] += share * weight
                matched[document] += share
        # An entry with all terms of the query beats one that repeats some of them.
        ranked = [SearchHit(self._entries[each], score * matched[each] / total) for each, score in scores.items()]
        ranked.sort(key=lambda hit: (-hit.score, hit.entry.code))
        return tuple(hit for hit in ranked[:most] if hit.score >= max(_RELATIVE * ranked[0].score, _LEAST))

    def _lookup(self, word: str) -> tuple[float, Mapping[int, float]]:
        """Return the share of *word*, or of the known word that it starts or misspells, and its weights by document."""
        if word in self._postings:
            return 1.0, self._postings[word]
        if len(word) < 2 or not word.isascii() or not word.isalpha():
            return 0.0, {}
        completions = [known for known in self._words if known.startswith(word)]
        if completions:
            best: dict[int, float] = {}
            for document, weight in (pair for known in completions for pair in self._postings[known].items()):
                best[document] = max(weight, best.get(document, 0.0))
            return _PREFIX, best
        if len(word) > 3 and (like := process.extractOne(word, self._words, scorer=fuzz.ratio, score_cutoff=_SIMILAR)):
            return _MISSPELT, self._postings[like[0]]
        return 0.0, {}


def terms(text: str) -> Iterator[str]:
    """Yield the index terms of *text*: stems, numbers, Chinese characters and pairs of them.

    A name such as ``TokenExpired`` yields its parts and the whole.
    """
    text = _MODULE.sub("", unicodedata.normalize("NFKC", text))
    yield from (name.replace("_", "").lower() for name in _NAME.findall(text))
    for part in _PARTS.findall(_CAMEL.sub(" ", text).lower()):
        if part[0] >= "\u4e00":
            yield from part
            yield from (part[i : i + 2] for i in range(len(part) - 1))
        elif part not in _STOP:
            yield _stem(part)


_stem = lru_cache(_STEMS)(snowballstemmer.stemmer("english").stemWord)


def _fields(entry: Entry, section: Section) -> dict[str, list[str]]:
    """Return the terms of *entry* by field."""
    meanings: tuple[Entry | Meaning, ...] = (entry, *entry.other_meanings)
    symbols = [*entry.symbols.by_sdk().values()][:1]  # those of the other SDKs differ in style only
    lines: dict[str, Iterable[str]] = {
        "title": [line for each in meanings for line in (each.title.en, each.title.zh)],
        "keywords": (*entry.keywords.en, *entry.keywords.zh),
        "symbols": (*symbols, *entry.aliases),
        "message": (entry.sdk_message or "", *map(str, entry.server_codes), str(entry.code)),
        "methods": [method for each in meanings for method in each.methods],
        "meaning": [line for each in meanings for line in (each.meaning.en, each.meaning.zh)],
        "section": (section.name.en, section.name.zh),
        "remedy": (*entry.remedy.en, *entry.remedy.zh),
    }
    return {name: [term for line in found for term in terms(line)] for name, found in lines.items()}


def _weights(documents: list[dict[str, list[str]]]) -> Mapping[str, Mapping[int, float]]:
    """Return each word's weight by document."""
    average = {name: sum(len(fields[name]) for fields in documents) / len(documents) or 1.0 for name in _WEIGHTS}
    frequencies: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for number, fields in enumerate(documents):
        for name, words in fields.items():
            dilution = 1 - _LENGTH + _LENGTH * len(words) / average[name]
            for word, count in Counter(words).items():
                frequencies[word][number] += _WEIGHTS[name] * count / dilution
    weights = {}
    for word, found in frequencies.items():
        rarity = math.log(1 + (len(documents) - len(found) + 0.5) / (len(found) + 0.5))
        weights[word] = {number: rarity * each / (_SATURATION + each) for number, each in found.items()}
    return weights
