"""What JSON must look like, said as checks that compose; faults are in Slack's words.

A `Check` takes a value and its JSON pointer and yields faults. What blocks must look like is `block_schema`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]


def fault(problem: str, path: str) -> str:
    """A fault as Slack words it in ``response_metadata``."""
    return f"[ERROR] {problem} [json-pointer:{path}]"


def string(longest: int, shortest: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield fault("must be a string", path)
        elif len(value) > longest:
            yield fault(f"must be less than {longest + 1} characters", path)
        elif len(value) < shortest:
            yield fault(f"must be more than {shortest - 1} characters", path)

    return check


def word(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, path: str) -> Iterator[str]:
        if value not in allowed:
            yield fault("invalid enum value", path)

    return check


def items(of: Check, most: int, fewest: int = 1) -> Check:
    """A list of so many things of one kind."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield fault("must be an array", path)
            return
        if len(value) > most:
            yield fault(f"no more than {most} items allowed", path)
        if len(value) < fewest:
            yield fault(f"no fewer than {fewest} items allowed", path)
        for index, item in enumerate(value):
            yield from of(item, f"{path}/{index}")

    return check


def thing(
    required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None, *, either: str = ""
) -> Check:
    """An object with these fields and no others; *either* names fields of which one must be there."""
    need = required or {}
    known = {**need, **(optional or {})}
    choice = either.split()

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield fault("must be an object", path)
            return
        missing = [key for key in need if value.get(key) is None]
        if choice and not any(value.get(key) for key in choice):
            missing.append(choice[0])
        yield from (fault(f"missing required field: {key}", path) for key in missing)
        for key, inner in value.items():
            if key not in known and key != "type":
                yield fault(f"invalid additional property: {key}", path)
            elif key in known and inner is not None:
                yield from known[key](inner, f"{path}/{key}")

    return check


def one_of(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` names one of these kinds."""

    def check(value: Any, path: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            yield fault("missing required field: type", path)
        elif not isinstance(kind, str) or kind not in kinds:
            yield fault(f"unsupported type: {kind}", f"{path}/type")
        else:
            yield from kinds[kind](value, path)

    return check


def anything(value: Any, path: str) -> Iterator[str]:
    """Any value."""
    yield from ()


def flag(value: Any, path: str) -> Iterator[str]:
    """A boolean."""
    if not isinstance(value, bool):
        yield fault("must be a boolean", path)


def number(least: float | None = None) -> Check:
    """A number; with *least* a larger one."""

    def check(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield fault("must be a number", path)
        elif least is not None and value <= least:
            yield fault(f"must be greater than {least:g}", path)

    return check


def web_url(value: Any, path: str) -> Iterator[str]:
    """An address that Slack would open."""
    yield from string(3000)(value, path)
    if isinstance(value, str) and not value.startswith(("http://", "https://", "slack://", "mailto:")):
        yield fault("must be a valid URL", path)
