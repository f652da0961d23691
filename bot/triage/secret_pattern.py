"""Define how a rule finds secrets in a text, and judge whether a value looks random.

A rule searches only texts that contain one of its literals, which is much faster than the search for its pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

import stringzilla as sz

from bot.triage.digest import SecretKind

CODE = re.compile(r"(?<![0-9A-Za-z])600\d{4}(?![0-9A-Za-z])", re.ASCII)  # an error code, which is never hidden
_SWITCHES = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_WORDS = re.compile(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{4,}")
_DIGIT, _LETTER = re.compile(r"[0-9]"), re.compile(r"[A-Za-z]")
# Between a word and its number or name.
JOIN = (
    r"[\"'`\\”’\])）]{0,8}\s{0,3}(?:[:=：＝]|=>|is|为|是|\s|->|%3[ADad]|(?=[\[(（]))\s{0,3}"
    r"[\"'`\\“‘\[(（]{0,8}"
)
_NEXT_LINES = 200  # bytes after a line that a match needs to begin
_LONGEST_JUDGED = 256  # characters of a value that decide whether it is random


class SecretSpan(NamedTuple):
    """Character offsets of a secret, end exclusive."""

    start: int
    end: int
    kind: SecretKind


class SecretRule(Protocol):
    """Find the secrets of one sort."""

    @property
    def literals(self) -> tuple[str, ...]:
        """Lowercase texts; every text with such a secret contains one of them. Empty if there are none."""

    @property
    def hints(self) -> tuple[str, ...]:
        """The literals to search whole logs for: those that are rare in a log."""

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield the secrets in *text* in order, without overlaps."""

    def likely_lines(self, data: bytes, lower: bytes, hint: bytes) -> Iterator[tuple[int, int]]:
        """Yield start and end of each line of *data* with *hint* that may have a secret, as offsets in bytes.

        *lower* is *data* in lower case.
        """


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """Find the matches of *pattern* that are secrets: their group ``secret``, or all of the match."""

    kind: SecretKind
    pattern: re.Pattern[str]
    literals: tuple[str, ...]
    hints: tuple[str, ...]
    is_secret: Callable[[re.Match[str]], bool]

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield the secrets in *text*."""
        group = "secret" if "secret" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            if self.is_secret(match):
                yield SecretSpan(*match.span(group), self.kind)

    def likely_lines(self, data: bytes, lower: bytes, hint: bytes) -> Iterator[tuple[int, int]]:
        """Yield the lines with *hint* that have a match, which may continue on the next lines."""
        return matching_lines(data, lower, hint, self.pattern)


def matching_lines(data: bytes, lower: bytes, hint: bytes, text_pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line with *hint* in which *text_pattern* begins to match."""
    offset = sz.find(lower, hint)
    while offset >= 0:
        begin, end = line_at(data, offset)
        if _bytes_pattern(text_pattern).search(data, begin, end + _NEXT_LINES):
            yield begin, end
        offset = sz.find(lower, hint, end)


def line_at(data: bytes, offset: int) -> tuple[int, int]:
    """Return start and end of the line at *offset*."""
    end = data.find(b"\n", offset)
    return data.rfind(b"\n", 0, offset) + 1, len(data) if end < 0 else end


def pattern(
    kind: SecretKind,
    expression: str,
    *literals: str,
    hints: tuple[str, ...] | None = None,
    is_secret: Callable[[re.Match[str]], bool] = lambda _: True,
    flags: int = 0,
) -> SecretPattern:
    """Compile a rule; without *hints*, they are the literals, and without *is_secret*, every match is a secret."""
    compiled = re.compile(expression, re.ASCII | flags)
    return SecretPattern(kind, compiled, literals, literals if hints is None else hints, is_secret)


@cache
def _bytes_pattern(text_pattern: re.Pattern[str]) -> re.Pattern[bytes]:
    """Compile *text_pattern* for text in UTF-8. Its classes must not contain letters beyond ASCII."""
    return re.compile(text_pattern.pattern.encode(), text_pattern.flags & ~re.ASCII)


def before(match: re.Match[str], length: int = 40) -> str:
    """Return up to *length* characters before the secret in *match*."""
    start = match.start("secret") if "secret" in match.re.groupindex else match.start()
    return match.string[max(0, start - length) : start]


def has_code(value: str) -> bool:
    """Return whether *value* contains an error code that no letter or digit touches."""
    return CODE.search(value) is not None


def is_random(value: str, shortest: int, *, is_lenient: bool = False) -> bool:
    """Return whether *value* looks generated, not written by a person, and has at least *shortest* characters.

    A name such as ``onTokenWillExpire2`` consists of words; a key has few letters in a row of one case. *is_lenient*
    is for values whose name leaves little doubt.
    """
    value = value[:_LONGEST_JUDGED].rstrip("=")
    if len(value) < shortest or not _LETTER.search(value) or has_code(value):
        return False
    in_words = sum(map(len, _WORDS.findall(value)))
    if _DIGIT.search(value):
        return in_words < 0.6 * len(value) or len(_SWITCHES.findall(value)) >= 4
    least, share = (12, 0.65) if is_lenient else (16, 0.5)
    return len(value) >= max(shortest, least) and in_words < share * len(value) and not value.islower()
