"""Find the codes in a log: the rules of `bot.detection`, line by line, at the speed of a search.

`places` tells which lines are worth a look, `verdicts` remembers what was said of one like it. The verdict on a line is
the one that `detector.find` gives; of a line that comes in pieces, the one it gives for the piece, so that a URL
of more than `read.OVERLAP` bytes may hide what it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Protocol

import stringzilla as sz

from bot.detection.detector import find
from bot.detection.result import Finding, Known, LookAlike, LookAlikeReason
from bot.triage import line_cache
from bot.triage.prefilter import SymbolFilter, numbers
from bot.triage.reader import LogBlock

_BESIDE = 2  # lines shown before and after one of interest
_SHOWN = 4096  # bytes of a line that are handed on
_NEAR = 500  # characters to either side of a code in a longer line
_START = 200  # characters of such a line's start, where its time stands
_EDGE = r"[A-Za-z0-9_+/=.%~\\-]{12,}"  # long enough to be a part of one
_CUT_BEFORE, _CUT_BEHIND = re.compile(rf"\A{_EDGE}"), re.compile(rf"(?<![A-Za-z0-9_+/=.%~\\-]){_EDGE}\Z")


@dataclass(slots=True)
class CodeHit:
    """One occurrence of a code."""

    code: int
    known: bool
    file: int
    line: int  # counted from 1
    text: bytes  # its line in UTF-8; of a longer one its start and what stands round the code


class HitSink(Protocol):
    """What takes the hits, in the order of the log."""

    def hit(self, hit: CodeHit) -> None:
        """Take one occurrence."""

    def window(self, code: int, file: int, first_line: int, line: int, lines: Sequence[bytes]) -> None:
        """Take the lines round the first occurrence of *code* in *file*; comes after its hit."""


@dataclass(slots=True)
class _LineWindow:
    """The lines round a first hit, to which those after it are still coming."""

    code: int
    first_line: int
    line: int
    lines: list[bytes]
    missing: int


class Scanner:
    """Finds the hits in logs, one file after the other."""

    def __init__(self, known: Known, sink: HitSink) -> None:
        self.lookalikes: Counter[LookAlikeReason] = Counter()
        self._known = known
        self._sink = sink
        self._names = SymbolFilter(known)
        self._verdicts = line_cache.LineCache(known)
        self._file = 0
        self._line = 1  # number of the next block's first line
        self._seen: set[int] = set()
        self._before: list[bytes] = []  # the last lines of the block before
        self._windows: list[_LineWindow] = []

    def begin(self, file: int) -> None:
        """What comes now is the file of that index."""
        self._file, self._line = file, 1
        self._seen, self._before = set(), []

    def end(self) -> None:
        """The file is over."""
        for window in self._windows:
            self._hand_on(window)
        self._windows = []

    def scan(self, block: LogBlock) -> None:
        """Find what stands in the next block of the file."""
        data = block.data
        # A piece of a line that is too long is no line of its own.
        start = 0 if not block.lead else data.find(b"\n") + 1 or len(data)
        for window in tuple(self._windows):
            self._go_on(window, data, start)
        line, counted = self._line, 0
        for begin, end, has_names in self._lines_worth(data):
            line += sz.count(data, b"\n", counted, begin) if counted < begin else 0
            counted = begin
            lead = block.lead if begin == 0 else 0
            hold = block.hold if end == len(data) else 0
            if lead or hold or end - begin > line_cache.LONGEST:
                self._judge_long(data, (begin, end), line, lead, hold)
                continue
            text = data[begin:end]
            verdict = self._verdicts.of(text, has_names=has_names)
            for code, known in verdict.codes:
                self._take(CodeHit(code, known, self._file, line, text), data, begin, end)
            if verdict.lookalikes:
                self.lookalikes.update(verdict.lookalikes)
        self._line = line + sz.count(data, b"\n", counted)
        if not block.hold:
            self._before = _lines_before(data, len(data), self._before)

    def _lines_worth(self, data: bytes) -> Iterator[tuple[int, int, bool]]:
        """Begin and end of each line that may hold something, and whether that may be more than numbers."""
        other = sorted(self._names.places(data))
        done, next_other = 0, 0
        for place in merge(numbers(data), other) if other else numbers(data):
            if place < done:
                continue
            begin = data.rfind(b"\n", done, place) + 1 or done
            end = data.find(b"\n", place)
            end = len(data) if end < 0 else end
            done = end + 1
            while next_other < len(other) and other[next_other] < begin:
                next_other += 1
            yield begin, end, next_other < len(other) and other[next_other] < end

    def _judge_long(self, data: bytes, span: tuple[int, int], line: int, lead: int, hold: int) -> None:
        """Judge a long line, or a piece of one without what *lead* and *hold* leave to other pieces."""
        raw = data[slice(*span)]
        text = raw.decode("utf-8", "replace")
        first = len(raw[:lead].decode("utf-8", "replace"))
        last = len(raw[: len(raw) - hold].decode("utf-8", "replace"))
        seen = find(text, self._known)
        everything: list[Finding | LookAlike] = [*seen.findings, *seen.lookalikes]
        for each in everything:
            if not first <= each.span[0] < last:
                continue
            if isinstance(each, LookAlike):
                self.lookalikes[each.reason] += 1
            else:
                shown = _part(text, each.span, has_start=not lead, has_end=not hold)
                self._take(CodeHit(each.code, each.known, self._file, line, shown), data, *span)

    def _take(self, hit: CodeHit, data: bytes, begin: int, end: int) -> None:
        self._sink.hit(hit)
        if hit.code in self._seen:
            return
        self._seen.add(hit.code)
        before = _lines_before(data, begin, self._before)
        window = _LineWindow(hit.code, hit.line - len(before), hit.line, [*before, hit.text], _BESIDE)
        self._windows.append(window)
        self._go_on(window, data, end + 1)

    def _go_on(self, window: _LineWindow, data: bytes, place: int) -> None:
        """Add the lines from *place* on that *window* misses; hand it on when it misses none."""
        while window.missing and place < len(data):
            end = data.find(b"\n", place)
            end = len(data) if end < 0 else end
            window.lines.append(data[place : min(end, place + _SHOWN)])
            window.missing -= 1
            place = end + 1
        if not window.missing:
            self._windows.remove(window)
            self._hand_on(window)

    def _hand_on(self, window: _LineWindow) -> None:
        self._sink.window(window.code, self._file, window.first_line, window.line, window.lines)


def _lines_before(data: bytes, place: int, earlier: list[bytes]) -> list[bytes]:
    """The last lines before *place*, where a line begins; those of *earlier* blocks come before the block's."""
    found: list[bytes] = []
    end = place - 1 if data[place - 1 : place] == b"\n" else place
    while len(found) < _BESIDE and (end > 0 or (end == 0 and place > 0)):
        begin = data.rfind(b"\n", 0, end) + 1
        found.insert(0, data[begin : min(end, begin + _SHOWN)])
        end = begin - 1
    return [*earlier, *found][-_BESIDE:]


def _part(text: str, span: tuple[int, int], *, has_start: bool, has_end: bool) -> bytes:
    """What is handed on of a long line: what stands round *span*, and the start of the line.

    A token that is cut could not be told any more, so nothing is left of what may be one.
    """
    start, end = max(0, span[0] - _NEAR), span[1] + _NEAR
    before, after = text[start : span[0]], text[span[1] : end]
    if start or not has_start:
        before = _CUT_BEFORE.sub("…", before)
    if end < len(text) or not has_end:
        after = _CUT_BEHIND.sub("…", after)
    part = before + text[slice(*span)] + after
    if has_start and start > _START:
        part = f"{_CUT_BEHIND.sub('…', text[:_START])} … {part}"
    return part.encode(errors="replace")[:_SHOWN]
