"""What detection says of a line, remembered by the line's shape, so that a log full of codes costs little.

Two lines have one shape where everything that `bot.detect` looks at is alike: the codes, where they stand, and the text
around them but for digits that make no difference. Which digits make one is `_TELLING`'s; a line with such digits is
remembered as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.detect.find import find
from bot.detect.finding import Known, Reason
from bot.detect.site import AFTER, BEFORE

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


class Verdict(NamedTuple):
    """What stands in a line."""

    codes: tuple[tuple[int, bool], ...]  # each occurrence, and whether it is known
    lookalikes: tuple[Reason, ...]


class Verdicts:
    """Judges lines as `find` does."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._of: dict[tuple[object, ...], Verdict] = {}

    def of(self, line: bytes, *, has_names: bool) -> Verdict:
        """The verdict on a line of at most `LONGEST` bytes; *has_names* where more than numbers stands in it."""
        text = line.decode("utf-8", "replace")
        shape = _shape(text, has_names=has_names)
        verdict = self._of.get(shape)
        if verdict is None:
            if len(self._of) >= _MOST:
                self._of.clear()
            seen = find(text, self._known)
            verdict = self._of[shape] = Verdict(
                tuple((each.code, each.known) for each in seen.findings), tuple(each.reason for each in seen.lookalikes)
            )
        return verdict


def _shape(text: str, *, has_names: bool) -> tuple[object, ...]:
    starts = [match.start() for match in _CODE.finditer(text)]
    first, end = (0, len(text)) if has_names else _window(text, starts)
    window = text[first:end]
    if (
        _TELLING.search(window)
        or (has_names and _TELLING_IN_NAMES.search(window))
        or any(_is_cut(text, start) for start in starts)
    ):
        return (window, has_names)
    codes = [(start - first, text[start : start + 7]) for start in starts]
    return (window.encode(errors="surrogatepass").translate(_SAME), has_names, *codes)


def _window(text: str, starts: list[int]) -> tuple[int, int]:
    """What the verdict on the numbers can depend on: from the beginning of a word, for a URL counts as a whole."""
    return text.rfind(" ", 0, max(0, starts[0] - BEFORE)) + 1, starts[-1] + 7 + AFTER


def _is_cut(text: str, start: int) -> bool:
    """Whether a number lies across the border of what `site` looks at, and is another one there."""
    left, right = start - BEFORE, start + 7 + AFTER
    return (left > 0 and text[left - 1 : left + 1].isdigit()) or text[right - 1 : right + 1].isdigit()
