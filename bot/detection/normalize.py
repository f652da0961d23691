"""Normalize text: fold characters without moving any, and reduce a message to the prose of its author."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.detection.result import Passage

# Full-width ASCII (U+FF01-U+FF5E), which Chinese input methods produce, and the spaces other than `" "`.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= dict.fromkeys([0x00A0, 0x2007, 0x2009, 0x200B, 0x200C, 0x200D, 0x202F, 0x2060, 0x3000, 0xFEFF], 0x20)
# Line breaks other than `\n`: Slack shows the text around them as one line.
_FOLD |= dict.fromkeys([0x0D, 0x0B, 0x0C, 0x85, 0x2028, 0x2029], 0x20)

# Terminal colours: with the escape character, with it written out, or with it lost in transit.
_COLOUR = re.compile(r"(?:\x1b|\\x1b|\\e|\\033|\\u001b|\^\[)?\[\d{0,3}(?:;\d{1,3}){0,4}m", re.IGNORECASE)
# Gson and other libraries escape `=` and quotes this way in JSON.
_ESCAPED = re.compile(r"\\u00([2-7][0-9a-f])", re.IGNORECASE)
_WHITE = re.compile(r"\\[nrt](?=600\d|[A-Z])")

# Code, links, emoji, and words with digits. A word is tried from its first letter only, so that time stays linear.
_SPANS = re.compile(r"https?://\S+|`[^`\n]*`|:[a-z0-9_+'-]+:")
_CODE_CHARACTERS = re.compile(r"[_@#/\\=<>{}\[\]]")
_NUMBERS = re.compile(r"(?<![A-Za-z])[A-Za-z]*+[0-9][A-Za-z0-9.:,-]*")
# The marks of log lines on every platform: a time stamp, a level, a bracket, JSON, a stack frame, an exception.
_LOG_LINE = re.compile(
    r"^\s*(?:[\[{(<\"]|\d[\d:.\-/ T]{5,}|at\s+\S+\(|[VDIWEF]/|\S+Exception\b|\S*Error:)"
    r"|\b(?:ERROR|WARN|INFO|DEBUG|TRACE|FATAL)\b|[{;]\s*$"
)


def fold(text: str) -> str:
    """Replace full-width characters by ASCII and escapes by spaces.

    Every replacement is as long as the original, so offsets into the result are valid in *text* too.
    """
    text = text.translate(_FOLD)
    if "[" in text:
        text = _COLOUR.sub(lambda match: " " * len(match[0]), text)
    if "\\" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)).ljust(len(match[0])), text)
        text = _WHITE.sub(lambda match: " " * len(match[0]), text)
    return text


def prose(passages: Iterable[Passage]) -> str:
    """Return the words of a message that show its author's language: no code, log lines, links or quotes."""
    own = (each.text for each in passages if not (each.preformatted or each.quoted))
    lines = []
    for line in "\n".join(own).split("\n"):
        if not _LOG_LINE.search(line):
            words = (word for word in _SPANS.sub(" ", line).split() if not _CODE_CHARACTERS.search(word))
            lines.append(_NUMBERS.sub(" ", " ".join(words)))
    return "\n".join(lines)
