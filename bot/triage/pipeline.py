"""Read logs, find their codes, count them: from files to a digest.

Here is what runs beside the hits: head and tail of each file, and the secrets that somebody should be warned of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.triage.aggregate import Aggregator
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, FileRead, FileRefused, Secret
from bot.triage.reader import HEAD, LogBlock, LogFile, LogReading, ReadBudget, ReadLimits, logs
from bot.triage.redact import live_secrets
from bot.triage.scanner import CodeHit, Scanner

_SEARCHED = 5_000_000  # bytes of a file in which secrets are looked for; of a longer one, in its tail and evidence too
_MOST_SECRETS = 1000


def triage(
    sources: Iterable[LogFile],
    catalogue: Catalogue,
    cascades: Cascades,
    limits: ReadLimits,
    *,
    clock: Callable[[], float],
    progress: Callable[[int], None] | None = None,
) -> Digest:
    """Return what stands in *sources*, taken together; *progress* is told of bytes taken from the files.

    A file that breaks off counts as far as it goes, and is among the refused as well. Raises OSError where a source
    can't be opened or read.
    """
    started = clock()
    watch = _Watch(Aggregator(cascades, catalogue))
    scanner = Scanner(catalogue, watch)
    files: list[FileRead] = []
    refused: list[FileRefused] = []
    for log in logs(sources, ReadBudget(limits, clock), progress):
        if isinstance(log, FileRefused):
            refused.append(log)
            continue
        read = _read(log, len(files), scanner, watch)
        files += [read] if read.lines else []
        if log.damage or not read.lines:
            refused.append(log.refusal)
    secrets = tuple(watch.secrets)
    return watch.tally.digest(files, refused, scanner.lookalikes, clock() - started, secrets)


def _read(log: LogReading, file: int, scanner: Scanner, watch: _Watch) -> FileRead:
    scanner.begin(file)
    for block in log.blocks():
        watch.block(block, file)
        scanner.scan(block)
    scanner.end()
    watch.end(file)
    return log.read()


class _Watch:
    """Stands between scan and tally: knows where in a file the scan is, and looks for secrets."""

    def __init__(self, tally: Aggregator) -> None:
        self.tally = tally
        self.secrets: dict[Secret, None] = {}
        self._line = 1  # of the block that comes next
        self._bytes = 0
        self._tail = (1, b"")  # the last lines so far, and the number of their first

    def block(self, block: LogBlock, file: int) -> None:
        """The next block of a file."""
        if not self._bytes:
            self.tally.begin(file, block.data[:HEAD])
        if self._bytes < _SEARCHED:
            self._search(block.data, file, self._line)
        data, first = block.data, self._line
        if len(data) < HEAD and not block.lead:
            data, first = self._tail[1] + data, self._tail[0]
        if len(data) > HEAD:
            cut = data.find(b"\n", len(data) - HEAD) + 1
            data, first = data[cut:], first + data.count(b"\n", 0, cut)
        self._tail = (first, data)
        self._bytes += len(block.data)
        self._line += block.data.count(b"\n")

    def end(self, file: int) -> None:
        """The file is over."""
        if self._bytes:
            self.tally.end(file, self._tail[1][-HEAD:])
        if self._bytes > _SEARCHED:
            self._search(self._tail[1], file, self._tail[0])
        self._line, self._bytes, self._tail = 1, 0, (1, b"")

    def hit(self, hit: CodeHit) -> None:
        """Pass a hit on."""
        self.tally.hit(hit)

    def window(self, code: int, file: int, first_line: int, line: int, lines: Sequence[bytes]) -> None:
        """Pass evidence on."""
        self.tally.window(code, file, first_line, line, lines)
        if self._bytes > _SEARCHED:
            self._search(b"\n".join(lines), file, first_line)

    def _search(self, text: bytes, file: int, first_line: int) -> None:
        if len(self.secrets) < _MOST_SECRETS:
            self.secrets |= dict.fromkeys(live_secrets([text], file=file, first_line=first_line))
