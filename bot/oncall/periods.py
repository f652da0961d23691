"""Define the spans of time that people count codes over, and those of a shift. Pure."""

from __future__ import annotations

from enum import StrEnum

SHIFT_HOURS = 8
MOST_HOURS = 7 * 24


class Period(StrEnum):
    """A span of time until now."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def seconds(self) -> float:
        """Return its length."""
        return {Period.DAY: 86_400.0, Period.WEEK: 7 * 86_400.0, Period.MONTH: 30 * 86_400.0}[self]

    @property
    def parts(self) -> int:
        """Return the number of bars in its sparkline: hours, half days or days."""
        return {Period.DAY: 24, Period.WEEK: 14, Period.MONTH: 30}[self]

    @property
    def is_compared(self) -> bool:
        """Return whether the span before is known: counts are kept for 30 days."""
        return self is not Period.MONTH
