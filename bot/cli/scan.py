"""What `zimerr scan` does: the triage of logs in a terminal, for people as the plain report, for programs as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, Translator, words
from bot.render.digest_report import report
from bot.triage.cascades import open_cascades
from bot.triage.digest import CodeRow, Digest, FileRefused, Mark, Refusal
from bot.triage.pipeline import triage
from bot.triage.reader import NO_LIMITS, LogFile

if TYPE_CHECKING:
    from rich.progress import Progress

_MOMENT_S = 0.5  # work that takes no longer shows no progress


def scan(names: Sequence[str], catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Print the triage of the files called *names*, ``-`` being standard input; return the exit status.

    It is 1 where none of them could be read. Files of any size are read to their end.
    """
    say = words(language)
    cascades = open_cascades()
    with ExitStack() as stack:
        files = _opened(names, say, stack)
        bar = _Bar(sum(map(_size, files.values())))
        stack.callback(bar.stop)
        sources = [LogFile(name, partial(_same, file)) for name, file in files.items()]
        try:
            digest = triage(
                sources, catalogue, cascades, NO_LIMITS, clock=time.monotonic, progress=bar if _is_watched() else None
            )
        except OSError as error:
            bar.stop()
            _tell(say("terminal.scan.failed", why=error.strerror or str(error)))
            return 1
    if as_json:
        print(json.dumps(as_object(digest), ensure_ascii=False, indent=2))  # noqa: T201 - the command's output
    elif digest.files:
        print(report(digest, catalogue, language, cascades), end="")  # noqa: T201
    if as_json or not digest.files:
        _tell_refused(digest.refused, say)
    was_read = digest.files or any(each.reason is Refusal.EMPTY for each in digest.refused)
    return 0 if was_read else 1


def as_object(digest: Digest) -> dict[str, Any]:
    """*digest* as JSON holds it. Rows of several files name those of their first and last occurrence."""
    return {
        "lines": digest.lines,
        "bytes": digest.bytes,
        "seconds": round(digest.duration_s, 3),
        "cause": digest.cause,
        "codes": [_row(row, digest) for row in digest.rows],
        "unknown": [_row(row, digest) for row in digest.unknown],
        "lookalikes": sum(digest.lookalikes.values()),
        "secrets_hidden": sum(digest.hidden.values()),
        "truncated": digest.is_truncated,
    }


def _row(row: CodeRow, digest: Digest) -> dict[str, Any]:
    found = {
        "code": row.code,
        "count": row.count,
        "first_line": row.first.line,
        "last_line": row.last.line,
        "first_time": _time(row.first),
        "last_time": _time(row.last),
        "role": str(row.role),
    }
    if len(digest.files) > 1:
        found |= {"first_file": digest.files[row.first.file].name, "last_file": digest.files[row.last.file].name}
    return found


def _time(mark: Mark) -> str | None:
    """The time as the log has it; its zone is the log's, if it names one."""
    return mark.stamp.text if mark.stamp else None


class _Bar:
    """A progress bar on standard error, once the work takes longer than a moment."""

    def __init__(self, total: int) -> None:
        self._total = total or None  # bytes; a pipe has no end that is known
        self._done = 0
        self._begin = time.monotonic() + _MOMENT_S
        self._progress: Progress | None = None

    def __call__(self, size: int) -> None:
        self._done += size
        if self._progress is None and time.monotonic() >= self._begin:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task("", total=self._total)
            self._progress.start()
        if self._progress:
            self._progress.update(self._progress.task_ids[0], completed=self._done)

    def stop(self) -> None:
        """Take it away."""
        if self._progress:
            self._progress.stop()


def _opened(names: Sequence[str], say: Translator, stack: ExitStack) -> dict[str, BinaryIO]:
    """The files that can be opened, by name; of the others, say why not."""
    files: dict[str, BinaryIO] = {}
    for name in dict.fromkeys(names):
        try:
            files[name] = sys.stdin.buffer if name == "-" else stack.enter_context(_open(Path(name)))
        except FileNotFoundError:
            _tell(say("terminal.scan.missing", name=name))
        except IsADirectoryError:
            _tell(say("terminal.scan.folder", name=name))
        except PermissionError:
            _tell(say("terminal.scan.forbidden", name=name))
        except (OSError, ValueError) as error:
            _tell(say("terminal.scan.failed", why=str(error)))
    return files


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _same(file: BinaryIO) -> BinaryIO:
    return file


def _size(file: BinaryIO) -> int:
    """How long a file is; 0 for a pipe."""
    if not file.seekable():
        return 0
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size - position


def _is_watched() -> bool:
    return sys.stderr.isatty()


def _tell_refused(refused: Sequence[FileRefused], say: Translator) -> None:
    for file in refused:
        _tell(say("triage.refused", file=file.name, why=say(f"triage.refused.{file.reason}")))


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201
