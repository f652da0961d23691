"""Define what a workspace remembers about a code: what helped before."""

from __future__ import annotations

from dataclasses import dataclass

MOST_HELPED = 3  # lines shown for a code


@dataclass(frozen=True, slots=True)
class Helped:
    """A line by a person who resolved an incident, as shown to others."""

    line: str
    who: str  # the person's name; empty if Slack does not tell
    at: float  # seconds since the epoch
    link: str  # to the triage; empty if Slack gives none


@dataclass(frozen=True, slots=True)
class CodeMemory:
    """What a workspace remembers about one code."""

    code: int
    helped: tuple[Helped, ...] = ()  # newest first
