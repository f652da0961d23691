"""Find the codes of a log by the rules of `bot.detection`, line by line, at the speed of a literal search.

A literal search selects the lines that may have a code. On most lines, codes are plain numbers: `verdict_cache` judges
them one by one. Other lines are judged as a whole. The verdict on a line is always that of `detector.find`. A line that
comes in pieces is judged piece by piece, so a code in a URL may be reported if the URL is longer than `reader.OVERLAP`
bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import stringzilla as sz

from bot.detection.detector import find
from bot.detection.folding import fold_escapes
from bot.detection.result import Known, LookAlikeReason
from bot.triage.connection_events import find_events
from bot.triage.digest import ConnectionEvent, Sign
from bot.triage.long_line import LONGEST, LineText
from bot.triage.reader import LogBlock
from bot.triage.verdict_cache import VerdictCache

_CONTEXT = 2  # lines kept before and after the line of a window

_CODE = re.compile(rb"600[0-9]{4,}")
_DENSE = 1000  # bytes per `600`; below this, one pass of the pattern is faster than many literal searches
_THOUSANDS = re.compile(rb"6[,.' _]00[0-9](?:[,.' _]|[\x80-\xff]+)[0-9]{3}")
# Full-width characters that may be part of a code, a symbol, an escape sequence or a URL after folding.
_FULL_WIDTH = re.compile(
    rb"\xef(?:\xbc[\x90-\x99\xa1-\xba\xbf]|\xbd[\x81-\x9a]"  # letters, digits and the low line
    rb"|\xbc(?:[\x8e\x8f]|\x9a/)"  # in a URL
    rb"|\xbc(?:\xbb[0-9]{0,3}[;m]|[\xbb\x9b][0-9]{1,3}[;m\xef]|\xbc[A-Za-z0]|\xbe[\[\xef]))"  # in an escape
    rb"|6[\xc2-\xef][\x80-\xbf]{1,2}00[0-9]"  # between thousands
)
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
    begin: int = 0  # offset of its line in the block


@dataclass(slots=True)
class EventHit:
    """One line with a connection event."""

    event: ConnectionEvent
    file: int  # index of the file
    line: int  # 1-based
    text: bytes  # the line, at most `LONGEST` bytes of it
    begin: int = 0  # offset of the line in the block


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
        self._verdicts = VerdictCache(known)
        self._file = 0
        self._signs: set[Sign] = set()  # found in this file
        self._events: deque[tuple[int, int, ConnectionEvent]] = deque()  # of the block, still to be passed on
        self._line, self._counted = 1, 0  # number of the line that begins at this offset of the block
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
        folded = fold_escapes(b"\n%b\n" % data)
        numbers = _numbers(folded)
        lower = data.lower()
        others = sorted(_other_offsets(data, lower, self._is_symbol))
        may_have_urls = b"://" in data or b"www." in lower
        places = sorted([*numbers, *others]) if others else numbers
        self._events = deque(find_events(data, block.overlap_before, len(data) - block.overlap_after))
        self._line, self._counted = block.first_line, 0
        # Of the line of the last number; its end is its line feed. A line that is done was judged as a whole.
        begin, end, has_urls, is_done, long_line = 0, -1, False, False, None
        for at in places:
            if at > end:
                begin, end = data.rfind(b"\n", end + 1, at) + 1 or end + 1, data.find(b"\n", at)
                end = len(data) if end < 0 else end
                self._advance(data, begin)
                long_line = LineText(block, begin, end) if _is_long(block, begin, end) else None
                has_urls = may_have_urls and (b"://" in folded[begin + 1 : end + 1] or b"www." in lower[begin:end])
                is_done = (has_urls and long_line is not None) or (bool(others) and _has_one_in(others, begin, end))
                if is_done:
                    self._judge_line(long_line or LineText(block, begin, end), data, begin, end)
            if is_done or (long_line and at not in long_line.own):
                continue
            code, is_known, reason = self._verdicts.of(folded, at + 1, has_urls=has_urls)
            if reason:
                self.lookalikes[reason] += 1
            else:
                text = long_line.around_offset(at) if long_line else data[begin:end]
                self._take(CodeHit(code, is_known, self._file, self._line, text, begin), data, end)
        self._advance(data, len(data))
        if not block.overlap_after:
            self._previous = _lines_before(data, len(data), self._previous)

    def _advance(self, data: bytes, position: int) -> None:
        """Count the lines up to *position*, and pass on their events."""
        while self._events and self._events[0][0] <= position:
            event = self._events.popleft()
            self._line += data.count(b"\n", self._counted, event[0])
            self._counted = event[0]
            self._take_event(event, data)
        self._line += data.count(b"\n", self._counted, position)
        self._counted = position

    def _judge_line(self, line: LineText, data: bytes, begin: int, end: int) -> None:
        """Judge the line from *begin* to *end* in *data* as a whole."""
        first, last = line.characters_to(line.own.start), line.characters_to(line.own.stop)
        detection = find(line.text, self._known)
        self.lookalikes.update(each.reason for each in detection.lookalikes if first <= each.span[0] < last)
        for each in detection.findings:
            if first <= each.span[0] < last:
                text = line.around(each.span) if line.is_cut else data[begin:end]
                self._take(CodeHit(each.code, each.known, self._file, self._line, text, begin), data, end)

    def _take(self, hit: CodeHit, data: bytes, end: int) -> None:
        """Pass *hit* on, and open a window if it is the first of its code in the file."""
        self._on_hit(hit)
        if hit.code not in self._signs:
            self._open_window(hit.code, hit.line, hit.text, data, hit.begin, end)

    def _take_event(self, found: tuple[int, int, ConnectionEvent], data: bytes) -> None:
        """Pass an event on, and open a window if it is the first of its kind in the file."""
        begin, end, event = found
        text = data[begin : min(end, begin + LONGEST)]
        self._on_event(EventHit(event, self._file, self._line, text, begin))
        if event not in self._signs:
            self._open_window(event, self._line, text, data, begin, end)

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
            window.lines.append(data[position : min(end, position + LONGEST)])
            window.missing -= 1
            position = end + 1
        if not window.missing:
            self._windows.remove(window)
            self._on_window(window)


def _is_long(block: LogBlock, begin: int, end: int) -> bool:
    """Return whether the line from *begin* to *end* is too long for a hit, or continues in another block."""
    is_piece = (block.overlap_before and begin == 0) or (block.overlap_after and end == len(block.data))
    return bool(is_piece) or end - begin > LONGEST


def _numbers(folded: bytes) -> list[int]:
    """Return the offsets of ``600`` with at least four more digits in lines that begin at offset 1."""
    count = sz.count(folded, b"600")
    if count * _DENSE > len(folded):
        return [match.start() - 1 for match in _CODE.finditer(folded)]
    return [offset - 1 for offset in _offsets(folded, b"600") if _CODE.match(folded, offset)] if count else []


def _has_one_in(offsets: list[int], begin: int, end: int) -> bool:
    """Return whether one of *offsets*, in ascending order, is from *begin* up to *end*."""
    index = bisect_left(offsets, begin)
    return index < len(offsets) and offsets[index] < end


def _other_offsets(data: bytes, lower: bytes, is_symbol: Callable[[bytes], bool]) -> list[int]:
    """Return the offsets of SDK symbols, and of codes that may not be written as plain digits, in any order."""
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
        found.insert(0, data[begin : min(end, begin + LONGEST)])
        end = begin - 1
    return [*earlier, *found][-_CONTEXT:]
