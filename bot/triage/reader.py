"""Files become blocks of clean lines, in constant memory and within limits.

What a file is, is told by its content. `unpack` opens archives, `text` finds the encoding; here is what belongs to one
file, where it is cut, and where its blocks end. After a cut, the lines of the tail are counted on from those of the
head, for nobody read what lies between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, NamedTuple

from bot.triage import archive
from bot.triage.archive import CHUNK, ArchiveRefused, CountingStream
from bot.triage.digest import Cut, FileRead, FileRefused, Refusal
from bot.triage.encoding import Decoder, is_archive, is_binary
from bot.triage.limits import NO_LIMITS, ReadLimits

__all__ = ["NO_LIMITS", "LogBlock", "LogFile", "LogReading", "ReadBudget", "ReadLimits", "logs"]

HEAD = 65_536  # bytes from which a file is told, see also `Tally.begin`
LONGEST = 65_536  # bytes of a line; a longer one may come in pieces
OVERLAP = 1024  # bytes on both sides of a border that both pieces have, so that what stands there is whole in one
_TAIL = 1_048_576  # bytes at the end of a file that is cut


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file, or a paste."""

    name: str  # as its owner calls it; shown, never used as a path; "" for a paste
    open: Callable[[], BinaryIO]  # from the start; seekable where it is a file


class LogBlock(NamedTuple):
    """Whole lines; or a piece of a line that is too long."""

    data: bytes
    lead: int = 0  # bytes at the start that the block before had
    hold: int = 0  # bytes at the end that the next block will have, and is to judge


class ReadBudget:
    """What of the limits is used up by all files together."""

    def __init__(self, limits: ReadLimits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._end = clock() + limits.seconds
        self.files = 0
        self.unpacked = 0

    def cut(self, read: int, limit: int) -> Cut | None:
        """Why a file of which *read* bytes were read is not to be read on, or None."""
        if read >= limit or self.unpacked >= self.limits.unpacked_bytes:
            return Cut.SIZE
        return Cut.TIME if self._clock() >= self._end else None


class LogReading:
    """One text that is being read: its blocks once, and then what it was."""

    def __init__(
        self, name: str, chunks: Iterator[bytes], head: bytes, budget: ReadBudget, tap: CountingStream | None = None
    ) -> None:
        """*head* is the first of the unpacked bytes, *chunks* the others; a plain file comes with its *tap*."""
        self.name = name
        self.bytes = 0
        self.lines = 0
        self.damage: Refusal | None = None  # why it could not be read to its end
        self._chunks = chain((head,), chunks)
        self._decoder = Decoder(head)
        self._budget = budget
        self._tap = tap
        self._size = _size(tap) if tap else None
        self._cut: Cut | None = None
        self._skipped = 0

    def read(self) -> FileRead:
        """What was read of it."""
        encoding = self._decoder.encoding.replace("ascii", "utf-8")
        return FileRead(self.name, self.lines, self.bytes, encoding, self._cut, self._skipped)

    @property
    def refusal(self) -> FileRefused:
        """Why it was not read to its end, or held nothing."""
        return FileRefused(self.name, self.damage or Refusal.EMPTY)

    def blocks(self) -> Iterator[LogBlock]:
        """Its lines, some hundred KB at a time."""
        ends_line = True
        for block in _blocks(self._texts()):
            ends_line = block.data.endswith(b"\n")
            self.lines += block.data.count(b"\n")
            yield block
        self.lines += not ends_line

    def _texts(self) -> Iterator[bytes]:
        last = b"\n"
        for text in self._head():
            if text:
                last = text
                yield text
        if self._cut and self._tap and self._size:
            if not last.endswith(b"\n"):
                yield b"\n"
            yield from self._tail(self._tap, self._size)

    def _head(self) -> Iterator[bytes]:
        limit = self._budget.limits.file_bytes
        if self._size is not None and self._size > limit:
            limit -= min(_TAIL, limit // 2)
        try:
            for chunk in self._chunks:
                yield self._decoder.feed(self._taken(chunk[: max(0, limit - self.bytes)]))
                self._cut = self._budget.cut(self.bytes, limit) if self.bytes != self._size else None
                if self._cut:
                    break
        except ArchiveRefused as refused:
            self.damage = refused.reason
        yield self._decoder.feed(b"", final=True)

    def _tail(self, tap: CountingStream, size: int) -> Iterator[bytes]:
        length = min(_TAIL, self._budget.limits.file_bytes // 2, size - self.bytes)
        start = size - length + (size - length) % 2  # even, for UTF-16
        self._skipped = start - self.bytes
        tap.seek(start)
        self._decoder.restart()
        is_inside = self._skipped > 0  # a line whose beginning is not known is left out
        while start < size and (data := tap.read(min(CHUNK, size - start))):
            start += len(data)
            text = self._decoder.feed(self._taken(data), final=start >= size)
            if is_inside:
                _, end, text = text.partition(b"\n")
                is_inside = not end
            yield text

    def _taken(self, chunk: bytes) -> bytes:
        self.bytes += len(chunk)
        self._budget.unpacked += len(chunk)
        return chunk


def logs(
    sources: Iterable[LogFile], budget: ReadBudget, progress: Callable[[int], None] | None = None
) -> Iterator[LogReading | FileRefused]:
    """Every text in *sources*, to be read before the next is asked for, or why there is none.

    *progress* is told how many bytes were taken from a file, as it lies there. Raises OSError where one can't be read.
    """
    for source in sources:
        if budget.files >= budget.limits.files:
            yield FileRefused(source.name, Refusal.TOO_MANY)
            continue
        with closing(source.open()) as file:
            yield from _opened(source.name, CountingStream(file, progress), budget)


def _opened(name: str, tap: CountingStream, budget: ReadBudget) -> Iterator[LogReading | FileRefused]:
    head = tap.read(HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _archived(name, tap, head, budget)
    elif head.startswith(b"\x1f\x8b"):
        yield _unpacked(name, archive.gunzip(tap, head, budget.limits.ratio), budget)
    elif not head or is_binary(head):
        yield FileRefused(name, Refusal.BINARY if head else Refusal.EMPTY)
    else:
        budget.files += 1
        yield LogReading(name, iter(lambda: tap.read(CHUNK), b""), head, budget, tap)


def _archived(name: str, tap: CountingStream, head: bytes, budget: ReadBudget) -> Iterator[LogReading | FileRefused]:
    try:
        for member, chunks in archive.members(tap, head, budget.limits):
            if budget.files >= budget.limits.files:
                yield FileRefused(name, Refusal.TOO_MANY)
                return
            yield _unpacked(f"{name}/{_shown(member)}", chunks, budget)
    except ArchiveRefused as refused:
        yield FileRefused(name, refused.reason)


def _unpacked(name: str, chunks: Iterator[bytes], budget: ReadBudget) -> LogReading | FileRefused:
    budget.files += 1  # also where it is refused: looking into it was work
    try:
        head = next(filter(None, chunks), b"")
    except ArchiveRefused as refused:
        return FileRefused(name, refused.reason)
    if not head:
        return FileRefused(name, Refusal.EMPTY)
    if is_archive(head):
        return FileRefused(name, Refusal.NESTED)
    return FileRefused(name, Refusal.BINARY) if is_binary(head[:HEAD]) else LogReading(name, chunks, head, budget)


def _shown(name: str) -> str:
    """A name that someone else chose, as it may be shown."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:200])


def _size(tap: CountingStream) -> int | None:
    """How long a plain file is; None for a pipe."""
    if not tap.seekable():
        return None
    position = tap.tell()
    size = tap.seek(0, 2)
    tap.seek(position)
    return size


def _blocks(texts: Iterable[bytes]) -> Iterator[LogBlock]:
    """*texts* cut at line ends; a line that is too long in pieces that overlap."""
    rest, lead = b"", 0
    for text in texts:
        end = text.rfind(b"\n") + 1
        if end:
            yield LogBlock(rest + text[:end], lead)
            rest, lead = text[end:], 0
        else:
            rest += text
        if len(rest) > LONGEST:
            yield LogBlock(rest, lead, OVERLAP)
            rest, lead = rest[-2 * OVERLAP :], OVERLAP
    if rest:
        yield LogBlock(rest, lead)
