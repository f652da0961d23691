"""Define the results of `zimerr check`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity of a result. Only faults keep the bot from its work."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "unknown"  # can't be known from here


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check; *text* is one line, and names the remedy unless all is right."""

    level: Level
    part: str  # the checked part, such as "database"
    text: str


def faults(part: str, texts: Iterable[str]) -> list[CheckResult]:
    """Return the faults of a part."""
    return [CheckResult(Level.FAULT, part, " ".join(text.split())) for text in texts]
