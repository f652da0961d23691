"""Run a triage from log files to a digest: read, scan, aggregate, analyze.

This module also passes the head and the tail of each file to the aggregator, and searches for live secrets so that
their author can be warned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.catalogue.catalogue import Catalogue
from bot.triage.aggregate import Aggregator
from bot.triage.analyze import Analysis
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, FileRead, FileRefused, Refusal
from bot.triage.metadata import names_zim
from bot.triage.reader import HEAD, LogFile, LogStream, ReadBudget, ReadLimits, open_logs
from bot.triage.redact import SecretCounter
from bot.triage.scanner import LineWindow, Scanner

_SEARCHED = 12_000_000  # bytes that are searched for secrets and for ZIM; of the rest, only lines around codes are


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
        run.names_zim = run.names_zim or names_zim(log.name.encode(errors="replace"))
        if isinstance(log, FileRefused):
            refused.append(log)
            continue
        run.read(log, len(files))
        if log.lines:
            files.append(log.summary)
        if log.damage or not log.lines:
            refused.append(FileRefused(log.name, log.damage or Refusal.EMPTY))
    duration_s = clock() - started
    analysis = Analysis(run.aggregator.state, run.scanner.lookalikes, cascades, catalogue, files)
    digest = analysis.digest(refused, run.secrets, duration_s)
    return replace(digest, names_zim=run.names_zim)


class _TriageRun:
    """Pass logs, one after another, to the scanner, the aggregator and the search for secrets."""

    def __init__(self, catalogue: Catalogue, cascades: Cascades) -> None:
        self.aggregator = Aggregator(cascades, catalogue.server_codes)
        self.scanner = Scanner(catalogue, self.aggregator.add_hit, self.aggregator.add_event, self._add_window)
        self.secrets = SecretCounter()
        self.names_zim = False
        self._bytes = 0  # of all files

    def read(self, log: LogStream, file: int) -> None:
        """Read *log* to its end, as the file with the index *file*."""
        tail, is_first = b"", True  # the last lines so far, about 64 KB
        self.scanner.begin(file)
        for block in log.blocks():
            data = block.data
            if is_first:
                self.aggregator.begin_file(file, data[:HEAD])
            is_first = False
            if self._bytes < _SEARCHED:
                self.secrets.search(data, file=file, first_line=block.first_line)
                self.names_zim = self.names_zim or names_zim(data)
            self._bytes += len(data)
            self.aggregator.begin_block(data)
            self.scanner.scan(block)
            tail = tail + data if len(data) < HEAD and not block.overlap_before else data
            if len(tail) > HEAD:
                tail = tail[tail.find(b"\n", len(tail) - HEAD) + 1 :]
        self.scanner.end()
        if not is_first:
            self.aggregator.end_file(file, tail[-HEAD:])

    def _add_window(self, window: LineWindow) -> None:
        """Pass *window* on, and search it for secrets if it is beyond the part that is searched."""
        self.aggregator.add_window(window)
        if self._bytes > _SEARCHED:
            self.secrets.search(b"\n".join(window.lines), file=window.file, first_line=window.first_line)
