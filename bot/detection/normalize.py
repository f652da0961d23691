"""Make a text easy to look at without moving a character.

Every replacement is as long as what it replaces, so that offsets into the folded text are true for the original.
"""

from __future__ import annotations

import re

# Full-width ASCII (U+FF01-U+FF5E), as Chinese input methods type it, and spaces that are none to `" "`.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= dict.fromkeys([0x00A0, 0x2007, 0x2009, 0x200B, 0x200C, 0x200D, 0x202F, 0x2060, 0x3000, 0xFEFF], 0x20)
# One line is what people see as one line.
_FOLD |= dict.fromkeys([0x0D, 0x0B, 0x0C, 0x85, 0x2028, 0x2029], 0x20)

# Colours of a terminal: with the escape character, as text, or with the escape lost on the way.
_COLOUR = re.compile(r"(?:\x1b|\\x1b|\\e|\\033|\\u001b|\^\[)?\[\d{0,3}(?:;\d{1,3}){0,4}m", re.IGNORECASE)
# Gson and others write `=` and quotes so in JSON.
_ESCAPED = re.compile(r"\\u00([2-7][0-9a-f])", re.IGNORECASE)
_WHITE = re.compile(r"\\[nrt](?=600\d|[A-Z])")


def fold(text: str) -> str:
    """Return *text* with full-width characters in ASCII and escapes taken away, character for character."""
    text = text.translate(_FOLD)
    if "[" in text:
        text = _COLOUR.sub(_blank, text)
    if "\\" in text:
        text = _ESCAPED.sub(_plain, text)
        text = _WHITE.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _plain(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)).ljust(len(match[0]))
