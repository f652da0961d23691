"""Fingerprint the words around a finding, so that people can teach the bot which numbers are no codes."""

from __future__ import annotations

import hashlib
import re

from bot.detection.number_context import AFTER, BEFORE
from bot.detection.result import Evidence, Span

_SIDE = 3  # words on either side of a number that its fingerprint is made of
# Chinese has no spaces: two characters count as a word.
_WORD = re.compile(r"[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+")
_RICH = 2  # words that identify a context without the number itself
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def fingerprint(text: str, span: Span, evidence: Evidence) -> str:
    """Return 16 hexadecimal digits for the words around the finding at *span*, to learn which numbers are not codes.

    - Up to three words on either side count, as they are on the line, in lower case.
    - Other numbers count by their length.
    - The finding itself counts unless it is a plain number among at least two words. Otherwise, one “error 6000106”
      that is no code would silence every code behind the word “error”.
    """
    start, end = span
    left = text[max(0, start - BEFORE) : start].rpartition("\n")[2]
    before = [word[::-1] for word in _WORD.findall(left[::-1])[:_SIDE]][::-1]
    after = _WORD.findall(text[end : end + AFTER].partition("\n")[0])[:_SIDE]
    is_rich = evidence is Evidence.CLEAN and sum(map(_weight, before + after)) >= _RICH
    context = re.sub(r"\d", "0", " ".join([*before, "#", *after]).lower())
    content = f"{context}\n{'' if is_rich else text[start:end]}"
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]


def _weight(word: str) -> float:
    """Return how many words *word* counts as: none if it has no letters, half for a single Chinese character."""
    if not any(map(str.isalpha, word)):
        return 0
    return len(word) / 2 if _CHINESE.match(word) else 1
