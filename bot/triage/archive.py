"""Unpack untrusted archives into streams of bytes: gzip with any number of members, and zip.

Nothing is written to disk except a zip that comes through a pipe, because a zip must be seekable. Member names are
shown and never used as paths. An archive that expands beyond the allowed ratio is refused: the member of a zip before
its first byte is yielded, a gzip at the point where it exceeds the ratio.
"""

from __future__ import annotations

import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import IO, BinaryIO, cast

from bot.triage.digest import Refusal

CHUNK = 262_144  # bytes
_PACKED_CHUNK = 16_384  # bytes read at once; each member of a gzip copies the rest of its chunk
_RATIO_APPLIES_FROM = 1_048_576  # unpacked bytes
_MAX_OVERHEAD = 10  # packed bytes per unpacked byte; a gzip beyond it has nothing but headers
_MAX_DIRECTORY = 4_194_304  # bytes of a zip's directory; each entry costs five times its size in memory
_SKIPPED = re.compile(r"__MACOSX/|(?:.*/)?(?:\.DS_Store|Thumbs\.db)\Z", re.DOTALL)  # made by file managers
# The exceptions of `zipfile` for invalid data.
_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, ValueError, RuntimeError,
           KeyError, IndexError)  # fmt: skip


class ArchiveRefused(Exception):  # noqa: N818 - a refusal of the file, not an error of the bot
    """A file can't be read, or not any further."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


class CountingStream:
    """Wrap a file, report each read to *progress*, and refuse to read a huge part for a zip at once."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], None] | None = None) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        """Return up to *size* bytes; without a size, at most 4 MB. Raises ArchiveRefused for a larger size."""
        if size > _MAX_DIRECTORY:
            raise ArchiveRefused(Refusal.DAMAGED)
        data = self._file.read(size if size >= 0 else _MAX_DIRECTORY)
        if self._progress:
            self._progress(len(data))
        return data


def gunzip(stream: CountingStream, head: bytes, max_ratio: float) -> Iterator[bytes]:
    """Unpack the gzip that begins with *head* and continues in *stream*.

    Raises ArchiveRefused if it is truncated or invalid, or expands by more than *max_ratio*.
    """
    unpacked = 0
    withheld: list[bytes] = []  # until the ratio is known to be harmless
    try:
        for chunk, packed in _gunzip(stream, head):
            unpacked += len(chunk)
            if unpacked > _RATIO_APPLIES_FROM and unpacked > max_ratio * packed:
                withheld = []
                raise ArchiveRefused(Refusal.BOMB)
            if packed > _RATIO_APPLIES_FROM + _MAX_OVERHEAD * unpacked:
                raise ArchiveRefused(Refusal.DAMAGED)
            if chunk and unpacked <= _RATIO_APPLIES_FROM:
                withheld.append(chunk)
            else:
                yield b"".join((*withheld, chunk))
                withheld = []
    except ArchiveRefused:
        yield b"".join(withheld)
        raise
    yield b"".join(withheld)


def _gunzip(stream: CountingStream, data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each unpacked chunk with the number of packed bytes used so far."""
    member, taken = zlib.decompressobj(31), len(data)
    while True:
        try:
            unpacked = member.decompress(data, CHUNK)
        except zlib.error as error:
            raise ArchiveRefused(Refusal.DAMAGED) from error
        data = member.unused_data if member.eof else member.unconsumed_tail
        yield unpacked, taken - len(data)  # even if empty, so that the caller can check its time limit
        if member.eof:
            more = stream.read(_PACKED_CHUNK) if len(data) < 2 else b""
            data, taken = data + more, taken + len(more)
            if not data.startswith(b"\x1f\x8b"):
                return  # zeros or trailing garbage, which gunzip ignores too
            member = zlib.decompressobj(31)
        elif not data and len(unpacked) < CHUNK:
            data = stream.read(_PACKED_CHUNK)
            taken += len(data)
            if not data:
                raise ArchiveRefused(Refusal.DAMAGED)


def unzip(
    stream: CountingStream, head: bytes, *, max_packed: int, max_ratio: float
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the name and the content of each file in the zip that begins with *head*.

    About *max_packed* bytes are read from a pipe. Raises ArchiveRefused if it is no zip or has no files. Iterating over
    the content of a file raises ArchiveRefused too; the next file can still be read.
    """
    with ExitStack() as stack:
        if not stream.seekable():
            spool = stack.enter_context(tempfile.TemporaryFile())
            size = spool.write(head)
            while size < max_packed and (data := stream.read(CHUNK)):
                size += spool.write(data)
            stream = CountingStream(cast("BinaryIO", spool))
        try:
            archive = zipfile.ZipFile(cast("IO[bytes]", stream))
            entries = [each for each in archive.infolist() if not (each.is_dir() or _SKIPPED.match(each.filename))]
        except _ERRORS as error:
            raise ArchiveRefused(Refusal.DAMAGED) from error
        if not entries:
            raise ArchiveRefused(Refusal.EMPTY)
        size = stream.seek(0, 2)
        for entry in entries:
            yield _name(entry), _member(archive, entry, size, max_ratio)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, archive_size: int, max_ratio: float) -> Iterator[bytes]:
    """Unpack one member. Raises ArchiveRefused if it can't be read, or not to its end."""
    if entry.flag_bits & 1:
        raise ArchiveRefused(Refusal.ENCRYPTED)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without bounds
        raise ArchiveRefused(Refusal.BINARY)
    # The directory's sizes can be checked in advance: zipfile yields at most file_size, and no member can have more
    # packed bytes than the archive.
    if entry.file_size > _RATIO_APPLIES_FROM and entry.file_size > max_ratio * min(entry.compress_size, archive_size):
        raise ArchiveRefused(Refusal.BOMB)
    try:
        with archive.open(entry) as file:
            while data := file.read(CHUNK):
                yield data
    except _ERRORS as error:
        raise ArchiveRefused(Refusal.DAMAGED) from error


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a member. Windows writes Chinese names in GBK without a flag that names the encoding."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
