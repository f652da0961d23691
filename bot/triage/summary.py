"""Summarize a triage, so that a later one in the same channel can report only the difference.

A summary contains no text of the log and nothing that names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.triage.cascades import Cascades
from bot.triage.digest import CodeRow, Digest, EventRow, Role, Stamp

_MOST_APART_S = 86_400.0  # between the times of two logs of one incident


@dataclass(frozen=True, slots=True)
class TriageSummary:
    """The cause, the times and the counts of a triage."""

    cause: str  # equal for one cause: the name of a family or an event, or a code; empty if there is no likely cause
    code: int | None  # of the cause
    first: float | None  # time of the cause's first occurrence, as in `Stamp.seconds`; None if the log has no times
    last: float | None  # time of the last occurrence of the cause or a follower
    has_zone: bool  # the log names the time zone of these times
    hits: int  # occurrences of all codes
    users: int  # users and devices affected, at least; 0 if no line names one
    is_ongoing: bool | None

    def to_json(self) -> dict[str, Any]:
        """Return the fields as an object."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> TriageSummary:
        """Read an object of `to_json`; other keys are ignored."""
        return cls(**{name: fields[name] for name in cls.__slots__})

    def is_comparable(self, other: TriageSummary) -> bool:
        """Return whether the times of two logs can be compared.

        They can't if one clock has a zone, a year or a date, and the other has none: they are far apart then.
        """
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return False
        gap = max(self.first - other.last, other.first - self.last)
        return self.has_zone is other.has_zone and gap < _MOST_APART_S


def summarize(digest: Digest, cascades: Cascades) -> TriageSummary:
    """Summarize *digest*."""
    sign = digest.cause_event or digest.cause
    family = cascades.family(sign) if sign else None
    rows: list[CodeRow | EventRow] = [row for row in digest.rows if sign and row.role is not Role.UNRELATED]
    events: list[CodeRow | EventRow] = [row for row in digest.events if row.name is digest.cause_event]
    causes = events or [row for row in digest.rows if row.role in (Role.CAUSE, Role.FAMILY)]
    firsts = [row.first.stamp for row in causes if row.first.stamp]
    lasts = [row.last.stamp for row in (*rows, *events) if row.last.stamp]
    return TriageSummary(
        cause=family.name if family else str(sign or ""),
        code=digest.cause,
        first=min((each.seconds for each in firsts), default=None),
        last=max((each.seconds for each in lasts), default=None),
        has_zone=bool(firsts) and all(map(_has_zone, firsts)),
        hits=digest.hits,
        users=digest.affected.count,
        is_ongoing=digest.is_ongoing,
    )


def _has_zone(stamp: Stamp) -> bool:
    """Return whether a time is known without a guess: it names its zone, or is a Unix timestamp."""
    return bool(stamp.zone) or stamp.is_unix
