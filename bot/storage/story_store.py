"""Load the story of a thread or channel: triages, incidents with their history, and counts of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from bot.storage.annotation_store import LogRecord, MessageRef
from bot.storage.change_store import Changed
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentEvent, Status, histories, incident_of
from bot.storage.tables import annotated, changes, in_channel, incidents, sightings
from bot.storage.watch_store import Watch

_MOST = 50  # triages, and incidents
_FORGOTTEN_S = 30 * 86_400.0  # an open incident that nobody has changed for so long is over
_FIRST_CERTAIN_S = 946_684_800.0  # 2000-01-01: a time that is written without a year or date is read as earlier


@dataclass(frozen=True, slots=True)
class Scope:
    """A thread, or the part of a channel *since* a time, in seconds since the epoch."""

    team: str
    channel: str
    since: float = 0.0
    thread: str | None = None  # None: the channel


@dataclass(frozen=True, slots=True)
class Chapter:
    """An incident: its triage or alert, who acted on it, and what happened."""

    ref: MessageRef  # of the triage or alert
    log: LogRecord | None  # None: not recorded, such as that of a whole thread
    incident: Incident | None  # None: nobody has acted on it
    events: tuple[IncidentEvent, ...] = ()
    alert: Watch | None = None  # the open alert that it is about

    @property
    def code(self) -> int | None:
        """The code of the likely cause."""
        if self.log:
            return self.log.summary.code
        return self.incident.code if self.incident else None

    @property
    def is_open(self) -> bool:
        """Return whether it is not resolved."""
        return self.incident is None or self.incident.status is not Status.RESOLVED

    @property
    def began(self) -> float | None:
        """When it began by the log, or None if the log writes no time zone or no year."""
        first = self.log.summary.first if self.log and self.log.summary.has_zone else None
        return first if first and first >= _FIRST_CERTAIN_S else None


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often a code came, and the time stamps of its first and last message."""

    code: int
    count: int
    first: str
    last: str


class StoryStore:
    """Load stories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def chapters(self, scope: Scope) -> list[Chapter]:
        """Return open incidents before resolved ones, each the latest first.

        They are the triages of *scope* and the incidents that were changed in it; of a channel, also all that are
        open. Triages that people marked as wrong are left out.
        """

        def load(connection: Connection) -> list[Chapter]:
            acted = {row.ts: incident_of(row) for row in connection.execute(_incidents(scope))}
            logs = {row.reply: row.log for row in connection.execute(_triages(scope, acted))}
            wrong = _wrong(connection, scope)
            found = [ts for ts in dict.fromkeys((*acted, *logs)) if ts not in wrong]
            events = histories(connection, scope.team, scope.channel, found)
            return [
                Chapter(
                    MessageRef(scope.team, scope.channel, ts),
                    LogRecord.from_json(logs[ts]) if ts in logs else None,
                    acted.get(ts),
                    tuple(events[ts]),
                )
                for ts in found
            ]

        chapters = await self._database.run(load)
        return sorted(chapters, key=lambda each: (not each.is_open, -float(each.ref.ts)))

    async def codes(self, scope: Scope, *, most: int, new_since: float = 0.0) -> list[CodeCount]:
        """Return the *most* frequent codes of *scope*, without those that came before *new_since*, too."""
        total, first = func.sum(sightings.c.count), func.min(sightings.c.ts)
        query = select(sightings.c.code, total, first, func.max(sightings.c.ts))
        query = query.where(*in_channel(sightings, scope.team, scope.channel), sightings.c.at >= scope.since)
        if scope.thread is not None:
            own = (annotated.c[name] == sightings.c[name] for name in ("team", "channel", "ts"))
            query = query.join(annotated, and_(*own)).where(annotated.c.thread == scope.thread)
        query = query.group_by(sightings.c.code).having(func.min(sightings.c.at) >= new_since)
        query = query.order_by(total.desc(), sightings.c.code).limit(most)
        rows = await self._database.rows(query)
        return [CodeCount(row[0], int(row[1]), row[2], row[3]) for row in rows]


def _incidents(scope: Scope) -> Select[Any]:
    table = incidents.c
    changed = [table.at >= scope.since, table.escalated_at >= scope.since]
    kept = [table.at >= scope.since - _FORGOTTEN_S, table.escalated_at >= scope.since - _FORGOTTEN_S]
    lately = or_(*changed, and_(table.status != Status.RESOLVED, or_(*kept)))
    own = lately if scope.thread is None else table.thread == scope.thread
    query = select(incidents).where(*in_channel(incidents, scope.team, scope.channel), own)
    return query.order_by(table.at.desc()).limit(_MOST)


def _triages(scope: Scope, acted: dict[str, Incident]) -> Select[Any]:
    table = annotated.c
    own = table.at >= scope.since if scope.thread is None else table.thread == scope.thread
    where = table.log.is_not(None), table.reply.is_not(None), or_(own, table.reply.in_(acted))
    query = select(table.reply, table.log).where(*in_channel(annotated, scope.team, scope.channel), *where)
    return query.order_by(table.at.desc()).limit(2 * _MOST)


def _wrong(connection: Connection, scope: Scope) -> set[str]:
    """Return the triages that people marked as wrong."""
    query = select(changes.c.detail).where(*in_channel(changes, scope.team, scope.channel))
    rows = connection.execute(query.where(changes.c.what == Changed.WRONG, changes.c.undone_by.is_(None)))
    return {str(detail.get("reply")) for (detail,) in rows}
