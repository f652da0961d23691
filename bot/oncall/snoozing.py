"""Define how long a code may be snoozed in a channel, and the preview of a snooze."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOUR_S, DAY_S = 3600.0, 86_400.0
LONGEST_S = 30 * DAY_S  # also of a snooze that ends after a number of messages
MOST_TIMES = 1000
PREVIEW_DAYS = 7


class SnoozeSpan(StrEnum):
    """The spans that a person can choose."""

    HOUR = "hour"
    DAY = "day"
    TIMES = "times"  # until the codes have come in so many messages

    @property
    def seconds(self) -> float:
        """The time after which the snooze ends at the latest."""
        return {SnoozeSpan.HOUR: HOUR_S, SnoozeSpan.DAY: DAY_S, SnoozeSpan.TIMES: LONGEST_S}[self]


@dataclass(frozen=True, slots=True)
class SnoozePreview:
    """The replies of the last days in the channel that a snooze would have silenced."""

    codes: tuple[int, ...]
    explanations: int
    triages: int
