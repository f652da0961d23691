"""Find candidate offsets in a buffer by fast literal search, before full detection.

Every line in which `bot.detection` would find something has a candidate; most candidates turn out to be nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import stringzilla as sz

from bot.detection.result import Known

_CODE = re.compile(rb"600[0-9]{4}")
_DENSE = 1000  # bytes per `600`; below this, one pass of the pattern is faster than many literal searches

_THOUSANDS = (b"6,00", b"6.00", b"6'00", b"6 00", b"6_00")
_THOUSANDS_WHOLE = re.compile(rb"6[,.' _]00[0-9](?:[,.' _]|[\x80-\xff]+)[0-9]{3}")
# Full-width letters, digits and the low line, which may be part of a code or a symbol after folding.
_FULL_WIDTH = re.compile(rb"\xef(?:\xbc[\x90-\x99\xa1-\xba\xbf]|\xbd[\x81-\x9a])")
_JAVA = re.compile(rb"_[A-Z]+_[A-Z]")
_ENUM = re.compile(rb"zim_?error_?code")
_NAME_BEFORE = re.compile(rb"[A-Za-z0-9_]*\Z")
_NAME_AFTER = re.compile(rb"[A-Za-z0-9_]*")
_LONGEST_NAME = 128
# The ends of escape sequences and colours, which folding removes before a name.
_ESCAPE_BEFORE = re.compile(rb"(?:[nrt]|u00[2-7][0-9A-Fa-f]|[0-9]*m)+")
_MAX_NAMES = 8192


def code_offsets(data: bytes) -> Iterable[int]:
    """Return the offsets of ``600`` with four more digits, in ascending order."""
    count = sz.count(data, b"600")
    if count * _DENSE > len(data):
        return [match.start() for match in _CODE.finditer(data)]
    return [offset for offset in _offsets(data, b"600") if _CODE.match(data, offset)] if count else ()


class SymbolFilter:
    """Find SDK symbols, and codes that are not written as plain digits."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._is_symbol: dict[bytes, bool] = {}  # by name

    def offsets(self, data: bytes) -> list[int]:
        """Return the candidate offsets in *data*, in any order."""
        lower = data.lower()
        found = [offset for offset in _offsets(lower, b"mod") if self._is_in_symbol(data, offset)]
        found += [match.start() for match in _JAVA.finditer(data) if self._is_in_symbol(data, match.start())]
        for literal in (b"zimerror", b"zim_error"):
            found += [offset for offset in _offsets(lower, literal) if _ENUM.match(lower, offset)]
        for literal in _THOUSANDS:
            found += [offset for offset in _offsets(data, literal) if _THOUSANDS_WHOLE.match(data, offset)]
        if not data.isascii():
            found += [match.start() for match in _FULL_WIDTH.finditer(data)]
        return found

    def _is_in_symbol(self, data: bytes, offset: int) -> bool:
        """Return whether the name at *offset* is a known symbol."""
        before = _NAME_BEFORE.search(data, max(0, offset - _LONGEST_NAME), offset)
        after = _NAME_AFTER.match(data, offset, offset + _LONGEST_NAME)
        name = (before[0] if before else b"") + (after[0] if after else b"")
        is_symbol = self._is_symbol.get(name)
        if is_symbol is None:
            # Clear it when full, because an LRUCache costs more per name than the repeated look-ups after a clearance.
            if len(self._is_symbol) >= _MAX_NAMES:
                self._is_symbol.clear()
            is_symbol = self._is_symbol[name] = any(
                self._known.code_of_symbol(each) is not None for each in _spellings(name)
            )
        return is_symbol


def _spellings(name: bytes) -> Iterator[str]:
    """Yield *name*, and the rest of it that folding may leave, without leading digits."""
    text = name.decode().lstrip("0123456789")
    yield text
    for size in (1, 2, 3, 4, 5):
        if _ESCAPE_BEFORE.fullmatch(name[:size]):
            yield name[size:].decode().lstrip("0123456789")


def _offsets(data: bytes, literal: bytes) -> Iterator[int]:
    """Yield the offsets of *literal* in *data*."""
    offset = sz.find(data, literal)
    while offset >= 0:
        yield offset
        offset = sz.find(data, literal, offset + len(literal))
