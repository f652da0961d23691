"""Find the codes of a log by the rules of `bot.detection`, line by line, at the speed of a literal search.

A literal search selects the lines that may have a code, and `line_cache` caches the verdict on lines of the same shape.
The verdict on a line is always that of `detector.find`. A line that comes in pieces is judged piece by piece, so a code
in a URL may be reported if the URL is longer than `reader.OVERLAP` bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from heapq import merge

import stringzilla as sz

from bot.detection.detector import find
from bot.detection.result import Known, LookAlikeReason
from bot.triage import line_cache
from bot.triage.connection_events import find_events
from bot.triage.digest import ConnectionEvent, Sign
from bot.triage.reader import LogBlock

_CONTEXT = 2  # lines kept before and after the line of a window
_MAX_LINE = 4096  # bytes of a line in a hit or window
_AROUND = 500  # characters kept on either side of a code in a longer line
_START = 200  # characters kept of such a line's start, which has its time
_LONG_WORD = r"[A-Za-z0-9_+/=.%~\\-]{12,}"  # long enough to be part of a token
_CUT_BEFORE = re.compile(rf"\A{_LONG_WORD}")
_CUT_AFTER = re.compile(rf"(?<![A-Za-z0-9_+/=.%~\\-]){_LONG_WORD}\Z")

_CODE = re.compile(rb"600[0-9]{4}")
_DENSE = 1000  # bytes per `600`; below this, one pass of the pattern is faster than many literal searches
_THOUSANDS = re.compile(rb"6[,.' _]00[0-9](?:[,.' _]|[\x80-\xff]+)[0-9]{3}")
# Full-width letters, digits and the low line, which may be part of a code or a symbol after folding.
_FULL_WIDTH = re.compile(rb"\xef(?:\xbc[\x90-\x99\xa1-\xba\xbf]|\xbd[\x81-\x9a])")
_JAVA = re.compile(rb"_[A-Z]+_[A-Z]")
_ENUM = re.compile(rb"zim_?error_?code")
_NAME_BEFORE = re.compile(rb"[A-Za-z0-9_]*\Z")
_NAME_AFTER = re.compile(rb"[A-Za-z0-9_]*")
_LONGEST_NAME = 128
# The ends of escape sequences and colours, which folding removes before a name.
_ESCAPE_BEFORE = re.compile(rb"(?:[nrt]|u00[2-7][0-9A-Fa-f]|[0-9]*m)+")
_MAX_NAMES = 8192


@dataclass(slots=True)
class CodeHit:
    """One occurrence of a code."""

    code: int
    known: bool
    file: int  # index of the file
    line: int  # 1-based
    text: bytes  # its line in UTF-8; of a longer line, the start and the text around the code


@dataclass(slots=True)
class EventHit:
    """One line with a connection event."""

    event: ConnectionEvent
    file: int  # index of the file
    line: int  # 1-based
    text: bytes  # the line, at most `_MAX_LINE` bytes of it


@dataclass(slots=True)
class LineWindow:
    """The lines around the first hit of a code or an event in a file, not redacted."""

    sign: Sign
    file: int
    first_line: int  # number of the first of `lines`, 1-based
    line: int  # number of the hit's line
    lines: list[bytes]
    missing: int  # lines that are still to come


class Scanner:
    """Find the hits in logs, one file after another, in the order of their lines.

    For each file, call `begin`, `scan` for each block, then `end`. Each hit is passed to *on_hit*, each connection
    event to *on_event*. The window around the first hit of each code and event in a file is passed to *on_window* once
    its last line has been read.
    """

    def __init__(
        self,
        known: Known,
        on_hit: Callable[[CodeHit], None],
        on_event: Callable[[EventHit], None],
        on_window: Callable[[LineWindow], None],
    ) -> None:
        self.lookalikes: Counter[LookAlikeReason] = Counter()
        self._known = known
        self._on_hit = on_hit
        self._on_event = on_event
        self._on_window = on_window
        self._is_symbol = lru_cache(_MAX_NAMES)(partial(_is_symbol, known))
        self._verdicts = line_cache.LineCache(known)
        self._file = 0
        self._signs: set[Sign] = set()  # found in this file
        self._previous: list[bytes] = []  # the last lines of the previous block
        self._windows: list[LineWindow] = []  # those with missing lines

    def begin(self, file: int) -> None:
        """Start the file with the index *file*."""
        self._file, self._signs, self._previous = file, set(), []

    def end(self) -> None:
        """Finish the file: pass on the windows that reach its end."""
        for window in self._windows:
            self._on_window(window)
        self._windows = []

    def scan(self, block: LogBlock) -> None:
        """Find the hits in the file's next block."""
        data = block.data
        # The rest of a line that began in the previous block is not a line of its own.
        start = data.find(b"\n") + 1 or len(data) if block.overlap_before else 0
        for window in tuple(self._windows):
            self._extend(window, data, start)
        line, counted = block.first_line, 0
        events = find_events(data, block.overlap_before, len(data) - block.overlap_after)
        event = next(events, None)
        for begin, end, has_names in self._candidate_lines(data):
            while event and event[0] <= begin:
                line += sz.count(data, b"\n", counted, event[0]) if counted < event[0] else 0
                counted = event[0]
                self._take_event(event, line, data)
                event = next(events, None)
            line += sz.count(data, b"\n", counted, begin) if counted < begin else 0
            counted = begin
            overlap_before = block.overlap_before if begin == 0 else 0
            overlap_after = block.overlap_after if end == len(data) else 0
            if overlap_before or overlap_after or end - begin > line_cache.LONGEST:
                self._judge_long(data, (begin, end), line, overlap_before, overlap_after)
                continue
            text = data[begin:end]
            verdict = self._verdicts.of(text, has_names=has_names)
            for code, known in verdict.codes:
                self._take(CodeHit(code, known, self._file, line, text), data, begin, end)
            if verdict.lookalikes:
                self.lookalikes.update(verdict.lookalikes)
        while event:
            line += sz.count(data, b"\n", counted, event[0]) if counted < event[0] else 0
            counted = event[0]
            self._take_event(event, line, data)
            event = next(events, None)
        if not block.overlap_after:
            self._previous = _lines_before(data, len(data), self._previous)

    def _candidate_lines(self, data: bytes) -> Iterator[tuple[int, int, bool]]:
        """Yield start and end of each line that may have a code, and whether the code may be no plain number."""
        others = sorted(_other_offsets(data, self._is_symbol))
        done = 0
        for offset in merge(_code_offsets(data), others) if others else _code_offsets(data):
            if offset < done:
                continue
            begin = data.rfind(b"\n", done, offset) + 1 or done
            end = data.find(b"\n", offset)
            end = len(data) if end < 0 else end
            done = end + 1
            other = bisect_left(others, begin)
            yield begin, end, other < len(others) and others[other] < end

    def _judge_long(
        self, data: bytes, span: tuple[int, int], line: int, overlap_before: int, overlap_after: int
    ) -> None:
        """Judge a long line, or a piece of one; codes in the overlaps belong to the other pieces."""
        raw = data[slice(*span)]
        text = raw.decode("utf-8", "replace")
        first = len(raw[:overlap_before].decode("utf-8", "replace"))
        last = len(raw[: len(raw) - overlap_after].decode("utf-8", "replace"))
        own = range(first, last)  # characters of this piece alone
        detection = find(text, self._known)
        self.lookalikes.update(each.reason for each in detection.lookalikes if each.span[0] in own)
        for each in detection.findings:
            if each.span[0] in own:
                part = _part(text, each.span, has_start=not overlap_before, has_end=not overlap_after)
                self._take(CodeHit(each.code, each.known, self._file, line, part), data, *span)

    def _take(self, hit: CodeHit, data: bytes, begin: int, end: int) -> None:
        """Pass *hit* on, and open a window if it is the first of its code in the file."""
        self._on_hit(hit)
        if hit.code not in self._signs:
            self._open_window(hit.code, hit.line, hit.text, data, begin, end)

    def _take_event(self, found: tuple[int, int, ConnectionEvent], line: int, data: bytes) -> None:
        """Pass an event on, and open a window if it is the first of its kind in the file."""
        begin, end, event = found
        text = data[begin : min(end, begin + _MAX_LINE)]
        self._on_event(EventHit(event, self._file, line, text))
        if event not in self._signs:
            self._open_window(event, line, text, data, begin, end)

    def _open_window(self, sign: Sign, line: int, text: bytes, data: bytes, begin: int, end: int) -> None:
        """Open a window around the line with *text*, from *begin* to *end* in *data*."""
        self._signs.add(sign)
        before = _lines_before(data, begin, self._previous)
        window = LineWindow(sign, self._file, line - len(before), line, [*before, text], missing=_CONTEXT)
        self._windows.append(window)
        self._extend(window, data, end + 1)

    def _extend(self, window: LineWindow, data: bytes, position: int) -> None:
        """Add the lines that *window* misses, from *position* on, and pass it on once it is complete."""
        while window.missing and position < len(data):
            end = data.find(b"\n", position)
            end = len(data) if end < 0 else end
            window.lines.append(data[position : min(end, position + _MAX_LINE)])
            window.missing -= 1
            position = end + 1
        if not window.missing:
            self._windows.remove(window)
            self._on_window(window)


def _code_offsets(data: bytes) -> Iterable[int]:
    """Return the offsets of ``600`` with four more digits, in ascending order."""
    count = sz.count(data, b"600")
    if count * _DENSE > len(data):
        return [match.start() for match in _CODE.finditer(data)]
    return [offset for offset in _offsets(data, b"600") if _CODE.match(data, offset)] if count else ()


def _other_offsets(data: bytes, is_symbol: Callable[[bytes], bool]) -> list[int]:
    """Return the offsets of SDK symbols, and of codes that may not be written as plain digits, in any order."""
    lower = data.lower()
    found = [offset for offset in _offsets(lower, b"mod") if is_symbol(_name_at(data, offset))]
    found += [match.start() for match in _JAVA.finditer(data) if is_symbol(_name_at(data, match.start()))]
    for literal in (b"zimerror", b"zim_error"):
        found += [offset for offset in _offsets(lower, literal) if _ENUM.match(lower, offset)]
    for literal in (b"6,00", b"6.00", b"6'00", b"6 00", b"6_00"):
        found += [offset for offset in _offsets(data, literal) if _THOUSANDS.match(data, offset)]
    if not data.isascii():
        found += [match.start() for match in _FULL_WIDTH.finditer(data)]
    return found


def _offsets(data: bytes, literal: bytes) -> Iterator[int]:
    """Yield the offsets of *literal* in *data*."""
    offset = sz.find(data, literal)
    while offset >= 0:
        yield offset
        offset = sz.find(data, literal, offset + len(literal))


def _name_at(data: bytes, offset: int) -> bytes:
    """Return the letters, digits and low lines around *offset*."""
    before = _NAME_BEFORE.search(data, max(0, offset - _LONGEST_NAME), offset)
    after = _NAME_AFTER.match(data, offset, offset + _LONGEST_NAME)
    return (before[0] if before else b"") + (after[0] if after else b"")


def _is_symbol(known: Known, name: bytes) -> bool:
    """Return whether *name*, or the rest of it that folding may leave, is a known symbol without leading digits."""
    rests = [name, *(name[size:] for size in range(1, 6) if _ESCAPE_BEFORE.fullmatch(name[:size]))]
    return any(known.code_of_symbol(rest.decode().lstrip("0123456789")) is not None for rest in rests)


def _lines_before(data: bytes, position: int, earlier: list[bytes]) -> list[bytes]:
    """Return the last lines before the line start *position*; *earlier* has those of the previous block."""
    found: list[bytes] = []
    end = position - 1 if data[position - 1 : position] == b"\n" else position
    while len(found) < _CONTEXT and (end > 0 or (end == 0 and position > 0)):
        begin = data.rfind(b"\n", 0, end) + 1
        found.insert(0, data[begin : min(end, begin + _MAX_LINE)])
        end = begin - 1
    return [*earlier, *found][-_CONTEXT:]


def _part(text: str, span: tuple[int, int], *, has_start: bool, has_end: bool) -> bytes:
    """Return the start of a long line and the text around *span*.

    Redaction does not recognise part of a token, so a word at a cut is removed if it may be one.
    """
    start, end = max(0, span[0] - _AROUND), span[1] + _AROUND
    before, after = text[start : span[0]], text[span[1] : end]
    if start or not has_start:
        before = _CUT_BEFORE.sub("…", before)
    if end < len(text) or not has_end:
        after = _CUT_AFTER.sub("…", after)
    part = before + text[slice(*span)] + after
    if has_start and start > _START:
        part = f"{_CUT_AFTER.sub('…', text[:_START])} … {part}"
    return part.encode(errors="replace")[:_MAX_LINE]
