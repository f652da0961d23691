"""Define the weekly digest of a channel, and when it is due: on Mondays at 9:00 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.storage.annotation_store import MessageRef
from bot.storage.incident_store import Incident
from bot.storage.sighting_store import CodeTrend

WEEK_S = 7 * 86_400.0
_HOUR = 9
ON = "on"  # the value of the setting


@dataclass(frozen=True, slots=True)
class WeeklyReply:
    """The codes that were new or rose in a channel in the last seven days, and the lines about what helped."""

    new: tuple[CodeTrend, ...]  # all codes unless `is_compared`
    risen: tuple[CodeTrend, ...]
    helped: tuple[Incident, ...]  # resolved with a line about it, the latest first
    links: Mapping[MessageRef, str] = field(default_factory=dict)  # to the triages; a missing one is unknown
    is_compared: bool = True  # False: counts are not kept for 14 days


def last_due(now: float) -> float:
    """Return the last Monday at 9:00 UTC by *now*; times are seconds since the epoch."""
    at = datetime.fromtimestamp(now, UTC)
    monday = at.replace(hour=_HOUR, minute=0, second=0, microsecond=0) - timedelta(days=at.weekday())
    return (monday if monday <= at else monday - timedelta(weeks=1)).timestamp()


def next_due(now: float) -> float:
    """Return the next Monday at 9:00 UTC after *now*."""
    return last_due(now) + WEEK_S
