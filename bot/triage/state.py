"""What is kept of a log while it is read: of each code its counts and places, of each file its times.

`tally` fills it in the order of the log; `conclusion` says what it means. Nothing is kept of a hit but counts, so that
any number of them fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.triage.digest import Excerpt, Stamp
from bot.triage.histogram import Histogram
from bot.triage.metadata import MetadataScan

NEVER = float("-inf")

# Where a code stood: seconds (lines where the file has no times), the line, the stamp as written and its zone (None
# where no line so far had one), and whether that stamp is the line's own. A plain tuple: one is made for every hit.
LineSpot = tuple[float, int, bytes | None, bytes | None, bool]


class FileSpan:
    """First and last occurrence of a code in one file."""

    __slots__ = ("file", "first", "last")

    def __init__(self, file: int, spot: LineSpot) -> None:
        self.file = file
        self.first = self.last = spot


class FollowLink:
    """A code that may have made another follow, and how often it looks so."""

    __slots__ = ("cause", "count", "latest", "lines", "seconds")

    def __init__(self, cause: CodeCount, seconds: float, lines: float) -> None:
        self.cause = cause
        self.seconds = seconds
        self.lines = lines
        self.latest = NEVER  # the last follower that was counted
        self.count = 0


class CodeCount:
    """What is kept of one code."""

    __slots__ = ("at", "code", "count", "known", "links", "places", "sources")

    def __init__(self, code: int, known: bool) -> None:
        self.code = code
        self.known = known
        self.count = 0
        self.at = NEVER  # its latest occurrence
        self.links: list[FollowLink] = []
        self.places: list[FileSpan] = []
        self.sources: set[int] = set()


@dataclass(slots=True)
class LogState:
    """Everything counted so far."""

    counts: dict[int, CodeCount] = field(default_factory=dict)  # by code
    spans: dict[int, tuple[Stamp, Stamp]] = field(default_factory=dict)  # first and last stamp of each dated file
    # Of each dated file: what its stamps can be compared with.
    kinds: dict[int, tuple[bool, bool, bool]] = field(default_factory=dict)
    hit_files: dict[int, None] = field(default_factory=dict)
    windows: dict[int, tuple[float, Excerpt, Sequence[bytes]]] = field(default_factory=dict)
    context: MetadataScan = field(default_factory=MetadataScan)
    by_time: Histogram = field(default_factory=Histogram)
    by_line: Histogram = field(default_factory=Histogram)

    @property
    def is_one_clock(self) -> bool:
        """Whether all files with hits have times that can be compared."""
        kinds = {self.kinds.get(file) for file in self.hit_files}
        return len(kinds) == 1 and None not in kinds
