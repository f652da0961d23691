"""Decode the bytes of a file to clean UTF-8: detect the encoding, remove colours and other invisible characters.

Also recognises archives and binary files by their first bytes.
"""

from __future__ import annotations

import codecs
import re

_SAMPLE = 4096  # bytes in which UTF-16 without a byte order mark is detected

# Signatures of files without text.
_BINARY = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|%PDF-|\x7fELF|RIFF....(?:WAVE|AVI|WEBP)|SQLite format 3\x00|OggS\x00|\x00asm|"
    rb"MZ\x90\x00|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|bplist00|wOF[F2]|dex\n03|....ftyp",
    re.DOTALL,
)
# Signatures of archives, also of those that the bot does not open.
ARCHIVE = re.compile(
    rb"PK(?:\x03\x04|\x05\x06|\x07\x08)|\x1f\x8b\x08|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\xfd7zXZ\x00|BZh[1-9]1AY&SY|"
    rb"\x28\xb5\x2f\xfd|.{257}ustar",
    re.DOTALL,
)
# All bytes except control characters. Text has no control characters; in binary files every tenth byte is one.
_PRINTABLE = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\0\a\b\t\n\v\f\r\x1b")
_MAX_CONTROLS = 0.03  # share of control characters beyond which a file is binary

_ANSI = re.compile(
    rb"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[()#][0-9A-Z]|[=>78cDEHMNOZ])"
)
_LONGEST_ANSI = 300


def is_binary(head: bytes) -> bool:
    """Return True if a file that begins with *head* is not text: an image, a program or an archive."""
    if _BINARY.match(head) or ARCHIVE.match(head):
        return True
    if _utf_16(head):
        return False
    # Files that a logger preallocates, or that were cut off during a write, are full of NULs.
    text = head.replace(b"\0", b"")
    return len(text.translate(None, _PRINTABLE)) > _MAX_CONTROLS * len(text)


class Decoder:
    """Decode one file to clean UTF-8, chunk by chunk, with ``\\n`` as the only line end.

    UTF-8 passes unchanged, including stray bytes. The first chunk that is not ASCII decides between UTF-8 and GB18030.
    """

    def __init__(self, head: bytes) -> None:
        self.encoding = _utf_16(head) or ("utf-8" if head.startswith(codecs.BOM_UTF8) else "ascii")
        marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._mark = next((mark for mark in marks if head.startswith(mark)), b"")
        self._decoder: codecs.IncrementalDecoder | None = None
        if self.encoding.startswith("utf-16"):
            self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        self._pending = b""  # an escape sequence or line end that the next chunk may complete

    def feed(self, chunk: bytes, *, final: bool = False) -> bytes:
        """Return the next *chunk* as clean text; with *final*, also the incomplete sequences at its end."""
        if self._mark and chunk:
            chunk, self._mark = chunk.removeprefix(self._mark), b""
        if self.encoding == "ascii" and not chunk.isascii():
            self.encoding = "gb18030" if _is_gb18030(chunk) else "utf-8"
            if self.encoding == "gb18030":
                self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        if self._decoder:
            chunk = self._decoder.decode(chunk, final).encode("utf-8", "replace")
        return self._clean(chunk, final=final)

    def restart(self) -> None:
        """Discard incomplete input, because the next chunk comes from elsewhere in the file."""
        self._pending = b""
        if self._decoder:
            self._decoder.reset()

    def _clean(self, text: bytes, *, final: bool) -> bytes:
        """Remove NULs and escape sequences, and normalise line ends."""
        text = self._pending + text if self._pending else text
        self._pending = b""
        text = text.replace(b"\0", b"")
        if not final:
            # Keep an incomplete escape sequence or line end for the next chunk.
            end = text.rfind(b"\x1b", max(0, len(text) - _LONGEST_ANSI))
            if end < 0 or _ANSI.match(text, end):
                end = len(text) - text.endswith(b"\r")
            text, self._pending = text[:end], text[end:]
        if b"\x1b" in text:
            text = _ANSI.sub(b"", text)
        return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _utf_16(head: bytes) -> str:
    """Return the name of the UTF-16 codec, found by the byte order mark or by ASCII's NULs; "" for other encodings."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = head[:_SAMPLE]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if max(first, second) * 20 < len(sample) or min(first, second) * 20 > max(first, second):
        return ""
    return "utf-16-le" if second > first else "utf-16-be"


def _is_gb18030(chunk: bytes) -> bool:
    """Return True if text that is not ASCII is almost valid GB18030 and too invalid for UTF-8 with stray bytes."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(chunk)
    except UnicodeDecodeError:
        text = chunk.decode("utf-8", "replace")
        errors = text.count("\ufffd")
        valid = len(text) - len(text.encode("ascii", "ignore")) - errors
        return valid < 8 * errors and chunk.decode("gb18030", "replace").count("\ufffd") * 8 < errors
    return False
