"""A scan whose hits can be looked at."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.detection.detector import find
from bot.detection.result import Known, LookAlikeReason
from bot.triage.reader import NO_LIMITS, LogFile, LogReading, ReadBudget, ReadLimits, logs
from bot.triage.scanner import CodeHit, Scanner


class Window(NamedTuple):
    """What a scan hands on as evidence."""

    code: int
    file: int
    first_line: int
    line: int
    lines: tuple[bytes, ...]


class Seen:
    """Takes what a scan hands on."""

    def __init__(self) -> None:
        self.hits: list[CodeHit] = []
        self.windows: list[Window] = []
        self.lookalikes: Counter[LookAlikeReason] = Counter()

    @property
    def codes(self) -> list[tuple[int, int]]:
        """Line and code of each hit."""
        return [(hit.line, hit.code) for hit in self.hits]

    def hit(self, hit: CodeHit) -> None:
        """Keep a hit."""
        self.hits.append(hit)

    def window(self, code: int, file: int, first_line: int, line: int, lines: Sequence[bytes]) -> None:
        """Keep a window."""
        self.windows.append(Window(code, file, first_line, line, tuple(lines)))


def source(data: bytes, name: str = "app.log") -> LogFile:
    """A file in memory."""
    return LogFile(name, lambda: io.BytesIO(data))


def opened(data: bytes, limits: ReadLimits = NO_LIMITS) -> list[LogReading]:
    """The texts in a file that holds *data*; they can be read one after the other only."""
    return [log for log in logs([source(data)], ReadBudget(limits, lambda: 0.0)) if isinstance(log, LogReading)]


def scan(data: bytes, known: Known, limits: ReadLimits = NO_LIMITS) -> Seen:
    """What a scan sees in *data*, read as a file."""
    seen = Seen()
    scanner = Scanner(known, seen)
    for index, log in enumerate(logs([source(data)], ReadBudget(limits, lambda: 0.0))):
        if isinstance(log, LogReading):
            scanner.begin(index)
            for block in log.blocks():
                scanner.scan(block)
            scanner.end()
    seen.lookalikes = scanner.lookalikes
    return seen


def found(lines: Iterable[str], known: Known) -> tuple[list[tuple[int, int]], Counter[LookAlikeReason]]:
    """What detection finds in *lines*, each by itself: line and code of each occurrence, and the look-alikes."""
    codes: list[tuple[int, int]] = []
    lookalikes: Counter[LookAlikeReason] = Counter()
    for number, line in enumerate(lines, 1):
        seen = find(line, known)
        codes += [(number, each.code) for each in seen.findings]
        lookalikes.update(each.reason for each in seen.lookalikes)
    return codes, lookalikes
