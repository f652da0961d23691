"""Read files as blocks of clean lines, in constant memory and within limits.

A file's type is detected by its content. `archive` unpacks and `encoding` decodes; this module decides where a file is
cut and where its blocks end. If the middle of a file is skipped, its lines are not counted: the line numbers of the
tail continue those of the head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, NamedTuple

import stringzilla as sz

from bot.triage import archive
from bot.triage.archive import CHUNK, ArchiveRefused, CountingStream
from bot.triage.digest import Cut, FileRead, FileRefused, Refusal
from bot.triage.encoding import ARCHIVE, Decoder, is_binary

HEAD = 65_536  # bytes in which a file's type and time format are detected
LONGEST = 65_536  # bytes of a line; a longer one may come in pieces
OVERLAP = 1024  # bytes on both sides of a border; both pieces contain them, so that each code is whole in one piece
_TAIL = 1_048_576  # bytes at the end of a file that is cut
_UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of one triage; the bot's come from its settings."""

    file_bytes: int = 100_000_000  # of each file, unpacked
    unpacked_bytes: int = 300_000_000  # of all files
    files: int = 10
    seconds: float = 20.0
    ratio: float = 200.0  # unpacked to packed; logs have 5 to 50


NO_LIMITS = ReadLimits(_UNLIMITED, _UNLIMITED, _UNLIMITED, float("inf"))  # for the command line


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file or a paste to be read."""

    name: str  # shown, never used as a path; "" for a paste
    open: Callable[[], BinaryIO]  # returns the file at its start; seekable unless it is a pipe


class LogBlock(NamedTuple):
    """Whole lines, or a piece of a line that is too long."""

    data: bytes
    first_line: int  # number of its first line, 1-based
    overlap_before: int = 0  # bytes at the start that the previous block contained too
    overlap_after: int = 0  # bytes at the end that the next block repeats; a code in them belongs to that block


class ReadBudget:
    """Track how much of its limits a triage has used."""

    def __init__(self, limits: ReadLimits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.files = 0
        self.unpacked_bytes = 0
        self._clock = clock
        self._deadline = clock() + limits.seconds

    def cut(self, bytes_read: int, file_limit: int) -> Cut | None:
        """Return the reason to stop after *bytes_read* bytes of a file, or None to continue."""
        if bytes_read >= file_limit or self.unpacked_bytes >= self.limits.unpacked_bytes:
            return Cut.SIZE
        return Cut.TIME if self._clock() >= self._deadline else None


class LogStream:
    """Read one text: iterate over its `blocks` once, then get the `summary`."""

    def __init__(
        self,
        name: str,
        chunks: Iterator[bytes],
        head: bytes,
        budget: ReadBudget,
        plain_file: CountingStream | None = None,
    ) -> None:
        """Start with *head*, the first unpacked bytes; *chunks* has the others.

        *plain_file* is the stream of a file that is not packed, so that its middle can be skipped.
        """
        self.name = name
        self.bytes = 0  # unpacked, read so far
        self.lines = 0  # read so far
        self.damage: Refusal | None = None  # why it could not be read to its end
        self._chunks = chain((head,), chunks)
        self._decoder = Decoder(head)
        self._budget = budget
        self._plain_file = plain_file
        self._size: int | None = None  # in bytes; a pipe's is not known
        if plain_file and plain_file.seekable():
            position = plain_file.tell()
            self._size = plain_file.seek(0, 2)
            plain_file.seek(position)
        self._cut: Cut | None = None
        self._skipped_bytes = 0

    @property
    def summary(self) -> FileRead:
        """The text's name, and how much of it was read."""
        encoding = self._decoder.encoding.replace("ascii", "utf-8")
        return FileRead(self.name, self.lines, self.bytes, encoding, self._cut, self._skipped_bytes)

    def blocks(self) -> Iterator[LogBlock]:
        """Yield its lines, some hundred KB at a time; cut a line that is too long into overlapping pieces."""
        rest, overlap = b"", 0
        for text in self._texts():
            end = text.rfind(b"\n") + 1
            if end:
                yield self._block(rest + text[:end], overlap)
                rest, overlap = text[end:], 0
            else:
                rest += text
            if len(rest) > LONGEST:
                yield self._block(rest, overlap, OVERLAP)
                rest, overlap = rest[-2 * OVERLAP :], OVERLAP
        if rest:
            yield self._block(rest, overlap)
            self.lines += 1

    def _block(self, data: bytes, overlap_before: int, overlap_after: int = 0) -> LogBlock:
        """Return the next block, and count its lines."""
        first_line = self.lines + 1
        self.lines += sz.count(data, b"\n")  # four times as fast as `bytes.count`
        return LogBlock(data, first_line, overlap_before, overlap_after)

    def _texts(self) -> Iterator[bytes]:
        """Yield the clean text of the head and, if the rest was cut off, of the tail."""
        last = b"\n"
        for text in self._head():
            last = text or last
            yield text
        if self._cut and self._plain_file and self._size:
            if not last.endswith(b"\n"):
                yield b"\n"
            yield from self._tail(self._plain_file, self._size)

    def _head(self) -> Iterator[bytes]:
        """Yield the text up to the first limit."""
        limit = self._budget.limits.file_bytes
        if self._size is not None and self._size > limit:
            limit -= min(_TAIL, limit // 2)
        try:
            for chunk in self._chunks:
                yield self._decoder.feed(self._count(chunk[: max(0, limit - self.bytes)]))
                self._cut = self._budget.cut(self.bytes, limit) if self.bytes != self._size else None
                if self._cut:
                    break
        except ArchiveRefused as refused:
            self.damage = refused.reason
        yield self._decoder.feed(b"", final=True)

    def _tail(self, file: CountingStream, size: int) -> Iterator[bytes]:
        """Yield the last lines of *file*, which has *size* bytes."""
        length = min(_TAIL, self._budget.limits.file_bytes // 2, size - self.bytes)
        position = size - length + (size - length) % 2  # even, for UTF-16
        self._skipped_bytes = position - self.bytes
        file.seek(position)
        self._decoder.restart()
        is_inside_line = self._skipped_bytes > 0  # leave out a line without its beginning
        while position < size and (data := file.read(min(CHUNK, size - position))):
            position += len(data)
            text = self._decoder.feed(self._count(data), final=position >= size)
            if is_inside_line:
                _, line_end, text = text.partition(b"\n")
                is_inside_line = not line_end
            yield text

    def _count(self, chunk: bytes) -> bytes:
        """Count the bytes of *chunk*, and return it."""
        self.bytes += len(chunk)
        self._budget.unpacked_bytes += len(chunk)
        return chunk


def open_logs(
    files: Iterable[LogFile], budget: ReadBudget, progress: Callable[[int], None] | None = None
) -> Iterator[LogStream | FileRefused]:
    """Yield each text in *files*, or the reason why it can't be read. Read a text before you request the next.

    *progress* receives the number of bytes of each read from a file, still packed. Raises OSError if a file can't be
    opened or read.
    """
    for source in files:
        if budget.files < budget.limits.files:
            with closing(source.open()) as file:
                yield from _open(source.name, CountingStream(file, progress), budget)
        else:
            yield FileRefused(source.name, Refusal.TOO_MANY)


def _open(name: str, file: CountingStream, budget: ReadBudget) -> Iterator[LogStream | FileRefused]:
    """Yield the text of *file*, or those in an archive."""
    head = file.read(HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _open_zip(name, file, head, budget)
    elif head.startswith(b"\x1f\x8b"):
        yield _open_unpacked(name, archive.gunzip(file, head, budget.limits.ratio), budget)
    elif not head or is_binary(head):
        yield FileRefused(name, Refusal.BINARY if head else Refusal.EMPTY)
    else:
        budget.files += 1
        yield LogStream(name, iter(lambda: file.read(CHUNK), b""), head, budget, file)


def _open_zip(name: str, file: CountingStream, head: bytes, budget: ReadBudget) -> Iterator[LogStream | FileRefused]:
    """Yield the texts in the zip that begins with *head*."""
    limits = budget.limits
    try:
        for member, chunks in archive.unzip(file, head, max_packed=limits.file_bytes, max_ratio=limits.ratio):
            if budget.files >= limits.files:
                yield FileRefused(name, Refusal.TOO_MANY)
                return
            shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in member[:200])
            yield _open_unpacked(f"{name}/{shown}", chunks, budget)
    except ArchiveRefused as refused:
        yield FileRefused(name, refused.reason)


def _open_unpacked(name: str, chunks: Iterator[bytes], budget: ReadBudget) -> LogStream | FileRefused:
    """Return the text that an archive yields as *chunks*, or the reason why it can't be read."""
    budget.files += 1  # even if it is refused, because unpacking costs time
    try:
        head = next(filter(None, chunks), b"")
    except ArchiveRefused as refused:
        return FileRefused(name, refused.reason)
    if not head:
        return FileRefused(name, Refusal.EMPTY)
    if ARCHIVE.match(head):
        return FileRefused(name, Refusal.NESTED)
    return FileRefused(name, Refusal.BINARY) if is_binary(head[:HEAD]) else LogStream(name, chunks, head, budget)
