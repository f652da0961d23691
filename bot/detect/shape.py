"""The shape of what stands around a number, so that people can teach the bot that such a thing is no code.

A shape is a digest: the words cannot be read back from it.
"""

from __future__ import annotations

import hashlib
import re

_WINDOW = 40  # characters to either side in which the neighbouring words are looked for
_DIGITS = re.compile(r"\d+")


def shape(text: str, span: tuple[int, int]) -> str:
    """Return the shape of the number at *span*: the word before and the word after it, all numbers alike."""
    start, end = span
    before = text[max(0, start - _WINDOW) : start].split()[-1:]
    after = text[end : end + _WINDOW].split()[:1]
    words = _DIGITS.sub("0", " # ".join(("".join(before), "".join(after))).lower())
    return hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:16]
