"""Describe the times and places in a digest, without words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.render.block_kit import printable
from bot.triage.digest import CodeRow, Digest, EventRow, Mark, Stamp

_DAY_AND_CLOCK = re.compile(r"(.*?)(\d{1,2}:\d\d:\d\d)(?:[.,]\d+)?(.*)")


def printable_line(text: str) -> str:
    """Replace each invisible character of a log or file name, and each line break, with U+FFFD."""
    return printable(text).replace("\n", "\ufffd")


def stamp_text(stamp: Stamp) -> str:
    """Return a time as it is written in the log, but a Unix timestamp as a date and a time that people can read."""
    if not stamp.is_unix:
        return printable_line(stamp.text)
    moment = datetime.fromtimestamp(stamp.seconds, UTC)
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'milliseconds')} UTC"


def day_of(mark: Mark) -> str | None:
    """Return the text around the clock, such as the date; None without a clock."""
    match = _DAY_AND_CLOCK.fullmatch(stamp_text(mark.stamp)) if mark.stamp else None
    return match[1] + match[3] if match else None


def time_of(mark: Mark, *, is_one_day: bool) -> str:
    """Return the time of *mark*, empty if it has none; on one day, without the date and the fraction of a second."""
    if mark.stamp is None:
        return ""
    text = stamp_text(mark.stamp)
    match = _DAY_AND_CLOCK.fullmatch(text) if is_one_day else None
    return match[2] if match else text


def is_one_file(digest: Digest) -> bool:
    """Return whether all places are in one file. The text of the message that it came with is a file without a name."""
    rows: tuple[CodeRow | EventRow, ...] = (*digest.rows, *digest.unknown, *digest.events)
    found = {mark.file for row in rows for mark in (row.first, row.last)}
    found |= {secret.file for secret in digest.secrets}
    named = [file.name for file in digest.files if file.name]
    return len(digest.files) == 1 or (len(named) == 1 and all(digest.files[file].name for file in found))


def span_of(rows: Sequence[CodeRow | EventRow]) -> tuple[Mark, Mark]:
    """Return the first and the last mark of *rows*: by time if any has one, else by file and line."""
    marks = [mark for row in rows for mark in (row.first, row.last)]
    if timed := [mark for mark in marks if mark.stamp]:
        timed.sort(key=lambda mark: mark.stamp.seconds if mark.stamp else 0)
        return timed[0], timed[-1]
    marks.sort(key=lambda mark: (mark.file, mark.line))
    return marks[0], marks[-1]
