"""Count the codes of a log as they come. What the counts mean is `conclusion`'s to say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import LookAlikeReason
from bot.triage import timestamps
from bot.triage.analyze import Analysis
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, Excerpt, FileRead, FileRefused, Secret, Stamp
from bot.triage.state import NEVER, CodeCount, FileSpan, FollowLink, LogState

_MOST_SOURCES = 1000  # ids counted of one code; beyond that the count is a lower bound
_ALL_SOURCES = 20_000  # of all codes together
_MOST_WINDOWS = 400
# They begin with what is rare in a line, which is searched for fastest.
_ID = rb"_?[iI][dD][\"']?\s{0,2}[:=]\s{0,2}[\"']?([\w@.+-]{1,64})"
_USER, _DEVICE = re.compile(rb"ser(?<=[uU]ser)" + _ID), re.compile(rb"evice(?<=[dD]evice)" + _ID)


class CountableHit(Protocol):
    """One code in a log, as the scan hands it over."""

    code: int
    known: bool
    file: int
    line: int
    text: bytes  # its line


class Aggregator:
    """Fed by the scan in the order of the log: `begin`, hits and windows, `end`, for each file."""

    def __init__(self, cascades: Cascades, known: Catalogue) -> None:
        self._cascades = cascades
        self._known = known
        self._counted = counted = LogState()
        self._counts, self._by_time, self._by_line = counted.counts, counted.by_time, counted.by_line
        self._readers: dict[int, timestamps.TimestampReader] = {}
        self._sources = 0
        self._reader: timestamps.TimestampReader | None = None
        self._lines_before = 0.0  # where this file begins on the axis of lines
        self._position = 0.0  # of the last hit on that axis
        self._now = 0.0  # the last stamp read; before there is one, the file's first
        self._written: bytes | None = None
        self._zone: bytes | None = None
        self._kind: tuple[bool, bool, bool] | None = None

    def begin(self, file: int, head: bytes) -> None:
        """A new file begins; *head* is its first 64 KB, decoded."""
        self._counted.context.look(head.decode("utf-8", "replace"))
        self._lines_before = self._position
        self._written = self._zone = None
        self._reader = reader = timestamps.recognise(head)
        first = next(filter(None, map(reader.stamp, head.splitlines())), None) if reader else None
        if reader is None or first is None:
            self._reader, kind = None, None
        else:
            kind = reader.kind
            first = self._aligned(reader, first)
            self._now = first.seconds
            self._readers[file] = reader
            self._counted.spans[file] = (first, first)
            self._counted.kinds[file] = kind
        if kind is None or kind != self._kind:
            # The clocks can't be compared: nothing in this file follows from the one before.
            for count in self._counts.values():
                count.at = NEVER
                for link in count.links:
                    link.latest = NEVER
        self._kind = kind

    def _aligned(self, reader: timestamps.TimestampReader, first: Stamp) -> Stamp:
        """*first* in the year, or on the day, that lies nearest to the files before it."""
        before = next(
            (span[0] for file, span in self._counted.spans.items() if self._counted.kinds[file] == reader.kind), None
        )
        if before is None or not reader.turn:
            return first
        reader.turned = reader.turn * round((before.seconds - first.seconds) / reader.turn)
        return Stamp(first.seconds + reader.turned, first.text, first.zone)

    def hit(self, hit: CountableHit) -> None:
        """Count one occurrence. A line without a stamp takes the one of the last hit that had one."""
        line, code = hit.line, hit.code
        position = self._position = self._lines_before + line
        at, own = position, False
        if self._reader is not None:
            seconds = self._reader.seconds(hit.text)
            if seconds is not None:
                self._now, self._written, self._zone, own = seconds, self._reader.written, self._reader.zone, True
            at = self._now
            self._by_time.add(code, at)
        self._by_line.add(code, position)
        count = self._counts.get(code) or self._new(code, hit.known)
        count.count += 1
        count.at = at
        spot = (at, line, self._written, self._zone, own)
        if not count.places or count.places[-1].file != hit.file:
            count.places.append(FileSpan(hit.file, spot))
            self._counted.hit_files[hit.file] = None
        else:
            place = count.places[-1]
            if at >= place.last[0]:
                place.last = spot
            elif at < place.first[0]:
                place.first = spot
        if count.links:
            self._link(count, at)
        if source := _USER.search(hit.text) or _DEVICE.search(hit.text):
            self._note_source(count, source[1])

    def _new(self, code: int, known: bool) -> CodeCount:
        new = CodeCount(code, known)
        if known:
            for count in self._counts.values():
                for cause, follower in ((count, new), (new, count)):
                    if rule := self._cascades.causes_of(follower.code).get(cause.code):
                        follower.links.append(FollowLink(cause, rule.window_s, rule.window_lines))
        self._counts[code] = new
        return new

    def _link(self, count: CodeCount, at: float) -> None:
        is_dated = self._reader is not None
        for link in count.links:
            since = link.cause.at
            if since < link.latest:
                since = link.latest
            if 0 <= at - since <= (link.seconds if is_dated else link.lines):
                link.count += 1
                link.latest = at

    def _note_source(self, count: CodeCount, source: bytes) -> None:
        if len(count.sources) < _MOST_SOURCES and self._sources < _ALL_SOURCES:
            size = len(count.sources)
            count.sources.add(hash(source))
            self._sources += len(count.sources) - size

    def window(self, code: int, file: int, first_line: int, line: int, lines: Sequence[bytes]) -> None:
        """The lines round the first hit of *code* in *file*, not redacted yet."""
        count = self._counts.get(code)
        place = next((each for each in count.places if each.file == file), None) if count else None
        reader = self._readers.get(file)
        if reader and place and place.first[1] == line and not place.first[4]:
            # Lines of several lines are dated by their first, which holds no code.
            for text in reversed(lines[: max(0, line - first_line)]):
                if stamp := reader.stamp(text):
                    place.first = (stamp.seconds, line, reader.written, reader.zone, True)
                    break
        at = place.first[0] if place else 0.0
        held = self._counted.windows.get(code)
        # Numbers that only look like codes come by the hundreds.
        room = _MOST_WINDOWS if count and count.known else _MOST_WINDOWS // 4
        if (held is None and len(self._counted.windows) < room) or (
            held and self._counted.is_one_clock and at < held[0]
        ):
            self._counted.context.look(b"\n".join(lines).decode("utf-8", "replace"))
            self._counted.windows[code] = (at, Excerpt(code, file, first_line, line, ()), tuple(lines))

    def end(self, file: int, tail: bytes) -> None:
        """The file is over; *tail* is its last 64 KB."""
        self._counted.context.look(tail.decode("utf-8", "replace"))
        reader = self._readers.get(file)
        if reader is None:
            return
        last = next(filter(None, map(reader.stamp, reversed(tail.splitlines()))), None)
        if last:
            self._counted.spans[file] = (self._counted.spans[file][0], last)

    def digest(
        self,
        files: Sequence[FileRead],
        refused: Sequence[FileRefused],
        lookalikes: Mapping[LookAlikeReason, int],
        seconds: float,
        secrets: Sequence[Secret] = (),
    ) -> Digest:
        """The triage of everything that came in; see `conclusion`."""
        conclusion = Analysis(self._counted, self._cascades, self._known, files)
        return conclusion.digest(refused, lookalikes, seconds, secrets)
