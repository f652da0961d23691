"""Describe the shape of data files by dataclasses, and build these from plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

Built = TypeVar("Built")

# The modules that define how files are validated and compiled. A change to one makes cached files out of date.
FORMAT = tuple(Path(__file__).with_name(f"{name}.py") for name in ("data_file", "entry", "loader", "shape", "stored"))


class Constraint:
    """Limit the values of a field while pydantic validates a file.

    The names of the limits are those of pydantic-core's schemas: pattern, min_length, max_length (of texts and tuples),
    ge, gt and le. pydantic's own `Field` would need its import at run time.
    """

    def __init__(self, **limits: object) -> None:
        self._limits = limits

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Add the limits to pydantic's schema of the type."""
        return handler(source) | self._limits


class Shape:
    """Refuse unknown fields when pydantic validates a subclass."""

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads a plain dict


def from_plain(kind: type[Built], data: Any) -> Built:
    """Build a dataclass from dicts, lists, strings and numbers. The data must have been validated."""
    return cast(Built, _builder(cast(Any, kind))(data))


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:
    """Return a function that turns plain data into *kind*: a dataclass, or the type of one of its fields."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _builder(arguments[0])
    if origin is tuple:
        item = _builder(arguments[0])
        return lambda values: tuple(map(item, values))
    if origin in (Union, UnionType):  # always with None
        inner = _builder(arguments[0])
        return lambda value: None if value is None else inner(value)
    if is_dataclass(kind):
        construct: Any = kind
        builders = {field.name: _builder(cast(Any, field.type)) for field in fields(kind)}
        return lambda values: construct(**{name: builders[name](value) for name, value in values.items()})
    return kind if isinstance(kind, type) and issubclass(kind, StrEnum) else lambda value: value
