"""Scan a log and record its hits."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable

from bot.detection.detector import find
from bot.detection.result import Known, LookAlikeReason
from bot.triage.reader import NO_LIMITS, LogFile, LogStream, ReadBudget, ReadLimits, open_logs
from bot.triage.scanner import CodeHit, EventHit, LineWindow, Scanner


class Recorded:
    """The hits, events and windows of a scan, in order."""

    def __init__(self) -> None:
        self.hits: list[CodeHit] = []
        self.events: list[EventHit] = []
        self.windows: list[LineWindow] = []
        self.lookalikes: Counter[LookAlikeReason] = Counter()

    @property
    def codes(self) -> list[tuple[int, int]]:
        """Line and code of each hit."""
        return [(hit.line, hit.code) for hit in self.hits]


def source(data: bytes, name: str = "app.log") -> LogFile:
    """Return a file in memory."""
    return LogFile(name, lambda: io.BytesIO(data))


def scan(data: bytes, known: Known, limits: ReadLimits = NO_LIMITS) -> Recorded:
    """Scan *data* as a file."""
    recorded = Recorded()
    scanner = Scanner(known, recorded.hits.append, recorded.events.append, recorded.windows.append)
    for index, log in enumerate(open_logs([source(data)], ReadBudget(limits, lambda: 0.0))):
        if isinstance(log, LogStream):
            scanner.begin(index)
            for block in log.blocks():
                scanner.scan(block)
            scanner.end()
    recorded.lookalikes = scanner.lookalikes
    return recorded


def found(lines: Iterable[str], known: Known) -> tuple[list[tuple[int, int]], Counter[LookAlikeReason]]:
    """Detect codes in *lines* one by one: return line and code of each occurrence, and the look-alikes."""
    codes: list[tuple[int, int]] = []
    lookalikes: Counter[LookAlikeReason] = Counter()
    for number, line in enumerate(lines, 1):
        detection = find(line, known)
        codes += [(number, each.code) for each in detection.findings]
        lookalikes.update(each.reason for each in detection.lookalikes)
    return codes, lookalikes
