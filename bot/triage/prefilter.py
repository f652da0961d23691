"""Where in a buffer something stands that detection has to look at, found at the speed of memory.

Everything that `bot.detection` could see in a line is found here by a literal; most of what is found is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import RawIOBase
from typing import BinaryIO, cast

import stringzilla as sz

from bot.detection.result import Known

BUFFER = 262_144  # bytes that fit a processor's cache

_CODE = re.compile(rb"600[0-9]{4}")
# The look-behind comes after the literal, which keeps the literal the first thing that is looked for; of the empty
# group all matches are one object.
_CLEAN = re.compile(rb"600(?<![0-9A-Za-z_]600)[0-9]{4}(?![0-9A-Za-z_])()")
_DENSE = 1000  # fewer bytes to a `600`, and one pass of the pattern is faster than many of the literal

_THOUSANDS = (b"6,00", b"6.00", b"6'00", b"6 00", b"6_00")
_THOUSANDS_WHOLE = re.compile(rb"6[,.' _]00[0-9](?:[,.' _]|[\x80-\xff]+)[0-9]{3}")
# Full-width letters, digits and the low line: what may be a code or a symbol once it is folded.
_FULL_WIDTH = re.compile(rb"\xef(?:\xbc[\x90-\x99\xa1-\xba\xbf]|\xbd[\x81-\x9a])")
_JAVA = re.compile(rb"_[A-Z]+_[A-Z]")
_ENUM = re.compile(rb"zim_?error_?code")
_NAME_BEFORE = re.compile(rb"[A-Za-z0-9_]*\Z")
_NAME_AFTER = re.compile(rb"[A-Za-z0-9_]*")
_LONGEST_NAME = 128
# What `fold` takes away before a name: the ends of escapes and of colours.
_ESCAPE_BEFORE = re.compile(rb"(?:[nrt]|u00[2-7][0-9A-Fa-f]|[0-9]*m)+")
_MOST_NAMES = 8192


def numbers(data: bytes) -> Iterable[int]:
    """Where ``600`` and four more digits stand, in their order."""
    count = sz.count(data, b"600")
    if count * _DENSE > len(data):
        return [match.start() for match in _CODE.finditer(data)]
    return [place for place in _places(data, b"600") if _CODE.match(data, place)] if count else ()


def count_clean(file: BinaryIO) -> int:
    """How many codes stand in a file, opened unbuffered, without letters or digits next to them: the bare search."""
    buffer = bytearray(BUFFER)
    view, kept, total, count = memoryview(buffer), 0, 0, 0
    while size := cast("RawIOBase", file).readinto(view[kept:]):
        size += kept
        # What stands after the last line end is looked at with what follows it, unless it fills the buffer.
        end = buffer.rfind(b"\n", 0, size) + 1 or size
        # A buffer is as dense as the one before, most of the time.
        count = _count_dense(buffer, end) if count * _DENSE > BUFFER else _count_sparse(buffer, end)
        total += count
        kept = size - end
        buffer[:kept] = buffer[end:size]
    return total + _count_sparse(buffer, kept)


def _count_dense(buffer: bytearray, end: int) -> int:
    return len(_CLEAN.findall(buffer, 0, end))


def _count_sparse(buffer: bytearray, end: int) -> int:
    count, place = 0, sz.find(buffer, b"600", 0, end)
    while place >= 0:
        if _CLEAN.match(buffer, place, end):
            count += 1
        place = sz.find(buffer, b"600", place + 3, end)
    return count


class SymbolFilter:
    """Where SDK symbols stand, and other things than plain numbers that detection has to look at."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._is_symbol: dict[bytes, bool] = {}

    def places(self, data: bytes) -> list[int]:
        """The places in *data*, in any order."""
        lower = data.lower()
        found = [place for place in _places(lower, b"mod") if self._is_named(data, place)]
        found += [match.start() for match in _JAVA.finditer(data) if self._is_named(data, match.start())]
        for literal in (b"zimerror", b"zim_error"):
            found += [place for place in _places(lower, literal) if _ENUM.match(lower, place)]
        for literal in _THOUSANDS:
            found += [place for place in _places(data, literal) if _THOUSANDS_WHOLE.match(data, place)]
        if not data.isascii():
            found += [match.start() for match in _FULL_WIDTH.finditer(data)]
        return found

    def _is_named(self, data: bytes, place: int) -> bool:
        before = _NAME_BEFORE.search(data, max(0, place - _LONGEST_NAME), place)
        after = _NAME_AFTER.match(data, place, place + _LONGEST_NAME)
        name = (before[0] if before else b"") + (after[0] if after else b"")
        is_symbol = self._is_symbol.get(name)
        if is_symbol is None:
            if len(self._is_symbol) >= _MOST_NAMES:
                self._is_symbol.clear()
            is_symbol = self._is_symbol[name] = any(
                self._known.code_of_symbol(each) is not None for each in _spellings(name)
            )
        return is_symbol


def _spellings(name: bytes) -> Iterator[str]:
    text = name.decode().lstrip("0123456789")
    yield text
    for size in (1, 2, 3, 4, 5):
        if _ESCAPE_BEFORE.fullmatch(name[:size]):
            yield name[size:].decode().lstrip("0123456789")


def _places(data: bytes, literal: bytes) -> Iterator[int]:
    place = sz.find(data, literal)
    while place >= 0:
        yield place
        place = sz.find(data, literal, place + len(literal))
