"""Apply the rules of ``data/cascades.yaml``: which codes cause which others, and which causes are likelier."""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Literal

from bot import resources
from bot.catalogue.entry import Code, Line, Text
from bot.catalogue.shape import FORMAT, Constraint, Shape, from_plain

_FILE = resources.DATA / "cascades.yaml"

ClassName = Annotated[str, Constraint(pattern=r"^[a-z][a-z-]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeRule(Shape):
    """The rule that one code causes others."""

    cause: Code
    followers: Annotated[tuple[Code, ...], Constraint(min_length=1)]
    window_s: Annotated[int, Constraint(gt=0, le=3600)]  # longest gap to the cause or to another of its followers
    window_lines: Annotated[int, Constraint(gt=0, le=10_000)] = 50  # the same, in a log without timestamps
    reason: Text
    example: Annotated[tuple[Line, ...], Constraint(min_length=2)]  # lines of a log that show it
    rests_on: Literal["vendor", "sdk", "judgement"]  # vendor documents, the SDK's behaviour, or our experience


@dataclass(frozen=True, slots=True)
class CauseClass(Shape):
    """Causes of one kind: the listed codes, and all codes of the listed sections that no class lists."""

    name: ClassName
    codes: tuple[Code, ...] = ()
    sections: tuple[ClassName, ...] = ()
    explains: bool = True  # False: such a code is no error, and so never a cause


@dataclass(frozen=True)
class Cascades(Shape):
    """All rules, and the classes of causes, the likeliest class first."""

    classes: Annotated[tuple[CauseClass, ...], Constraint(min_length=1)]
    rules: tuple[CascadeRule, ...]

    def __post_init__(self) -> None:
        """Raise ValueError if rules or classes contradict each other."""
        pairs = Counter((rule.cause, follower) for rule in self.rules for follower in rule.followers)
        order: TopologicalSorter[int] = TopologicalSorter()
        for (cause, follower), count in pairs.items():
            if count > 1:
                raise ValueError(f"{follower} follows {cause} in two rules; keep one")
            order.add(follower, cause)
        for code, count in Counter(code for each in self.classes for code in each.codes).items():
            if count > 1:
                raise ValueError(f"{code} is listed in two classes; keep one")
        try:
            order.prepare()
        except CycleError as error:
            raise ValueError(f"{error.args[1][0]} follows itself; a cause must come before its followers") from error

    def rule(self, cause: int, follower: int) -> CascadeRule | None:
        """Return the rule that *cause* causes *follower*, or None."""
        return self._rules.get((cause, follower))

    def rank(self, code: int, section: str | None) -> int:
        """Return the position of the code's class, 0 for the likeliest. *section* is the code's section."""
        return self._ranks.get(code, self._ranks.get(section, len(self.classes)))

    def is_harmless(self, code: int, section: str | None) -> bool:
        """Return whether *code* is no error."""
        rank = self.rank(code, section)
        return rank < len(self.classes) and not self.classes[rank].explains

    @cached_property
    def _rules(self) -> Mapping[tuple[int, int], CascadeRule]:
        """The rule of each pair of a cause and a follower."""
        return {(rule.cause, follower): rule for rule in self.rules for follower in rule.followers}

    @cached_property
    def _ranks(self) -> Mapping[object, int]:
        """The position of each code's and each section's class."""
        return {key: rank for rank, each in enumerate(self.classes) for key in (*each.codes, *each.sections)}


def open_cascades() -> Cascades:
    """Open the rules that ship with the bot. Raises CatalogueError with all faults in their file."""
    content = resources.compiled("cascades.json", (_FILE, Path(__file__), *FORMAT), compile_cascades)
    return from_plain(Cascades, json.loads(content))


def compile_cascades() -> bytes:
    """Read and validate the rules. Raises CatalogueError with all faults in their file."""
    from bot.catalogue import loader

    return loader.compiled(loader.validated(_FILE, Cascades))
