"""Define the replies that report why something could not be done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import GiveUp
from bot.policy.place import Place


class Barrier(StrEnum):
    """Slack's errors for a reply that cannot be posted, if people should know or can help."""

    NOT_IN_CHANNEL = "not_in_channel"
    CHANNEL_NOT_FOUND = "channel_not_found"
    IS_ARCHIVED = "is_archived"
    RESTRICTED_ACTION = "restricted_action"
    MISSING_SCOPE = "missing_scope"


@dataclass(frozen=True, slots=True)
class Barred:
    """A reply could not be posted in *channel*."""

    barrier: Barrier
    channel: str
    scope: str | None  # the missing scope, if that is the reason


@dataclass(frozen=True, slots=True)
class Uncalled:
    """The person to call is not in the channel, and Slack refused a direct message to them."""

    target: str  # their id
    reason: str  # Slack's error code
    incident: str  # the id in the log


@dataclass(frozen=True, slots=True)
class Failed:
    """An unexpected error; the log contains the details under the id *incident*."""

    incident: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack refused an answer, in the last of several *attempts*; the log contains the details under *incident*."""

    reason: str  # Slack's error code
    incident: str
    attempts: int = 1


def barred(error: GiveUp, place: Place) -> Barred | None:
    """Return the reply that explains *error* if people should know or can help, such as with a missing scope."""
    # Slack has several kinds of restricted_action (docs.slack.dev/reference/methods/chat.postMessage).
    reason = error.reason
    barrier = next((each for each in Barrier if reason == each or reason.startswith(f"{each}_")), None)
    return Barred(barrier, place.channel, error.scope) if barrier else None


def missing_scope(error: GiveUp, place: Place) -> Barred | None:
    """Return the reply that names the missing scope, or None if Slack gives another reason."""
    return barred(error, place) if error.reason == Barrier.MISSING_SCOPE else None
