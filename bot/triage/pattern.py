"""How codes came over the time of their log: once, in a burst, steadily, and whether they still come at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.triage.digest import CodeRow, Mark, Pattern
from bot.triage.histogram import total

_BURST = 2 / 3  # of the occurrences
_SHORT = 5  # a burst takes at most one in so many parts of the time
_PAUSES = 3  # so many of the usual pauses may go by before it counts as over
_NEAR = 0.02  # of the log's length: nearer to its end is at its end


Position = Callable[[Mark], float]  # where a mark stands, in seconds or lines


def course_of(rows: Sequence[CodeRow], extent: tuple[float, float], position: Position) -> Pattern | None:
    """How *rows* came, taken together; *extent* is where the log begins and ends, on the axis of *position*."""
    count = sum(row.count for row in rows)
    if count <= 1:
        return Pattern.ONCE if count else None
    buckets = total([row.timeline for row in rows])
    dense = max(1, len(buckets) // _SHORT)
    busiest = max(sum(buckets[start : start + dense]) for start in range(len(buckets) - dense + 1))
    if len(buckets) >= _SHORT and busiest >= _BURST * count:
        return Pattern.BURST
    length = max(position(row.last) for row in rows) - min(position(row.first) for row in rows)
    return Pattern.BURST if length * _SHORT < extent[1] - extent[0] else Pattern.STEADY


def is_still_coming(
    groups: Sequence[Sequence[CodeRow]], extent: tuple[float, float], position: Position
) -> bool | None:
    """Whether one of *groups* still came at the log's end, by its own rhythm; None where nothing came twice."""
    verdicts = [_is_still_coming(rows, extent, position) for rows in groups if sum(row.count for row in rows) > 1]
    return any(verdicts) if verdicts else None


def _is_still_coming(rows: Sequence[CodeRow], extent: tuple[float, float], position: Position) -> bool:
    first = min(position(row.first) for row in rows)
    last = max(position(row.last) for row in rows)
    pause = (last - first) / (sum(row.count for row in rows) - 1)
    return extent[1] - last <= max(_PAUSES * pause, _NEAR * (extent[1] - extent[0]))
