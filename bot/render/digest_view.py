"""Phrase the facts of a digest, for Slack and for the plain report alike. No markup, no escaping, no limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.catalogue.platforms import needs_log, open_platforms
from bot.i18n import Translator
from bot.render.digest_marks import day_of, is_one_file, printable_line, span_of, stamp_text, time_of
from bot.render.entry_wording import log_line
from bot.triage.digest import Advice, CodeRow, Digest, EventRow, Excerpt, Mark, Pattern, Role, Secret, Timeline

_NONE = "–"
_FILE_NAME = 24  # characters in a column
_MOST_CODES = 4  # of a family in the title
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """The advice on a cause in one language: its title, the actor and the steps."""

    title: str
    who: str
    steps: tuple[str, ...]


class DigestView:
    """The facts of *digest* in one language."""

    def __init__(self, digest: Digest, catalogue: Catalogue, translate: Translator) -> None:
        self.digest = digest
        self.translate = translate
        self.rows: tuple[CodeRow, ...] = (*digest.rows, *digest.unknown)
        self._unknown = frozenset(row.code for row in digest.unknown)
        self._catalogue = catalogue
        self._cause = next((row for row in digest.rows if row.code == digest.cause), None)
        self._event = next((row for row in digest.events if row.name is digest.cause_event), None)
        self._is_one_file = is_one_file(digest)
        self.has_cause = bool(self._cause or self._event)
        own = [digest.cause] if digest.cause else []
        codes = [*own, *(row.code for row in digest.rows if row.role is Role.FAMILY)]
        self.plan = self._plan(codes, digest.advice) if self.has_cause else None
        self.platform = open_platforms().shown_by(digest.metadata.platforms)

    def title(self) -> str:
        """Return the first line: the likely cause, else the kind of result."""
        if self.plan:
            return self.translate("triage.cause", what=self.plan.title)
        if self.digest.rows and self.main_unknown:
            return self.translate("triage.mostly_unknown", code=self.main_unknown)
        if self.digest.rows:
            return self.translate("triage.no_cause")
        if self.rows:
            return self.translate("triage.only_unknown")
        return self.translate("triage.nothing" if self.digest.files else "triage.unread")

    def _plan(self, codes: Sequence[int], advice: Advice | None) -> ActionPlan | None:
        """Return the advice on a candidate with *codes*, the main one first; None if there is no entry for it."""
        pick, translate = self.translate.pick, self.translate
        entry = self._catalogue.get(codes[0]) if codes else None
        title = translate("triage.code", code=entry.code, title=pick(entry.title)) if entry else ""
        if advice is None:
            return ActionPlan(title, translate(f"actor.{entry.actor}"), pick(entry.remedy)) if entry else None
        if advice.title:
            shown = translate("list.item_separator").join(map(str, codes[:_MOST_CODES]))
            shown += "…" if len(codes) > _MOST_CODES else ""
            title = translate("triage.named", title=pick(advice.title), codes=shown) if codes else pick(advice.title)
        who = pick(advice.who) if advice.who else translate(f"actor.{advice.actor}")
        return ActionPlan(title, who, pick(advice.steps))

    def name(self, code: int) -> str:
        """Return *code* with its title, if it has one."""
        entry = self._catalogue.get(code)
        return self.translate("triage.code", code=code, title=self.translate.pick(entry.title)) if entry else str(code)

    def entry(self, row: CodeRow) -> Entry | None:
        """Return the catalogue's entry for *row*."""
        return self._catalogue.get(row.code)

    @property
    def rivals(self) -> list[tuple[ActionPlan, str]]:
        """The advice on each candidate and its share of the errors, the best first; empty if a cause is likely."""
        plans = [(self._plan(rival.codes, rival.advice), rival.share) for rival in self.digest.rivals]
        return [(plan, self._share(share)) for plan, share in plans if plan]

    @property
    def main_unknown(self) -> int | None:
        """The code that most errors have and the catalogue lacks, or None."""
        hits = self.digest.hits
        return next((row.code for row in self.digest.unknown if row.count * 2 > hits), None)

    def introduction(self) -> str:
        """Return the sentence before the `rivals`."""
        return self.translate("triage.in_turn_known" if self.main_unknown else "triage.in_turn")

    def timing(self) -> Iterator[str]:
        """Yield one clause each: start, number of errors, pattern, number of users, and whether the errors go on."""
        rows = self._leading()
        if not rows:
            return
        first, last = span_of(rows)
        if first.stamp:
            yield self.translate("triage.since", place=self.location(first), time=stamp_text(first.stamp))
        else:
            yield self.translate("triage.since_place", place=self.location(first))
        if self._event:
            yield self.translate.count("triage.event_lines", self._event.count, event=self._event.name)
        else:
            yield self.translate.count("triage.times", sum(row.count for row in rows))
        if self._cause and not self._event and self.digest.pattern in (Pattern.BURST, Pattern.STEADY):
            yield self._pattern(self.digest.pattern, first, last)
        affected = self.digest.affected
        if affected.count:
            key = "triage.sources_at_least" if affected.is_partial else "triage.sources"
            yield self.translate.count(key, affected.count)
        ongoing = {True: "yes", False: "no", None: "unknown"}[self.digest.is_ongoing]
        yield self.translate(f"triage.ongoing.{ongoing}")

    def basis(self) -> Iterator[str]:
        """Yield the evidence for the likely cause: its share of the errors, and the errors that follow from it."""
        digest = self.digest
        symptoms = [row for row in digest.events if row.name.is_symptom]
        if self.plan and digest.share is not None and len(self.rows) + len(symptoms) > 1:
            share, number = self._share(digest.share), f"{digest.explained:,}"
            yield self.translate.count("triage.basis", digest.errors, explained=number, share=share)
        followers = [row for row in digest.rows if row.role is Role.FOLLOWER and row.explained]
        if self._cause and not self._event and followers:
            times = f"{sum(row.explained for row in followers):,}"
            yield self.translate.count("triage.brought", len(followers), times=times)
        for row in symptoms:
            if row.follows and row.explained:
                yield self.translate(f"triage.brought.{row.name}", times=f"{row.explained:,}")

    def server_codes(self) -> list[str]:
        """Return a line for each server code that appears in messages of a code other than the one it stands for."""
        return [
            self.translate.count(
                "triage.server_code", each.count, code=row.code, number=each.number, name=self.name(each.code)
            )
            for row in self.digest.rows
            for each in row.server_codes
            if each.code != row.code
        ]

    def _leading(self) -> Sequence[CodeRow | EventRow]:
        """Return the rows that `timing` describes: the event, the cause with its family, or all codes."""
        if self._event:
            return (self._event,)
        if self._cause:
            return [row for row in self.digest.rows if row.role in (Role.CAUSE, Role.FAMILY)]
        return self.rows

    def _share(self, share: float) -> str:
        """Format a share in percent. It is rounded down, because 100 % means all."""
        return f"{math.floor(share * 100 + 1e-9)}%" if share >= 0.01 else "<1%"

    def _pattern(self, pattern: Pattern, first: Mark, last: Mark) -> str:
        if not (first.stamp and last.stamp):
            return self.translate(f"triage.course.{pattern}")
        seconds = max(last.stamp.seconds - first.stamp.seconds, 0.0)
        # The duration of a burst is an upper bound, so it is rounded up.
        rounded = math.ceil if pattern is Pattern.BURST else round
        return self.translate(f"triage.course_span.{pattern}", span=self.duration(seconds, rounded))

    def duration(self, seconds: float, rounded: Callable[[float], int]) -> str:
        """Format a duration in the largest unit that yields at least 2."""
        for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
            if seconds >= 2 * length:
                return self.translate.count(f"unit.{unit}", rounded(seconds / length))
        return self.translate.count("unit.seconds", max(rounded(seconds), 1))

    def location(self, mark: Mark) -> str:
        """Return the line of *mark*, with its file if there could be several."""
        if self._is_one_file:
            return self.translate("triage.line", line=mark.line)
        name = self.file_name(self.digest.files[mark.file].name)
        return self.translate("triage.file_line", file=name, line=mark.line)

    def file_name(self, name: str) -> str:
        """Return the name of a file as shown; a paste has none."""
        return printable_line(name) or self.translate("triage.paste")

    def table(self, most: int | None = None) -> tuple[list[str], list[list[str]]]:
        """Return the titles of the columns and a row for each code; a log without times has no columns for them.

        With *most*, only for so many codes. Code, count and role come first, the name last: a narrow screen shows the
        first three columns. Of times on one day, only the clock is shown.
        """
        is_timed = any(row.first.stamp or row.last.stamp for row in self.rows)
        columns = ["code", "count", "role", *(["first", "last"] if is_timed else []), "line", "name"]
        is_one_day = len({day_of(mark) for row in self.rows for mark in (row.first, row.last) if mark.stamp}) == 1
        rows = []
        for row in self.rows[:most]:
            times = [time_of(mark, is_one_day=is_one_day) or _NONE for mark in (row.first, row.last)]
            cells = [str(row.code), f"{row.count:,}", self._role(row), *(times if is_timed else [])]
            rows.append([*cells, self._line_range(row), self._name(row)])
        return [self.translate(f"triage.column.{column}") for column in columns], rows

    def _name(self, row: CodeRow) -> str:
        entry = self.entry(row)
        return self.translate.pick(entry.title) if entry else _NONE

    def _line_range(self, row: CodeRow) -> str:
        """Return the lines of the first and last occurrence, with their files if there are several."""
        first, last = row.first, row.last
        if self._is_one_file:
            return f"{first.line}–{last.line}" if last.line > first.line else str(first.line)
        names = [self.file_name(self.digest.files[mark.file].name) for mark in (first, last)]
        begin, end = (name if len(name) <= _FILE_NAME else "…" + name[1 - _FILE_NAME :] for name in names)
        if first.file != last.file:
            return f"{begin}:{first.line} – {end}:{last.line}"
        return f"{begin}:{first.line}–{last.line}" if last.line > first.line else f"{begin}:{first.line}"

    def _role(self, row: CodeRow) -> str:
        if row.code in self._unknown:
            return self.translate("triage.role.unknown")
        if row.role is Role.FOLLOWER and row.follows is not None:
            return f"↳ {self.translate('triage.role.follower', code=row.follows)}"
        if row.role is Role.UNRELATED and not self.has_cause:
            return self.translate("triage.role.alone")
        return self.translate(f"triage.role.{row.role}")

    def excerpt_title(self, excerpt: Excerpt) -> str:
        """Return the code that *excerpt* is about, and its location."""
        location = self.location(Mark(excerpt.file, excerpt.line, None))
        return self.translate("triage.evidence_of", code=excerpt.sign, place=location)

    def metadata(self) -> Iterator[str]:
        """Yield one phrase each: SDK version, platform, AppID, time span and time zone of the log."""
        metadata = self.digest.metadata
        if metadata.sdk_versions:
            yield self.translate("triage.sdk", versions=self._joined(metadata.sdk_versions))
        if metadata.platforms:
            yield self._joined(metadata.platforms)
        if metadata.app_ids:
            yield self.translate("triage.app_id", ids=self._joined(metadata.app_ids))
        if metadata.first and metadata.last:
            first, last = stamp_text(metadata.first), stamp_text(metadata.last)
            yield self.translate("triage.span", first=first, last=last)
            if metadata.zones:
                yield self.translate("triage.zone", zones=self._joined(metadata.zones))
            else:
                yield self.translate("triage.unix_times" if metadata.first.is_unix else "triage.no_zone")

    def log_line(self) -> str:
        """Say where the SDK's log is on the platform of this log if the steps need it; else return an empty text."""
        is_needed = self.plan and needs_log(self.plan.steps)
        return log_line(self.platform, self.translate) if self.platform and is_needed else ""

    def coverage(self, most_files: int | None = None) -> Iterator[str]:
        """Yield one phrase each: files, codes, look-alikes, masked secrets; then up to *most_files* unread files."""
        digest, translate = self.digest, self.translate
        if digest.files:
            named = [file for file in digest.files if file.name]
            files = translate.count("triage.files", len(named))
            if len(named) < 2:
                files = self.file_name(named[0].name if named else "")
            if named and len(named) < len(digest.files):
                files = translate("triage.and_message", files=files)
            lines, size = translate.count("triage.lines", digest.lines), self.size(digest.bytes)
            yield translate("triage.read", files=files, lines=lines, size=size)
        if self.rows:
            yield translate.count("triage.hits", digest.hits, codes=translate.count("triage.codes", len(self.rows)))
        if any(digest.lookalikes.values()):
            yield self.lookalikes()
        if any(digest.hidden.values()):
            kinds = self._breakdown({translate(f"triage.secret.{kind}"): n for kind, n in digest.hidden.items()})
            yield translate.count("triage.hidden", sum(digest.hidden.values()), kinds=kinds)
        unread = self.unread_files()
        yield from unread[:most_files]
        if most_files is not None and len(unread) > most_files:
            yield translate.count("triage.more_files", len(unread) - most_files)

    def lookalikes(self) -> str:
        """Return how many look-alikes were ignored, with their reasons."""
        counts = {self.translate(f"reason.{reason.name}"): n for reason, n in self.digest.lookalikes.items()}
        return self.translate.count("triage.lookalikes", sum(counts.values()), reasons=self._breakdown(counts))

    def unread_files(self) -> list[str]:
        """Return the files that were not read, or not to their end, each with the reason."""
        unread = []
        for file in self.digest.files:
            if file.cut:
                name, reason = self.file_name(file.name), self.translate(f"triage.cut.{file.cut}")
                skipped = self.translate("triage.skipped", size=self.size(file.skipped_bytes))
                key = "triage.cut" if file.skipped_bytes else "triage.cut_head"
                unread.append(self.translate(key, file=name, why=reason, skipped=skipped))
        for refused in self.digest.refused:
            reason = self.translate(f"triage.refused.{refused.reason}")
            unread.append(self.translate("triage.refused", file=self.file_name(refused.name), why=reason))
        return unread

    def size(self, number: int) -> str:
        """Format a number of bytes."""
        return decimal(number) if number >= 1000 else self.translate.count("unit.bytes", number)

    def _breakdown(self, counts: Mapping[str, int]) -> str:
        """Format *counts*, the most frequent first, without zeros."""
        ranked = sorted(counts.items(), key=lambda item: -item[1])
        return self._joined([self.translate("triage.counted", n=f"{n:,}", what=what) for what, n in ranked if n])

    def _joined(self, texts: Sequence[str]) -> str:
        return printable_line(self.translate("list.item_separator").join(texts))

    @property
    def timeline(self) -> Timeline | None:
        """The timeline, None unless it can be drawn: it has several buckets, and each code has a count for each."""
        timeline = self.digest.timeline
        if timeline is None or timeline.buckets < 2 or not self.rows:
            return None
        return timeline if all(len(row.timeline) == timeline.buckets for row in self.rows) else None

    def bars(self) -> tuple[str, list[str]]:
        """Return a title and a row of bars for each code; no rows if there is nothing to draw."""
        timeline = self.timeline
        if timeline is None:
            return "", []
        if timeline.start is None:
            width = self.translate.count("triage.lines", max(round(timeline.width), 1))
        elif timeline.width < 1:
            width = self.translate.count("unit.milliseconds", max(round(timeline.width * 1000), 1))
        else:
            width = self.duration(timeline.width, round)
        rows = [f"{sparkline(row.timeline)}  {row.code}" for row in self.rows]
        return self.translate("triage.bars", width=width), rows


def offsets(timeline: Timeline) -> list[str]:
    """Return a distinct label for the start of each bucket: its offset from the first, else its number."""
    starts = [index * timeline.width for index in range(timeline.buckets)]
    if timeline.start is None:
        labels = [f"+{start:,.0f}" for start in starts]
    else:
        labels = [_clock(start, timeline.width) for start in starts]
    is_distinct = len(set(labels)) == len(labels)
    return labels if is_distinct else [str(number + 1) for number in range(timeline.buckets)]


def secret_line(secret: Secret, place: str, translate: Translator) -> str:
    """Return the kind of *secret*, the number of its lines and *place*, where it was found first."""
    kind = translate(f"triage.secret.{secret.kind}")
    if secret.lines == 1:
        return translate("triage.report.secret", kind=kind, place=place)
    return translate("triage.report.secret_lines", kind=kind, n=f"{secret.lines:,}", place=place)


def numbered_lines(excerpt: Excerpt) -> list[str]:
    """Return the lines of *excerpt* with their numbers, and a mark at the line of interest."""
    width = len(str(excerpt.first_line + len(excerpt.lines) - 1))
    return [
        f"{'>' if number == excerpt.line else ' '} {number:>{width}} | {printable_line(line)}"
        for number, line in enumerate(excerpt.lines, excerpt.first_line)
    ]


def sparkline(counts: Sequence[int]) -> str:
    """Draw *counts* as a row of bars; zero is a dot."""
    top = max(counts, default=0)
    return "".join(_BARS[math.ceil(count / top * len(_BARS)) - 1] if count else "·" for count in counts)


def _clock(seconds: float, width: float) -> str:
    """Format an offset such as +1:30 or +2:00:00; for buckets below a second, +0.25."""
    if width < 1:
        return f"+{seconds:.2f}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{rest:02}" if hours else f"+{minutes}:{rest:02}"
