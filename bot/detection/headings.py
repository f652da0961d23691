"""The headings of columns: what a table, a CSV or a TSV calls the numbers below.

A block of lines with the same separator is a table where its first line is nothing but short names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_SEPARATORS = ("|", "\t", ",", ";")
_LONGEST = 400  # characters of a line that can belong to a table
_HEADING = re.compile(r"[^\W\d][\w .()/#*-]{0,30}")
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class HeadedTable:
    """Where the rows of a table stand, and its headings."""

    start: int
    end: int
    separator: str
    headings: tuple[str, ...]


def tables(folded: str) -> tuple[HeadedTable, ...]:
    """Return the tables in a folded text, in order."""
    if "\n" not in folded or not any(separator in folded for separator in _SEPARATORS):
        return ()
    found: list[HeadedTable] = []
    current: HeadedTable | None = None
    position = 0
    for line in folded.split("\n"):
        end = position + len(line)
        if current and len(line) <= _LONGEST and line.count(current.separator) >= len(current.headings) - 1:
            current = HeadedTable(current.start, end, current.separator, current.headings)
        else:
            found += [current] if current and current.end > current.start else []
            current = _begun(line, end)
        position = end + 1
    return (*found, current) if current and current.end > current.start else tuple(found)


def heading(found: tuple[HeadedTable, ...], folded: str, position: int) -> str:
    """Return the heading of the column in which *position* stands, empty where it stands in no table."""
    index = bisect_right(found, position, key=lambda table: table.start) - 1
    if index < 0 or position >= found[index].end:
        return ""
    table = found[index]
    column = folded.count(table.separator, folded.rfind("\n", 0, position) + 1, position)
    return table.headings[column] if column < len(table.headings) else ""


def _begun(line: str, end: int) -> HeadedTable | None:
    """The table that *line* would be the head of."""
    if not line or len(line) > _LONGEST or _DIGIT.search(line):
        return None
    separator = next((each for each in _SEPARATORS if each in line), None)
    if separator is None:
        return None
    cells = tuple(cell.strip(" \"'*`\r") for cell in line.split(separator))
    is_head = all(not cell or (_HEADING.fullmatch(cell) and len(cell.split()) < 4) for cell in cells)
    return HeadedTable(end, end, separator, cells) if is_head and any(cells) else None
