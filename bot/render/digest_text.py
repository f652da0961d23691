"""A digest in words of one language, for Slack and for the plain report alike. No markup, no escaping, no limits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.filesize import decimal

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.i18n import Language, words
from bot.triage.digest import CodeRow, Cut, Digest, Excerpt, FileRead, Mark, Pattern, Role, Timeline

_NONE = "–"
# Control characters drive a terminal, and those of direction make a line look like another.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_FILE = 24  # characters of a file's name in a column
_BARS = "▁▂▃▄▅▆▇█"


class DigestView:
    """Says what *digest* holds."""

    def __init__(self, digest: Digest, catalogue: Catalogue, language: Language) -> None:
        self.digest = digest
        self.say = words(language)
        self.language = language
        self.rows: tuple[CodeRow, ...] = (*digest.rows, *digest.unknown)
        self._catalogue = catalogue
        self._cause = next((row for row in digest.rows if row.code == digest.cause), None)

    def title(self) -> str:
        """The first line: the likely cause, or that there is none."""
        if self._cause:
            return self.say("triage.cause", code=self._cause.code, title=self.name(self._cause))
        if self.digest.rows:
            return self.say("triage.no_cause")
        if self.rows:
            return self.say("triage.only_unknown")
        return self.say("triage.nothing" if self.digest.files else "triage.unread")

    def entry(self, row: CodeRow | None) -> Entry | None:
        """What the catalogue has on *row*."""
        return self._catalogue.get(row.code) if row else None

    @property
    def cause(self) -> Entry | None:
        """The entry of the likely cause."""
        return self.entry(self._cause)

    @property
    def leaders(self) -> tuple[Entry, ...]:
        """Where nothing stands out: the entries of the codes that follow no other, in the digest's order."""
        alone = (self.entry(row) for row in self.digest.rows if row.role is not Role.FOLLOWER)
        return tuple(entry for entry in alone if entry) if self._cause is None else ()

    def name(self, row: CodeRow) -> str:
        """The title of a code."""
        entry = self.entry(row)
        return self.say.pick(entry.title) if entry else _NONE

    def actor(self, entry: Entry) -> str:
        """Who must act, in a word."""
        return self.say(f"actor.{entry.actor}")

    def steps(self, entry: Entry) -> tuple[str, ...]:
        """What to do, the first step first."""
        return self.say.pick(entry.remedy)

    def shape(self) -> Iterator[str]:
        """Since when, how often, in which shape, whether it goes on: a clause each."""
        rows = (self._cause,) if self._cause else self.rows
        if not rows:
            return
        first, last = _span(rows)
        place = self.place(first)
        since = "triage.since" if first.stamp else "triage.since_place"
        yield self.say(since, place=place, time=_time(first))
        yield self.say.count("triage.times", sum(row.count for row in rows))
        if self._cause and self.digest.pattern in (Pattern.BURST, Pattern.STEADY):
            yield self._course(self.digest.pattern, first, last)
        sources = max(row.source_count for row in rows)
        if sources:
            yield self.say.count("triage.sources", sources)
        if self._cause:
            yield from self._brought()
        ongoing = {True: "yes", False: "no", None: "unknown"}[self.digest.is_ongoing]
        yield self.say(f"triage.ongoing.{ongoing}")

    def _course(self, course: Pattern, first: Mark, last: Mark) -> str:
        if not (first.stamp and last.stamp):
            return self.say(f"triage.course.{course}")
        seconds = max(last.stamp.seconds - first.stamp.seconds, 0.0)
        # A burst came within so long, which it did not exceed.
        rounded = math.ceil if course is Pattern.BURST else round
        return self.say(f"triage.course_span.{course}", span=self._duration(seconds, rounded))

    def _brought(self) -> Iterator[str]:
        followers = [row for row in self.digest.rows if row.role is Role.FOLLOWER]
        if followers:
            yield self.say.count("triage.brought", len(followers), times=f"{sum(row.count for row in followers):,}")

    def _duration(self, seconds: float, rounded: Callable[[float], int]) -> str:
        """*seconds* in the largest unit of which there are two."""
        for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
            if seconds >= 2 * length:
                return self.say.count(f"unit.{unit}", rounded(seconds / length))
        return self.say.count("unit.seconds", max(rounded(seconds), 1))

    def place(self, mark: Mark) -> str:
        """Where something stands: its line, with its file where there are several."""
        if len(self.digest.files) == 1:
            return self.say("triage.line", line=mark.line)
        return self.say("triage.file_line", file=self.file(self.digest.files[mark.file].name), line=mark.line)

    def file(self, name: str) -> str:
        """What a file is called."""
        return printable(name) or self.say("triage.paste")

    def role(self, row: CodeRow) -> str:
        """What a code is to the others."""
        if row in self.digest.unknown:
            return self.say("triage.role.unknown")
        if row.role is Role.FOLLOWER and row.follows is not None:
            return self.say("triage.role.follower", code=row.follows)
        if row.role is Role.UNRELATED and self._cause is None:
            return self.say("triage.role.alone")
        return self.say(f"triage.role.{row.role}")

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The titles of the columns, and a line for each code; the columns of times are left out where there are none.

        The third column is a number.
        """
        is_timed = any(row.first.stamp or row.last.stamp for row in self.rows)
        columns = ["code", "name", "count", *(["first", "last"] if is_timed else []), "line", "role"]
        lines = []
        for row in self.rows:
            name = f"↳ {self.name(row)}" if row.role is Role.FOLLOWER else self.name(row)
            times = (
                [printable(mark.stamp.text) if mark.stamp else _NONE for mark in (row.first, row.last)]
                if is_timed
                else []
            )
            lines.append([str(row.code), name, f"{row.count:,}", *times, self._lines(row), self.role(row)])
        return [self.say(f"triage.column.{column}") for column in columns], lines

    def _lines(self, row: CodeRow) -> str:
        first, last = row.first, row.last
        if len(self.digest.files) == 1:
            return f"{first.line}–{last.line}" if last.line > first.line else str(first.line)
        begin, end = (f"{self._brief(mark.file)}:{mark.line}" for mark in (first, last))
        if first.file == last.file:
            return f"{begin}–{last.line}" if last.line > first.line else begin
        return f"{begin} – {end}"

    def _brief(self, file: int) -> str:
        """The end of a file's name."""
        name = self.file(self.digest.files[file].name)
        return name if len(name) <= _FILE else "…" + name[1 - _FILE :]

    def evidence(self, window: Excerpt) -> str:
        """What some lines are about, and where they stand."""
        return self.say("triage.evidence_of", code=window.code, place=self.place(Mark(window.file, window.line, None)))

    def context(self) -> Iterator[str]:
        """Where the log comes from, a phrase each."""
        context = self.digest.metadata
        if context.sdk_versions:
            yield self.say("triage.sdk", versions=self._listed(context.sdk_versions))
        if context.platforms:
            yield self._listed(context.platforms)
        if context.app_ids:
            yield self.say("triage.app_id", ids=self._listed(context.app_ids))
        if context.first and context.last:
            yield self.say("triage.span", first=printable(context.first.text), last=printable(context.last.text))
            zones = self._listed(context.zones)
            is_unix = context.first.text.replace(".", "").isdecimal()
            unzoned = self.say("triage.unix_times" if is_unix else "triage.no_zone")
            yield self.say("triage.zone", zones=zones) if zones else unzoned

    def coverage(self, most_files: int | None = None) -> Iterator[str]:
        """What was read, found, left alone, hidden and not read; of the files not read at most *most_files*."""
        digest, say = self.digest, self.say
        if digest.files:
            yield say("triage.read", files=self._files(), lines=self.lines(digest.lines), size=self.size(digest.bytes))
        if self.rows:
            yield say.count("triage.hits", digest.hits, codes=say.count("triage.codes", len(self.rows)))
        if any(digest.lookalikes.values()):
            reasons = self._counted({say(f"reason.{reason.name}"): n for reason, n in digest.lookalikes.items()})
            yield say.count("triage.lookalikes", sum(digest.lookalikes.values()), reasons=reasons)
        if any(digest.hidden.values()):
            kinds = self._counted({say(f"triage.secret.{kind}"): n for kind, n in digest.hidden.items()})
            yield say.count("triage.hidden", sum(digest.hidden.values()), kinds=kinds)
        missing = self.missing()
        yield from missing[:most_files]
        if most_files is not None and len(missing) > most_files:
            yield say.count("triage.more_files", len(missing) - most_files)

    def missing(self) -> list[str]:
        """The files that were not read, or not to their end, and why."""
        refused = [
            self.say("triage.refused", file=self.file(file.name), why=self.say(f"triage.refused.{file.reason}"))
            for file in self.digest.refused
        ]
        return [*(self._cut(file, file.cut) for file in self.digest.files if file.cut), *refused]

    def _cut(self, file: FileRead, cut: Cut) -> str:
        if not file.skipped_bytes:
            return self.say("triage.cut_head", file=self.file(file.name), why=self.say(f"triage.cut.{cut}"))
        skipped = self.say("triage.skipped", size=self.size(file.skipped_bytes))
        return self.say("triage.cut", file=self.file(file.name), why=self.say(f"triage.cut.{cut}"), skipped=skipped)

    def size(self, number: int) -> str:
        """So many bytes."""
        return decimal(number) if number >= 1000 else self.say.count("unit.bytes", number)

    def lines(self, number: int) -> str:
        """So many lines."""
        return self.say.count("triage.lines", number)

    def _files(self) -> str:
        files = self.digest.files
        return self.file(files[0].name) if len(files) == 1 else self.say.count("triage.files", len(files))

    def _counted(self, counts: Mapping[str, int]) -> str:
        """What was counted, the most frequent first."""
        ranked = sorted(counts.items(), key=lambda item: -item[1])
        return self._listed([self.say("triage.counted", n=f"{count:,}", what=what) for what, count in ranked if count])

    def _listed(self, texts: Sequence[str]) -> str:
        return printable(self.say("list.separator").join(texts))

    def bars(self) -> tuple[str, list[str]]:
        """What rows of bars show, and one for each code; no rows where there is nothing to see."""
        timeline = self.digest.timeline
        if timeline is None or not self.is_drawable:
            return "", []
        rows = [f"{sparkline(row.timeline)}  {row.code}" for row in self.rows]
        return self.say("triage.bars", width=self._width(timeline)), rows

    @property
    def is_drawable(self) -> bool:
        """Whether there is a course over time to see: several buckets, the same for all codes."""
        timeline = self.digest.timeline
        if timeline is None or timeline.buckets < 2:
            return False
        return bool(self.rows) and all(len(row.timeline) == timeline.buckets for row in self.rows)

    def _width(self, timeline: Timeline) -> str:
        """How much of the log one bucket is."""
        if timeline.start is None:
            return self.lines(max(round(timeline.width), 1))
        if timeline.width < 1:
            return self.say.count("unit.milliseconds", max(round(timeline.width * 1000), 1))
        return self._duration(timeline.width, round)

    def axis(self) -> str:
        """What the labels of the timeline's buckets count."""
        _, start = offsets(self.digest.timeline)
        return self.say("triage.offset.time", start=start) if start else self.say("triage.offset.lines")


def offsets(timeline: Timeline | None) -> tuple[list[str], str]:
    """The beginning of each bucket, each another, and the time that they are counted from, empty for lines."""
    if timeline is None:
        return [], ""
    starts = [index * timeline.width for index in range(timeline.buckets)]
    if timeline.start is None:
        labels = [f"+{start:,.0f}" for start in starts]
    else:
        labels = [_clock(start, timeline.width) for start in starts]
    is_distinct = len(set(labels)) == len(labels)
    labels = labels if is_distinct else [str(number + 1) for number in range(timeline.buckets)]
    return labels, printable(timeline.start.text) if timeline.start else ""


def printable(text: str) -> str:
    """*text* of a log or its owner, with a sign in the place of every character that would not show."""
    return _UNPRINTABLE.sub("\ufffd", text)


def marked(window: Excerpt) -> list[str]:
    """The lines of *window* with their numbers, the one of interest marked."""
    width = len(str(window.first_line + len(window.lines) - 1))
    return [
        f"{'>' if number == window.line else ' '} {number:>{width}} | {printable(line)}"
        for number, line in enumerate(window.lines, window.first_line)
    ]


def sparkline(counts: Sequence[int]) -> str:
    """*counts* as a row of bars; what is zero is a dot."""
    top = max(counts, default=0)
    return "".join(_BARS[math.ceil(count / top * len(_BARS)) - 1] if count else "·" for count in counts)


def _clock(seconds: float, width: float) -> str:
    """An offset such as +1:30 or +2:00:00; below a second, +0.25."""
    if width < 1:
        return f"+{seconds:.2f}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{rest:02}" if hours else f"+{minutes}:{rest:02}"


def _time(mark: Mark) -> str:
    return printable(mark.stamp.text) if mark.stamp else _NONE


def _span(rows: Sequence[CodeRow]) -> tuple[Mark, Mark]:
    """The first and the last place of *rows*: by time where any has one, else by file and line."""
    marks = [mark for row in rows for mark in (row.first, row.last)]
    timed = sorted((mark.stamp.seconds, index) for index, mark in enumerate(marks) if mark.stamp)
    if timed:
        return marks[timed[0][1]], marks[timed[-1][1]]
    marks.sort(key=lambda mark: (mark.file, mark.line))
    return marks[0], marks[-1]
