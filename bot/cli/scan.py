"""Implement `zimerr scan`: triage logs and print the full report, or JSON for programs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Steps, Text
from bot.cli.options import with_catalogue
from bot.cli.output import announce_input, columns, echo
from bot.i18n import Language, Translator, words
from bot.render.digest_report import report
from bot.triage.cascades import open_cascades
from bot.triage.digest import (
    Advice,
    Affected,
    CodeRow,
    ConnectionEvent,
    Digest,
    EventRow,
    FileRead,
    FileRefused,
    Refusal,
    Rival,
    ServerCodeRow,
)
from bot.triage.pipeline import triage
from bot.triage.reader import NO_LIMITS, LogFile

if TYPE_CHECKING:
    from rich.progress import Progress

_Pick = Callable[[Any], Any]  # returns the text or the steps in one language
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
        for file in digest.refused:
            reason = translate(f"triage.refused.{file.reason}")
            echo(translate("triage.refused", file=file.name, why=reason), err=True)
    unread = {file.name for file in digest.refused if file.reason is not Refusal.EMPTY}
    return 1 if unread & {*opened} or len(opened) < len({*files}) else 0


def as_object(digest: Digest, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return *digest* as a JSON object, its texts in *language*. Most keys are fields of the model; all are public."""
    pick = words(language).pick
    return {
        **_public(digest, "lines", "bytes", "cause", "cause_event", "family", "explained"),
        "seconds": round(digest.duration_s, 3),
        "share": None if digest.share is None else round(digest.share, 3),
        "advice": digest.advice and _public(digest.advice, *_names(Advice), pick=pick),
        "affected": _public(digest.affected, *_names(Affected)),
        "rivals": [_public(rival, *_names(Rival), pick=pick) for rival in digest.rivals],
        "codes": [_row(row, digest) | _entry(row.code, catalogue, pick) for row in digest.rows],
        "unknown": [_row(row, digest) for row in digest.unknown],
        "events": [_event(event, digest) for event in digest.events],
        "files": [_public(file, *_names(FileRead)) for file in digest.files],
        "refused": [_public(file, *_names(FileRefused)) for file in digest.refused],
        "lookalikes": sum(digest.lookalikes.values()),
        "secrets_hidden": sum(digest.hidden.values()),
        "truncated": digest.is_truncated,
    }


def _row(row: CodeRow, digest: Digest) -> dict[str, Any]:
    """Return *row* as a JSON object."""
    server_codes = {"server_codes": [_public(each, *_names(ServerCodeRow)) for each in row.server_codes]}
    shown = _public(row, "code", "count", "role", "users", "explained")
    return shown | _follows(row) | server_codes | _places(row, digest)


def _event(row: EventRow, digest: Digest) -> dict[str, Any]:
    """Return *row* as a JSON object. Only symptoms follow from anything, or are explained."""
    return _public(row, "name", "count", "explained") | _follows(row) | _places(row, digest)


def _follows(row: CodeRow | EventRow) -> dict[str, Any]:
    """Return the cause of *row*: `follows` is a code, `follows_event` an event."""
    is_event = isinstance(row.follows, ConnectionEvent)
    return {"follows": None if is_event else row.follows, "follows_event": row.follows if is_event else None}


def _places(row: CodeRow | EventRow, digest: Digest) -> dict[str, Any]:
    """Return where *row* was found: lines, times as in the log, and with several files, their names."""
    content: dict[str, Any] = {}
    for key, mark in (("first", row.first), ("last", row.last)):
        content |= {f"{key}_line": mark.line, f"{key}_time": mark.stamp and mark.stamp.text}
        if len(digest.files) > 1:
            content[f"{key}_file"] = digest.files[mark.file].name
    return content


def _entry(code: int, catalogue: Catalogue, pick: _Pick) -> dict[str, Any]:
    """Return the public facts of the entry of *code*, none if it is unknown."""
    entry = catalogue.get(code)
    return _public(entry, "title", "actor", "remedy", pick=pick) if entry else {}


def _names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


def _public(value: Any, *names: str, pick: _Pick | None = None) -> dict[str, Any]:
    """Return fields of *value*; *pick* selects the language of texts."""
    return {name: _plain(getattr(value, name), pick) for name in names}


def _plain(value: Any, pick: _Pick | None) -> Any:
    """Convert the value of a field to plain JSON."""
    if isinstance(value, Text | Steps):
        return pick(value) if pick else value
    return _public(value, *_names(type(value)), pick=pick) if is_dataclass(value) else value


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
            fault = _FAULTS.get(type(error), "failed")
            echo(translate(f"terminal.scan.{fault}", name=name, why=error), err=True)
    return files
