"""Find the running numbers of a log, such as ids of rows, that look like codes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.detection.result import LookAlikeReason
from bot.triage.aggregate import LogState
from bot.triage.digest import ConnectionEvent

_LEAST = 8  # different numbers
_MOST_EACH = 2  # occurrences of a number; a few numbers may be codes elsewhere
_MOSTLY = 0.8  # share of the numbers at a spot that occur so rarely
_NO_CODES = 0.25  # other such numbers in the log for each of them; beside a list of codes there are hardly any
_ASCENDING = 0.9  # share of the pairs of neighbours
# In any order, numbers are ids only if there are more of them, and still more that are no codes.
_LEAST_IN_ANY_ORDER = 20
_NO_CODES_IN_ANY_ORDER = 2.0
_BEFORE = 16  # bytes in front of a number that make its spot
_WORD = re.compile(rb"[0-9]+")


def running_numbers(state: LogState, lookalikes: Mapping[LookAlikeReason, int]) -> frozenset[int]:
    """Return the codes in *state* that are running numbers: many at one spot, most often in order.

    The errors of an app recur, in any order. Each id occurs once, mostly in sequence, and many ids are no codes.
    *lookalikes* counts the look-alikes that detection has recognized, by reason.
    """
    by_spot: dict[bytes, list[tuple[int, int, int]]] = defaultdict(list)  # file, line, code
    for sign, (_, window) in state.windows.items():
        if not isinstance(sign, ConnectionEvent):
            line = window.lines[window.line - window.first_line]
            at = line.find(str(sign).encode())
            if at >= 0:
                by_spot[_WORD.sub(b"0", line[max(0, at - _BEFORE) : at])].append((window.file, window.line, sign))
    unknown = sum(not count.known for count in state.counts.values())
    no_codes = unknown + sum(lookalikes.values())
    similar = unknown + lookalikes.get(LookAlikeReason.NO_ERROR_WORDS, 0)
    found: set[int] = set()
    for places in by_spot.values():
        rare = [code for _, _, code in sorted(places) if state.counts[code].count <= _MOST_EACH]
        is_mostly_rare = len(rare) >= max(_LEAST, _MOSTLY * len(places))
        known = sum(state.counts[code].known for code in rare)
        is_running = no_codes >= _NO_CODES * len(rare) and _is_running(rare)
        is_mixed = known >= _LEAST_IN_ANY_ORDER and similar >= _NO_CODES_IN_ANY_ORDER * known
        if is_mostly_rare and (is_running or is_mixed):
            found.update(rare)
    if any(not state.counts[code].known for code in found):
        # Of many unknown codes, most have no window.
        found.update(code for code, count in state.counts.items() if not count.known and code not in state.windows)
    return frozenset(found)


def _is_running(codes: Sequence[int]) -> bool:
    """Return whether *codes* ascend or descend almost throughout."""
    ascending = sum(first < second for first, second in pairwise(codes))
    return not (1 - _ASCENDING) * (len(codes) - 1) < ascending < _ASCENDING * (len(codes) - 1)
