"""Count the codes of a log as the scanner finds them. `analyze` derives the digest from the counts.

Nothing is stored per occurrence, so a log may have any number of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bot.triage.cascades import Cascades
from bot.triage.digest import Stamp
from bot.triage.histogram import Histogram
from bot.triage.metadata import MetadataScan
from bot.triage.scanner import CodeHit, LineWindow
from bot.triage.timestamps import ClockKind, TimestampReader, reader_for

NEVER = float("-inf")

_MAX_SOURCES = 1000  # ids counted per code; beyond that the count is a lower bound
_MAX_SOURCES_IN_ALL = 20_000  # of all codes together
_MAX_WINDOWS = 400
# Each pattern begins with letters that are rare in a line, which makes the search fast.
_ID = rb"_?[iI][dD][\"']?\s{0,2}[:=]\s{0,2}[\"']?([\w@.+-]{1,64})"
_USER, _DEVICE = re.compile(rb"ser(?<=[uU]ser)" + _ID), re.compile(rb"evice(?<=[dD]evice)" + _ID)

# An occurrence: its position in seconds (in lines, if the file has no times), line number, stamp and zone as written,
# and whether the line itself has that stamp; otherwise it is that of an earlier line, or None. This is a plain tuple,
# because one is made for every hit.
LineSpot = tuple[float, int, bytes | None, bytes | None, bool]


@dataclass(slots=True)
class FileSpan:
    """First and last occurrence of a code in one file."""

    file: int
    first: LineSpot
    last: LineSpot


@dataclass(slots=True, eq=False)
class FollowLink:
    """A code that may have caused another, with the number of occurrences within the rule's window."""

    cause: CodeCount
    window_s: float
    window_lines: float
    latest: float = NEVER  # position of the last occurrence counted
    count: int = 0


@dataclass(slots=True, eq=False)
class CodeCount:
    """Counts of one code."""

    code: int
    known: bool
    count: int = 0
    at: float = NEVER  # position of its latest occurrence
    links: list[FollowLink] = field(default_factory=list)
    spans: list[FileSpan] = field(default_factory=list)
    sources: set[int] = field(default_factory=set)  # hashes of user or device ids


@dataclass(slots=True)
class LogState:
    """The counts of all logs so far. Files are given by their index."""

    counts: dict[int, CodeCount] = field(default_factory=dict)  # by code
    extents: dict[int, tuple[Stamp, Stamp]] = field(default_factory=dict)  # first and last stamp of each dated file
    clock_kinds: dict[int, ClockKind] = field(default_factory=dict)  # of each dated file
    hit_files: set[int] = field(default_factory=set)  # files with hits
    windows: dict[int, tuple[float, LineWindow]] = field(default_factory=dict)  # by code, with its position
    metadata: MetadataScan = field(default_factory=MetadataScan)
    by_time: Histogram = field(default_factory=Histogram)
    by_line: Histogram = field(default_factory=Histogram)

    @property
    def is_one_clock(self) -> bool:
        """Return whether all files with hits have times that can be compared."""
        kinds = {self.clock_kinds.get(file) for file in self.hit_files}
        return len(kinds) == 1 and None not in kinds


class Aggregator:
    """Count hits in the order of the log: for each file `begin_file`, hits and windows, then `end_file`."""

    def __init__(self, cascades: Cascades) -> None:
        self.state = LogState()
        self._cascades = cascades
        self._source_count = 0  # of all codes together
        # Of the current file:
        self._reader: TimestampReader | None = None  # None if it has no times
        self._lines_before = 0.0  # its start on the axis of lines
        self._position = 0.0  # of the last hit on that axis
        self._now = 0.0  # seconds of the last stamp read, at first of the file's first stamp
        self._written: bytes | None = None  # that stamp; None before the first hit with one
        self._zone: bytes | None = None  # of that stamp

    def begin_file(self, file: int, head: bytes) -> None:
        """Start a file; *head* is its first 64 KB, decoded to UTF-8."""
        self.state.metadata.scan(head.decode("utf-8", "replace"))
        self._lines_before = self._position
        self._written = self._zone = None
        kinds = self.state.clock_kinds
        reader = reader_for(head)
        first = reader.first_stamp(head.splitlines()) if reader else None
        self._reader = reader if first else None
        if reader and first:
            first = self._align(reader, first)
            self._now = first.seconds
            self.state.extents[file] = (first, first)
            kinds[file] = reader.clock_kind
        if file not in kinds or kinds[file] != kinds.get(file - 1):
            # The clocks can't be compared: nothing in this file follows from the previous one.
            for count in self.state.counts.values():
                count.at = NEVER
                for link in count.links:
                    link.latest = NEVER

    def _align(self, reader: TimestampReader, first: Stamp) -> Stamp:
        """Move *first* and its reader to the year, or day, nearest to the first file with a clock of the same kind."""
        same_kind = [file for file, kind in self.state.clock_kinds.items() if kind == reader.clock_kind]
        if same_kind and reader.cycle_s:
            earlier = self.state.extents[same_kind[0]][0]
            reader.elapsed_cycles_s = reader.cycle_s * round((earlier.seconds - first.seconds) / reader.cycle_s)
        return replace(first, seconds=first.seconds + reader.elapsed_cycles_s)

    def add_hit(self, hit: CodeHit) -> None:
        """Count one occurrence. A line without a stamp takes that of the last hit that had one."""
        line, code = hit.line, hit.code
        position = self._position = self._lines_before + line
        at, has_stamp = position, False
        if self._reader is not None:
            seconds = self._reader.seconds(hit.text)
            if seconds is not None:
                self._now, has_stamp = seconds, True
                self._written, self._zone = self._reader.written, self._reader.zone
            at = self._now
            self.state.by_time.add(code, at)
        self.state.by_line.add(code, position)
        count = self.state.counts.get(code) or self._new(code, hit.known)
        count.count += 1
        count.at = at
        spot = (at, line, self._written, self._zone, has_stamp)
        if not count.spans or count.spans[-1].file != hit.file:
            count.spans.append(FileSpan(hit.file, spot, spot))
            self.state.hit_files.add(hit.file)
        else:
            span = count.spans[-1]
            if at >= span.last[0]:
                span.last = spot
            elif at < span.first[0]:
                span.first = spot
        if count.links:
            self._count_links(count, at)
        if source := _USER.search(hit.text) or _DEVICE.search(hit.text):
            self._add_source(count, source[1])

    def _new(self, code: int, known: bool) -> CodeCount:
        """Start counting a code; link it with the codes that may have caused it and those that it may cause."""
        new = CodeCount(code, known)
        if known:
            for count in self.state.counts.values():
                for cause, follower in ((count, new), (new, count)):
                    if rule := self._cascades.rule(cause.code, follower.code):
                        follower.links.append(FollowLink(cause, rule.window_s, rule.window_lines))
        self.state.counts[code] = new
        return new

    def _count_links(self, count: CodeCount, at: float) -> None:
        """Count an occurrence for each cause that came, or had an occurrence counted, within the window before it."""
        is_dated = self._reader is not None
        for link in count.links:
            since = max(link.cause.at, link.latest)
            if 0 <= at - since <= (link.window_s if is_dated else link.window_lines):
                link.count += 1
                link.latest = at

    def _add_source(self, count: CodeCount, source: bytes) -> None:
        """Count a user or device of a code once, within the limits."""
        if len(count.sources) < _MAX_SOURCES and self._source_count < _MAX_SOURCES_IN_ALL:
            size = len(count.sources)
            count.sources.add(hash(source))
            self._source_count += len(count.sources) - size

    def add_window(self, window: LineWindow) -> None:
        """Keep *window*, of the current file, as evidence if it is the first or the earliest of its code."""
        count, reader = self.state.counts[window.code], self._reader
        span = count.spans[-1]
        if reader and span.first[1] == window.line and not span.first[4]:
            # A record of several lines has its time in the first, and the code in a later one.
            before = window.lines[: window.line - window.first_line]
            if stamp := reader.first_stamp(reversed(before)):
                span.first = (stamp.seconds, window.line, reader.written, reader.zone, True)
        at = span.first[0]
        kept = self.state.windows.get(window.code)
        # Unknown codes, which are often not codes at all, come by the hundreds.
        limit = _MAX_WINDOWS if count.known else _MAX_WINDOWS // 4
        if (kept is None and len(self.state.windows) < limit) or (kept and self.state.is_one_clock and at < kept[0]):
            self.state.metadata.scan(b"\n".join(window.lines).decode("utf-8", "replace"))
            self.state.windows[window.code] = (at, window)

    def end_file(self, file: int, tail: bytes) -> None:
        """Finish a file; *tail* is its last 64 KB."""
        self.state.metadata.scan(tail.decode("utf-8", "replace"))
        if self._reader and (last := self._reader.first_stamp(reversed(tail.splitlines()))):
            self.state.extents[file] = (self.state.extents[file][0], last)
