"""Fit plain text into the width of a terminal. Widths are in cells: a Chinese character takes two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len, chop_cells, set_cell_size

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"  # Chinese characters and punctuation
_NO_LINE_END = "（《「『“‘"
_NO_LINE_START = "，。；：！？、）》」』”’…,.;:!?)"
# Before a word, and beside a Chinese character unless punctuation forbids it.
_OPPORTUNITY = re.compile(
    rf"(?<=\s)(?=\S)|(?:(?<=[{_WIDE}])|(?=[{_WIDE}]))(?<![\s{_NO_LINE_END}])(?![\s{_NO_LINE_START}]|$)"
)

_LINE_HEAD = re.compile(r"^\s*(?:• |\d\. )?")


def line_starts(text: str, width: int) -> list[int]:
    """Return the offsets in *text*, which is one line, at which new lines begin so that each fits *width*.

    A word that is wider than a line is divided, but a URL or path stays whole: divided, nobody could open it.
    """
    starts: list[int] = []
    start = last = 0
    for end in (*(match.start() for match in _OPPORTUNITY.finditer(text)), len(text)):
        if _is_wider(text[start:end], width) and last > start:
            starts.append(start := last)
        if _is_wider(text[start:end], width) and "/" not in text[start:end]:
            pieces = chop_cells(text[start:end].rstrip(), width)
            starts += [start := start + len(piece) for piece in pieces[:-1]]
        last = end
    return starts


def hanging(text: str, width: int | None) -> list[str]:
    """Break *text*, which is one line, into lines that fit *width*; None is no limit.

    All but the first are indented as far as its first word: behind spaces, a bullet or the number of a step.
    """
    if width is None or not _is_wider(text, width):
        return [text]
    indent = len(text) - len(_LINE_HEAD.sub("", text, count=1))
    head, body = text[:indent], text[indent:]
    bounds = [0, *line_starts(body, width - indent), len(body)]
    parts = [body[start:end].rstrip() for start, end in pairwise(bounds)]
    return [head + parts[0], *(" " * indent + part for part in parts[1:])]


def cut(text: str, width: int) -> str:
    """Cut *text* to *width*; an ellipsis shows that something is missing."""
    return f"{set_cell_size(text, max(width - 1, 0)).rstrip()}…" if _is_wider(text, width) else text


def aligned(rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = (), width: int | None = None) -> list[str]:
    """Format *rows* as lines with aligned columns; the columns at *numbers* are aligned right.

    With *width*, lines that are wider are cut.
    """
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for index, (cell, column) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (column - cell_len(cell))
            cells.append(gap + cell if index in numbers else cell + gap)
        line = "  ".join(cells).rstrip()
        lines.append(line if width is None else cut(line, width))
    return lines


def _is_wider(text: str, width: int) -> bool:
    return cell_len(text.rstrip()) > width
