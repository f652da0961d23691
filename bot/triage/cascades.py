"""Which code makes which others follow, and which kinds of causes come before others.

The rules are data, ``data/cascades.yaml``; here is their shape and what must hold between them. `tally` applies them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot import resources
from bot.catalogue import loader
from bot.catalogue.entry import Line, Text

Code = Annotated[int, Field(ge=0, le=9_999_999)]
ClassName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CascadeRule(_Strict):
    """One code makes others follow."""

    cause: Code
    followers: Annotated[tuple[Code, ...], Field(min_length=1)]
    window_s: Annotated[int, Field(gt=0, le=3600)]  # how soon after the cause, or after another of its followers
    window_lines: Annotated[int, Field(gt=0, le=10_000)] = 50  # the same in a log without times
    reason: Text
    example: Annotated[tuple[Line, ...], Field(min_length=2)]  # lines of a log in which it is so
    rests_on: Literal["vendor", "sdk", "judgement"]  # the vendor's documents, the SDK's behaviour, or our experience


class CauseClass(_Strict):
    """One kind of causes: its codes, and all other codes of its sections."""

    name: ClassName
    codes: tuple[Code, ...] = ()
    sections: tuple[ClassName, ...] = ()
    explains: bool = True  # False: nothing is wrong where such a code comes, so it is no cause


class Cascades(_Strict):
    """All rules, and the classes in the order in which they are likely to be the cause."""

    classes: Annotated[tuple[CauseClass, ...], Field(min_length=1)]
    rules: tuple[CascadeRule, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> Cascades:
        pairs = [(rule.cause, follower) for rule in self.rules for follower in rule.followers]
        twice = sorted({pair for pair in pairs if pairs.count(pair) > 1})
        if twice:
            raise ValueError(f"{twice[0][1]} follows {twice[0][0]} in two rules; keep one")
        listed = [code for each in self.classes for code in each.codes]
        doubled = sorted({code for code in listed if listed.count(code) > 1})
        if doubled:
            raise ValueError(f"{doubled[0]} is listed in two classes; keep one")
        if circle := _circle(pairs):
            raise ValueError(f"{circle} follows itself; a cause must come before what it makes follow")
        return self

    def causes_of(self, follower: int) -> Mapping[int, CascadeRule]:
        """The codes that can make *follower* follow, with their rules."""
        return self._causes.get(follower, {})

    def reason(self, cause: int, follower: int) -> Text | None:
        """Why *follower* comes after *cause*, or None where no rule says so."""
        rule = self.causes_of(follower).get(cause)
        return rule.reason if rule else None

    def rank(self, code: int, section: str | None) -> int:
        """The place of the code's class, the likeliest first; *section* is where the catalogue has it."""
        return self._ranks[0].get(code, self._ranks[1].get(section or "", len(self.classes)))

    def is_harmless(self, code: int, section: str | None) -> bool:
        """Whether nothing is wrong where *code* comes."""
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
    """The rules that ship with the bot, or those in *path*; raises CatalogueError with every mistake."""
    return loader.validated(path or resources.data() / "cascades.yaml", Cascades)


def _circle(pairs: list[tuple[int, int]]) -> int | None:
    """A code that follows itself over one or more rules, or None."""
    after: dict[int, list[int]] = {}
    for cause, follower in pairs:
        after.setdefault(cause, []).append(follower)

    def reached(code: int) -> Iterator[int]:
        seen: set[int] = set()
        waiting = list(after.get(code, ()))
        while waiting:
            if (each := waiting.pop()) not in seen:
                seen.add(each)
                yield each
                waiting += after.get(each, ())

    return next((code for code in after if code in reached(code)), None)
