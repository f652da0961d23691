"""Errors that are written for the person who can act on them."""

from __future__ import annotations

from collections.abc import Sequence


class ZimerrError(Exception):
    """A failure whose message says what is wrong and what to do."""


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
