"""Read JSON that came from elsewhere without trusting its shape: what is of another type is as good as absent."""

from __future__ import annotations

from collections.abc import Mapping

_NONE: Mapping[str, object] = {}


def string(value: object) -> str:
    """Return *value* where it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, object]:
    """Return *value* where it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NONE


def values(value: object) -> list[object]:
    """Return *value* where it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def items(value: object) -> list[Mapping[str, object]]:
    """Return the objects in an array; nothing else that stands there."""
    return [item for item in values(value) if isinstance(item, dict)]
