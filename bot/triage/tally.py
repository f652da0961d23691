"""Count the codes of a log as they come, and say in the end which one is the likely cause.

Nothing is kept of a hit but counts, so that any number of them fits. How a code becomes a follower is `Tally.digest`'s
to tell; the shape over time is `grid`'s, the rules are `cascades`'.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from bot.catalogue.catalogue import Catalogue
from bot.detect.finding import Reason
from bot.triage import times
from bot.triage.cascades import Cascades
from bot.triage.context import Sightings
from bot.triage.course import course_of, is_still_coming
from bot.triage.digest import (
    Context,
    Digest,
    FileRead,
    FileRefused,
    Mark,
    Role,
    Row,
    Secret,
    SecretKind,
    Stamp,
    Timeline,
    Window,
)
from bot.triage.evidence import shown
from bot.triage.grid import Grid

_NEVER = float("-inf")
_MOST_SOURCES = 1000  # ids counted of one code; beyond that the count is a lower bound
_ALL_SOURCES = 20_000  # of all codes together
_MOST_WINDOWS = 400
_SOURCE = re.compile(
    rb"(?:[uU]ser_?(?:[iI][dD]|[nN]o)|[dD]evice_?[iI][dD])[\"']?\s{0,2}[:=]\s{0,2}[\"']?([\w@.+-]{1,64})"
)


class Hit(Protocol):
    """One code in a log, as the scan hands it over."""

    code: int
    known: bool
    file: int
    line: int
    text: bytes  # its line


class _Spot(NamedTuple):
    """Where a code stood: on the axis of its file, and as shown."""

    at: float  # seconds, or lines where the file has no times
    line: int
    written: bytes | None  # the stamp, as it stands there; None where no line so far had one
    zone: bytes | None
    is_own: bool  # whether the stamp stands in the line itself


class _Place:
    """First and last occurrence of a code in one file."""

    __slots__ = ("file", "first", "last")

    def __init__(self, file: int, spot: _Spot) -> None:
        self.file = file
        self.first = self.last = spot


class _Link:
    """A code that may have made another follow, and how often it looks so."""

    __slots__ = ("cause", "count", "latest", "lines", "seconds")

    def __init__(self, cause: _Count, seconds: float, lines: float) -> None:
        self.cause = cause
        self.seconds = seconds
        self.lines = lines
        self.latest = _NEVER  # the last follower that was counted
        self.count = 0


class _Count:
    """What is kept of one code."""

    __slots__ = ("at", "code", "count", "known", "links", "places", "sources")

    def __init__(self, code: int, known: bool) -> None:
        self.code = code
        self.known = known
        self.count = 0
        self.at = _NEVER  # its latest occurrence
        self.links: list[_Link] = []
        self.places: list[_Place] = []
        self.sources: set[int] = set()


class Tally:
    """Fed by the scan in the order of the log: `begin`, hits and windows, `end`, for each file."""

    def __init__(self, cascades: Cascades, known: Catalogue) -> None:
        self._cascades = cascades
        self._known = known
        self._counts: dict[int, _Count] = {}
        self._readers: dict[int, times.Reader] = {}
        self._spans: dict[int, tuple[Stamp, Stamp]] = {}  # first and last stamp of each dated file
        self._hit_files: dict[int, None] = {}
        self._windows: dict[int, tuple[float, Window, Sequence[bytes]]] = {}
        self._context = Sightings()
        self._by_time, self._by_line = Grid(), Grid()
        self._sources = 0
        self._reader: times.Reader | None = None
        self._lines_before = 0.0  # where this file begins on the axis of lines
        self._position = 0.0  # of the last hit on that axis
        self._now = 0.0  # the last stamp read; before there is one, the file's first
        self._written: bytes | None = None
        self._zone: bytes | None = None
        self._kind: tuple[bool, bool, bool] | None = None

    def begin(self, file: int, head: bytes) -> None:
        """A new file begins; *head* is its first 64 KB, decoded."""
        self._context.look(head.decode("utf-8", "replace"))
        self._lines_before = self._position
        self._written = self._zone = None
        self._reader = reader = times.recognise(head)
        first = next(filter(None, map(reader.stamp, head.splitlines())), None) if reader else None
        if reader is None or first is None:
            self._reader, kind = None, None
        else:
            kind = reader.kind
            first = self._aligned(reader, first)
            self._now = first.seconds
            self._readers[file] = reader
            self._spans[file] = (first, first)
        if kind is None or kind != self._kind:
            # The clocks can't be compared: nothing in this file follows from the one before.
            for count in self._counts.values():
                count.at = _NEVER
                for link in count.links:
                    link.latest = _NEVER
        self._kind = kind

    def _aligned(self, reader: times.Reader, first: Stamp) -> Stamp:
        """*first* in the year, or on the day, that lies nearest to the files before it."""
        before = next((span[0] for file, span in self._spans.items() if self._readers[file].kind == reader.kind), None)
        if before is None or not reader.turn:
            return first
        reader.turned = reader.turn * round((before.seconds - first.seconds) / reader.turn)
        return Stamp(first.seconds + reader.turned, first.text, first.zone)

    def hit(self, hit: Hit) -> None:
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
        spot = _Spot(at, line, self._written, self._zone, own)
        if not count.places or count.places[-1].file != hit.file:
            count.places.append(_Place(hit.file, spot))
            self._hit_files[hit.file] = None
        else:
            place = count.places[-1]
            if at >= place.last.at:
                place.last = spot
            elif at < place.first.at:
                place.first = spot
        if count.links:
            self._link(count, at)
        if b"ser" in hit.text or b"evice" in hit.text:
            self._note_source(count, hit.text)

    def _new(self, code: int, known: bool) -> _Count:
        new = _Count(code, known)
        if known:
            for count in self._counts.values():
                for cause, follower in ((count, new), (new, count)):
                    if rule := self._cascades.causes_of(follower.code).get(cause.code):
                        follower.links.append(_Link(cause, rule.window_s, rule.window_lines))
        self._counts[code] = new
        return new

    def _link(self, count: _Count, at: float) -> None:
        is_dated = self._reader is not None
        for link in count.links:
            since = at - max(link.cause.at, link.latest)
            if 0 <= since <= (link.seconds if is_dated else link.lines):
                link.count += 1
                link.latest = at

    def _note_source(self, count: _Count, text: bytes) -> None:
        if len(count.sources) < _MOST_SOURCES and self._sources < _ALL_SOURCES and (match := _SOURCE.search(text)):
            size = len(count.sources)
            count.sources.add(hash(match[1]))
            self._sources += len(count.sources) - size

    def window(self, code: int, file: int, first_line: int, line: int, lines: Sequence[bytes]) -> None:
        """The lines round the first hit of *code* in *file*, not redacted yet."""
        self._context.look(b"\n".join(lines).decode("utf-8", "replace"))
        count = self._counts.get(code)
        place = next((each for each in count.places if each.file == file), None) if count else None
        reader = self._readers.get(file)
        if reader and place and place.first.line == line and not place.first.is_own:
            # Lines of several lines are dated by their first, which holds no code.
            for text in reversed(lines[: max(0, line - first_line)]):
                if stamp := reader.stamp(text):
                    place.first = _Spot(stamp.seconds, line, reader.written, reader.zone, True)
                    break
        at = place.first.at if place else 0.0
        held = self._windows.get(code)
        if (held is None and len(self._windows) < _MOST_WINDOWS) or (held and self._is_one_clock and at < held[0]):
            self._windows[code] = (at, Window(code, file, first_line, line, ()), tuple(lines))

    def end(self, file: int, tail: bytes) -> None:
        """The file is over; *tail* is its last 64 KB."""
        self._context.look(tail.decode("utf-8", "replace"))
        reader = self._readers.get(file)
        if reader is None:
            return
        last = next(filter(None, map(reader.stamp, reversed(tail.splitlines()))), None)
        if last:
            self._spans[file] = (self._spans[file][0], last)

    @property
    def _is_one_clock(self) -> bool:
        """Whether all files with hits have times that can be compared."""
        kinds = {self._readers[file].kind if file in self._readers else None for file in self._hit_files}
        return len(kinds) == 1 and None not in kinds

    def digest(
        self,
        files: Sequence[FileRead],
        refused: Sequence[FileRefused],
        lookalikes: Mapping[Reason, int],
        seconds: float,
        secrets: Sequence[Secret] = (),
    ) -> Digest:
        """The triage of everything that came in.

        A code is a follower where a rule says so and most of its occurrences came within the rule's window after the
        cause or after another occurrence that did; or, where files lie in another order than their times, where its
        first occurrence came within the window after the cause's first. Of several causes the one that explains most
        occurrences counts, of equals the earlier.

        The likely cause is one that others follow, or that alone makes up more than half of all hits; of several the
        one of the likeliest class, then the first, then the most frequent. A single code is the cause. Codes that
        mean no harm are no causes beside others. Where nothing follows anything there is none.
        """
        known = [count for count in self._counts.values() if count.known]
        follows = {count.code: self._cause_of(count) for count in known}
        cause = self._likely(known, follows)
        start, width, timelines = (self._by_time if self._is_one_clock else self._by_line).shown(self._counts)
        rows = [self._row(count, cause, follows[count.code], timelines[count.code]) for count in known]
        rows.sort(
            key=lambda row: (_ROLES.index(row.role), cause is None and self._rank(row.code), self._order(row.first))
        )
        unknown = [
            self._row(each, None, None, timelines[each.code]) for each in self._counts.values() if not each.known
        ]
        unknown.sort(key=lambda row: self._order(row.first))
        family = [row for row in rows if cause is None or row.code == cause or self._root(row.code, follows) == cause]
        evidence = [self._windows[code] for code in self._telling(rows or unknown, cause) if code in self._windows]
        windows, hidden = shown([(window, lines) for _, window, lines in evidence], secrets)
        if self._context.app_ids:
            hidden[SecretKind.APP_ID] = max(hidden[SecretKind.APP_ID], len(self._context.app_ids))
        extent, position = self._extent(files), partial(self._position_of, files)
        return Digest(
            cause=cause,
            rows=tuple(rows),
            unknown=tuple(unknown),
            course=course_of([row for row in rows if cause in (None, row.code)] or unknown, extent, position),
            is_ongoing=is_still_coming(family or unknown, extent, position),
            timeline=self._timeline(start, width, timelines),
            windows=windows,
            context=self._seen(),
            files=tuple(files),
            refused=tuple(refused),
            lookalikes=dict(lookalikes),
            secrets=tuple(secrets[:100]),
            hidden={kind: hidden[kind] for kind in SecretKind if hidden[kind]},
            seconds=seconds,
        )

    def _cause_of(self, count: _Count) -> int | None:
        """The code that *count* follows, or None."""
        best = max(
            (link for link in count.links if link.count * 2 > count.count or self._came_right_after(link, count)),
            key=lambda link: (link.count, [-each for each in self._order(self._first(link.cause))]),
            default=None,
        )
        return best.cause.code if best else None

    def _came_right_after(self, link: _Link, count: _Count) -> bool:
        if not self._is_one_clock or (len(self._hit_files) < 2 and link.count):
            return False
        cause, follower = self._first(link.cause).stamp, self._first(count).stamp
        return bool(cause and follower and 0 <= follower.seconds - cause.seconds <= link.seconds)

    def _likely(self, known: Sequence[_Count], follows: Mapping[int, int | None]) -> int | None:
        roots = [each for each in known if follows[each.code] is None]
        harmful = [
            each for each in roots if not self._cascades.is_harmless(each.code, self._section(each.code))
        ] or roots
        if len(harmful) == 1:
            return harmful[0].code
        if not any(follows.values()):
            return None
        leading = {follow for follow in follows.values() if follow is not None}
        hits = sum(each.count for each in self._counts.values())
        found = [each for each in harmful if each.code in leading or each.count * 2 > hits]
        best = min(found, key=lambda each: (self._rank(each.code), self._order(self._first(each)), -each.count))
        return best.code

    def _root(self, code: int, follows: Mapping[int, int | None]) -> int:
        while (above := follows.get(code)) is not None:
            code = above
        return code

    def _telling(self, rows: Sequence[Row], cause: int | None) -> list[int]:
        """The two codes whose lines say most: the cause and the strongest other, or the first two."""
        if cause is None:
            return [row.code for row in rows[:2]]
        others = [row for row in rows if row.code != cause]
        unrelated = [row for row in others if row.role is Role.UNRELATED and not self._is_harmless(row.code)]
        second = max(unrelated, key=lambda row: row.count, default=others[0] if others else None)
        return [cause, *([second.code] if second else [])]

    def _row(self, count: _Count, cause: int | None, follow: int | None, timeline: tuple[int, ...]) -> Row:
        role = Role.CAUSE if count.code == cause else Role.UNRELATED if follow is None else Role.FOLLOWER
        first, last = self._first(count), self._last(count)
        return Row(count.code, count.count, first, last, role, follow, len(count.sources), timeline)

    def _first(self, count: _Count) -> Mark:
        return min((self._mark(place, place.first) for place in count.places), key=self._order)

    def _last(self, count: _Count) -> Mark:
        return max((self._mark(place, place.last) for place in count.places), key=self._order)

    def _mark(self, place: _Place, spot: _Spot) -> Mark:
        stamp = times.made(spot.at, spot.written, spot.zone) if spot.written is not None else None
        return Mark(place.file, spot.line, stamp)

    def _order(self, mark: Mark) -> tuple[float, int, int]:
        """What marks are sorted by: their time where all files have one that can be compared, then their place."""
        if not self._is_one_clock:
            return 0.0, mark.file, mark.line
        return mark.stamp.seconds if mark.stamp else self._spans[mark.file][0].seconds, mark.file, mark.line

    def _rank(self, code: int) -> int:
        return self._cascades.rank(code, self._section(code))

    def _is_harmless(self, code: int) -> bool:
        return self._cascades.is_harmless(code, self._section(code))

    def _section(self, code: int) -> str | None:
        entry = self._known.get(code)
        return self._known.section_of(entry).section if entry else None

    def _extent(self, files: Sequence[FileRead]) -> tuple[float, float]:
        """Where the log begins and ends: seconds, or lines over all files."""
        if self._is_one_clock:
            spans = [span for file, span in self._spans.items() if file in self._hit_files]
            return min(span[0].seconds for span in spans), max(span[1].seconds for span in spans)
        return 1.0, float(sum(file.lines for file in files))

    def _position_of(self, files: Sequence[FileRead], mark: Mark) -> float:
        """Where *mark* stands between the ends of `_extent`."""
        if self._is_one_clock:
            return self._order(mark)[0]
        return float(sum(file.lines for file in files[: mark.file]) + mark.line)

    def _timeline(self, start: float, width: float, timelines: Mapping[int, Sequence[int]]) -> Timeline | None:
        if not timelines:
            return None
        buckets = len(next(iter(timelines.values())))
        if not self._is_one_clock:
            return Timeline(None, width, buckets)
        firsts = [self._first(count) for count in self._counts.values()]
        first = min(firsts, key=self._order)
        return Timeline(first.stamp or self._spans[first.file][0], width, buckets)

    def _seen(self) -> Context:
        one_clock = len({self._readers[file].kind for file in self._spans}) == 1
        spans = list(self._spans.values())
        first = min(spans, key=lambda span: span[0].seconds)[0] if one_clock else spans[0][0] if spans else None
        last = max(spans, key=lambda span: span[1].seconds)[1] if one_clock else spans[-1][1] if spans else None
        zones = Counter(stamp.zone for span in spans for stamp in span if stamp.zone)
        context = self._context
        return Context(context.versions, context.platforms, context.app_ids, first, last, tuple(zones))


_ROLES = (Role.CAUSE, Role.FOLLOWER, Role.UNRELATED)
