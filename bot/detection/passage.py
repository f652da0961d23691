"""A stretch of clean text from a message, and what kind of text it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby


class PassageKind(StrEnum):
    """How a passage is set."""

    PROSE = "prose"
    CODE = "code"  # a fence or preformatted text; inline code stays in its prose, see `Passage.code`


@dataclass(frozen=True, slots=True)
class Passage:
    """Clean text: no entities, no Slack markup but back-ticks, mentions without names."""

    text: str
    kind: PassageKind = PassageKind.PROSE
    quoted: bool = False  # a quote, or a message forwarded from elsewhere
    code: tuple[tuple[int, int], ...] = ()  # inline code within prose: offsets into text, end exclusive


def joined(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return *passages* with neighbours of one kind made one, a line each; empty ones are left out."""
    kept = [passage for passage in passages if passage.text.strip()]
    if len(kept) < 2:
        return tuple(kept)
    return tuple(_one(tuple(group)) for _, group in groupby(kept, key=lambda each: (each.kind, each.quoted)))


def _one(passages: tuple[Passage, ...]) -> Passage:
    first, offset = passages[0], 0
    code: list[tuple[int, int]] = []
    for passage in passages:
        code += [(start + offset, end + offset) for start, end in passage.code]
        offset += len(passage.text) + 1
    return Passage("\n".join(each.text for each in passages), first.kind, first.quoted, tuple(code))
