"""Block Kit made clean passages: what a reader of other bots' posts sees, without buttons and menus.

Source: docs.slack.dev/reference/block-kit/blocks. A block of a type unknown here gives the texts that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.detection import mrkdwn, rich_text
from bot.detection.passage import Passage, joined
from bot.detection.payload import items, mapping, string, values

_DEPTH = 8  # deeper than Block Kit nests; what lies below is not looked at
_SILENT = frozenset({"button", "workflow_button", "overflow", "datepicker", "timepicker", "image", "confirm", "option"})
# `*Error code:*\n6000121` is how bots write a label and its value in a field.
_LABELLED = re.compile(r"(\*?[^\n*]{1,40}?\*?:?\*?)\n([^\n]{1,200})")
_CODE = re.compile(r"600[0-9]{4}")


def passages(blocks: object) -> tuple[Passage, ...]:
    """Return the passages of a list of blocks."""
    return joined(passage for block in items(blocks) for passage in _block(block, 0))


def _block(block: Mapping[str, object], depth: int) -> Iterator[Passage]:
    kind = string(block.get("type"))
    if depth > _DEPTH or kind in _SILENT or kind.endswith(("_select", "_input")):
        return
    if kind == "rich_text":
        yield from rich_text.passages(block)
    elif kind == "markdown":
        yield from mrkdwn.markdown(string(block.get("text")))
    elif kind == "table":
        yield from _table(block)
    elif kind == "mrkdwn":
        yield from mrkdwn.passages(string(block.get("text")))
    elif isinstance(block.get("text"), str):
        yield mrkdwn.plain(string(block.get("text")))
    else:
        yield from _held(block, depth)


def _held(block: Mapping[str, object], depth: int) -> Iterator[Passage]:
    for key, value in block.items():
        if key == "fields":
            for field in items(value):
                yield from _field(field)
        elif isinstance(value, dict) and key not in ("accessory", "placeholder", "confirm"):
            yield from _block(value, depth + 1)
        elif isinstance(value, list):
            for each in items(value):
                yield from _block(each, depth + 1)


def _field(field: Mapping[str, object]) -> tuple[Passage, ...]:
    """A field; a label on a line of its own is put before its value, for it says what the value is."""
    text = string(field.get("text"))
    labelled = _LABELLED.fullmatch(text.strip())
    if labelled:
        text = f"{labelled[1].strip('*: ')}: {labelled[2]}"
    return mrkdwn.passages(text) if field.get("type") == "mrkdwn" else (mrkdwn.plain(text),)


def _table(block: Mapping[str, object]) -> Iterator[Passage]:
    """A table, a line for each row. Its header goes before each cell, for it says what the cell is."""
    header: list[str] = []
    for row in values(block.get("rows")):
        cells = [_cell(cell) for cell in values(row)]
        named = header if len(header) == len(cells) else [""] * len(cells)
        yield Passage(
            " | ".join(f"{name}: {cell}" if name and cell else cell for name, cell in zip(named, cells, strict=True))
        )
        header = header or [_heading(cell) for cell in cells]


def _cell(cell: object) -> str:
    found: Iterable[Passage] = _block(mapping(cell), 1)
    return " ".join(" ".join(passage.text.split()) for passage in found)


def _heading(cell: str) -> str:
    return "" if _CODE.search(cell) or len(cell) > 40 else cell.strip("*: ")


def quoted(found: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return *found* as quotes."""
    return tuple(replace(passage, quoted=True) for passage in found)
