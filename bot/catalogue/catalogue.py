"""Look up entries by code, symbol, section or search query."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot import resources
from bot.catalogue.entry import Entry, Links, Section
from bot.catalogue.neighbours import nearest
from bot.catalogue.numbers import ForeignNumber, KnownNumbers, ResolvedNumbers, ServerCode, open_numbers
from bot.catalogue.shape import FORMAT, from_plain
from bot.catalogue.stored import StoredEntries, compile_sections

if TYPE_CHECKING:
    from bot.catalogue.glossary import Courtesy, SmallTalk
    from bot.catalogue.platforms import Platform
    from bot.catalogue.search import SearchHit, SearchIndex

EXACT = 100.0  # the score of an entry that the query names; scores of words are far lower
CODES_FOLDER = resources.DATA / "codes"  # of the section files
_DIGITS = 9  # of the longest known number
_CODE_DIGITS = 7
_SERVER_FAMILY = 1000  # numbers
_RANGE = re.compile(r"([0-9]{2,6})[xX*]{0,5}")
_NUMBER = re.compile(r"[+-]?[0-9]+")


class Catalogue:
    """All sections and their entries.

    It takes the result of `compile_catalogue`. An entry is built when it is first needed.
    """

    def __init__(self, compiled: bytes) -> None:
        self._stored = StoredEntries(compiled)
        self._entries: dict[int, Entry] = {}  # those that were built, by code

    @property
    def sha256(self) -> str:
        """Return the first 12 digits of the SHA-256 of the content, to tell two catalogues apart."""
        return self._stored.sha256

    def __len__(self) -> int:
        """Return the number of codes."""
        return len(self._stored.section_of)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries, sorted by code."""
        return (self[code] for code in sorted(self._stored.section_of))

    def __getitem__(self, code: int) -> Entry:
        """Return the entry of *code*. Raises KeyError if it is unknown."""
        if code not in self._entries:
            # Threads may build the same entry at once; setdefault makes all of them use one.
            self._entries.setdefault(code, from_plain(Entry, self._stored[code]))
        return self._entries[code]

    def get(self, code: int) -> Entry | None:
        """Return the entry of *code*, or None."""
        return self[code] if self.has_code(code) else None

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, sorted by their lowest code."""
        return tuple(self._section(number) for number in range(len(self._stored.heads)))

    def _section(self, number: int) -> Section:
        codes = [code for code, section in self._stored.section_of.items() if section == number]
        return replace(self._head(number), codes=tuple(self[code] for code in codes))

    def _head(self, number: int) -> Section:
        return from_plain(Section, self._stored.heads[number])

    def section_of(self, entry: Entry) -> Section:
        """Return the section of *entry* with empty `codes`: building all its entries would take long."""
        return self._head(self._stored.section_of[entry.code])

    def links_of(self, entry: Entry, platform: Platform | None = None) -> Links:
        """Return the vendor's page for *entry*, in the version for *platform* if there is one."""
        links = entry.docs or self.section_of(entry).docs
        if platform is None:
            return links
        from bot.catalogue.platforms import open_platforms

        return open_platforms().links_on(platform, links)

    def prepare_search(self) -> None:
        """Build the search index in advance, which saves the first search a third of a second. It needs 15 MB."""
        _ = self._index

    def search(self, query: str, most: int = 8) -> tuple[SearchHit, ...]:
        """Return the entries that match *query*, best match first.

        A code, a symbol, a section or the first digits of codes match exactly, with the score `EXACT`. Any other query
        is searched by words, and at most *most* entries are returned. The codes 0 and 1 are left out if the query has
        another number or “+1”: there, a single digit is rarely a code.
        """
        from bot.catalogue.search import SearchHit

        query = query.strip()
        if self.courtesy(query):
            return ()
        section = self.section_named(query)
        if entry := self.entry_named(query):
            exact: tuple[Entry, ...] = (entry,)
        else:
            exact = section.codes if section else self.in_range(query)
        if exact:
            return tuple(SearchHit(entry, EXACT) for entry in exact)
        found, may_be_digit = self._index.find(query, most), _NUMBER.findall(query) in ([], ["0"], ["1"])
        return tuple(SearchHit(self[code], score) for code, score in found if code > 1 or may_be_digit)

    def courtesy(self, text: str) -> Courtesy | None:
        """Return the kind of a *text* that is a greeting, thanks or the like, or has no words; else None."""
        return self._small_talk.kind(text)

    @cached_property
    def _small_talk(self) -> SmallTalk:
        from bot.catalogue.glossary import SmallTalk, open_glossary

        return SmallTalk(open_glossary())

    @cached_property
    def _index(self) -> SearchIndex:
        from bot.catalogue.glossary import open_glossary
        from bot.catalogue.search import SearchIndex

        return SearchIndex(self._stored, open_glossary())

    def in_range(self, query: str) -> tuple[Entry, ...]:
        """Return the entries whose code starts with a query such as ``60003`` or ``60003xx``; else an empty tuple."""
        match = _RANGE.fullmatch(query.strip())
        return tuple(entry for entry in self if str(entry.code).startswith(match[1])) if match else ()

    def has_code(self, code: int) -> bool:
        """Return whether there is an entry for *code*."""
        return code in self._stored.section_of

    def entry_named(self, name: str) -> Entry | None:
        """Return the entry of a code that is given as its number or as a symbol, or None if it is unknown.

        The number may be a code of ZIM's servers, too.
        """
        number = self.number_named(name)
        return None if number is None else self.get(number) or self.get(self.server_codes.get(number, number))

    def number_named(self, name: str) -> int | None:
        """Return *name* as a number, or the code of the SDK symbol *name*, or None if it is neither."""
        # Python refuses to convert thousands of digits.
        return int(name) if name.isdecimal() and len(name) <= _DIGITS else self.code_of_symbol(name)

    def code_of_symbol(self, name: str) -> int | None:
        """Return the code that an SDK calls *name*, in any platform's spelling, or None."""
        return self._symbols.get(symbol_key(name))

    @cached_property
    def _symbols(self) -> Mapping[str, int]:
        """The code of each SDK symbol, by `symbol_key`."""
        return {
            symbol_key(name): entry["code"]
            for entry in self._stored
            for name in (*filter(None, entry.get("symbols", {}).values()), *entry.get("aliases", ()))
        }

    @cached_property
    def server_codes(self) -> Mapping[int, int]:
        """The SDK's code for each code of ZIM's servers."""
        return {number: entry["code"] for entry in self._stored for number in entry.get("server_codes", ())}

    @cached_property
    def numbers(self) -> KnownNumbers:
        """The known numbers of other products."""
        return open_numbers()

    def resolve(self, numbers: Iterable[int]) -> ResolvedNumbers:
        """Look up *numbers* as codes, codes of ZIM's servers and numbers of other products."""
        entries: dict[int, Entry] = {}
        server_codes: list[ServerCode] = []
        foreign: list[ForeignNumber] = []
        unknown: list[int] = []
        for number in numbers:
            entry, other = self.entry_named(str(number)), self.numbers.foreign(number)
            if entry:
                entries[entry.code] = entry
                server_codes += [ServerCode(number, entry.code)] if number != entry.code else []
            foreign += [other] if other else []
            unknown += [] if entry or other else [number]
        return ResolvedNumbers(tuple(entries.values()), tuple(server_codes), tuple(foreign), tuple(unknown))

    def may_be_code(self, number: int) -> bool:
        """Return whether *number* may be a new code, or a known one with one digit added, missing or wrong."""
        digits = str(number)
        if digits.startswith("600"):
            return abs(len(digits) - _CODE_DIGITS) <= 1
        return len(digits) == _CODE_DIGITS and digits[0] == "6" and bool(self.nearest(number))

    def may_be_server_code(self, number: int) -> bool:
        """Return whether *number* is in the same thousand as a known code of ZIM's servers."""
        return number // _SERVER_FAMILY in self._server_families

    @cached_property
    def _server_families(self) -> frozenset[int]:
        return frozenset(number // _SERVER_FAMILY for number in self.server_codes)

    def nearest(self, number: int) -> tuple[Entry, ...]:
        """Return up to three entries whose code may have been mistyped as *number*, the likeliest first."""
        return tuple(self[code] for code in nearest(number, self._stored.section_of))

    def section_named(self, name: str) -> Section | None:
        """Return the section with that key or that name in either language, or None."""
        name = name.strip().lower()
        for number, head in enumerate(self._stored.heads):
            if name in (head["section"], head["name"]["en"].lower(), head["name"]["zh"]):
                return self._section(number)
        return None

    def family(self, code: int) -> Section | None:
        """Return the section with most codes of the same hundred, or None. The vendor numbers sections by hundreds."""
        numbers = Counter(section for known, section in self._stored.section_of.items() if known // 100 == code // 100)
        return self._section(numbers.most_common(1)[0][0]) if numbers else None


# One catalogue for the same content: building entries and the index of the search takes a while.
_catalogue = lru_cache(maxsize=2)(Catalogue)


def open_catalogue(overlay: Path | None = None) -> Catalogue:
    """Open the catalogue that ships with the bot, with the operator's entries of the folder *overlay*.

    Raises CatalogueError with all faults in the files of both.
    """
    shipped, own = CODES_FOLDER.glob("*.yaml"), overlay.glob("*.yaml") if overlay else ()
    # The modules separate the two folders: moving a file from one to the other changes the result.
    sources = (*sorted(shipped), Path(__file__), *FORMAT, *sorted(own))
    build = partial(compile_catalogue, overlay)
    return _catalogue(resources.compiled("catalogue.jsonl", sources, build, is_shipped=overlay is None))


def compile_catalogue(overlay: Path | None = None) -> bytes:
    """Read, validate and merge the YAML files. Raises CatalogueError with all their faults."""
    from bot.catalogue import loader

    return compile_sections(loader.sections(CODES_FOLDER, overlay), loader.compiled)


def symbol_key(name: str) -> str:
    """Return the same key for all spellings of an SDK symbol: in lower case, without separators and the enum's name.

    The SDKs name the same code ``NetworkModuleTokenExpired``, ``ZIMErrorCodeNetworkModuleTokenExpired``,
    ``zim_error_code_network_module_token_expired`` and so on.

    >>> symbol_key("ZIMErrorCode.USER_IS_NOT_LOGGED") == symbol_key("zim_error_code_user_is_not_logged")
    True
    """
    key = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    return key.rpartition("zimerrorcode")[2] or key
