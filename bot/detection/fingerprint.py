"""Fingerprint the words around a number, so that the bot can learn which numbers are not codes.

A fingerprint is a hash. It is stored; the words cannot be read back from it.
"""

from __future__ import annotations

import hashlib
import re

from bot.detection.result import Span

_WINDOW = 40  # characters on either side that are searched for the next word
_DIGITS = re.compile(r"\d+")
# Chinese has no spaces: two characters count as a word.
_LAST = re.compile(r"(?:[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+)\s*$")
_FIRST = re.compile(r"\s*(?:[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+)")


def fingerprint(text: str, span: Span) -> str:
    """Return 16 hexadecimal digits for the words before and after the number at *span*, with all numbers equal."""
    start, end = span
    before = _LAST.search(text[max(0, start - _WINDOW) : start])
    after = _FIRST.match(text[end : end + _WINDOW])
    sides = (before.group().strip() if before else "", after.group().strip() if after else "")
    words = _DIGITS.sub("0", " # ".join(sides).lower())
    return hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:16]
