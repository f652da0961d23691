"""What a message deserves: an explanation, a reaction, a count, or nothing. Pure rules, each with its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How the bot behaves, unasked, in a channel."""

    THREAD = "thread"
    REACT = "react"
    OFF = "off"


class Act(StrEnum):
    """What is done about a message."""

    REPLY = "reply"
    REACT = "react"
    TRIAGE = "triage"  # as a reply, about the whole of a log
    WRONG = "wrong"  # people called the triage wrong, and it was taken back
    COUNT = "count"  # the first reply in the thread says how often the code came
    NOTHING = "nothing"


class SilenceRule(StrEnum):
    """Why a code is not explained."""

    OFF = "off"
    QUOTED = "quoted"
    NOT_A_CODE = "not-a-code"  # people said so of such a thing in this channel
    IN_THREAD = "in-thread"  # explained in this thread before
    COOL_DOWN = "cool-down"  # explained in this channel a short while ago
    REACT_ONLY = "react-only"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A code that stands in a message."""

    code: int
    known: bool
    quoted: bool
    shape: str  # digest of what stands around it


@dataclass(frozen=True, slots=True)
class ChannelHistory:
    """What is already known about the place of a message."""

    mode: Mode = Mode.THREAD
    refused: frozenset[str] = frozenset()  # shapes that people called no code here
    in_thread: frozenset[int] = frozenset()  # codes explained in this thread
    lately: frozenset[int] = frozenset()  # codes explained in this channel within the cool-down


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, about which codes, and which rule silenced the others."""

    act: Act
    codes: tuple[int, ...]  # what to explain, to react for, or to count
    silenced: tuple[tuple[int, SilenceRule], ...] = ()

    @property
    def repeated(self) -> tuple[int, ...]:
        """The codes that are counted where the thread explains them."""
        is_seen = self.act in (Act.REPLY, Act.COUNT)
        return tuple(code for code, rule in self.silenced if is_seen and rule is SilenceRule.IN_THREAD)


def decide(sightings: Sequence[Sighting], situation: ChannelHistory) -> Decision:
    """Decide about a message; a code counts once, and in doubt nothing is done."""
    rules: dict[int, SilenceRule | None] = {}
    for sighting in sightings:
        rule = _silences(sighting, situation)
        # One place where nothing speaks against a code is enough.
        if sighting.code not in rules or rules[sighting.code] is not None:
            rules[sighting.code] = rule
    silenced = tuple((code, rule) for code, rule in rules.items() if rule)
    fresh = tuple(code for code, rule in rules.items() if rule is None)
    if fresh:
        return Decision(Act.REPLY, fresh, silenced)
    for act, rule in (
        (Act.COUNT, SilenceRule.IN_THREAD),
        (Act.REACT, SilenceRule.REACT_ONLY),
        (Act.REACT, SilenceRule.COOL_DOWN),
    ):
        codes = tuple(code for code, silencing in silenced if silencing is rule)
        if codes:
            return Decision(act, codes, silenced)
    return Decision(Act.NOTHING, (), silenced)


def _silences(sighting: Sighting, situation: ChannelHistory) -> SilenceRule | None:
    """The first rule that keeps the bot from explaining *sighting*, or None."""
    checks = (
        (situation.mode is Mode.OFF, SilenceRule.OFF),
        (sighting.quoted, SilenceRule.QUOTED),
        (sighting.shape in situation.refused, SilenceRule.NOT_A_CODE),
        (sighting.code in situation.in_thread, SilenceRule.IN_THREAD),
        (situation.mode is Mode.REACT, SilenceRule.REACT_ONLY),
        (sighting.code in situation.lately, SilenceRule.COOL_DOWN),
    )
    return next((rule for applies, rule in checks if applies), None)
