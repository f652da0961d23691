"""Counts over an axis (seconds, or lines) that grows, in bounded memory.

A grid is shared by all codes: when something falls outside, its cells become twice as wide.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

_FINE = 160  # cells while counting
SHOWN = 20  # buckets at most when shown


class Histogram:
    """One axis and, per code, how many fell into each of its cells."""

    def __init__(self) -> None:
        self.width = 1.0
        self._origin: float | None = None
        self._cells: dict[int, array[int]] = {}

    def add(self, code: int, at: float) -> None:
        """Count one occurrence of *code*."""
        origin = self._origin
        if origin is None:
            origin = self._origin = at
        cell = int((at - origin) // self.width)
        if not 0 <= cell < _FINE:
            cell = self._grown(at)
        cells = self._cells.get(code)
        if cells is None:
            cells = self._cells[code] = array("I", bytes(4 * _FINE))
        cells[cell] += 1

    def _grown(self, at: float) -> int:
        """The cell of *at* after the grid has been widened to hold it."""
        origin = self._origin or 0.0
        while not 0 <= (cell := int((at - origin) // self.width)) < _FINE:
            # To the left, all cells move by half a grid: what is there stays, one half of what is free is before it.
            shift = _FINE if at < origin else 0
            origin -= shift * self.width
            self.width *= 2
            for code, cells in self._cells.items():
                wider = array("I", bytes(4 * _FINE))
                for index, count in enumerate(cells):
                    if count:
                        wider[(index + shift) // 2] += count
                self._cells[code] = wider
        self._origin = origin
        return cell

    def shown(self, codes: Iterable[int]) -> tuple[float, float, dict[int, tuple[int, ...]]]:
        """Where the first bucket begins, the buckets' width, and the counts of *codes* in at most `SHOWN` buckets."""
        wanted = {code: self._cells.get(code, ()) for code in codes}
        used = {cell for cells in wanted.values() for cell, count in enumerate(cells) if count}
        if not used:
            return 0.0, self.width, dict.fromkeys(wanted, ())
        low, high = min(used), max(used)
        merged = -(-(high - low + 1) // SHOWN)
        buckets = (high - low) // merged + 1
        counts = {code: [0] * buckets for code in wanted}
        for code, cells in wanted.items():
            for cell, count in enumerate(cells):
                if count:
                    counts[code][(cell - low) // merged] += count
        start = (self._origin or 0.0) + low * self.width
        return start, self.width * merged, {code: tuple(each) for code, each in counts.items()}


def total(timelines: Sequence[Sequence[int]]) -> list[int]:
    """The sums of timelines of equal length."""
    return [sum(each) for each in zip(*timelines, strict=True)]
