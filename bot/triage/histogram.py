"""Count codes along an axis of seconds or lines in bounded memory, and classify how they are distributed."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence

from bot.triage.digest import CodeRow, EventRow, Mark, Pattern

_CELLS = 160  # while counting
MAX_BUCKETS = 20  # of a timeline

_BURST = 2 / 3  # share of the occurrences
_SHORT = 5  # a burst takes at most one fifth of the time
_PAUSES = 3  # times the mean pause; after a longer silence a code has stopped
_NEAR_END = 0.02  # share of the log's length that counts as its end

_Position = Callable[[Mark], float]  # returns the position of a mark in seconds or lines
_Extent = tuple[float, float]  # start and end of the log on the same axis


class Histogram:
    """Count occurrences per code in the cells of one growing axis.

    All codes share the cells. If an occurrence is beyond the last cell or before the first, all cells become twice as
    wide until it fits.
    """

    def __init__(self) -> None:
        self._width = 1.0
        self._origin: float | None = None
        self._cells: dict[int, array[int]] = {}

    def add(self, code: int, at: float) -> None:
        """Count one occurrence of *code* at a position."""
        origin = self._origin
        if origin is None:
            origin = self._origin = at
        cell = int((at - origin) // self._width)
        if not 0 <= cell < _CELLS:
            cell = self._widen(at)
        cells = self._cells.get(code)
        if cells is None:
            cells = self._cells[code] = array("I", bytes(4 * _CELLS))
        cells[cell] += 1

    def _widen(self, at: float) -> int:
        """Widen the cells until the axis contains *at*; return its cell."""
        origin = self._origin or 0.0
        while not 0 <= (cell := int((at - origin) // self._width)) < _CELLS:
            # To grow to the left, move the origin by one axis length: the counts end up in the right half.
            shift = _CELLS if at < origin else 0
            origin -= shift * self._width
            self._width *= 2
            for code, cells in self._cells.items():
                wider = array("I", bytes(4 * _CELLS))
                for index, count in enumerate(cells):
                    wider[(index + shift) // 2] += count
                self._cells[code] = wider
        self._origin = origin
        return cell

    def timelines(self, codes: Collection[int]) -> tuple[float, dict[int, tuple[int, ...]]]:
        """Return the width of a bucket and the counts of each of *codes* per bucket.

        There are at most `MAX_BUCKETS` buckets; the first and the last are not empty.
        """
        chosen = {code: cells for code, cells in self._cells.items() if code in codes}
        used = {cell for cells in chosen.values() for cell, count in enumerate(cells) if count}
        if not used:
            return self._width, {}
        low, high = min(used), max(used)
        merged = -(-(high - low + 1) // MAX_BUCKETS)  # cells in a bucket
        starts = range(low, high + 1, merged)
        return self._width * merged, {
            code: tuple(sum(cells[start : start + merged]) for start in starts) for code, cells in chosen.items()
        }


def pattern_of(rows: Sequence[CodeRow], extent: _Extent, position: _Position) -> Pattern | None:
    """Return how the occurrences of all *rows* are distributed over the log's *extent*; None if there are none."""
    count = sum(row.count for row in rows)
    if count <= 1:
        return Pattern.ONCE if count else None
    buckets = [sum(counts) for counts in zip(*(row.timeline for row in rows), strict=True)]
    dense = max(1, len(buckets) // _SHORT)
    busiest = max(sum(buckets[start : start + dense]) for start in range(len(buckets) - dense + 1))
    if len(buckets) >= _SHORT and busiest >= _BURST * count:
        return Pattern.BURST
    length = max(position(row.last) for row in rows) - min(position(row.first) for row in rows)
    return Pattern.BURST if length * _SHORT < extent[1] - extent[0] else Pattern.STEADY


def is_ongoing(groups: Sequence[Sequence[CodeRow | EventRow]], extent: _Extent, position: _Position) -> bool | None:
    """Return whether one of *groups* of rows still occurs at the log's end; None if no group occurs twice.

    A group has stopped if it is silent for longer than `_PAUSES` of its own mean pauses.
    """
    verdicts = []
    for rows in groups:
        count = sum(row.count for row in rows)
        if count > 1:
            first = min(position(row.first) for row in rows)
            last = max(position(row.last) for row in rows)
            pause = (last - first) / (count - 1)
            verdicts.append(extent[1] - last <= max(_PAUSES * pause, _NEAR_END * (extent[1] - extent[0])))
    return any(verdicts) if verdicts else None
