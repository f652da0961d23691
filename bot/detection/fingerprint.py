"""The shape of what stands around a number, so that people can teach the bot that such a thing is no code.

A shape is a digest: the words cannot be read back from it.
"""

from __future__ import annotations

import hashlib
import re

_WINDOW = 40  # characters to either side in which the neighbouring words are looked for
_DIGITS = re.compile(r"\d+")
# Chinese has no spaces: there the two characters next to the number stand for a word.
_LAST = re.compile(r"(?:[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+)\s*$")
_FIRST = re.compile(r"\s*(?:[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+)")


def shape(text: str, span: tuple[int, int]) -> str:
    """Return the shape of the number at *span*: the word before and the word after it, all numbers alike."""
    start, end = span
    before = _LAST.search(text[max(0, start - _WINDOW) : start])
    after = _FIRST.match(text[end : end + _WINDOW])
    sides = (before.group().strip() if before else "", after.group().strip() if after else "")
    words = _DIGITS.sub("0", " # ".join(sides).lower())
    return hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:16]
