"""What was seen in a text: findings, look-alikes, and why.

Only values live here; `find` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Known(Protocol):
    """Which codes and symbols exist."""

    def has_code(self, code: int) -> bool:
        """Whether *code* is in the catalogue."""

    def code_of_symbol(self, name: str) -> int | None:
        """The code of a symbol in any platform's spelling, with or without ``ZIMErrorCode.`` before it."""


class Evidence(StrEnum):
    """What speaks for a finding, the strongest that applies."""

    SYMBOL = "SDK symbol"
    CODE_KEY = "called an error code"
    ERROR_BEFORE = "error word before it"
    ERROR_AFTER = "error word after it"
    ERROR_NEARBY = "known code with an error word nearby"
    CLEAN = "known code with clean boundaries"


class LookAlikeReason(StrEnum):
    """Why something that looks like a code is none."""

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
    """One error code seen in a text."""

    code: int
    known: bool
    line: int  # counted from 1, within the passage
    span: tuple[int, int]  # character offsets into the cleaned passage, end exclusive
    evidence: Evidence
    symbol: str | None = None  # as spelt there, where the code was found by name
    quoted: bool = False  # stands in a quote or a forwarded message
    passage: int = 0  # index of the passage in its message


@dataclass(frozen=True, slots=True)
class LookAlike:
    """One number or name that looks like a code and was left alone."""

    text: str
    line: int  # counted from 1, within the passage
    span: tuple[int, int]  # character offsets into the cleaned passage, end exclusive
    reason: LookAlikeReason
    passage: int = 0  # index of the passage in its message


@dataclass(frozen=True, slots=True)
class Detection:
    """Everything seen in a text or a message, in the order of the text."""

    findings: tuple[Finding, ...] = ()
    lookalikes: tuple[LookAlike, ...] = ()

    @property
    def codes(self) -> tuple[int, ...]:
        """The distinct codes, in the order of their first occurrence."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))
