"""Define the errors that people can act on, and those that end an attempt at a job."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


class ZimerrError(Exception):
    """One or several faults that a person can fix. Each text names the problem and the fix."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class CatalogueError(ZimerrError):
    """The catalogue's files contain mistakes. Each fault names the file, the line, the mistake and the correction."""


class ConfigurationError(ZimerrError):
    """The environment contains mistakes. Each fault names the variable and how to fix it."""


class RetryLater(Exception):  # noqa: N818  the name is an instruction, like those of its siblings
    """Transient failure: retry later.

    If Slack rate-limited the call, *after_s* is the wait that it demands, and nothing was posted.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class GiveUp(Exception):  # noqa: N818
    """Permanent failure: do not retry.

    *reason* is Slack's error code, *scope* the OAuth scope that is missing. *messages* are Slack's explanations, such
    as ``[ERROR] unsupported type: table [json-pointer:/blocks/3/type]``.
    """

    def __init__(self, reason: str, scope: str | None = None, messages: Sequence[str] = ()) -> None:
        super().__init__(f"{reason}: {scope}" if scope else reason)
        self.reason = reason
        self.scope = scope
        self.messages = tuple(messages)


class StopWorkspace(Exception):  # noqa: N818
    """Permanent failure of all jobs of a workspace: Slack refuses its token. The message is Slack's error code."""


def cause_of(error: BaseException) -> BaseException | None:
    """Return the error that a traceback of *error* shows before it, or None."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def describe(error: BaseException) -> str:
    """Describe *error* without its data: the `repr` of an HTTP error contains the request's headers and their token.

    SQLite's messages are kept: they contain no values and no address. PostgreSQL's may contain both.
    """
    if isinstance(error, ZimerrError):
        return str(error)
    original = getattr(error, "orig", None)
    reason = str(original) if isinstance(original, sqlite3.Error) else getattr(error, "strerror", None)
    reason = reason or getattr(error, "status", None)
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
