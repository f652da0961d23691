"""When a line of a log was written, as the line says it.

`recognise` finds the format of a file in its head; the `Reader` that it returns then needs one compiled pattern a
line. A zone is never guessed: without one the log's clock is taken for UTC, and only differences mean something. The
same holds for a format without a year or without a date; there the turn of the year, or midnight, is counted on.
A line without a stamp of its own gives None; whose stamp it takes is the caller's to say.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from bot.triage.digest import Stamp

_DAY = 86_400.0
_YEAR = 366 * _DAY  # a format without a year is read as of 1972, a leap year: 29 February must be readable
_REACH = 200  # bytes in which a line's stamp begins; what comes later is talk about times
_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_AFTERNOON = frozenset(each.encode() for each in ("下午", "晚上", "PM", "pm", "中午"))
_FORENOON = frozenset(each.encode() for each in ("上午", "凌晨", "早上", "AM", "am"))


@dataclass(frozen=True, slots=True)
class TimestampFormat:
    """How a log writes its times. In *pattern*, ``t`` is the stamp and ``k`` all of it but fraction and zone."""

    name: str
    pattern: re.Pattern[bytes]
    has_date: bool = True
    has_year: bool = True
    anywhere: bool = False  # behind a key of its own, so it may stand anywhere in the line


_CLOCK = r"(?P<h>[01]?\d|2[0-3]):(?P<mi>[0-5]\d):(?P<s>[0-5]\d|60)"
_FRACTION = r"(?:[.,](?P<f>\d{1,9}))?(?!\d)"
_ZONE = r"(?: ?(?P<z>Z|UTC|GMT|[+-][01]\d:?[0-5]\d)(?![\w:]))?"
_HALF = "(?:(?P<ap>上午|下午|凌晨|早上|中午|晚上) ?)?"
_ISO = rf"(?P<k>(?P<y>\d{{4}})-(?P<mo>\d\d)-(?P<d>\d\d)[T ]{_CLOCK}){_FRACTION}{_ZONE}"
_EPOCH = r"(?P<k>(?P<e>1\d{9}))(?:\.?(?P<f>\d{1,9}))?(?!\d)"
_KEY = r'"(?:@?timestamp|ts|time|datetime|asctime|date|t|eventTime|log_?time)"\s{0,3}:\s{0,3}'


def _format(name: str, pattern: str, **what: bool) -> TimestampFormat:
    return TimestampFormat(name, re.compile(pattern.encode()), **what)


FORMATS = (
    _format("json-iso", rf'{_KEY}"(?P<t>{_ISO})', anywhere=True),
    _format("json-epoch", rf'{_KEY}"?(?P<t>{_EPOCH})', anywhere=True),
    _format("iso", rf"(?<![\d-])(?P<t>{_ISO})"),
    _format(
        "chinese",
        r"(?<!\d)(?P<t>(?P<k>(?P<y>\d{4})年(?P<mo>\d{1,2})月(?P<d>\d{1,2})日 ?"
        rf"{_HALF}(?P<h>\d{{1,2}})(?:时|点|:|：)(?P<mi>[0-5]\d)(?:分|:|：)(?P<s>[0-5]\d)秒?))",
    ),
    _format(
        "chinese-day",
        r"(?<![\d年])(?P<t>(?P<k>(?P<mo>\d{1,2})月(?P<d>\d{1,2})日 ?"
        rf"{_HALF}(?P<h>\d{{1,2}})(?:时|点|:|：)(?P<mi>[0-5]\d)(?:分|:|：)(?P<s>[0-5]\d)秒?))",
        has_year=False,
    ),
    _format(
        "slashes",
        rf"(?<![\d/])(?P<t>(?P<k>(?P<y>\d{{4}})/(?P<mo>\d{{1,2}})/(?P<d>\d{{1,2}}),? "
        rf"{_HALF}{_CLOCK}){_FRACTION}{_ZONE})",
    ),
    _format(
        "us",  # day and month only where AM or PM says that it is the American order
        rf"(?<![\d/])(?P<t>(?P<k>(?P<mo>\d{{1,2}})/(?P<d>\d{{1,2}})/(?P<y>\d{{4}}),? {_CLOCK}[  ]?(?P<ap>[AaPp][Mm])))",
    ),
    _format(
        "web-server",
        rf"(?P<t>(?P<k>(?P<d>\d\d)/(?P<mon>[A-Z][a-z]{{2}})/(?P<y>\d{{4}}):{_CLOCK}){_FRACTION}{_ZONE})",
    ),
    _format(
        "syslog",
        rf"\b(?P<t>(?P<k>(?P<mon>[A-Z][a-z]{{2}}) {{1,2}}(?P<d>\d{{1,2}}) {_CLOCK}){_FRACTION})",
        has_year=False,
    ),
    _format(
        "logcat",
        rf"(?<![\d-])(?P<t>(?P<k>(?P<mo>\d\d)-(?P<d>\d\d) {_CLOCK})[.](?P<f>\d{{3,9}}){_ZONE})",
        has_year=False,
    ),
    _format("sdk", rf"(?<!\d)(?P<t>(?P<k>(?P<mo>\d\d)(?P<d>\d\d) {_CLOCK})[.](?P<f>\d{{3}}))(?!\d)", has_year=False),
    _format("epoch", rf"^\W{{0,3}}(?P<t>{_EPOCH})(?=\W|$)"),
    _format(
        "clock",
        rf"(?<![\d:.])(?P<t>(?P<k>{_HALF}{_CLOCK}(?: (?P<ap2>[AaPp][Mm])\b)?){_FRACTION})(?![\d:])",
        has_date=False,
        has_year=False,
    ),
)


class TimestampReader:
    """Reads the stamps of one file, in its order."""

    def __init__(self, form: TimestampFormat) -> None:
        self.format = form
        self.written = b""  # the stamp read last, as it stands there
        self.zone: bytes | None = None  # of that stamp
        self.turn = 0.0 if form.has_year else _YEAR if form.has_date else _DAY  # seconds after which it begins anew
        self.turned = 0.0  # seconds added for the years or midnights that went by
        self._search = form.pattern.search
        self._reach = 1 << 20 if form.anywhere else _REACH
        names = form.pattern.groupindex
        self._has_fraction, self._has_zone, self._is_epoch = "f" in names, "z" in names, "e" in names
        self._latest = float("-inf")
        self._key = b""
        self._base: float | None = None  # of `_key`: most lines share their second with the one before

    @property
    def kind(self) -> tuple[bool, bool, bool]:
        """What must be equal for the stamps of two files to be compared, once one was read."""
        return self.format.has_date, self.format.has_year, self._is_epoch or self.zone is not None

    def seconds(self, line: bytes) -> float | None:
        """The stamp of *line* in seconds since the epoch, or None where it has none."""
        seconds = self._read(line)
        if seconds is None:
            return None
        if seconds > self._latest:
            self._latest = seconds
        elif self.turn and seconds < self._latest - self.turn / 2:
            self.turned += self.turn
            self._latest = seconds = seconds + self.turn
        return seconds

    def stamp(self, line: bytes) -> Stamp | None:
        """The stamp of *line*, wherever in the file it stands, or None where it has none."""
        seconds = self._read(line)
        if seconds is None:
            return None
        if self.turn and self._latest > 0:
            seconds += self.turn * round((self._latest - seconds) / self.turn)
        return self.as_stamp(seconds)

    def as_stamp(self, seconds: float) -> Stamp:
        """The stamp read last."""
        return made(seconds, self.written, self.zone)

    def _read(self, line: bytes) -> float | None:
        match = self._search(line, 0, self._reach)
        if match is None:
            return None
        key = match["k"]
        zone = match["z"] if self._has_zone else None
        if key != self._key or zone != self.zone:
            self._key, self._base = key, _base(match)
        if self._base is None:
            return None
        self.zone = zone
        self.written = match["t"]
        fraction = match["f"] if self._has_fraction else None
        if fraction:
            return self._base + self.turned + int(fraction) / float(10 ** len(fraction))
        return self._base + self.turned


def made(seconds: float, written: bytes, zone: bytes | None) -> Stamp:
    """A stamp from what a `Reader` has read."""
    return Stamp(seconds, written.decode("utf-8", "replace"), zone.decode() if zone else None)


def recognise(head: bytes) -> TimestampReader | None:
    """A reader for the file that begins with *head*, or None where it dates no lines.

    Each line votes for the format that begins earliest in it: a line's own stamp stands before those it talks about.
    """
    votes: Counter[int] = Counter()
    for line in head.splitlines()[:300]:
        found = [
            (match.start("t") if not form.anywhere else 0, index)
            for index, form in enumerate(FORMATS)
            if (match := form.pattern.search(line, 0, 4096 if form.anywhere else _REACH)) and _base(match) is not None
        ]
        if found:
            votes[min(found)[1]] += 1
    if not votes:
        return None
    return TimestampReader(FORMATS[min(votes, key=lambda index: (-votes[index], index))])


def _base(match: re.Match[bytes]) -> float | None:
    """Seconds since the epoch without the fraction; None where the numbers make no time."""
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
    if hour is None:
        return None
    return days * _DAY + hour * 3600 + int(parts["mi"]) * 60 + int(parts["s"]) - _offset(parts.get("z"))


def _hour(hour: int, half: bytes | None) -> int | None:
    """The hour of the day, 0 to 23; None where there is no such hour."""
    if half and half.upper() in _AFTERNOON and hour < 12:
        # 中午 is the hours from 11 to 1.
        return hour if half == "中午".encode() and hour == 11 else hour + 12
    if half and half.upper() in _FORENOON and hour == 12:
        return 0
    return hour if hour < 24 else None


def _offset(zone: bytes | None) -> int:
    """Seconds that *zone* is ahead of UTC."""
    if not zone or zone[:1] not in (b"+", b"-"):
        return 0
    digits = zone[1:].replace(b":", b"")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[:1] == b"-" else 1)
