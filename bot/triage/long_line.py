"""Cut the text around codes out of lines that are too long to be kept or that come in pieces."""

from __future__ import annotations

import re

from bot.detection.result import Span
from bot.triage.reader import LogBlock

LONGEST = 4096  # bytes of a line, or of a part of it, in a hit

_AROUND = 500  # characters kept on either side of a code
_START = 200  # characters kept of the line's start, which has its time
_END = 60  # characters kept of the line's end, where UIKit writes the time
_LONG_WORD = r"[A-Za-z0-9_+/=.%~\\-]{12,}"  # long enough to be part of a token
_CUT_BEFORE = re.compile(rf"\A{_LONG_WORD}")
_CUT_AFTER = re.compile(rf"(?<![A-Za-z0-9_+/=.%~\\-]){_LONG_WORD}\Z")


class LineText:
    """The text of a line in a block, decoded."""

    def __init__(self, block: LogBlock, begin: int, end: int) -> None:
        """Decode the line at ``block.data[begin:end]``."""
        self._data = block.data
        self._has_start = begin > 0 or not block.overlap_before
        self._has_end = end < len(block.data) or not block.overlap_after
        # Offsets in bytes; a code in an overlap belongs to another piece of the line.
        self.own = range(
            begin if self._has_start else block.overlap_before, end if self._has_end else end - block.overlap_after
        )
        self.text = self._data[begin:end].decode("utf-8", "replace")
        self.is_cut = not (self._has_start and self._has_end) or end - begin > LONGEST
        self._offset, self._characters = begin, 0

    def characters_to(self, offset: int) -> int:
        """Return how many characters are before *offset*, in bytes. Ask in ascending order."""
        self._characters += len(self._data[self._offset : offset].decode("utf-8", "replace"))
        self._offset = offset
        return self._characters

    def around_offset(self, offset: int) -> bytes:
        """Return the text that a hit of seven digits at *offset*, in bytes, keeps. Ask in ascending order."""
        first = self.characters_to(offset)
        return self.around((first, first + 7))

    def around(self, span: Span) -> bytes:
        """Return the text that a hit at *span* keeps: the line's start and end and the text around the hit.

        Redaction does not recognise part of a token, so a word at a cut is removed if it may be one.
        """
        text = self.text
        start, end = max(0, span[0] - _AROUND), span[1] + _AROUND
        before, after = text[start : span[0]], text[span[1] : end]
        if start or not self._has_start:
            before = _CUT_BEFORE.sub("…", before)
        if end < len(text) or not self._has_end:
            after = _CUT_AFTER.sub("…", after)
        part = before + text[slice(*span)] + after
        if self._has_start and start > _START:
            part = f"{_CUT_AFTER.sub('…', text[:_START])} … {part}"
        if self._has_end and end < len(text) - _END:
            part = f"{part} … {_CUT_BEFORE.sub('…', text[-_END:])}"
        return part.encode(errors="replace")[:LONGEST]
