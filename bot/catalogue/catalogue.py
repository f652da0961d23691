"""All entries, and finding them by code or symbol. Finding by words is `search`'s."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from bot import resources
from bot.catalogue import loader
from bot.catalogue.entry import Entry, EntryStatus, Links, Section
from bot.catalogue.search import SearchHit, SearchIndex
from bot.catalogue.symbols import normalise
from bot.errors import CatalogueError

EXACT = 100.0  # the score of what a query names; words stay far below
_RANGE = re.compile(r"([0-9]{2,6})[xX*]{0,5}")


class Catalogue:
    """The sections and their entries, indexed once."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = tuple(sections)
        self._entries = {entry.code: entry for section in sections for entry in section.codes}
        self._sections = {entry.code: section for section in sections for entry in section.codes}
        self._symbols = dict(_symbols(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries by number."""
        return iter(sorted(self._entries.values(), key=lambda entry: entry.code))

    def get(self, code: int) -> Entry | None:
        """The entry of *code*, or None."""
        return self._entries.get(code)

    def section_of(self, entry: Entry) -> Section:
        """The section that *entry* stands in."""
        return self._sections[entry.code]

    def links_of(self, entry: Entry) -> Links:
        """The vendor's page for *entry*."""
        return entry.docs or self.section_of(entry).docs

    def search(self, query: str, most: int = 8) -> tuple[SearchHit, ...]:
        """What fits *query*, best first: a code, a symbol, a section, the beginning of a code, or words.

        What is named exactly scores above everything that words find.
        """
        exact = self._named(query.strip())
        if exact:
            return tuple(SearchHit(entry, EXACT) for entry in exact)
        return self._index.find(query, most)

    def _named(self, query: str) -> tuple[Entry, ...]:
        code = int(query) if query.isdecimal() else self.code_of_symbol(query)
        entry = self.get(code) if code is not None else None
        if entry:
            return (entry,)
        section = self.section_named(query)
        return section.codes if section else self.in_range(query)

    def in_range(self, query: str) -> tuple[Entry, ...]:
        """The entries whose code begins as *query* says (``60003``, ``60003xx``); none where it is no range."""
        match = _RANGE.fullmatch(query.strip())
        return tuple(entry for entry in self if str(entry.code).startswith(match[1])) if match else ()

    @cached_property
    def _index(self) -> SearchIndex:
        # Made at the first search: `explain` needs none.
        return SearchIndex(self.sections)

    def has_code(self, code: int) -> bool:
        """Whether there is an entry for *code*."""
        return code in self._entries

    def code_of_symbol(self, name: str) -> int | None:
        """The code that an SDK calls *name*, in any platform's spelling, or None."""
        return self._symbols.get(normalise(name))

    def nearest(self, code: int, count: int = 3) -> tuple[Entry, ...]:
        """The *count* entries with the closest numbers."""
        return tuple(sorted(self, key=lambda entry: abs(entry.code - code))[:count])

    def section_named(self, name: str) -> Section | None:
        """The section of that key or that name in either language, or None."""
        name = name.strip().lower()
        names = ((section, (section.section, section.name.en.lower(), section.name.zh)) for section in self.sections)
        return next((section for section, known in names if name in known), None)

    def family(self, code: int) -> Section | None:
        """The section that holds most of the codes with the same hundred, which is how the vendor numbers them."""
        tally = Counter(self._sections[known].section for known in self._entries if known // 100 == code // 100)
        name = max(tally, key=tally.__getitem__, default=None)
        return next((section for section in self.sections if section.section == name), None)


def open_catalogue(overlay: Path | None = None) -> Catalogue:
    """The catalogue that ships with the bot, with the operator's entries over it.

    Raises CatalogueError with every mistake in either.
    """
    faults: list[str] = []
    layers: list[tuple[Section, ...]] = []
    for folder in filter(None, (codes_folder(), overlay)):
        try:
            layers.append(loader.sections(folder))
        except CatalogueError as error:
            faults += error.faults
    if faults:
        raise CatalogueError(faults)
    return Catalogue(overlaid(*layers) if overlay else layers[0])


def overlaid(base: Sequence[Section], overlay: Sequence[Section]) -> tuple[Section, ...]:
    """*base* with the operator's entries: a known code is replaced where it stands, others join their section."""
    own = {entry.code: _own(entry) for section in overlay for entry in section.codes}
    known = {entry.code for section in base for entry in section.codes}
    joining = {
        section.section: [own[entry.code] for entry in section.codes if entry.code not in known] for section in overlay
    }
    merged = [_with(section, own, joining.pop(section.section, [])) for section in base]
    return (*merged, *(_with(section, own, []) for section in overlay if joining.get(section.section)))


def _with(section: Section, own: Mapping[int, Entry], joining: Sequence[Entry]) -> Section:
    entries = [own.get(entry.code, entry) for entry in section.codes] + list(joining)
    return section.model_copy(update={"codes": tuple(sorted(entries, key=lambda entry: entry.code))})


def _own(entry: Entry) -> Entry:
    # Whatever the file says: readers must see that this is not the vendor's word.
    return entry.model_copy(update={"status": EntryStatus.OVERLAY})


def codes_folder() -> Path:
    """Where the section files lie."""
    return resources.data() / "codes"


def _symbols(entries: Iterable[Entry]) -> Iterator[tuple[str, int]]:
    for entry in entries:
        for name in (*entry.symbols.model_dump(exclude_none=True).values(), *entry.aliases):
            yield normalise(name), entry.code
