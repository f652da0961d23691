"""Store all entries as JSON, and read only those that are needed: building all takes longer than explaining one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from bot.catalogue.entry import Section

Plain: TypeAlias = Mapping[str, Any]  # an entry as JSON data, without the fields that have their default


class StoredEntries:
    """Read the result of `compile_sections`."""

    def __init__(self, compiled: bytes) -> None:
        self._compiled = compiled
        self.heads: list[Plain] = []  # the sections without their entries
        self.section_of: dict[int, int] = {}  # the index in `heads`, by code
        self._ends: dict[int, tuple[int, int]] = {}  # start and end of the JSON of an entry, by code
        at = 0
        while at < len(compiled):
            end = compiled.find(b"\n", at)
            if compiled.startswith(b"{", at):
                self.heads.append(json.loads(compiled[at:end]))
            else:
                start = compiled.index(b"\t", at)
                code = int(compiled[at:start])
                self.section_of[code] = len(self.heads) - 1
                self._ends[code] = (start + 1, end)
            at = end + 1

    @property
    def sha256(self) -> str:
        """Return the first 12 digits of the SHA-256 of the content."""
        import hashlib  # not at the top: it is slow to import, and `explain` does without

        return hashlib.sha256(self._compiled).hexdigest()[:12]

    def __iter__(self) -> Iterator[Plain]:
        """Iterate over all entries, section by section."""
        from orjson import loads  # not at the top: importing it takes longer than reading one entry

        return (loads(self._json(code)) for code in self._ends)

    def __getitem__(self, code: int) -> Plain:
        """Return the entry of *code*. Raises KeyError if it is unknown."""
        plain: Plain = json.loads(self._json(code))
        return plain

    def _json(self, code: int) -> bytes:
        start, end = self._ends[code]
        return self._compiled[start:end]


def compile_sections(sections: Iterable[Section], compiled: Callable[[object], bytes]) -> bytes:
    """Return *sections* and their entries as lines; *compiled* turns each into JSON.

    A section is a JSON object without entries. The lines of its entries follow: a code, a tab and a JSON object.
    """
    lines: list[bytes] = []
    for section in sections:
        lines.append(compiled(replace(section, codes=())))
        lines += [b"%d\t%b" % (entry.code, compiled(entry)) for entry in section.codes]
    return b"".join(line + b"\n" for line in lines)
