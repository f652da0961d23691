"""Derive the digest from the counts of a log: the likely cause, its followers, and the evidence to show.

`cascades` has the rules on which code causes which; `histogram` describes how codes came over time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import LookAlikeReason
from bot.triage import histogram
from bot.triage.aggregate import CodeCount, FileSpan, FollowLink, LineSpot, LogState
from bot.triage.cascades import Cascades
from bot.triage.digest import (
    CodeRow,
    Digest,
    Excerpt,
    FileRead,
    FileRefused,
    LogMetadata,
    Mark,
    Role,
    SecretKind,
    Timeline,
)
from bot.triage.redact import SecretCounter, redact
from bot.triage.scanner import LineWindow
from bot.triage.timestamps import make_stamp

_MAX_WIDTH = 400  # characters of a line in an excerpt
_MAX_SECRETS = 100
_Timelines = Mapping[int, tuple[int, ...]]  # by code


class Analysis:
    """Find the likely cause in the *state* that was counted over *files*.

    A code follows another if a rule says so and more than half of its occurrences came within the rule's window after
    the other code, or after one of its own that did. If the files are not in the order of their times, it is enough
    that its first occurrence came within the window after the other's first. Of several codes that it could follow, it
    follows the one that explains most occurrences, then the earliest.

    The likely cause follows no code, and has followers or makes up more than half of all hits. Of several such codes,
    it is the one of the likeliest class, then the first, then the most frequent. A single code is the cause. Harmless
    codes are not causes if there are others. If no code follows another, there is no likely cause.
    """

    def __init__(self, state: LogState, cascades: Cascades, catalogue: Catalogue, files: Sequence[FileRead]) -> None:
        self._state = state
        self._files = files
        self._is_one_clock = state.is_one_clock
        self._known = [count for count in state.counts.values() if count.known]
        self._first = {  # occurrence of each code
            code: min((_mark(span, span.first) for span in count.spans), key=self._order)
            for code, count in state.counts.items()
        }
        entries = {code: catalogue.get(code) for code in state.counts}
        sections = {code: catalogue.section_of(entry).section if entry else None for code, entry in entries.items()}
        self._ranks = {code: cascades.rank(code, section) for code, section in sections.items()}
        self._harmless = {code for code, section in sections.items() if cascades.is_harmless(code, section)}
        self._follows = {count.code: self._cause_of(count) for count in self._known}
        self._cause = self._likely_cause()

    def digest(
        self,
        refused: Sequence[FileRefused],
        lookalikes: Mapping[LookAlikeReason, int],
        secrets: SecretCounter,
        duration_s: float,
    ) -> Digest:
        """Return the digest. The arguments are the results of the other steps."""
        axis = self._state.by_time if self._is_one_clock else self._state.by_line
        width, timelines = axis.timelines()
        rows, unknown = self._rows(timelines, known=True), self._rows(timelines, known=False)
        # A cause goes on as long as its followers come; without a cause, each code has a rhythm of its own.
        family = [row for row in rows if self._root(row.code) == self._cause]
        groups = [family] if family else [[row] for row in rows or unknown]
        leading = [row for row in rows if self._cause in (None, row.code)] or unknown
        excerpts, hidden = self._evidence(rows or unknown, secrets)
        extent = self._extent()
        return Digest(
            cause=self._cause,
            rows=rows,
            unknown=unknown,
            pattern=histogram.pattern_of(leading, extent, self._position),
            is_ongoing=histogram.is_ongoing(groups, extent, self._position),
            timeline=self._timeline(width, timelines),
            excerpts=excerpts,
            metadata=self._metadata(),
            files=tuple(self._files),
            refused=tuple(refused),
            lookalikes=dict(lookalikes),
            secrets=secrets.secrets[:_MAX_SECRETS],
            hidden=hidden,
            duration_s=duration_s,
        )

    # Cause and followers

    def _cause_of(self, count: CodeCount) -> int | None:
        """Return the code that *count* follows, or None."""
        best = max(
            (link for link in count.links if link.count * 2 > count.count or self._came_right_after(link, count)),
            key=lambda link: (link.count, [-each for each in self._order(self._first[link.cause.code])]),
            default=None,
        )
        return best.cause.code if best else None

    def _came_right_after(self, link: FollowLink, count: CodeCount) -> bool:
        """Return whether the first occurrence came within the window after the cause's first."""
        if not self._is_one_clock or (len(self._state.hit_files) < 2 and link.count):
            return False
        cause, follower = self._first[link.cause.code].stamp, self._first[count.code].stamp
        return bool(cause and follower and 0 <= follower.seconds - cause.seconds <= link.window_s)

    def _likely_cause(self) -> int | None:
        """Return the code that is the likely cause, or None."""
        follows = self._follows
        roots = [each for each in self._known if follows[each.code] is None]
        harmful = [each for each in roots if each.code not in self._harmless] or roots
        if len(harmful) == 1:
            return harmful[0].code
        if not any(follows.values()):
            return None
        followed = set(follows.values())
        hits = sum(each.count for each in self._state.counts.values())
        candidates = [each for each in harmful if each.code in followed or each.count * 2 > hits]
        best = min(
            candidates,
            key=lambda each: (self._ranks[each.code], self._order(self._first[each.code]), -each.count),
            default=None,  # if a harmless code explains the others, and none of the harmful ones has most hits
        )
        return best.code if best else None

    def _root(self, code: int) -> int:
        """Return the code at the start of the chain that *code* follows."""
        while (cause := self._follows.get(code)) is not None:
            code = cause
        return code

    # Rows

    def _rows(self, timelines: _Timelines, *, known: bool) -> tuple[CodeRow, ...]:
        """Return the known or the unknown codes: the cause first, then the followers, then the rest."""

        def key(row: CodeRow) -> tuple[int, int, tuple[float, int, int]]:
            rank = self._ranks[row.code] if self._cause is None else 0
            return list(Role).index(row.role), rank, self._order(row.first)

        rows = (self._row(each, timelines) for each in self._state.counts.values() if each.known is known)
        return tuple(sorted(rows, key=key))

    def _row(self, count: CodeCount, timelines: _Timelines) -> CodeRow:
        """Return the row of one code."""
        code, follows = count.code, self._follows.get(count.code)
        role = Role.CAUSE if code == self._cause else Role.UNRELATED if follows is None else Role.FOLLOWER
        last = max((_mark(span, span.last) for span in count.spans), key=self._order)
        return CodeRow(code, count.count, self._first[code], last, role, follows, len(count.sources), timelines[code])

    def _order(self, mark: Mark) -> tuple[float, int, int]:
        """Return the sort key of *mark*: its time if all files have comparable times, then file and line."""
        if not self._is_one_clock:
            return 0.0, mark.file, mark.line
        return mark.stamp.seconds if mark.stamp else self._state.extents[mark.file][0].seconds, mark.file, mark.line

    # Evidence

    def _evidence(
        self, rows: Sequence[CodeRow], secrets: SecretCounter
    ) -> tuple[tuple[Excerpt, ...], dict[SecretKind, int]]:
        """Return the lines of two codes, redacted, and the number of different values hidden, by kind.

        The numbers cover the excerpts and the live *secrets* that the author is warned about.
        """
        windows = self._state.windows
        shown = [windows[code][1] for code in self._codes_to_show(rows) if code in windows]
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

    def _codes_to_show(self, rows: Sequence[CodeRow]) -> list[int]:
        """Return two codes: the cause and the most frequent unrelated one, or the first two."""
        if self._cause is None:
            return [row.code for row in rows[:2]]
        others = [row for row in rows if row.code != self._cause]
        unrelated = [row for row in others if row.role is Role.UNRELATED and row.code not in self._harmless]
        second = max(unrelated, key=lambda row: row.count, default=others[0] if others else None)
        return [self._cause, *([second.code] if second else [])]

    # Time

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
            first = min(self._first.values(), key=self._order)
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
    at, line, written, zone, _ = spot
    return Mark(span.file, line, None if written is None else make_stamp(at, written, zone))


def _excerpt(window: LineWindow) -> Excerpt:
    """Redact the lines of *window* together, because a key may span several, then shorten each."""
    text = b"\n".join(window.lines).decode("utf-8", "replace")
    lines = tuple(_shorten(line, window.code) for line in redact(text).text.split("\n"))
    return Excerpt(window.code, window.file, window.first_line, window.line, lines)


def _shorten(line: str, code: int) -> str:
    """Return *line*, or `_MAX_WIDTH` characters of it around *code*."""
    line = line.rstrip()
    if len(line) <= _MAX_WIDTH:
        return line
    start = min(max(0, line.find(str(code)) - _MAX_WIDTH // 2), len(line) - _MAX_WIDTH)
    return ("…" if start else "") + line[start : start + _MAX_WIDTH] + ("…" if start + _MAX_WIDTH < len(line) else "")
