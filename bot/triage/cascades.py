"""Apply the rules of ``data/cascades.yaml``: which codes and events cause others, and which causes are likelier."""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal

from bot.catalogue.data_file import open_file
from bot.catalogue.entry import Actor, Code, Line, Steps, Text
from bot.catalogue.shape import Constraint, Shape
from bot.triage.digest import ConnectionEvent, Sign

_LOGIN_LOST = 6000121

ClassName = Annotated[str, Constraint(pattern=r"^[a-z][a-z-]*$")]


class Same(StrEnum):
    """A property that a cause and its follower must share, if both lines name it."""

    USER = "user"  # or device
    ROOM = "room"
    GROUP = "group"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeRule(Shape):
    """The rule that one code or event causes codes."""

    cause: Code | None = None  # either a code
    event: ConnectionEvent | None = None  # or an event
    followers: Annotated[tuple[Code, ...], Constraint(min_length=1)]
    symptoms: tuple[ConnectionEvent, ...] = ()  # lines that follow, too
    window_s: Annotated[int, Constraint(gt=0, le=3600)]  # longest gap to the cause or to another follower
    window_lines: Annotated[int, Constraint(gt=0, le=10_000)] = 50  # the same, in a log without timestamps
    most_windows: Annotated[int, Constraint(gt=0, le=24)] = 3  # after the cause, however close its followers come
    same: tuple[Same, ...] = (Same.USER,)
    reason: Text
    example: Annotated[tuple[Line, ...], Constraint(min_length=2)]  # lines of a log that show it
    rests_on: Literal["vendor", "sdk", "judgement"]  # vendor documents, the SDK's behaviour, or our experience

    def __post_init__(self) -> None:
        """Raise ValueError unless the rule has one cause."""
        if (self.cause is None) == (self.event is None):
            raise ValueError("a rule has either a cause or an event")

    @property
    def sign(self) -> Sign:
        """The cause: a code or an event."""
        return self.cause if self.event is None else self.event  # type: ignore[return-value]  # see __post_init__

    @property
    def places(self) -> tuple[str, ...]:
        """The kinds of the place that must be the same."""
        return tuple(same.value for same in self.same if same is not Same.USER)


@dataclass(frozen=True, slots=True)
class CauseClass(Shape):
    """Causes of one kind: the listed codes, and all codes of the listed sections that no class lists."""

    name: ClassName
    codes: tuple[Code, ...] = ()
    sections: tuple[ClassName, ...] = ()
    explains: bool = True  # False: such a code is no error, and counts only if there is no other


@dataclass(frozen=True, slots=True)
class ManyUsers(Shape):
    """The actor and the steps for a cause that hits many users at once."""

    actor: Actor
    who: Text  # in words
    steps: Steps


@dataclass(frozen=True, slots=True)
class CauseFamily(Shape):
    """Codes and connection events that have one cause."""

    name: ClassName
    codes: Annotated[tuple[Code, ...], Constraint(min_length=2)]
    title: Text
    events: tuple[ConnectionEvent, ...] = ()
    many: ManyUsers | None = None


@dataclass(frozen=True, slots=True)
class EventMeaning(Shape):
    """The title of a connection event, and the actor and the steps for it."""

    event: ConnectionEvent
    actor: Actor
    title: Text
    steps: Steps
    many: ManyUsers | None = None


@dataclass(frozen=True)
class Cascades(Shape):
    """All rules, and the classes of causes, the likeliest class first."""

    classes: Annotated[tuple[CauseClass, ...], Constraint(min_length=1)]
    families: tuple[CauseFamily, ...]
    events: tuple[EventMeaning, ...]
    rules: tuple[CascadeRule, ...]

    def __post_init__(self) -> None:
        """Raise ValueError if rules, families or classes contradict each other."""
        pairs = Counter((rule.sign, follower) for rule in self.rules for follower in rule.followers)
        for (cause, follower), count in pairs.items():
            if count > 1:
                raise ValueError(f"{follower} follows {cause} in two rules; keep one")
        listed: dict[str, list[Sign]] = {
            "classes": [code for each in self.classes for code in each.codes],
            "families": [sign for each in self.families for sign in _signs(each)],
        }
        for kind, signs in listed.items():
            for sign, count in Counter(signs).items():
                if count > 1:
                    raise ValueError(f"{sign} is listed in two {kind}; keep one")
        _ = self.order

    @cached_property
    def order(self) -> tuple[Sign, ...]:
        """All codes and events of the rules, causes before their followers. Raises ValueError if that is impossible."""
        order: TopologicalSorter[Sign] = TopologicalSorter()
        for rule in self.rules:
            for follower in rule.followers:
                order.add(follower, rule.sign)
        try:
            return tuple(order.static_order())
        except CycleError as error:
            raise ValueError(f"{error.args[1][0]} follows itself; a cause must come before its followers") from error

    def rule(self, cause: Sign, follower: Sign) -> CascadeRule | None:
        """Return the rule that *cause* causes *follower*, or None.

        UIKit loses its signaling for the same reasons for which calls fail with "not logged in", so those rules apply.
        """
        rule = self._rules.get((cause, follower))
        if rule is None and follower is ConnectionEvent.SIGNALING_NOT_CONNECTED:
            rule = self._rules.get((cause, _LOGIN_LOST))
        return rule

    def family(self, sign: Sign) -> CauseFamily | None:
        """Return the family of a code or event, or None."""
        return self._families.get(sign)

    def meaning(self, event: ConnectionEvent) -> EventMeaning | None:
        """Return the meaning of *event*, or None if it is no failure."""
        return next((each for each in self.events if each.event is event), None)

    def places(self, code: Sign) -> tuple[str, ...]:
        """Return the kinds of places that the rules with *code* are about."""
        return self._places.get(code, ())

    def rank(self, code: int, section: str | None) -> int:
        """Return the position of the code's class, 0 for the likeliest. *section* is the code's section."""
        return self._ranks.get(code, self._ranks.get(section, len(self.classes)))

    def is_harmless(self, code: int, section: str | None) -> bool:
        """Return whether *code* is no error."""
        rank = self.rank(code, section)
        return rank < len(self.classes) and not self.classes[rank].explains

    @cached_property
    def _rules(self) -> Mapping[tuple[Sign, Sign], CascadeRule]:
        """The rule of each pair of a cause and a follower."""
        rules: dict[tuple[Sign, Sign], CascadeRule] = {}
        for rule in self.rules:
            rules |= {(rule.sign, follower): rule for follower in rule.followers}
            rules |= {(rule.sign, symptom): rule for symptom in rule.symptoms}
        return rules

    @cached_property
    def _families(self) -> Mapping[Sign, CauseFamily]:
        """The family of each code and event."""
        return {sign: family for family in self.families for sign in _signs(family)}

    @cached_property
    def _places(self) -> Mapping[Sign, tuple[str, ...]]:
        """The kinds of places of each code and event."""
        found: dict[Sign, dict[str, None]] = {}
        for rule in self.rules:
            for sign in (rule.sign, *rule.followers):
                found.setdefault(sign, {}).update(dict.fromkeys(rule.places))
        return {sign: tuple(kinds) for sign, kinds in found.items()}

    @cached_property
    def _ranks(self) -> Mapping[object, int]:
        """The position of each code's and each section's class."""
        return {key: rank for rank, each in enumerate(self.classes) for key in (*each.codes, *each.sections)}


def _signs(family: CauseFamily) -> tuple[Sign, ...]:
    """Return the codes and events of *family*."""
    return *family.codes, *family.events


def open_cascades() -> Cascades:
    """Open the rules that ship with the bot. Raises CatalogueError with all faults in their file."""
    return open_file("cascades", Cascades)
