"""Errors that are written for the person who can act on them."""

from __future__ import annotations

from collections.abc import Sequence


class ZimerrError(Exception):
    """A failure whose message says what is wrong and what to do."""


def named(error: BaseException) -> str:
    """What *error* is, without what it carries: an HTTP error's `repr` has the request's headers, with the token."""
    if isinstance(error, ZimerrError):
        return str(error)
    reason = getattr(error, "strerror", None) or getattr(error, "status", None)
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


class CatalogueError(ZimerrError):
    """The catalogue's files hold mistakes; each fault names file, line, what is wrong and what would be right."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class ConfigurationError(ZimerrError):
    """The environment holds mistakes; each fault names the variable and how to mend it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
