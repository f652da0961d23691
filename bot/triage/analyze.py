"""Derive the digest from the counts of a log: the likely cause, its followers, and the evidence to show.

`diagnosis` chooses the cause; `histogram` describes how codes came over time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import LookAlikeReason
from bot.triage import histogram
from bot.triage.aggregate import FileSpan, LineSpot, LogState, SignCount
from bot.triage.cascades import Cascades
from bot.triage.diagnosis import Diagnosis
from bot.triage.digest import (
    CodeRow,
    ConnectionEvent,
    Digest,
    EventRow,
    Excerpt,
    FileRead,
    FileRefused,
    LogMetadata,
    Mark,
    Pattern,
    Role,
    SecretKind,
    ServerCodeRow,
    Sign,
    Timeline,
)
from bot.triage.redact import SecretCounter, redact
from bot.triage.running_numbers import running_numbers
from bot.triage.scanner import LineWindow
from bot.triage.timestamps import make_stamp

_MAX_WIDTH = 400  # characters of a line in an excerpt
_MAX_SECRETS = 100
_Timelines = Mapping[int, tuple[int, ...]]  # by code


class Analysis:
    """Describe the *state* that was counted over *files*. Running numbers of one shape are no codes."""

    def __init__(
        self,
        state: LogState,
        lookalikes: Mapping[LookAlikeReason, int],
        cascades: Cascades,
        catalogue: Catalogue,
        files: Sequence[FileRead],
    ) -> None:
        self._state = state
        self._files = files
        self._is_one_clock = state.is_one_clock
        self._lookalikes = lookalikes
        self._ids = running_numbers(state, lookalikes)
        self._counts = {code: count for code, count in state.counts.items() if code not in self._ids}
        self._first: dict[Sign, Mark] = {}  # occurrence of each code and event
        for count in (*self._counts.values(), *state.events.values()):
            self._first[count.sign] = min((_mark(span, span.first) for span in count.spans), key=self._order)
        self._diagnosis = Diagnosis(
            self._counts, state, cascades, catalogue, lambda sign: self._order(self._first[sign])
        )

    def digest(
        self,
        refused: Sequence[FileRefused],
        secrets: SecretCounter,
        duration_s: float,
    ) -> Digest:
        """Return the digest. The arguments are the results of the other steps."""
        axis = self._state.by_time if self._is_one_clock else self._state.by_line
        width, timelines = axis.timelines(self._counts)
        rows, unknown = self._rows(timelines, known=True), self._rows(timelines, known=False)
        events = self._event_rows()
        pattern, is_ongoing = self._course(rows or unknown, events)
        excerpts, hidden = self._evidence(rows, unknown, secrets)
        ids = sum(self._state.counts[code].count for code in self._ids)
        diagnosis = self._diagnosis
        return Digest(
            cause=diagnosis.code,
            rows=rows,
            unknown=unknown,
            pattern=pattern,
            is_ongoing=is_ongoing,
            timeline=self._timeline(width, timelines),
            excerpts=excerpts,
            metadata=self._metadata(),
            files=tuple(self._files),
            refused=tuple(refused),
            lookalikes=dict(Counter(self._lookalikes) + Counter({LookAlikeReason.IDENTIFIER: ids})),
            secrets=secrets.secrets[:_MAX_SECRETS],
            hidden=hidden,
            duration_s=duration_s,
            cause_event=diagnosis.event,
            family=diagnosis.family,
            errors=diagnosis.errors,
            explained=diagnosis.weight,
            affected=diagnosis.affected,
            advice=diagnosis.advice,
            events=events,
            rivals=diagnosis.rivals,
        )

    # Rows

    def _rows(self, timelines: _Timelines, *, known: bool) -> tuple[CodeRow, ...]:
        """Return the known or the unknown codes: the cause first, then the followers, then the rest.

        Without a cause, the codes that explain most come first.
        """
        positions = self._diagnosis.positions if self._diagnosis.winner is None else None

        def key(row: CodeRow) -> tuple[int, tuple[float, int, int]]:
            place = list(Role).index(row.role) if positions is None else positions.get(row.code, len(positions))
            return place, self._order(row.first)

        rows = (self._row(code, each, timelines) for code, each in self._counts.items() if each.known is known)
        return tuple(sorted(rows, key=key))

    def _row(self, code: int, count: SignCount, timelines: _Timelines) -> CodeRow:
        """Return the row of one code."""
        role, follows = self._diagnosis.role(code), self._diagnosis.follows.get(code)
        return CodeRow(
            code=code,
            count=count.count,
            first=self._first[code],
            last=self._last(count),
            role=role,
            follows=follows,
            users=len(count.occurrences.users),
            timeline=timelines[code],
            explained=self._diagnosis.explained(code),
            server_codes=tuple(
                ServerCodeRow(each.number, each.code, times) for each, times in count.server_codes.most_common()
            ),
        )

    def _event_rows(self) -> tuple[EventRow, ...]:
        """Return the connection events."""
        events = ((event, self._state.events.get(event)) for event in ConnectionEvent)
        return tuple(
            EventRow(
                name=event,
                count=each.count,
                first=self._first[event],
                last=self._last(each),
                follows=self._diagnosis.follows.get(event),
                explained=self._diagnosis.explained(event),
            )
            for event, each in events
            if each
        )

    def _last(self, count: SignCount) -> Mark:
        """Return the last occurrence of a code or event."""
        return max((_mark(span, span.last) for span in count.spans), key=self._order)

    def _order(self, mark: Mark) -> tuple[float, int, int]:
        """Return the sort key of *mark*: its time if all files have comparable times, then file and line."""
        if not self._is_one_clock:
            return 0.0, mark.file, mark.line
        # An event may be in a file without times, which has no code.
        start = self._state.extents.get(mark.file)
        stamp = mark.stamp or (start[0] if start else None)
        return stamp.seconds if stamp else float("inf"), mark.file, mark.line

    # Evidence

    def _evidence(
        self, rows: Sequence[CodeRow], unknown: Sequence[CodeRow], secrets: SecretCounter
    ) -> tuple[tuple[Excerpt, ...], dict[SecretKind, int]]:
        """Return the lines of two codes or events, redacted, and the number of different values hidden, by kind.

        The numbers cover the excerpts and the live *secrets* that the author is warned about.
        """
        windows = self._state.windows
        shown = [windows[sign][1] for sign in self._signs_to_show(rows, unknown) if sign in windows]
        # Windows may overlap: each line counts once, as the first window has it.
        lines = {
            (window.file, line): raw
            for window in reversed(shown)
            for line, raw in enumerate(window.lines, window.first_line)
        }
        text = b"\n".join(raw for _, raw in sorted(lines.items())).decode("utf-8", "replace")
        hidden = secrets.hidden_in(text)
        if app_ids := self._state.metadata.app_ids:
            hidden[SecretKind.APP_ID] = max(hidden[SecretKind.APP_ID], len(app_ids))
        return tuple(map(_excerpt, shown)), {kind: hidden[kind] for kind in SecretKind if hidden[kind]}

    def _signs_to_show(self, rows: Sequence[CodeRow], unknown: Sequence[CodeRow]) -> list[Sign]:
        """Return the two signs whose lines are shown: the cause and the most frequent unrelated code, or a follower.

        Without a cause, return the first two, an unknown code before all others if it is most of the errors.
        """
        if self._diagnosis.winner is None:
            total = sum(row.count for row in (*rows, *unknown))
            most = [row for row in unknown if row.count * 2 > total]
            signs: list[Sign] = [row.code for row in dict.fromkeys((*most, *(rows or unknown)))]
            return signs[:2]
        leading = self._diagnosis.event or self._diagnosis.code
        others = [row for row in rows if row.code != leading]
        unrelated = [row for row in others if row.role is Role.UNRELATED and row.code not in self._diagnosis.harmless]
        second = max(unrelated, key=lambda row: row.count, default=others[0] if others else None)
        return [*([leading] if leading else []), *([second.code] if second else [])]

    # Time

    def _course(self, rows: Sequence[CodeRow], events: Sequence[EventRow]) -> tuple[Pattern | None, bool | None]:
        """Return the distribution of the cause, and whether it goes on; without a cause, those of all *rows*.

        In a log without codes, those of *events* that are the cause show whether it goes on.
        """
        explained = [row for row in rows if row.explained * 2 > row.count]
        leading = [row for row in rows if row.role in (Role.CAUSE, Role.FAMILY)] or explained or rows
        # A cause goes on as long as its followers come; without a cause, each code has a rhythm of its own.
        symptoms = [row for row in events if row.explained * 2 > row.count]
        followers: list[CodeRow | EventRow] = [*explained, *symptoms]
        groups: list[list[CodeRow | EventRow]] = [followers] if followers else [[row] for row in rows]
        groups = groups or [[row] for row in events if row.name is self._diagnosis.event]
        extent = self._extent()
        return (
            histogram.pattern_of(leading, extent, self._position),
            histogram.is_ongoing(groups, extent, self._position),
        )

    def _extent(self) -> tuple[float, float]:
        """Return start and end of the log in seconds, or in lines over all files."""
        if self._is_one_clock:
            extents = [extent for file, extent in self._state.extents.items() if file in self._state.hit_files]
            return min(extent[0].seconds for extent in extents), max(extent[1].seconds for extent in extents)
        return 1.0, float(sum(file.lines for file in self._files))

    def _position(self, mark: Mark) -> float:
        """Return the position of *mark* on the axis of `_extent`."""
        if self._is_one_clock:
            return self._order(mark)[0]
        return float(sum(file.lines for file in self._files[: mark.file]) + mark.line)

    def _timeline(self, width: float, timelines: _Timelines) -> Timeline | None:
        """Return the axis of *timelines*, or None if there are none."""
        if not timelines:
            return None
        start = None
        if self._is_one_clock:
            first = min((self._first[code] for code in self._counts), key=self._order)
            start = first.stamp or self._state.extents[first.file][0]
        return Timeline(start, width, buckets=len(next(iter(timelines.values()))))

    def _metadata(self) -> LogMetadata:
        """Return the values found in the lines, with the times that the files cover."""
        is_one_clock = len(set(self._state.clock_kinds.values())) == 1
        extents = list(self._state.extents.values())
        first = last = None
        if extents:
            first = min(extents, key=lambda extent: extent[0].seconds)[0] if is_one_clock else extents[0][0]
            last = max(extents, key=lambda extent: extent[1].seconds)[1] if is_one_clock else extents[-1][1]
        zones = dict.fromkeys(stamp.zone for extent in extents for stamp in extent if stamp.zone)
        found = self._state.metadata
        values = tuple(found.versions), tuple(found.platforms), tuple(found.app_ids)
        return LogMetadata(*values, first, last, tuple(zones))


def _mark(span: FileSpan, spot: LineSpot) -> Mark:
    """Return the place of an occurrence, with its time."""
    at, line, written, zone = spot
    return Mark(span.file, line, None if written is None else make_stamp(at, written, zone))


def _excerpt(window: LineWindow) -> Excerpt:
    """Redact the lines of *window* together, because a key may span several, then shorten each."""
    text = b"\n".join(window.lines).decode("utf-8", "replace")
    lines = tuple(_shorten(line, window.sign) for line in redact(text).text.split("\n"))
    return Excerpt(window.sign, window.file, window.first_line, window.line, lines)


def _shorten(line: str, sign: Sign) -> str:
    """Return *line*, or `_MAX_WIDTH` characters of it around the code *sign*."""
    line = line.rstrip()
    if len(line) <= _MAX_WIDTH:
        return line
    start = min(max(0, line.find(str(sign)) - _MAX_WIDTH // 2), len(line) - _MAX_WIDTH)
    return ("…" if start else "") + line[start : start + _MAX_WIDTH] + ("…" if start + _MAX_WIDTH < len(line) else "")
