"""Build validators for JSON values that report problems in Slack's words.

A `Validator` takes a value and its JSON pointer and yields error messages. `block_schema` combines them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Validator = Callable[[Any, str], Iterator[str]]


def problem(text: str, path: str) -> str:
    """Format an error message as in Slack's ``response_metadata``."""
    return f"[ERROR] {text} [json-pointer:{path}]"


def string(max_length: int, min_length: int = 1) -> Validator:
    """Accept a string; lengths are in characters."""

    def validate(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", path)
        elif len(value) > max_length:
            yield problem(f"must be less than {max_length + 1} characters", path)
        elif len(value) < min_length:
            yield problem(f"must be more than {min_length - 1} characters", path)

    return validate


def enum(*allowed: str) -> Validator:
    """Accept one of these strings."""

    def validate(value: Any, path: str) -> Iterator[str]:
        if value not in allowed:
            yield problem("invalid enum value", path)

    return validate


def array(items: Validator, max_items: int, min_items: int = 1) -> Validator:
    """Accept an array whose items pass *items*."""

    def validate(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", path)
            return
        if len(value) > max_items:
            yield problem(f"no more than {max_items} items allowed", path)
        if len(value) < min_items:
            yield problem(f"no fewer than {min_items} items allowed", path)
        for index, item in enumerate(value):
            yield from items(item, f"{path}/{index}")

    return validate


def fields(
    required: Mapping[str, Validator] | None = None,
    optional: Mapping[str, Validator] | None = None,
    *,
    any_of: Sequence[str] = (),
) -> Validator:
    """Accept an object with these fields and no others; at least one of *any_of* is required."""
    needed = required or {}
    known = {**needed, **(optional or {})}

    def validate(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", path)
            return
        missing = [key for key in needed if value.get(key) is None]
        if any_of and not any(value.get(key) for key in any_of):
            missing.append(any_of[0])
        yield from (problem(f"missing required field: {key}", path) for key in missing)
        for key, inner in value.items():
            if key not in known and key != "type":
                yield problem(f"invalid additional property: {key}", path)
            elif key in known and inner is not None:
                yield from known[key](inner, f"{path}/{key}")

    return validate


def by_type(validators: Mapping[str, Validator]) -> Validator:
    """Accept an object that passes the validator for its ``type``."""

    def validate(value: Any, path: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            yield problem("missing required field: type", path)
        elif not isinstance(kind, str) or kind not in validators:
            yield problem(f"unsupported type: {kind}", f"{path}/type")
        else:
            yield from validators[kind](value, path)

    return validate


def any_value(value: Any, path: str) -> Iterator[str]:
    """Accept any value."""
    yield from ()


def boolean(value: Any, path: str) -> Iterator[str]:
    """Accept a boolean."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", path)


def number(above: float | None = None) -> Validator:
    """Accept a number, greater than *above* if given."""

    def validate(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield problem("must be a number", path)
        elif above is not None and value <= above:
            yield problem(f"must be greater than {above:g}", path)

    return validate


def web_url(value: Any, path: str) -> Iterator[str]:
    """Accept a URL that Slack opens."""
    yield from string(3000)(value, path)
    if isinstance(value, str) and not value.startswith(("http://", "https://", "slack://", "mailto:")):
        yield problem("must be a valid URL", path)
