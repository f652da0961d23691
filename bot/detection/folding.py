"""Fold a text to plain ASCII where that changes no offset: full-width characters, line breaks, colours and escapes."""

from __future__ import annotations

import re

# Full-width ASCII (U+FF01-U+FF5E), which Chinese input methods produce, and the spaces other than `" "`.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= dict.fromkeys([0x00A0, 0x2007, 0x2009, 0x200B, 0x200C, 0x200D, 0x202F, 0x2060, 0x3000, 0xFEFF], 0x20)
# Line breaks other than `\n`: Slack shows the text around them as one line.
_FOLD |= dict.fromkeys([0x0D, 0x0B, 0x0C, 0x85, 0x2028, 0x2029], 0x20)

_LINE_BREAK = re.compile(r"[\r\v\f]")

# Terminal colours: with the escape character, with it written out, or with it lost in transit.
_COLOUR = re.compile(r"(?:\x1b|\\x1b|\\e|\\033|\\u001b|\^\[)?\[[0-9]{0,3}(?:;[0-9]{1,3}){0,4}m", re.IGNORECASE)
# Faster than `_COLOUR`.
_MAY_HAVE_COLOUR = re.compile(r"\[[0-9;]{0,19}[mM]")
# Gson and other libraries escape `=` and quotes this way in JSON.
_ESCAPED = re.compile(r"\\u00([2-7][0-9a-f])", re.IGNORECASE)
_WHITE = re.compile(r"\\[nrt](?=600[0-9]|[A-Z])")
# The same in bytes.
_COLOUR_BYTES, _ESCAPED_BYTES, _WHITE_BYTES = (
    re.compile(each.pattern.encode(), each.flags & re.IGNORECASE) for each in (_COLOUR, _ESCAPED, _WHITE)
)
_MAY_HAVE_COLOUR_BYTES = re.compile(_MAY_HAVE_COLOUR.pattern.encode())


def fold(text: str) -> str:
    """Replace full-width characters by ASCII and escapes by spaces.

    Every replacement is as long as the original, so offsets into the result are valid in *text* too.
    """
    if not text.isascii() or _LINE_BREAK.search(text):
        text = text.translate(_FOLD)
    if "[" in text and _MAY_HAVE_COLOUR.search(text):
        text = _COLOUR.sub(lambda match: " " * len(match[0]), text)
    if "\\" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)).ljust(len(match[0])), text)
        text = _WHITE.sub(lambda match: " " * len(match[0]), text)
    return text


def fold_escapes(data: bytes) -> bytes:
    """Replace escapes by spaces in lines of UTF-8, as `fold` does. Full-width characters stay."""
    if _MAY_HAVE_COLOUR_BYTES.search(data):
        data = _COLOUR_BYTES.sub(lambda match: b" " * len(match[0]), data)
    if b"\\" in data:
        data = _ESCAPED_BYTES.sub(lambda match: bytes([int(match[1], 16)]).ljust(len(match[0])), data)
        data = _WHITE_BYTES.sub(lambda match: b" " * len(match[0]), data)
    return data
