"""Define the values of detection: passages go in, findings and look-alikes come out.

The strings of `Evidence` and `LookAlikeReason` are public: `zimerr detect --json` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Span = tuple[int, int]  # character offsets, end exclusive


class Known(Protocol):
    """The codes and symbols that exist."""

    def has_code(self, code: int) -> bool:
        """Return whether *code* is in the catalogue."""

    def code_of_symbol(self, name: str) -> int | None:
        """Return the code of a symbol in any platform's spelling, with or without ``ZIMErrorCode.`` before it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Clean text of a message: no entities, no Slack markup except back-ticks, mentions without names."""

    text: str
    preformatted: bool = False  # a code fence or preformatted text; inline code is part of its sentence
    quoted: bool = False  # a quote or a forwarded message


class Evidence(StrEnum):
    """The strongest reason to report a finding. Its words in Slack are `evidence.*` in data/locale."""

    SYMBOL = "SDK symbol"
    CODE_KEY = "called an error code"
    ERROR_BEFORE = "error word before it"
    ERROR_AFTER = "error word after it"
    ERROR_NEARBY = "known code with an error word nearby"
    CLEAN = "known code with clean boundaries"


class LookAlikeReason(StrEnum):
    """The reason why a number or name that looks like a code is not one. Its words are `reason.*` in data/locale."""

    LONGER_NUMBER = "part of a longer number"
    HEX = "hexadecimal number"
    GLUED = "part of a token or name"
    DECIMAL = "number with a fraction"
    THOUSANDS = "number with thousands separators"
    NEGATIVE = "negative number"
    URL = "inside a URL"
    PATH = "inside a path or file name"
    MONEY = "amount of money"
    AMOUNT = "size, count or amount"
    UNIT = "number with a unit"
    TICKET = "order, ticket or commit number"
    IDENTIFIER = "id of something"
    PHONE = "telephone number"
    TIME = "time or duration"
    POSITION = "position, version or port"
    OTHER_CODE = "code of another kind"
    INDEX = "index or process id"
    FIGURES = "row of figures"
    ROUND = "round number"
    NO_ERROR_WORDS = "unknown code without error words"
    OTHER_NUMBER = "symbol that stands for another number here"
    UNKNOWN_SYMBOL = "unknown symbol"


@dataclass(frozen=True, slots=True)
class Finding:
    """An error code found in a text."""

    code: int
    known: bool
    line: int  # 1-based, within the passage
    span: Span  # within the passage
    evidence: Evidence
    symbol: str | None = None  # as written, if the code was found by name
    quoted: bool = False  # in a quote or a forwarded message
    passage: int = 0  # index of the passage in its message


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A number or name that looks like a code but is not reported as one."""

    text: str
    line: int  # 1-based, within the passage
    span: Span  # within the passage
    reason: LookAlikeReason
    passage: int = 0  # index of the passage in its message


@dataclass(frozen=True, slots=True)
class Detection:
    """All findings and look-alikes of a text or a message, in the order of the text."""

    findings: tuple[Finding, ...] = ()
    lookalikes: tuple[LookAlike, ...] = ()

    @property
    def codes(self) -> tuple[int, ...]:
        """The distinct codes, in the order of their first occurrence."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))
