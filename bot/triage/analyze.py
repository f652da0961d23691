"""Say what the counts of a log mean: which code is the likely cause, which follow from it, and what to show of each.

The shape over time is `grid`'s, the rules are `cascades`'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import LookAlikeReason
from bot.triage import timestamps
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
    Secret,
    SecretKind,
    Timeline,
)
from bot.triage.excerpt import shown
from bot.triage.pattern import course_of, is_still_coming
from bot.triage.state import CodeCount, FileSpan, FollowLink, LineSpot, LogState

_ROLES = (Role.CAUSE, Role.FOLLOWER, Role.UNRELATED)
_MOST_SECRETS = 100
_Timelines = Mapping[int, tuple[int, ...]]


class Analysis:
    """What was *counted* in *files*, judged.

    A code is a follower where a rule says so and most of its occurrences came within the rule's window after the
    cause or after another occurrence that did; or, where files lie in another order than their times, where its
    first occurrence came within the window after the cause's first. Of several causes the one that explains most
    occurrences counts, of equals the earlier.

    The likely cause is one that others follow, or that alone makes up more than half of all hits; of several the
    one of the likeliest class, then the first, then the most frequent. A single code is the cause. Codes that
    mean no harm are no causes beside others. Where nothing follows anything there is none.
    """

    def __init__(self, counted: LogState, cascades: Cascades, catalogue: Catalogue, files: Sequence[FileRead]) -> None:
        self._counted = counted
        self._cascades = cascades
        self._catalogue = catalogue
        self._files = files
        self._known = [count for count in counted.counts.values() if count.known]
        self._follows = {count.code: self._cause_of(count) for count in self._known}
        self._cause = self._likely()

    def digest(
        self,
        refused: Sequence[FileRefused],
        lookalikes: Mapping[LookAlikeReason, int],
        seconds: float,
        secrets: Sequence[Secret],
    ) -> Digest:
        """The triage; the rest is what was found beside the codes."""
        grid = self._counted.by_time if self._counted.is_one_clock else self._counted.by_line
        start, width, timelines = grid.shown(self._counted.counts)
        rows, unknown = self._rows(timelines), self._unknown(timelines)
        # A cause goes on as long as its followers come; without one, each code has a rhythm of its own.
        family = [row for row in rows if self._root(row.code) == self._cause]
        groups = [family] if family else [[row] for row in rows or unknown]
        leading = [row for row in rows if self._cause in (None, row.code)] or unknown
        windows, hidden = self._evidence(rows or unknown, secrets)
        extent = self._extent()
        return Digest(
            cause=self._cause,
            rows=rows,
            unknown=unknown,
            pattern=course_of(leading, extent, self._position_of),
            is_ongoing=is_still_coming(groups, extent, self._position_of),
            timeline=self._timeline(start, width, timelines),
            excerpts=windows,
            metadata=self._seen(),
            files=tuple(self._files),
            refused=tuple(refused),
            lookalikes=dict(lookalikes),
            secrets=tuple(secrets[:_MOST_SECRETS]),
            hidden=hidden,
            duration_s=seconds,
        )

    def _rows(self, timelines: _Timelines) -> tuple[CodeRow, ...]:
        """The known codes, the cause first, then what follows, then the rest."""

        def place(row: CodeRow) -> tuple[int, int, tuple[float, int, int]]:
            return _ROLES.index(row.role), self._rank(row.code) if self._cause is None else 0, self._order(row.first)

        return tuple(sorted((self._row(each, timelines[each.code]) for each in self._known), key=place))

    def _unknown(self, timelines: _Timelines) -> tuple[CodeRow, ...]:
        rows = [self._row(each, timelines[each.code]) for each in self._counted.counts.values() if not each.known]
        return tuple(sorted(rows, key=lambda row: self._order(row.first)))

    def _evidence(
        self, rows: Sequence[CodeRow], secrets: Sequence[Secret]
    ) -> tuple[tuple[Excerpt, ...], dict[SecretKind, int]]:
        """The lines that say most, without their secrets; and how many of each kind the log holds."""
        held = self._counted.windows
        telling = [held[code] for code in self._telling(rows) if code in held]
        windows, hidden = shown([(window, lines) for _, window, lines in telling], secrets)
        if app_ids := self._counted.context.app_ids:
            hidden[SecretKind.APP_ID] = max(hidden[SecretKind.APP_ID], len(app_ids))
        return windows, {kind: hidden[kind] for kind in SecretKind if hidden[kind]}

    def _cause_of(self, count: CodeCount) -> int | None:
        """The code that *count* follows, or None."""
        best = max(
            (link for link in count.links if link.count * 2 > count.count or self._came_right_after(link, count)),
            key=lambda link: (link.count, [-each for each in self._order(self._first(link.cause))]),
            default=None,
        )
        return best.cause.code if best else None

    def _came_right_after(self, link: FollowLink, count: CodeCount) -> bool:
        if not self._counted.is_one_clock or (len(self._counted.hit_files) < 2 and link.count):
            return False
        cause, follower = self._first(link.cause).stamp, self._first(count).stamp
        return bool(cause and follower and 0 <= follower.seconds - cause.seconds <= link.seconds)

    def _likely(self) -> int | None:
        follows = self._follows
        roots = [each for each in self._known if follows[each.code] is None]
        harmful = [each for each in roots if not self._is_harmless(each.code)] or roots
        if len(harmful) == 1:
            return harmful[0].code
        if not any(follows.values()):
            return None
        leading = {follow for follow in follows.values() if follow is not None}
        hits = sum(each.count for each in self._counted.counts.values())
        found = [each for each in harmful if each.code in leading or each.count * 2 > hits]
        best = min(found, key=lambda each: (self._rank(each.code), self._order(self._first(each)), -each.count))
        return best.code

    def _root(self, code: int) -> int:
        while (above := self._follows.get(code)) is not None:
            code = above
        return code

    def _telling(self, rows: Sequence[CodeRow]) -> list[int]:
        """The two codes whose lines say most: the cause and the strongest other, or the first two."""
        if self._cause is None:
            return [row.code for row in rows[:2]]
        others = [row for row in rows if row.code != self._cause]
        unrelated = [row for row in others if row.role is Role.UNRELATED and not self._is_harmless(row.code)]
        second = max(unrelated, key=lambda row: row.count, default=others[0] if others else None)
        return [self._cause, *([second.code] if second else [])]

    def _row(self, count: CodeCount, timeline: tuple[int, ...]) -> CodeRow:
        follow = self._follows.get(count.code)
        role = Role.CAUSE if count.code == self._cause else Role.UNRELATED if follow is None else Role.FOLLOWER
        first, last = self._first(count), self._last(count)
        return CodeRow(count.code, count.count, first, last, role, follow, len(count.sources), timeline)

    def _first(self, count: CodeCount) -> Mark:
        return min((self._mark(place, place.first) for place in count.places), key=self._order)

    def _last(self, count: CodeCount) -> Mark:
        return max((self._mark(place, place.last) for place in count.places), key=self._order)

    def _mark(self, place: FileSpan, spot: LineSpot) -> Mark:
        at, line, written, zone, _ = spot
        return Mark(place.file, line, None if written is None else timestamps.made(at, written, zone))

    def _order(self, mark: Mark) -> tuple[float, int, int]:
        """What marks are sorted by: their time where all files have one that can be compared, then their place."""
        if not self._counted.is_one_clock:
            return 0.0, mark.file, mark.line
        return mark.stamp.seconds if mark.stamp else self._counted.spans[mark.file][0].seconds, mark.file, mark.line

    def _rank(self, code: int) -> int:
        return self._cascades.rank(code, self._section(code))

    def _is_harmless(self, code: int) -> bool:
        return self._cascades.is_harmless(code, self._section(code))

    def _section(self, code: int) -> str | None:
        entry = self._catalogue.get(code)
        return self._catalogue.section_of(entry).section if entry else None

    def _extent(self) -> tuple[float, float]:
        """Where the log begins and ends: seconds, or lines over all files."""
        if self._counted.is_one_clock:
            spans = [span for file, span in self._counted.spans.items() if file in self._counted.hit_files]
            return min(span[0].seconds for span in spans), max(span[1].seconds for span in spans)
        return 1.0, float(sum(file.lines for file in self._files))

    def _position_of(self, mark: Mark) -> float:
        """Where *mark* stands between the ends of `_extent`."""
        if self._counted.is_one_clock:
            return self._order(mark)[0]
        return float(sum(file.lines for file in self._files[: mark.file]) + mark.line)

    def _timeline(self, start: float, width: float, timelines: Mapping[int, Sequence[int]]) -> Timeline | None:
        if not timelines:
            return None
        buckets = len(next(iter(timelines.values())))
        if not self._counted.is_one_clock:
            return Timeline(None, width, buckets)
        firsts = [self._first(count) for count in self._counted.counts.values()]
        first = min(firsts, key=self._order)
        return Timeline(first.stamp or self._counted.spans[first.file][0], width, buckets)

    def _seen(self) -> LogMetadata:
        one_clock = len(set(self._counted.kinds.values())) == 1
        spans = list(self._counted.spans.values())
        first = min(spans, key=lambda span: span[0].seconds)[0] if one_clock else spans[0][0] if spans else None
        last = max(spans, key=lambda span: span[1].seconds)[1] if one_clock else spans[-1][1] if spans else None
        zones = Counter(stamp.zone for span in spans for stamp in span if stamp.zone)
        context = self._counted.context
        return LogMetadata(context.versions, context.platforms, context.app_ids, first, last, tuple(zones))
