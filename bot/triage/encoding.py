"""Bytes become clean UTF-8: the encoding is told from what stands there, colours and other invisible things go.

Files that hold no text are told here as well; archives are `unpack`'s.
"""

from __future__ import annotations

import codecs
import re

_SAMPLE = 4096  # bytes from which UTF-16 without a mark is told

# What begins so holds no text. Archives that we do not open are among them.
_BINARY = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|%PDF-|\x7fELF|RIFF....(?:WAVE|AVI|WEBP)|SQLite format 3\x00|OggS\x00|\x00asm|"
    rb"MZ\x90\x00|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|bplist00|wOF[F2]|dex\n03|....ftyp|.{257}ustar",
    re.DOTALL,
)
_ARCHIVE = re.compile(
    rb"PK(?:\x03\x04|\x05\x06|\x07\x08)|\x1f\x8b\x08|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\xfd7zXZ\x00|BZh[1-9]1AY&SY|"
    rb"\x28\xb5\x2f\xfd|.{257}ustar",
    re.DOTALL,
)
# Everything but control characters that no log has: in text there are none, in other files every tenth byte is one.
_PRINTABLE = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\0\a\b\t\n\v\f\r\x1b")
_CONTROLS = 0.03  # the share of them that makes a file binary

_ANSI = re.compile(
    rb"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[()#][0-9A-Z]|[=>78cDEHMNOZ])"
)
_LONGEST_ANSI = 300


def is_archive(head: bytes) -> bool:
    """Whether a file that begins with *head* is an archive of any kind."""
    return _ARCHIVE.match(head) is not None


def is_binary(head: bytes) -> bool:
    """Whether a file that begins with *head* holds no text: an image, a program, an archive of another kind."""
    if _BINARY.match(head) or is_archive(head):
        return True
    if _utf_16(head):
        return False
    # Files that a logger claimed in advance, or that were cut while it wrote, are full of NULs.
    seen = head.replace(b"\0", b"")
    return len(seen.translate(None, _PRINTABLE)) > _CONTROLS * len(seen)


class Decoder:
    """Makes the bytes of one file clean UTF-8, chunk by chunk, with ``\\n`` at the end of every line.

    UTF-8 passes as it is, stray bytes too. Where it fails on the first text that is not ASCII, GB18030 is tried.
    """

    def __init__(self, head: bytes) -> None:
        self.encoding = _utf_16(head) or ("utf-8" if head.startswith(codecs.BOM_UTF8) else "ascii")
        self._mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
        self._decoder: codecs.IncrementalDecoder | None = None
        self._held = b""  # the beginning of what only the next chunk completes
        if self.encoding.startswith("utf-16"):
            self._decode_as(self.encoding)

    def feed(self, chunk: bytes, *, final: bool = False) -> bytes:
        """*chunk*, which goes on where the last one ended, as clean text; *final* gives out what is still held."""
        if self._mark and chunk:
            chunk, self._mark = chunk.removeprefix(self._mark), b""
        if self.encoding == "ascii" and not chunk.isascii():
            self.encoding = "gb18030" if _is_gb18030(chunk) else "utf-8"
            if self.encoding == "gb18030":
                self._decode_as(self.encoding)
        if self._decoder:
            chunk = self._decoder.decode(chunk, final).encode("utf-8", "replace")
        return self._cleaned(chunk, final=final)

    def restart(self) -> None:
        """Forget what was held: the next chunk comes from elsewhere in the file."""
        self._held = b""
        if self._decoder:
            self._decoder.reset()

    def _decode_as(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def _cleaned(self, text: bytes, *, final: bool) -> bytes:
        text = self._held + text if self._held else text
        self._held = b""
        if b"\0" in text:
            text = text.replace(b"\0", b"")
        if not final:
            whole = _whole(text)
            text, self._held = text[:whole], text[whole:]
        if b"\x1b" in text:
            text = _ANSI.sub(b"", text)
        return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _whole(text: bytes) -> int:
    """The length of *text* without the beginning of a colour or of a line end at its end."""
    escape = text.rfind(b"\x1b", max(0, len(text) - _LONGEST_ANSI))
    if escape >= 0 and not _ANSI.match(text, escape):
        return escape
    return len(text) - text.endswith(b"\r")


def _utf_16(head: bytes) -> str:
    """UTF-16 and its byte order, by its mark or by the NULs that ASCII has in it; empty where it is none."""
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
    """Whether text that is not ASCII is GB18030: it is no UTF-8 with stray bytes, and almost faultless GB18030."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(chunk)
    except UnicodeDecodeError:
        text = chunk.decode("utf-8", "replace")
        faults = text.count("\ufffd")
        sound = len(text) - len(text.encode("ascii", "ignore")) - faults
        return sound < 8 * faults and chunk.decode("gb18030", "replace").count("\ufffd") * 8 < faults
    return False
