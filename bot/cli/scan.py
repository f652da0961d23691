"""Implement `zimerr scan`: triage logs and print the full report, or JSON for programs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from bot.catalogue.catalogue import Catalogue
from bot.cli.options import with_catalogue
from bot.cli.output import announce_input, columns, echo
from bot.cli.scan_json import as_object, refusal_notes
from bot.i18n import Language, Translator, words
from bot.render.digest_report import report
from bot.triage.cascades import open_cascades
from bot.triage.digest import Refusal
from bot.triage.pipeline import triage
from bot.triage.reader import NO_LIMITS, LogFile

if TYPE_CHECKING:
    from rich.progress import Progress

_SHOW_PROGRESS_AFTER_S = 0.5
_FAULTS: dict[type[Exception], str] = {
    FileNotFoundError: "missing",
    IsADirectoryError: "folder",
    PermissionError: "forbidden",
}


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...|-")
@with_catalogue
def scan(files: tuple[str, ...], catalogue: Catalogue, language: Language, as_json: bool) -> int:
    """Find the likely cause of errors in log files.

    The files are plain, gzip or zip; - is standard input. The exit status is 1 if one of them can't be read.
    """
    translate, cascades = words(language), open_cascades()
    try:
        with ExitStack() as stack:
            opened = _open(files, translate, stack)
            progress = None
            if sys.stderr.isatty():
                bar = _ProgressBar(sum(os.fstat(file.fileno()).st_size for file in opened.values()))
                stack.callback(bar.stop)
                progress = bar.advance
            sources = [LogFile(name, partial(opened.__getitem__, name)) for name in opened]
            digest = triage(sources, catalogue, cascades, NO_LIMITS, clock=time.monotonic, progress=progress)
    except OSError as error:
        echo(translate("terminal.scan.failed", why=error.strerror or str(error)), err=True)
        return 1
    if as_json:
        click.echo(json.dumps(as_object(digest, catalogue, language), ensure_ascii=False, indent=2))
    elif digest.files:
        click.echo(report(digest, catalogue, language, cascades, width=columns()), nl=False)
    if as_json or not digest.files:  # else the report names them
        for note in refusal_notes(digest, translate):
            echo(note, err=True)
    unread = {file.name for file in digest.refused if file.reason is not Refusal.EMPTY}
    return 1 if unread & {*opened} or len(opened) < len({*files}) else 0


class _ProgressBar:
    """A progress bar on standard error, shown once the work takes longer than half a second."""

    def __init__(self, total: int) -> None:
        self._total = total or None  # bytes; the size of a pipe is 0, its end unknown
        self._done = 0
        self._begin = time.monotonic() + _SHOW_PROGRESS_AFTER_S
        self._progress: Progress | None = None

    def advance(self, size: int) -> None:
        """Count *size* bytes as done."""
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
        """Remove the bar."""
        if self._progress:
            self._progress.stop()


def _open(names: Sequence[str], translate: Translator, stack: ExitStack) -> dict[str, BinaryIO]:
    """Open each file once and return them by name; report those that can't be opened."""
    files: dict[str, BinaryIO] = {}
    if "-" in names:
        announce_input(translate)
    for name in dict.fromkeys(names):
        try:
            files[name] = (
                sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))  # noqa: SIM115
            )
        except (OSError, ValueError) as error:
            echo(open_fault(name, error, translate), err=True)
    return files


def open_fault(name: str, error: Exception, translate: Translator) -> str:
    """Say why the file *name* can't be opened."""
    return translate(f"terminal.scan.{_FAULTS.get(type(error), 'failed')}", name=name, why=error)
