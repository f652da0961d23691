"""Archives become streams of bytes, without trusting them: gzip of any number of members, zip.

Nothing is written anywhere but a zip that comes through a pipe, which needs a file that can be sought in; names are
shown and never used. What unpacks to far more than it is gets refused before its first byte is handed out, or where it
begins to.
"""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import IO, BinaryIO, cast

from bot.triage.digest import Refusal
from bot.triage.limits import ReadLimits

CHUNK = 262_144
_PACKED = 16_384  # bytes taken at once; each member of a gzip copies what is left of them
_FREE = 1_048_576  # bytes unpacked before the ratio counts
_EMPTY = 10  # packed to unpacked, at which a gzip has nothing but headers
_DIRECTORY = 4_194_304  # bytes that a zip's directory may have; each entry costs five times its size in memory
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without bounds
_SKIPPED = ("__MACOSX/", ".DS_Store", "Thumbs.db")  # what file managers add

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, ValueError, NotImplementedError),
    *(RuntimeError, KeyError, IndexError),
)


class ArchiveRefused(Exception):  # noqa: N818 - not an error of ours
    """A file can't be read, or not any further."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


class CountingStream:
    """A file that counts what is taken from it; also what a zip is read through, which may ask for no huge part."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], None] | None = None) -> None:
        self._file = file
        self._progress = progress
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        """Up to *size* bytes; the rest of a file only where that is little."""
        if size > _DIRECTORY:
            raise ArchiveRefused(Refusal.DAMAGED)
        data = self._file.read(size if size >= 0 else _DIRECTORY)
        self.taken += len(data)
        if self._progress:
            self._progress(len(data))
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file's."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Whether it is a file, and no pipe."""
        return self._file.seekable()


def gunzip(tap: CountingStream, head: bytes, ratio: float) -> Iterator[bytes]:
    """What a gzip that begins with *head* holds; raises Refused where it breaks off, lies or grows too much."""
    unpacked = 0
    held: list[bytes] = []  # until it is known not to be a bomb
    try:
        for chunk, taken in _gunzip(tap, head):
            unpacked += len(chunk)
            if unpacked > _FREE and unpacked > ratio * taken:
                held = []
                raise ArchiveRefused(Refusal.BOMB)
            if taken > _FREE + _EMPTY * unpacked:
                raise ArchiveRefused(Refusal.DAMAGED)
            if chunk and unpacked <= _FREE:
                held.append(chunk)
            else:
                yield b"".join((*held, chunk))
                held = []
    except ArchiveRefused:
        yield b"".join(held)
        raise
    yield b"".join(held)


def _gunzip(tap: CountingStream, data: bytes) -> Iterator[tuple[bytes, int]]:
    """The parts of what it holds, each with the number of bytes that it and those before were packed in."""
    packed, taken = zlib.decompressobj(31), len(data)
    while True:
        try:
            unpacked = packed.decompress(data, CHUNK)
        except zlib.error as error:
            raise ArchiveRefused(Refusal.DAMAGED) from error
        data = packed.unused_data if packed.eof else packed.unconsumed_tail
        yield unpacked, taken - len(data)  # even if empty: whoever reads looks at the clock
        if packed.eof:
            more = tap.read(_PACKED) if len(data) < 2 else b""
            data, taken = data + more, taken + len(more)
            if not data.startswith(b"\x1f\x8b"):
                return  # padding, or what gunzip calls trailing garbage
            packed = zlib.decompressobj(31)
        elif not data and len(unpacked) < CHUNK:
            data = tap.read(_PACKED)
            taken += len(data)
            if not data:
                raise ArchiveRefused(Refusal.DAMAGED)


def members(tap: CountingStream, head: bytes, limits: ReadLimits) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The name and the content of each file in a zip; raises Refused where it is none, or holds none.

    The content raises Refused by itself, so that the others can still be read.
    """
    with ExitStack() as stack:
        if not tap.seekable():
            file = stack.enter_context(tempfile.TemporaryFile())
            tap = _kept(tap, head, cast("BinaryIO", file), limits.file_bytes)
        try:
            archive = zipfile.ZipFile(cast("IO[bytes]", tap))
            entries = [each for each in archive.infolist() if not each.is_dir() and not _is_skipped(each.filename)]
        except _BROKEN as error:
            raise ArchiveRefused(Refusal.DAMAGED) from error
        if not entries:
            raise ArchiveRefused(Refusal.EMPTY)
        size = tap.seek(0, 2)
        for entry in entries:
            yield _name(entry), _member(archive, entry, size, limits.ratio)


def _kept(tap: CountingStream, head: bytes, file: BinaryIO, most: int) -> CountingStream:
    """All that comes through a pipe, in *file*."""
    size = file.write(head)
    while size < most and (data := tap.read(CHUNK)):
        size += file.write(data)
    return CountingStream(file)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, size: int, ratio: float) -> Iterator[bytes]:
    if entry.flag_bits & 1:
        raise ArchiveRefused(Refusal.ENCRYPTED)
    if entry.compress_type not in _METHODS:
        raise ArchiveRefused(Refusal.BINARY)
    # Not more comes out than the directory says, nor more than there is goes in.
    if entry.file_size > _FREE and entry.file_size > ratio * min(entry.compress_size, size):
        raise ArchiveRefused(Refusal.BOMB)
    try:
        with archive.open(entry) as file:
            while data := file.read(CHUNK):
                yield data
    except _BROKEN as error:
        raise ArchiveRefused(Refusal.DAMAGED) from error


def _is_skipped(name: str) -> bool:
    return name.startswith(_SKIPPED[0]) or name.rpartition("/")[2] in _SKIPPED


def _name(entry: zipfile.ZipInfo) -> str:
    """The name of a member; Windows writes Chinese names in GBK and does not say so."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
