"""Find pasted tables, and the heading of a number's column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_SEPARATORS = ("|", "\t", ",", ";")
_MAX_TABLE_LINE = 400  # characters of a line that can belong to a table
_HEADING = re.compile(r"[^\W\d][\w .()/#*-]{0,30}")
_DIGIT = re.compile(r"[0-9]")


@dataclass(slots=True)
class HeadedTable:
    """The rows below a line of headings: pasted from a table, a CSV or a TSV."""

    start: int
    end: int
    separator: str
    headings: tuple[str, ...]


def find_tables(folded: str) -> list[HeadedTable]:
    """Return the tables in a folded text, in order; one without rows is empty.

    A table is a block of lines with the same separator, the first of them made of short names only.
    """
    if "\n" not in folded or not any(separator in folded for separator in _SEPARATORS):
        return []
    found: list[HeadedTable] = []
    current: HeadedTable | None = None
    position = 0
    for line in folded.split("\n"):
        end = position + len(line)
        if current and len(line) <= _MAX_TABLE_LINE and line.count(current.separator) >= len(current.headings) - 1:
            current.end = end
        elif current := _table_below(line, end):
            found.append(current)
        position = end + 1
    return found


def _table_below(line: str, end: int) -> HeadedTable | None:
    """Return an empty table with *line* as its headings, or None if *line* is not made of short names."""
    if len(line) > _MAX_TABLE_LINE or _DIGIT.search(line):
        return None
    separator = next((each for each in _SEPARATORS if each in line), None)
    if separator is None:
        return None
    cells = tuple(cell.strip(" \"'*`\r") for cell in line.split(separator))
    is_head = all(not cell or (_HEADING.fullmatch(cell) and len(cell.split()) < 4) for cell in cells)
    return HeadedTable(end, end, separator, cells) if is_head and any(cells) else None


def heading_at(tables: Sequence[HeadedTable], folded: str, position: int) -> str:
    """Return the heading of the column at *position*, empty outside of *tables*."""
    index = bisect_right(tables, position, key=lambda table: table.start) - 1
    if index < 0 or position >= tables[index].end:
        return ""
    table = tables[index]
    column = folded.count(table.separator, folded.rfind("\n", 0, position) + 1, position)
    return table.headings[column] if column < len(table.headings) else ""
