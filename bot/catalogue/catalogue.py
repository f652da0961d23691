"""All entries, and finding them by code or symbol. Finding by words is `search`'s."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from bot import resources
from bot.catalogue import load
from bot.catalogue.entry import Entry, Links, Section
from bot.catalogue.search import Hit, Search
from bot.catalogue.symbols import normalise


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

    def search(self, query: str) -> tuple[Hit, ...]:
        """What fits *query*, best first. The index is made at the first search."""
        return self._search.find(query)

    @cached_property
    def _search(self) -> Search:
        return Search(self.sections)

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


def open_catalogue() -> Catalogue:
    """The catalogue that ships with the bot; raises CatalogueError with every mistake in it."""
    return Catalogue(load.sections(codes_folder()))


def codes_folder() -> Path:
    """Where the section files lie."""
    return resources.data() / "codes"


def _symbols(entries: Iterable[Entry]) -> Iterator[tuple[str, int]]:
    for entry in entries:
        for name in (*entry.symbols.model_dump(exclude_none=True).values(), *entry.aliases):
            yield normalise(name), entry.code
