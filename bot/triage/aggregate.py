"""Count the codes and connection events of a log as the scanner finds them. `analyze` derives the digest from them.

Nothing is stored per occurrence, so a log may have any number of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.catalogue.numbers import ServerCode
from bot.detection.server_codes import server_code_in
from bot.triage.cascades import Cascades
from bot.triage.digest import ConnectionEvent, Sign, Stamp
from bot.triage.histogram import Histogram
from bot.triage.identities import place_of, user_of
from bot.triage.metadata import MetadataScan
from bot.triage.occurrences import Occurrences, OccurrenceTable
from bot.triage.scanner import CodeHit, EventHit, LineWindow
from bot.triage.timestamps import ClockKind, TimestampReader, reader_for

_MAX_WINDOWS = 400

_RECORD = 16_384  # bytes before a line in which its record begins
# An occurrence: its position in seconds (in lines, if the file has no times), line number, stamp and zone as written.
# This is a plain tuple, because one is made for every hit.
LineSpot = tuple[float, int, bytes | None, bytes | None]


@dataclass(slots=True)
class FileSpan:
    """First and last occurrence of a code in one file."""

    file: int
    first: LineSpot
    last: LineSpot


@dataclass(slots=True, eq=False)
class SignCount:
    """Counts of one code or connection event."""

    sign: Sign
    known: bool
    places: tuple[str, ...]  # the kinds of places that the rules with it are about
    occurrences: Occurrences
    count: int = 0
    spans: list[FileSpan] = field(default_factory=list)
    server_codes: Counter[ServerCode] = field(default_factory=Counter)  # in its lines

    @property
    def unnamed(self) -> int:
        """Number of occurrences in lines that name neither user nor device."""
        runs = self.occurrences.runs.items()
        return sum(run.count for (_, user, _), each in runs if not user for run in each)


@dataclass(slots=True)
class LogState:
    """The counts of all logs so far. Files are given by their index."""

    counts: dict[int, SignCount] = field(default_factory=dict)  # by code
    events: dict[ConnectionEvent, SignCount] = field(default_factory=dict)
    table: OccurrenceTable = field(default_factory=OccurrenceTable)
    dated_clocks: set[int] = field(default_factory=set)  # the clocks of `Occurrences` that count seconds
    extents: dict[int, tuple[Stamp, Stamp]] = field(default_factory=dict)  # first and last stamp of each dated file
    clock_kinds: dict[int, ClockKind] = field(default_factory=dict)  # of each dated file
    code_files: set[int] = field(default_factory=set)  # files with codes
    event_files: set[int] = field(default_factory=set)  # files with connection events
    windows: dict[Sign, tuple[float, LineWindow]] = field(default_factory=dict)  # with their positions
    metadata: MetadataScan = field(default_factory=MetadataScan)
    by_time: Histogram = field(default_factory=Histogram)
    by_line: Histogram = field(default_factory=Histogram)

    @property
    def hit_files(self) -> set[int]:
        """Return the files with codes; if there are none, those with events."""
        return self.code_files or self.event_files

    @property
    def is_one_clock(self) -> bool:
        """Return whether all files with hits have times that can be compared."""
        kinds = {self.clock_kinds.get(file) for file in self.hit_files}
        return len(kinds) == 1 and None not in kinds


class Aggregator:
    """Count hits in the order of the log.

    For each file, call `begin_file`; for each of its blocks, call `begin_block`, then add its hits and events, and the
    windows that are complete; then call `end_file`.
    """

    def __init__(self, cascades: Cascades, server_codes: Mapping[int, int]) -> None:
        """*server_codes* maps each code of ZIM's servers to that of the SDK."""
        self.state = LogState()
        self._cascades = cascades
        self._server_codes = server_codes
        # Of the current file:
        self._reader: TimestampReader | None = None  # None if it has no times
        self._lines_before = 0.0  # its start on the axis of lines
        self._position = 0.0  # of the last hit on that axis
        self._now = 0.0  # seconds of the last stamp read, at first of the file's first stamp
        self._written: bytes | None = None  # that stamp; None before the first hit with one
        self._zone: bytes | None = None  # of that stamp
        self._clock = 0  # equal for files whose times can be compared
        self._block = self._before = b""  # the current block, and the end of the one before
        self._done = 0  # offset of the last hit's line in the block

    def begin_file(self, file: int, head: bytes) -> None:
        """Start a file; *head* is its first 64 KB, decoded to UTF-8."""
        self.state.metadata.scan(head.decode("utf-8", "replace"))
        self._lines_before = self._position
        self._written = self._zone = None
        self._block, self._before, self._done = b"", b"\n", 0
        kinds = self.state.clock_kinds
        reader = reader_for(head)
        first = reader.first_stamp(head.splitlines()) if reader else None
        self._reader = reader if first else None
        if reader and first:
            first = self._align(reader, first)
            self._now = first.seconds
            self.state.extents[file] = (first, first)
            kinds[file] = reader.clock_kind
        # A file without times has a clock of its own, which counts its lines.
        same = next((other for other in kinds if kinds[other] == kinds[file]), file) if file in kinds else file
        self._clock = same
        if file in kinds:
            self.state.dated_clocks.add(same)

    def _align(self, reader: TimestampReader, first: Stamp) -> Stamp:
        """Move *first* and its reader to the year, or day, nearest to the first file with a clock of the same kind."""
        same_kind = [file for file, kind in self.state.clock_kinds.items() if kind == reader.clock_kind]
        if same_kind and reader.cycle_s:
            earlier = self.state.extents[same_kind[0]][0]
            reader.elapsed_cycles_s = reader.cycle_s * round((earlier.seconds - first.seconds) / reader.cycle_s)
        return replace(first, seconds=first.seconds + reader.elapsed_cycles_s)

    def begin_block(self, data: bytes) -> None:
        """Start the next block of the file."""
        self._before = self._above(len(self._block))
        self._block, self._done = data, 0

    def add_hit(self, hit: CodeHit) -> None:
        """Count one occurrence of a code."""
        count = self.state.counts.get(hit.code)
        if count is None:
            count = self.state.counts[hit.code] = self._new(hit.code, hit.known)
        at = self._add(count, hit)
        if hit.known and (server_code := server_code_in(hit.text, self._server_codes)):
            count.server_codes[server_code] += 1
        if self._reader is not None:
            self.state.by_time.add(hit.code, at)
        self.state.by_line.add(hit.code, self._position)

    def add_event(self, hit: EventHit) -> None:
        """Count one line with a connection event."""
        count = self.state.events.get(hit.event)
        if count is None:
            count = self.state.events[hit.event] = self._new(hit.event, known=True)
        self._add(count, hit)

    def _add(self, count: SignCount, hit: CodeHit | EventHit) -> float:
        """Count one occurrence in a line; return its position in seconds, or in lines if the file has no times.

        A line without a stamp takes that of the nearest line above: the first one of its record has it.
        """
        at = self._position = self._lines_before + hit.line
        if self._reader is not None:
            seconds = self._reader.seconds(hit.text)
            if seconds is None:
                seconds = self._seconds_above(self._reader, hit.begin)
            if seconds is not None:
                self._now, self._written, self._zone = seconds, self._reader.written, self._reader.zone
            at = self._now
            self._done = hit.begin
        count.count += 1
        spot = (at, hit.line, self._written, self._zone)
        if not count.spans or count.spans[-1].file != hit.file:
            count.spans.append(FileSpan(hit.file, spot, spot))
            is_event = isinstance(count.sign, ConnectionEvent)
            (self.state.event_files if is_event else self.state.code_files).add(hit.file)
        else:
            span = count.spans[-1]
            if at >= span.last[0]:
                span.last = spot
            elif at < span.first[0]:
                span.first = spot
        if count.known:
            place = place_of(hit.text, count.places) if count.places else b""
            self.state.table.add(count.occurrences, (self._clock, user_of(hit.text), place), at)
        return at

    def _seconds_above(self, reader: TimestampReader, begin: int) -> float | None:
        """Return the seconds of the nearest stamp between the last hit's line and that at *begin*, or None."""
        lines = self._above(begin).split(b"\n")[1:]  # the first was read already, or lacks its start
        return next((seconds for line in reversed(lines) if (seconds := reader.seconds(line)) is not None), None)

    def _above(self, end: int) -> bytes:
        """Return the text from the last hit's line to *end*; if that line is in an earlier block, with its end."""
        above = self._block[max(self._done, end - _RECORD) : end]
        return above if self._done else (self._before + above)[-_RECORD:]

    def _new(self, sign: Sign, known: bool) -> SignCount:
        """Start counting a code or event."""
        return SignCount(sign, known, self._cascades.places(sign), self.state.table.new())

    def add_window(self, window: LineWindow) -> None:
        """Keep *window*, of the current file, as evidence if it is the first or the earliest of its code or event."""
        sign = window.sign
        count = self.state.events[sign] if isinstance(sign, ConnectionEvent) else self.state.counts[sign]
        at = count.spans[-1].first[0]
        kept = self.state.windows.get(sign)
        # Unknown codes, which are often not codes at all, come by the hundreds.
        limit = _MAX_WINDOWS if count.known else _MAX_WINDOWS // 4
        if (kept is None and len(self.state.windows) < limit) or (kept and self.state.is_one_clock and at < kept[0]):
            self.state.metadata.scan(b"\n".join(window.lines).decode("utf-8", "replace"))
            self.state.windows[sign] = (at, window)

    def end_file(self, file: int, tail: bytes) -> None:
        """Finish a file; *tail* is its last 64 KB."""
        self.state.metadata.scan(tail.decode("utf-8", "replace"))
        if self._reader and (last := self._reader.first_stamp(reversed(tail.splitlines()))):
            first = self.state.extents[file][0]
            # Log stores export the newest line first.
            self.state.extents[file] = (first, last) if first.seconds <= last.seconds else (last, first)
