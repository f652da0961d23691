"""Apply the rules of ``data/cascades.yaml``: which code causes which others, and which causes are likelier."""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from bot import resources
from bot.catalogue.entry import Code, Line, Text
from bot.catalogue.shape import FORMAT, Constraint, Shape, from_plain

_FILE = resources.data() / "cascades.yaml"

ClassName = Annotated[str, Constraint(pattern=r"^[a-z][a-z-]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeRule(Shape):
    """Declare that one code causes others."""

    cause: Code
    followers: Annotated[tuple[Code, ...], Constraint(min_length=1)]
    window_s: Annotated[int, Constraint(gt=0, le=3600)]  # longest gap to the cause or to another of its followers
    window_lines: Annotated[int, Constraint(gt=0, le=10_000)] = 50  # the same, in a log without timestamps
    reason: Text
    example: Annotated[tuple[Line, ...], Constraint(min_length=2)]  # lines of a log that show it
    rests_on: Literal["vendor", "sdk", "judgement"]  # the vendor's documents, the SDK's behaviour, or our experience


@dataclass(frozen=True, slots=True)
class CauseClass(Shape):
    """Group causes of one kind: the listed codes, and all codes of the listed sections that no class lists."""

    name: ClassName
    codes: tuple[Code, ...] = ()
    sections: tuple[ClassName, ...] = ()
    explains: bool = True  # False: such a code is no error, and so never a cause


@dataclass(frozen=True)
class Cascades(Shape):
    """All rules, and the classes of causes, the likeliest first."""

    classes: Annotated[tuple[CauseClass, ...], Constraint(min_length=1)]
    rules: tuple[CascadeRule, ...]

    def __post_init__(self) -> None:
        """Raise ValueError if rules or classes contradict each other."""
        pairs = [(rule.cause, follower) for rule in self.rules for follower in rule.followers]
        twice = sorted({pair for pair in pairs if pairs.count(pair) > 1})
        if twice:
            raise ValueError(f"{twice[0][1]} follows {twice[0][0]} in two rules; keep one")
        listed = [code for each in self.classes for code in each.codes]
        doubled = sorted({code for code in listed if listed.count(code) > 1})
        if doubled:
            raise ValueError(f"{doubled[0]} is listed in two classes; keep one")
        if circle := _circle(pairs):
            raise ValueError(f"{circle} follows itself; a cause must come before its followers")

    def causes_of(self, follower: int) -> Mapping[int, CascadeRule]:
        """Return the codes that can cause *follower*, with their rules."""
        return self._causes.get(follower, {})

    def reason(self, cause: int, follower: int) -> Text | None:
        """Return why *cause* causes *follower*, or None if no rule says so."""
        rule = self.causes_of(follower).get(cause)
        return rule.reason if rule else None

    def rank(self, code: int, section: str | None) -> int:
        """Return the position of the code's class, 0 for the likeliest. *section* is the code's in the catalogue."""
        return self._ranks[0].get(code, self._ranks[1].get(section or "", len(self.classes)))

    def is_harmless(self, code: int, section: str | None) -> bool:
        """Return whether *code* is no error."""
        rank = self.rank(code, section)
        return rank < len(self.classes) and not self.classes[rank].explains

    @cached_property
    def _causes(self) -> Mapping[int, Mapping[int, CascadeRule]]:
        causes: dict[int, dict[int, CascadeRule]] = {}
        for rule in self.rules:
            for follower in rule.followers:
                causes.setdefault(follower, {})[rule.cause] = rule
        return causes

    @cached_property
    def _ranks(self) -> tuple[Mapping[int, int], Mapping[str, int]]:
        return (
            {code: rank for rank, each in enumerate(self.classes) for code in each.codes},
            {section: rank for rank, each in enumerate(self.classes) for section in each.sections},
        )


def open_cascades(path: Path | None = None) -> Cascades:
    """Open the rules that ship with the bot, or those in *path*. Raises CatalogueError with all faults."""
    source = path or _FILE
    content = resources.compiled(
        "cascades.json", (source, Path(__file__), *FORMAT), lambda: compile_cascades(source), is_shipped=path is None
    )
    return from_plain(Cascades, json.loads(content))


def compile_cascades(path: Path | None = None) -> bytes:
    """Read and validate the shipped file, or *path*. Raises CatalogueError with all its faults."""
    from bot.catalogue import loader

    return loader.compiled(loader.validated(path or _FILE, Cascades), Cascades)


def _circle(pairs: list[tuple[int, int]]) -> int | None:
    """Return a code that follows itself over one or more rules, or None."""
    followers: dict[int, set[int]] = {}
    for cause, follower in pairs:
        followers.setdefault(cause, set()).add(follower)
    for code in followers:
        seen: set[int] = set()
        waiting = [code]
        while waiting:
            found = followers.get(waiting.pop(), set()) - seen
            if code in found:
                return code
            seen |= found
            waiting += found
    return None
