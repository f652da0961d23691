"""Define the errors that the bot raises: for people to act on, and for the inbox to decide about a job."""

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


class RetryLater(Exception):  # noqa: N818  the name says what to do, as its siblings do
    """Transient failure: retry later.

    *after_s* is set if Slack rate-limited the call: it names the wait, and nothing was posted.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class GiveUp(Exception):  # noqa: N818
    """Permanent failure: do not retry. *reason* is Slack's error code, *scope* the OAuth scope that is missing."""

    def __init__(self, reason: str, scope: str | None = None) -> None:
        super().__init__(f"{reason}: {scope}" if scope else reason)
        self.reason = reason
        self.scope = scope


class StopWorkspace(Exception):  # noqa: N818
    """Permanent failure of a whole workspace: Slack refuses its token. The message is Slack's error code."""


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
