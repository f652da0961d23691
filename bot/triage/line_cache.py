"""What detection says of a line, remembered by the line's shape, so that a log full of codes costs little.

Two lines have one shape where all that `bot.detection` looks at is alike: the codes, where they stand, and the text
around them but for digits that make no difference. Which digits make one is `_TELLING`'s; a line with such digits is
remembered as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.detection.context import AFTER, BEFORE
from bot.detection.detector import find
from bot.detection.result import Known, LookAlikeReason

LONGEST = 4096  # bytes of a line whose verdict is remembered

_MOST = 8192
_CODE = re.compile(r"600[0-9]{4}")
_SAME = bytes.maketrans(b"123456789", b"000000000")
# The digits by which `lookalikes`, `edges`, `fold` and `names` tell one thing from another.
_TELLING = re.compile(
    r"(?<![0-9])[02-9][0-9]{9}(?:[0-9]{3})?(?![0-9])"  # a row's field that is no time since 1970
    r"|(?<![0-9])0[0-9]{2,3}[^0-9A-Za-z]600[0-9]{4}"  # an area code
    r"|[,，]000|6[\W_]00"  # thousands
    r"|[0-9][xX][0-9]*600"  # hexadecimal
    r"|[0-9]600[0-9]{4}"  # a longer number, or one with zeros before it
    r"|[mM][dD][0-9]|[.．][mM][pP0-9]|[kK][mM][0-9]"  # md5, .mp4, .m4a, km2
    r"|\\(?:[uU]00|[xX][0-9]|0)|\\[nrt]600[0-9](?![0-9]{3})"  # escapes
    r"|[０-９Ａ-Ｚａ-ｚ]"  # full-width
)
_TELLING_IN_NAMES = re.compile(r"(?<![0-9])[A-Za-z_][0-9]|[A-Za-z_]{2}[0-9]")
# The same where all digits are 0: a shape that this does not match needs no closer look.
_MAY_TELL = re.compile(
    r"(?<!0)0{10}(?:0{3})?(?!0)|(?<!0)0{3,4}[^0-9A-Za-z]0{7}|[,，]000|0[\W_]000[\W_]000(?!0)|0[xX]0|0{8}|"
    r"[mM][dD]0|[.．][mM][pP0]|[kK][mM]0|\\(?:[uU]00|[xX]0|0)|\\[nrt]0000|[０-９Ａ-Ｚａ-ｚ]|"
    r"(?<!0)[A-Za-z_]0|[A-Za-z_]{2}0"
)
# Seven digits or ten, which `lookalikes` lets stand beside a code.
_CUT_LEFT = re.compile(r"(?:[0-9]{3})?[0-9]{7}(?![0-9])")
_CUT_RIGHT = re.compile(r"(?<![0-9])(?:[0-9]{3})?[0-9]{7}\Z")


class LineVerdict(NamedTuple):
    """What stands in a line."""

    codes: tuple[tuple[int, bool], ...]  # each occurrence, and whether it is known
    lookalikes: tuple[LookAlikeReason, ...]


class LineCache:
    """Judges lines as `find` does."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._of: dict[tuple[object, ...], LineVerdict] = {}
        self._may_tell: dict[bytes, bool] = {}

    def of(self, line: bytes, *, has_names: bool) -> LineVerdict:
        """The verdict on a line of at most `LONGEST` bytes; *has_names* where more than numbers stands in it."""
        text = line.decode("utf-8", "replace")
        shape = self._shape(text, has_names=has_names)
        verdict = self._of.get(shape)
        if verdict is None:
            if len(self._of) >= _MOST:
                self._of.clear()
            seen = find(text, self._known)
            verdict = self._of[shape] = LineVerdict(
                tuple((each.code, each.known) for each in seen.findings), tuple(each.reason for each in seen.lookalikes)
            )
        return verdict

    def _shape(self, text: str, *, has_names: bool) -> tuple[object, ...]:
        starts = [match.start() for match in _CODE.finditer(text)]
        first, end = (0, len(text)) if has_names else _window(text, starts)
        window = text[first:end]
        folded = window.encode(errors="surrogatepass").translate(_SAME)
        if self._is_telling(window, folded, has_names=has_names) or any(_is_cut(text, start) for start in starts):
            return (window, has_names)
        return (folded, has_names, *[(start - first, text[start : start + 7]) for start in starts])

    def _is_telling(self, window: str, folded: bytes, *, has_names: bool) -> bool:
        may_tell = self._may_tell.get(folded)
        if may_tell is None:
            if len(self._may_tell) >= _MOST:
                self._may_tell.clear()
            may_tell = self._may_tell[folded] = _MAY_TELL.search(folded.decode(errors="surrogatepass")) is not None
        if not may_tell:
            return False
        return _TELLING.search(window) is not None or (has_names and _TELLING_IN_NAMES.search(window) is not None)


def _window(text: str, starts: list[int]) -> tuple[int, int]:
    """What the verdict on the numbers can depend on: from the beginning of a word, for a URL counts as a whole."""
    return text.rfind(" ", 0, max(0, starts[0] - BEFORE)) + 1, starts[-1] + 7 + AFTER


def _is_cut(text: str, start: int) -> bool:
    """Whether a number lies across the border of what `site` looks at, and may be a code or a time without its rest."""
    left, right = start - BEFORE, start + 7 + AFTER
    if left > 0 and text[left - 1].isdigit() and _CUT_LEFT.match(text, left):
        return True
    return text[right : right + 1].isdigit() and _CUT_RIGHT.search(text, right - 11, right) is not None
