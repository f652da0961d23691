"""Cache detection's verdict on a line by the line's shape, so that a log full of codes is cheap.

Two lines have the same shape if everything that `bot.detection` looks at is equal: the codes, their positions, and the
text around them except for digits that make no difference. `_SIGNIFICANT` matches digits that do; a line with such
digits is cached as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bot.detection.detector import find
from bot.detection.number_context import AFTER, BEFORE
from bot.detection.result import Known, LookAlikeReason

LONGEST = 4096  # bytes of a line whose verdict is cached

_MAX_ENTRIES = 8192
_CODE = re.compile(r"600[0-9]{4}")
_FOLD_DIGITS = bytes.maketrans(b"123456789", b"000000000")
# The digits on which a verdict of `bot.detection` depends, besides those of the codes.
_SIGNIFICANT = re.compile(
    r"(?<![0-9])[02-9][0-9]{9}(?:[0-9]{3})?(?![0-9])"  # a table field that is no time since 1970
    r"|(?<![0-9])0[0-9]{2,3}[^0-9A-Za-z]600[0-9]{4}"  # an area code
    r"|[,，]000|6[\W_]00"  # thousands
    r"|[0-9][xX][0-9]*600"  # hexadecimal
    r"|[0-9]600[0-9]{4}"  # a longer number, or one with zeros before it
    r"|[mM][dD][0-9]|[.．][mM][pP0-9]|[kK][mM][0-9]"  # md5, .mp4, .m4a, km2
    r"|\\(?:[uU]00|[xX][0-9]|0)|\\[nrt]600[0-9](?![0-9]{3})"  # escapes
    r"|[０-９Ａ-Ｚａ-ｚ]"  # full-width
)
_SIGNIFICANT_IN_NAMES = re.compile(r"(?<![0-9])[A-Za-z_][0-9]|[A-Za-z_]{2}[0-9]")
# The same patterns with all digits 0: if this does not match the folded text, the patterns above do not match either.
_MAY_BE_SIGNIFICANT = re.compile(
    r"(?<!0)0{10}(?:0{3})?(?!0)|(?<!0)0{3,4}[^0-9A-Za-z]0{7}|[,，]000|0[\W_]000[\W_]000(?!0)|0[xX]0|0{8}|"
    r"[mM][dD]0|[.．][mM][pP0]|[kK][mM]0|\\(?:[uU]00|[xX]0|0)|\\[nrt]0000|[０-９Ａ-Ｚａ-ｚ]|"
    r"(?<!0)[A-Za-z_]0|[A-Za-z_]{2}0"
)
# Seven digits or ten, which the look-alike rules allow beside a code.
_CUT_LEFT = re.compile(r"(?:[0-9]{3})?[0-9]{7}(?![0-9])")
_CUT_RIGHT = re.compile(r"(?<![0-9])(?:[0-9]{3})?[0-9]{7}\Z")


class LineVerdict(NamedTuple):
    """The codes and look-alikes that detection finds in a line."""

    codes: tuple[tuple[int, bool], ...]  # each occurrence with True if the code is known
    lookalikes: tuple[LookAlikeReason, ...]


class LineCache:
    """Judge lines as `detector.find` does, but faster."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._verdicts: dict[tuple[object, ...], LineVerdict] = {}  # by shape
        self._may_be_significant = lru_cache(_MAX_ENTRIES)(_may_be_significant)

    def of(self, line: bytes, *, has_names: bool) -> LineVerdict:
        """Return the verdict on a line of at most `LONGEST` bytes.

        *has_names* is True if the line may have a symbol, or a code that is not written as plain digits.
        """
        text = line.decode("utf-8", "replace")
        shape = self._shape(text, has_names=has_names)
        verdict = self._verdicts.get(shape)
        if verdict is None:
            if len(self._verdicts) >= _MAX_ENTRIES:
                self._verdicts.clear()  # costs less than the order of an LRUCache at every look-up
            detection = find(text, self._known)
            verdict = self._verdicts[shape] = LineVerdict(
                tuple((each.code, each.known) for each in detection.findings),
                tuple(each.reason for each in detection.lookalikes),
            )
        return verdict

    def _shape(self, text: str, *, has_names: bool) -> tuple[object, ...]:
        """Return the cache key of a line."""
        starts = [match.start() for match in _CODE.finditer(text)]
        first, end = 0, len(text)
        if not has_names:
            # The verdict depends on the text around the codes. It begins at a word, because a URL is judged as a whole.
            first, end = text.rfind(" ", 0, max(0, starts[0] - BEFORE)) + 1, starts[-1] + 7 + AFTER
        window = text[first:end]
        folded = window.encode(errors="surrogatepass").translate(_FOLD_DIGITS)
        # The verdict may depend on other digits than those of the codes.
        is_significant = self._may_be_significant(folded) and (
            _SIGNIFICANT.search(window) or (has_names and _SIGNIFICANT_IN_NAMES.search(window))
        )
        if is_significant or any(_is_cut(text, start) for start in starts):
            return (window, has_names)
        return (folded, has_names, *[(start - first, text[start : start + 7]) for start in starts])


def _may_be_significant(folded: bytes) -> bool:
    """Return whether a text that is *folded* in this way may have significant digits."""
    return _MAY_BE_SIGNIFICANT.search(folded.decode(errors="surrogatepass")) is not None


def _is_cut(text: str, start: int) -> bool:
    """Return whether a number crosses the border of what `number_context` reads: its part may look like a code."""
    left, right = start - BEFORE, start + 7 + AFTER
    if left > 0 and text[left - 1].isdigit() and _CUT_LEFT.match(text, left):
        return True
    return text[right : right + 1].isdigit() and _CUT_RIGHT.search(text, right - 11, right) is not None
