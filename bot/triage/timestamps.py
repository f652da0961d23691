"""Read the timestamps of a log's lines.

`reader_for` detects the format in a file's head; its `TimestampReader` then applies one compiled pattern per line. A
time zone is never guessed: without one, the log's clock is taken for UTC, and only differences between times have a
meaning. The same is true of a format without a year or without a date; the reader counts its New Years or midnights.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from math import isfinite

from bot.triage.digest import Stamp

_DAY = 86_400.0
_YEAR = 366 * _DAY  # a format without a year is read as 1972, a leap year, so that 29 February is valid
_REACH = 200  # bytes in which a line's own stamp begins; a later time is part of the message
_PREFIX = 24  # bytes in which a stamp before the message begins
_HEAD_LINES = 300  # that vote for a format
_LEAST_BACKWARDS = 3  # steps that show that the newest line is first
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_NOON = "中午".encode()  # covers the hours from 11 to 1
_AFTERNOON = ("下午".encode(), "晚上".encode(), _NOON, b"PM")
_MORNING = ("上午".encode(), "凌晨".encode(), "早上".encode(), b"AM")

ClockKind = tuple[bool, bool, bool]  # has a date, a year, a zone

_CLOCK = r"(?P<h>[01]?\d|2[0-3]):(?P<mi>[0-5]\d):(?P<s>[0-5]\d|60)"
_FRACTION = r"(?:[.,](?P<f>\d{1,9}))?(?!\d)"
_ZONE = r"(?: ?(?P<z>Z|UTC|GMT|[+-][01]\d:?[0-5]\d)(?![\w:]))?"
_HALF = "(?:(?P<ap>上午|下午|凌晨|早上|中午|晚上) ?)?"
_ISO = rf"(?P<k>(?P<y>\d{{4}})-(?P<mo>\d\d)-(?P<d>\d\d)[T ]{_CLOCK}){_FRACTION}{_ZONE}"
# CLDR 42 and later puts U+202F before AM and PM: https://cldr.unicode.org/downloads/cldr-42
_SPACE = "(?: |\u202f|\u00a0)"
_DAY_MONTH = r"(?P<d>\d{1,2})(?P<sep>[/.-])(?P<mo>\d{1,2})(?P=sep)(?P<y>\d{4})"
_MONTH_DAY = r"(?P<mo>\d{1,2})(?P<sep>[/.-])(?P<d>\d{1,2})(?P=sep)(?P<y>\d{4})"
# `kk` of Java and some versions of `toLocaleString` write midnight as 24: https://unicode.org/reports/tr35/tr35-dates.html
_CLOCK_24 = r"(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d):(?P<s>[0-5]\d|60)"
_YEAR_LAST = rf",? {_CLOCK_24}(?:{_SPACE}?(?P<ap>[AaPp][Mm])\b)?"
_EPOCH = r"(?P<k>(?P<e>1\d{9}))(?:\.?(?P<f>\d{1,9}))?(?!\d)"
_CHINESE = (
    r"(?P<mo>\d{1,2})月(?P<d>\d{1,2})日 ?"
    rf"{_HALF}(?P<h>[01]?\d|2[0-3])(?:时|点|:|：)(?P<mi>[0-5]\d)(?:分|:|：)(?P<s>[0-5]\d)秒?"
)
_KEY = r'"(?:@?timestamp|ts|time|datetime|asctime|date|t|eventTime|log_?time)"\s{0,3}:\s{0,3}'
# In each pattern, the group ``t`` is the stamp, and ``k`` is the stamp without fraction and zone.
_PATTERNS = {
    "json-iso": rf'{_KEY}"(?P<t>{_ISO})',
    "json-epoch": rf'{_KEY}"?(?P<t>{_EPOCH})',
    "iso": rf"(?<![\d-])(?P<t>{_ISO})",
    "chinese": rf"(?<!\d)(?P<t>(?P<k>(?P<y>\d{{4}})年{_CHINESE}))",
    "chinese-day": rf"(?<![\d年])(?P<t>(?P<k>{_CHINESE}))",
    "slashes": rf"(?<![\d/])(?P<t>(?P<k>(?P<y>\d{{4}})/(?P<mo>\d{{1,2}})/(?P<d>\d{{1,2}}),? "
    rf"{_HALF}{_CLOCK}){_FRACTION}{_ZONE})",
    # `_in_order` decides between day and month.
    "month-first": rf"(?<![\d/.{{-])(?P<t>(?P<k>{_MONTH_DAY}{_YEAR_LAST}){_FRACTION})",
    "day-first": rf"(?<![\d/.{{-])(?P<t>(?P<k>{_DAY_MONTH}{_YEAR_LAST}){_FRACTION})",
    "month-name": rf"\b(?P<t>(?P<k>(?P<mon>[A-Z][a-z]{{2}}) {{1,2}}(?P<d>\d{{1,2}}),? (?P<y>\d{{4}})(?: @|,)? "
    rf"{_CLOCK}(?:{_SPACE}?(?P<ap>[AaPp][Mm])\b)?){_FRACTION})",
    "day-and-month-name": r"(?<!\d)(?P<t>(?P<k>(?P<d>\d{1,2})[ -](?P<mon>[A-Z][a-z]{2})[ -](?P<y>\d{4}),? "
    rf"{_CLOCK}){_FRACTION}{_ZONE})",
    "web-server": rf"(?P<t>(?P<k>(?P<d>\d\d)/(?P<mon>[A-Z][a-z]{{2}})/(?P<y>\d{{4}}):{_CLOCK}){_FRACTION}{_ZONE})",
    "syslog": rf"\b(?P<t>(?P<k>(?P<mon>[A-Z][a-z]{{2}}) {{1,2}}(?P<d>\d{{1,2}}) {_CLOCK}){_FRACTION})",
    "logcat": rf"(?<![\d-])(?P<t>(?P<k>(?P<mo>\d\d)-(?P<d>\d\d) {_CLOCK})[.](?P<f>\d{{3,9}}){_ZONE})",
    "sdk": rf"(?<!\d)(?P<t>(?P<k>(?P<mo>\d\d)(?P<d>\d\d) {_CLOCK})[.](?P<f>\d{{3}}(?:\d{{3}})?))(?!\d)",
    "epoch": rf"^\W{{0,3}}(?P<t>{_EPOCH})(?=\W|$)",
    "clock": rf"(?<![\d:.])(?P<t>(?P<k>{_HALF}{_CLOCK}(?:{_SPACE}(?P<ap2>[AaPp][Mm])\b)?){_FRACTION})(?![\d:])",
    # ZEGO's UIKits for Flutter end a line with `{22/11/2026 17:00:00}  {INFO}`, by the package flutter_logs:
    # https://github.com/umair13adil/RxLogs/blob/master/plog/src/main/java/com/blackbox/plog/pLogs/formatter/TimeStampFormat.kt
    "uikit": rf"\{{(?P<t>(?P<k>{_DAY_MONTH} {_CLOCK_24}))\}}",
    "uikit-month-first": rf"\{{(?P<t>(?P<k>{_MONTH_DAY} {_CLOCK_24}))\}}",
}
FORMATS = {name: re.compile(pattern.encode()) for name, pattern in _PATTERNS.items()}
_WITH_KEY = ("json-iso", "json-epoch")
_IN_BRACES = ("uikit", "uikit-month-first")
_ANYWHERE = (*_WITH_KEY, *_IN_BRACES)  # in a line, because their key or form identifies them


class TimestampReader:
    """Read the stamps of one file, in the order of its lines."""

    def __init__(self, name: str) -> None:
        self.format = name
        self.written = b""  # the last stamp read, as in the log
        self.zone: bytes | None = None  # of that stamp
        groups = FORMATS[name].groupindex
        self._has_fraction, self._has_zone, self._is_epoch = "f" in groups, "z" in groups, "e" in groups
        # The groups t, k, z and f; 0 for one that the format lacks.
        self._groups = [groups.get(group, 0) for group in "tkzf"]
        self._has_date, self._has_year = self._is_epoch or "d" in groups, self._is_epoch or "y" in groups
        # Seconds after which the format repeats: a day, a year, or 0 for never.
        self.cycle_s = 0.0 if self._has_year else _YEAR if self._has_date else _DAY
        self.elapsed_cycles_s = 0.0  # seconds of the cycles completed so far
        self._search = FORMATS[name].search
        self._reach = 1 << 20 if name in _ANYWHERE else _REACH
        self._direction = 1  # -1: the newest line is first, as search pages of log stores export it
        self._latest = float("-inf")  # of the stamps so far, in that direction
        # Most lines have the same second as the line before, so the last one is cached.
        self._key = b""
        self._base: float | None = None

    @property
    def clock_kind(self) -> ClockKind:
        """Equal for two files whose stamps can be compared. Read a stamp first, because it has the zone."""
        return self._has_date, self._has_year, self._is_epoch or self.zone is not None

    def seconds(self, line: bytes) -> float | None:
        """Return the stamp of *line*, the next in the file, in seconds since the epoch; None if it has no stamp."""
        seconds = self._read(line)
        if seconds is None:
            return None
        progress = (seconds - self._latest) * self._direction
        if progress > 0:
            self._latest = seconds
        elif self.cycle_s and progress < -self.cycle_s / 2:
            self.elapsed_cycles_s += self.cycle_s * self._direction
            self._latest = seconds = seconds + self.cycle_s * self._direction
        return seconds

    def detect_direction(self, lines: Iterable[bytes]) -> None:
        """Find out from *lines*, the first ones of the file, whether the newest line is first."""
        times = [time for line in lines if (time := self._read(line)) is not None]
        steps = [later - earlier for earlier, later in pairwise(times)]
        if self.cycle_s:
            steps = [step - self.cycle_s * round(step / self.cycle_s) for step in steps]
        backwards = sum(step < 0 for step in steps)
        if backwards >= _LEAST_BACKWARDS and backwards > sum(step > 0 for step in steps):
            self._direction, self._latest = -1, float("inf")

    def stamp(self, line: bytes) -> Stamp | None:
        """Return the stamp of *line*, anywhere in the file, or None if it has no stamp."""
        seconds = self._read(line)
        if seconds is None:
            return None
        if self.cycle_s and isfinite(self._latest):
            seconds += self.cycle_s * round((self._latest - seconds) / self.cycle_s)
        return make_stamp(seconds, self.written, self.zone)

    def first_stamp(self, lines: Iterable[bytes]) -> Stamp | None:
        """Return the first stamp in *lines*, anywhere in the file, or None."""
        return next(filter(None, map(self.stamp, lines)), None)

    def _read(self, line: bytes) -> float | None:
        """Return the seconds of a line's stamp, and remember how it is written."""
        match = self._search(line, 0, self._reach)
        if match is None:
            return None
        written, key, zone, fraction = match.group(*self._groups)
        if not self._has_zone:
            zone = None
        if key != self._key or zone != self.zone:
            self._key, self._base = key, _base(match)
        if self._base is None:
            return None
        self.zone = zone
        self.written = written
        seconds = self._base + self.elapsed_cycles_s
        return seconds + float(b"0." + fraction) if self._has_fraction and fraction else seconds


def make_stamp(seconds: float, written: bytes, zone: bytes | None) -> Stamp:
    """Decode a stamp and its zone as a `TimestampReader` has read them."""
    return Stamp(seconds, written.decode("utf-8", "replace"), zone.decode() if zone else None)


def reader_for(head: bytes) -> TimestampReader | None:
    """Return a reader for the file that begins with *head*, or None if its lines have no timestamps.

    Each line votes for the format that begins earliest in it, because a line's own stamp comes before the times in its
    message. Of equals, the first in `FORMATS` wins.
    """
    votes = dict.fromkeys(FORMATS, 0)
    lines = head.splitlines()
    for line in lines[:_HEAD_LINES]:
        starts = {
            name: _start(name, match.start("t"))
            for name, pattern in FORMATS.items()
            if (match := pattern.search(line, 0, len(line) if name in _ANYWHERE else _REACH))
            and _base(match) is not None
        }
        if starts:
            votes[min(starts, key=starts.__getitem__)] += 1
    most = max(votes, key=votes.__getitem__)
    if not votes[most]:
        return None
    reader = TimestampReader(_in_order(most, lines))
    reader.detect_direction(lines[:_HEAD_LINES])
    return reader


def _start(name: str, offset: int) -> int:
    """Return where a stamp at *offset* begins for the vote: one that its form identifies precedes any message."""
    return 0 if name in _WITH_KEY else min(offset, _PREFIX) if name in _IN_BRACES else offset


def _in_order(name: str, lines: Sequence[bytes]) -> str:
    """Return the format *name*, or the one with day and month in the order that the dates in *lines* are written in.

    The order is the one in which all dates exist, then the one in which fewer times go back, then the one with the
    shorter span. If both are equal, UIKit and dates with dots have the day first, and AM or PM means that the month is
    first. Otherwise, only the time of day is certain.
    """
    pair = next((pair for pair in (("day-first", "month-first"), _IN_BRACES) if name in pair), None)
    if pair is None:
        return name
    reach = None if name in _IN_BRACES else _REACH
    day_first, month_first = (
        _disorder([match for line in lines if (match := FORMATS[order].search(line, 0, reach or len(line)))])
        for order in pair
    )
    if day_first != month_first:
        return pair[day_first > month_first]
    match = next(filter(None, (FORMATS[name].search(line, 0, reach or len(line)) for line in lines)))
    if name in _IN_BRACES or match["sep"] == b".":
        return pair[0]
    return pair[1] if match["ap"] else "clock"


def _disorder(matches: Sequence[re.Match[bytes]]) -> tuple[int, int, float]:
    """Return the numbers of impossible dates and of times that go back, and the span in seconds."""
    read = [_base(match) for match in matches]
    times = [time for time in read if time is not None]
    backwards = sum(later < earlier for earlier, later in pairwise(times))
    return len(read) - len(times), backwards, max(times) - min(times) if times else 0.0


def _base(match: re.Match[bytes]) -> float | None:
    """Return seconds since the epoch without the fraction, or None if the numbers are no valid time."""
    parts = match.groupdict()
    if parts.get("e"):
        return float(int(parts["e"]))
    month = int(parts["mo"]) if parts.get("mo") else _MONTHS.get(parts.get("mon") or b"", 0)
    days = 0
    if month or "d" in parts:
        try:
            days = date(int(parts.get("y") or 1972), month, int(parts["d"])).toordinal() - date(1970, 1, 1).toordinal()
        except ValueError:
            return None
    hour = _hour(int(parts["h"]), parts.get("ap") or parts.get("ap2"))
    return days * _DAY + hour * 3600 + int(parts["mi"]) * 60 + int(parts["s"]) - _offset(parts.get("z"))


def _hour(hour: int, half: bytes | None) -> int:
    """Return the hour of the day, 0 to 23."""
    if half and half.upper() in _AFTERNOON and hour < 12:
        return hour if half == _NOON and hour == 11 else hour + 12
    if half and half.upper() in _MORNING and hour == 12:
        return 0
    return hour % 24


def _offset(zone: bytes | None) -> int:
    """Return how many seconds *zone* is ahead of UTC."""
    if not zone or zone[:1] not in (b"+", b"-"):
        return 0
    digits = zone[1:].replace(b":", b"")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[:1] == b"-" else 1)
