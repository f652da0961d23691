"""Choose the act on a message: an explanation, a reaction, a count, or nothing. Pure.

For each code in a message, the first rule that applies silences the code:

1. The channel's mode is off (`SilenceRule.OFF`).
2. The code is only quoted (`QUOTED`).
3. People here called a number in the same context "not a code" (`NOT_A_CODE`).
4. The thread explains the code already (`IN_THREAD`).
5. The channel's mode is react (`REACT_ONLY`).
6. People snoozed the code in the channel (`SNOOZED`).
7. The code was explained in the channel within the cool-down (`COOL_DOWN`).

Rules 4 and 7 are about explaining a code again. They do not apply to a log, whose triage is about the log. Rule 6
applies to all codes of a log whose likely cause is snoozed, else to none.

A code that occurs several times is silenced only if every occurrence is. Then the message gets one act:

1. If a code is not silenced, a reply explains all codes that are not.
2. Else, if the thread explains a code, the reply there counts it once more.
3. Else, if react mode, a snooze or the cool-down silenced a code, a reaction marks the message.
4. Else nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

COOL_DOWN_S = 3600.0  # during which a code that was explained in the channel gets a reaction only


class Mode(StrEnum):
    """The bot's behaviour in a channel for messages that do not address it."""

    THREAD = "thread"
    REACT = "react"
    OFF = "off"


class Act(StrEnum):
    """An act of the bot on a message. Stored with the message."""

    REPLY = "reply"
    REACT = "react"
    TRIAGE = "triage"  # a reply about a whole log
    READ = "read"  # a log was read that contains no known code; only its author got a summary
    WRONG = "wrong"  # the triage was called wrong and replaced by a line that says so
    REJECTED = "rejected"  # the explanation was called not a code and replaced likewise
    ANSWER = "answer"  # to a message that addresses the bot
    COUNT = "count"  # the first reply in the thread shows how often the code came
    NOTHING = "nothing"


class SilenceRule(StrEnum):
    """A rule that keeps a code from being explained."""

    OFF = "off"
    QUOTED = "quoted"
    NOT_A_CODE = "not-a-code"
    IN_THREAD = "in-thread"
    SNOOZED = "snoozed"
    COOL_DOWN = "cool-down"
    REACT_ONLY = "react-only"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A code in a message, without the message's text. Kept in the inbox as JSON."""

    code: int
    quoted: bool
    fingerprint: str  # hash of the words around it

    def to_json(self) -> list[Any]:
        """Return the fields as an array. True is for earlier versions, which may run beside this one in an upgrade."""
        return [self.code, True, self.quoted, self.fingerprint]

    @classmethod
    def from_json(cls, fields: Sequence[Any]) -> Sighting:
        """Parse an array of `to_json`, with or without its second field."""
        code, *_, quoted, fingerprint = fields
        return cls(code, quoted, fingerprint)


@dataclass(frozen=True, slots=True)
class ChannelHistory:
    """The state of a message's channel and thread before the message."""

    mode: Mode = Mode.THREAD
    not_codes: frozenset[str] = frozenset()  # fingerprints that people here called "not a code"
    in_thread: frozenset[int] = frozenset()  # codes explained in the thread
    recent: frozenset[int] = frozenset()  # codes explained in the channel within the cool-down
    snoozed: frozenset[int] = frozenset()  # codes


@dataclass(frozen=True, slots=True)
class Decision:
    """The act, the codes that it is about, and the rules that silenced the other codes."""

    act: Act
    codes: tuple[int, ...]  # the codes to explain, to react to or to count
    silenced: tuple[tuple[int, SilenceRule], ...] = ()

    @property
    def reason(self) -> str:
        """Why the message gets no reply, for the metrics: the rule that led to the act; empty if it gets one."""
        if self.act is Act.REPLY:
            return ""
        rules = dict(self.silenced)
        rule = rules[self.codes[0]] if self.codes else next(iter(rules.values()), None)
        return str(rule or "no-code")

    @property
    def snoozed(self) -> tuple[int, ...]:
        """The codes that a snooze silenced."""
        return tuple(code for code, rule in self.silenced if rule is SilenceRule.SNOOZED)

    @property
    def repeated(self) -> tuple[int, ...]:
        """The codes to count in the replies of the thread that explain them."""
        is_counted = self.act in (Act.REPLY, Act.COUNT)
        return tuple(code for code, rule in self.silenced if is_counted and rule is SilenceRule.IN_THREAD)


def decide(
    sightings: Sequence[Sighting], history: ChannelHistory, *, is_log: bool = False, cause: int | None = None
) -> Decision:
    """Decide about a message by the rules of this module. A log may have a cause, but no codes.

    *cause* is the code of the likely cause of a log.
    """
    if is_log:
        snoozed = frozenset(each.code for each in sightings if cause in history.snoozed)
        history = replace(history, in_thread=frozenset(), recent=frozenset(), snoozed=snoozed)
    if is_log and not sightings:
        return Decision({Mode.THREAD: Act.REPLY, Mode.REACT: Act.REACT, Mode.OFF: Act.NOTHING}[history.mode], ())
    rules: dict[int, SilenceRule | None] = {}
    for sighting in sightings:
        rule = _rule_against(sighting, history)
        # One occurrence that no rule silences is enough.
        if sighting.code not in rules or rules[sighting.code] is not None:
            rules[sighting.code] = rule
    silenced = tuple((code, rule) for code, rule in rules.items() if rule)
    fresh = tuple(code for code, rule in rules.items() if rule is None)
    if fresh:
        return Decision(Act.REPLY, fresh, silenced)
    for act, rule in (
        (Act.COUNT, SilenceRule.IN_THREAD),
        (Act.REACT, SilenceRule.REACT_ONLY),
        (Act.REACT, SilenceRule.SNOOZED),
        (Act.REACT, SilenceRule.COOL_DOWN),
    ):
        codes = tuple(code for code, silencing in silenced if silencing is rule)
        if codes:
            return Decision(act, codes, silenced)
    return Decision(Act.NOTHING, (), silenced)


def _rule_against(sighting: Sighting, history: ChannelHistory) -> SilenceRule | None:
    """Return the first rule that silences *sighting*."""
    checks = (
        (history.mode is Mode.OFF, SilenceRule.OFF),
        (sighting.quoted, SilenceRule.QUOTED),
        (sighting.fingerprint in history.not_codes, SilenceRule.NOT_A_CODE),
        (sighting.code in history.in_thread, SilenceRule.IN_THREAD),
        (history.mode is Mode.REACT, SilenceRule.REACT_ONLY),
        (sighting.code in history.snoozed, SilenceRule.SNOOZED),
        (sighting.code in history.recent, SilenceRule.COOL_DOWN),
    )
    return next((rule for applies, rule in checks if applies), None)
