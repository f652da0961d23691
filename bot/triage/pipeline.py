"""Run a triage from log files to a digest: read, scan, aggregate, analyze.

This module also passes the head and the tail of each file to the aggregator, and searches for live secrets so that
their author can be warned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.catalogue.catalogue import Catalogue
from bot.triage.aggregate import Aggregator
from bot.triage.analyze import Analysis
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, FileRead, FileRefused, Refusal, Secret
from bot.triage.reader import HEAD, LogFile, LogStream, ReadBudget, ReadLimits, open_logs
from bot.triage.redact import live_secrets
from bot.triage.scanner import LineWindow, Scanner

_SEARCHED = 5_000_000  # bytes at a file's start that are searched for secrets; of the rest, the tail and windows are
_MAX_SECRETS = 1000


def triage(
    sources: Iterable[LogFile],
    catalogue: Catalogue,
    cascades: Cascades,
    limits: ReadLimits,
    *,
    clock: Callable[[], float],
    progress: Callable[[int], None] | None = None,
) -> Digest:
    """Return the triage of all *sources* together.

    *clock* returns seconds. *progress* receives the number of bytes of each read from a file. A damaged file is listed
    as refused and, if a part of it could be read, as read too. Raises OSError if a file can't be opened or read.
    """
    started = clock()
    run = _TriageRun(catalogue, cascades)
    files: list[FileRead] = []
    refused: list[FileRefused] = []
    for log in open_logs(sources, ReadBudget(limits, clock), progress):
        if isinstance(log, FileRefused):
            refused.append(log)
            continue
        run.read(log, len(files))
        if log.lines:
            files.append(log.summary)
        if log.damage or not log.lines:
            refused.append(FileRefused(log.name, log.damage or Refusal.EMPTY))
    duration_s = clock() - started
    analysis = Analysis(run.aggregator.state, cascades, catalogue, files)
    return analysis.digest(refused, run.scanner.lookalikes, tuple(run.secrets), duration_s)


class _TriageRun:
    """Pass logs, one after another, to the scanner, the aggregator and the search for secrets."""

    def __init__(self, catalogue: Catalogue, cascades: Cascades) -> None:
        self.aggregator = Aggregator(cascades)
        self.scanner = Scanner(catalogue, self.aggregator.add_hit, self._add_window)
        self.secrets: dict[Secret, None] = {}
        self._bytes = 0  # of the current file

    def read(self, log: LogStream, file: int) -> None:
        """Read *log* to its end, as the file with the index *file*."""
        self._bytes = 0
        tail, tail_line = b"", 1  # the last lines so far, about 64 KB, and the number of the first
        self.scanner.begin(file)
        for block in log.blocks():
            data = block.data
            if not self._bytes:
                self.aggregator.begin_file(file, data[:HEAD])
            if self._bytes < _SEARCHED:
                self._search(data, file, block.first_line)
            self._bytes += len(data)
            self.scanner.scan(block)
            if len(data) < HEAD and not block.overlap_before:
                tail += data
            else:
                tail, tail_line = data, block.first_line
            if len(tail) > HEAD:
                cut = tail.find(b"\n", len(tail) - HEAD) + 1
                tail_line += tail.count(b"\n", 0, cut)
                tail = tail[cut:]
        self.scanner.end()
        if self._bytes:
            self.aggregator.end_file(file, tail[-HEAD:])
        if self._bytes > _SEARCHED:
            self._search(tail, file, tail_line)

    def _add_window(self, window: LineWindow) -> None:
        """Pass *window* on, and search it for secrets if it is beyond the part that is searched."""
        self.aggregator.add_window(window)
        if self._bytes > _SEARCHED:
            self._search(b"\n".join(window.lines), window.file, window.first_line)

    def _search(self, text: bytes, file: int, first_line: int) -> None:
        """Search *text* for live secrets; *first_line* is the number of its first line."""
        if len(self.secrets) < _MAX_SECRETS:
            found = live_secrets(text.decode("utf-8", "replace"), file=file, first_line=first_line)
            self.secrets |= dict.fromkeys(found)
