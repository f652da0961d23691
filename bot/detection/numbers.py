"""The numbers in a text that could be codes.

`lookalikes` judges each; here is where they stand, and which of them need no judging.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from bot.detection import evidence, headings, lookalike_rules
from bot.detection.context import NumberContext, site
from bot.detection.result import Evidence, Known, LookAlikeReason

Span = tuple[int, int]

_DIGITS = re.compile(r"[0-9]{7,}")
_THOUSANDS = re.compile(r"(?<![0-9.,])6([,.' _])(?:00[0-9])\1[0-9]{3}(?![0-9])")
_HINT_THOUSANDS = re.compile(r"6[,.' _]00")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,14}://[^\s<>\"'`|\\，。；、）】]+|(?i:www\.)[^\s<>\"'`|\\，。；、）】]+")


def has_numbers(text: str) -> bool:
    """Whether *text* can hold a code or a look-alike of one; cheap enough for every message."""
    return "600" in text or "０" in text or "６" in text or _HINT_THOUSANDS.search(text) is not None


def urls(folded: str) -> tuple[list[int], list[int]]:
    """Return where the URLs of a text start and end."""
    if "://" not in folded and "www." not in folded.lower():
        return [], []
    found = [match.span() for match in _URL.finditer(folded)]
    return [start for start, _ in found], [end for _, end in found]


def is_inside(spans: tuple[list[int], list[int]], position: int) -> bool:
    """Whether *position* lies in one of *spans*."""
    index = bisect_right(spans[0], position) - 1
    return index >= 0 and position < spans[1][index]


def candidates(
    folded: str, known: Known, inside: tuple[list[int], list[int]]
) -> Iterator[tuple[Span, Evidence | LookAlikeReason]]:
    """Yield every number that is a code or looks like one, with what speaks for or against it."""
    tables = headings.tables(folded)
    for match in _DIGITS.finditer(folded):
        digits = match[0]
        if len(digits) > 7:
            if "600" in digits[:-4]:
                yield match.span(), _longer(folded, match.start())
        elif digits.startswith("600"):
            if is_inside(inside, match.start()):
                yield match.span(), LookAlikeReason.URL
            else:
                heading = headings.heading(tables, folded, match.start()) if tables else ""
                yield match.span(), _judge(site(folded, *match.span(), heading), known)
    if _HINT_THOUSANDS.search(folded):
        for match in _THOUSANDS.finditer(folded):
            yield match.span(), LookAlikeReason.THOUSANDS


def _longer(folded: str, start: int) -> LookAlikeReason:
    return LookAlikeReason.HEX if folded[max(0, start - 2) : start].lower() == "0x" else LookAlikeReason.LONGER_NUMBER


def _judge(place: NumberContext, known: Known) -> Evidence | LookAlikeReason:
    reason = lookalike_rules.reason_against(place)
    if reason:
        return reason
    for_it = evidence.of_number(place)
    if for_it in (Evidence.CLEAN, Evidence.ERROR_NEARBY) and not known.has_code(int(place.digits)):
        return LookAlikeReason.NO_ERROR_WORDS
    return for_it
