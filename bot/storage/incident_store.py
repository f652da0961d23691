"""Store who is on the incident that a triage or an alert reports, and what happened to it.

A change is a rule applied to the stored incident in one transaction, so that of two people who click at once, the
second one's rule sees the change of the first, on whichever replica.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, tuple_, update

from bot.storage.annotation_store import MessageRef, of_message
from bot.storage.database import Database
from bot.storage.tables import in_channel, incident_history, incidents

_SHOW_AGAIN_S = 20.0  # after a change, if its message was not updated by then
_MOST_DUE = 100  # incidents claimed at once


class Status(StrEnum):
    """The status of an incident."""

    OPEN = "open"  # nobody has ever been on it
    TAKEN = "taken"
    RELEASED = "released"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: the bot's message about it, and its state."""

    ref: MessageRef  # of the message
    thread: str  # that contains the message
    source: str  # of the log (see `bot.policy.place.LogSource`); empty for an alert, which has none
    language: str  # of the message
    code: int | None = None  # of the likely cause, or that of the alert
    status: Status = Status.OPEN
    user: str = ""  # the person who gave it that status
    at: float = 0.0  # and when, in seconds since the epoch
    helped: str = ""  # one line by the person who resolved it
    escalated_by: str | None = None
    escalated_at: float | None = None
    version: int = 0  # number of changes
    shown: int = 0  # the version that the message shows

    @property
    def is_alert(self) -> bool:
        """Whether an alert reports it, not a triage."""
        return not self.source

    @property
    def owner(self) -> str | None:
        """The person who is on it, or None."""
        return self.user if self.status is Status.TAKEN else None


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """An event in the history of an incident: a status, or `escalated`."""

    what: str
    user: str
    at: float
    helped: str = ""  # one line by the person who resolved it


Rule = Callable[[Incident], Incident]


class IncidentStore:
    """Store incidents by the bot's message about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, ref: MessageRef) -> Incident | None:
        """Return the incident of a message, or None if nobody has ever acted on it."""
        query = select(incidents).where(*of_message(incidents, ref))
        row = await self._database.row(query)
        return incident_of(row) if row else None

    async def find(self, refs: Collection[MessageRef]) -> dict[MessageRef, Incident]:
        """Return the incidents of messages, without those that nobody has ever acted on."""
        key = tuple_(incidents.c.team, incidents.c.channel, incidents.c.ts)
        query = select(incidents).where(key.in_([tuple(ref.key.values()) for ref in refs]))
        rows = await self._database.rows(query)
        return {incident.ref: incident for incident in map(incident_of, rows)}

    async def open_in(self, team: str, channels: Collection[str], *, most: int) -> list[Incident]:
        """Return the incidents of *channels* that nobody has resolved, at most *most*, the latest first."""
        where = incidents.c.team == team, incidents.c.channel.in_(channels), incidents.c.status != Status.RESOLVED
        query = select(incidents).where(*where).order_by(incidents.c.at.desc(), incidents.c.ts.desc()).limit(most)
        rows = await self._database.rows(query)
        return [incident_of(row) for row in rows]

    async def helped_in(self, team: str, channel: str, *, since: float, most: int) -> list[Incident]:
        """Return the incidents of a channel that were resolved with a line about what helped, the latest first."""
        where = *in_channel(incidents, team, channel), incidents.c.at >= since
        query = select(incidents).where(*where, incidents.c.status == Status.RESOLVED, incidents.c.helped != "")
        query = query.order_by(incidents.c.at.desc(), incidents.c.ts.desc()).limit(most)
        rows = await self._database.rows(query)
        return [incident_of(row) for row in rows]

    async def change(self, seed: Incident, rule: Rule) -> tuple[Incident, Incident]:
        """Apply *rule* to the stored incident, or to *seed* if there is none; return it before and after.

        A rule that returns the incident itself changes nothing.
        """
        creation = self._database.insert(incidents).values(_row(seed)).on_conflict_do_nothing()
        query = select(incidents).where(*of_message(incidents, seed.ref)).with_for_update()

        def change(connection: Connection) -> tuple[Incident, Incident]:
            connection.execute(creation)
            before = incident_of(connection.execute(query).one())
            after = rule(before)
            if after is before:
                return before, after
            after = replace(after, version=before.version + 1)
            is_escalated = after.escalated_at != before.escalated_at
            who, at = (after.escalated_by, after.escalated_at) if is_escalated else (after.user, after.at)
            row = _row(after) | {"due_at": (at or 0.0) + _SHOW_AGAIN_S}
            connection.execute(update(incidents).where(*of_message(incidents, after.ref)).values(row))
            event = {"what": "escalated" if is_escalated else after.status, "user": who, "at": at}
            event |= {"helped": "" if is_escalated else after.helped}
            connection.execute(insert(incident_history).values(after.ref.key | event))
            return before, after

        return await self._database.run(change)

    async def show(self, incident: Incident, *, remind_at: float | None) -> Incident:
        """Record that the message shows *incident*; return the incident as it is now.

        If it has not been changed since, it is due next at *remind_at*, or never if that is None.
        """
        mine = *of_message(incidents, incident.ref), incidents.c.version == incident.version
        record = update(incidents).where(*mine).values(shown=incident.version, due_at=remind_at)
        query = select(incidents).where(*of_message(incidents, incident.ref))

        def show(connection: Connection) -> Incident:
            connection.execute(record)
            row = connection.execute(query).one_or_none()
            return incident_of(row) if row else incident

        return await self._database.run(show)

    async def claim_due(self, now: float, *, lease_s: float) -> list[Incident]:
        """Return the incidents that are due, for this caller only: they are due again after *lease_s*."""
        key = incidents.c.team, incidents.c.channel, incidents.c.ts
        due = select(*key).where(incidents.c.due_at <= now).order_by(incidents.c.due_at).limit(_MOST_DUE)
        claim = update(incidents).where(tuple_(*key).in_(due.with_for_update(skip_locked=True)))
        claim = claim.values(due_at=now + lease_s).returning(*incidents.c)
        rows = await self._database.rows(claim)
        return [incident_of(row) for row in rows]

    async def forget_before(self, time: float) -> None:
        """Delete the incidents that nobody has changed since *time*, with their history."""
        old = incidents.c.at < time, incidents.c.escalated_at.is_(None) | (incidents.c.escalated_at < time)

        def forget(connection: Connection) -> None:
            connection.execute(incidents.delete().where(*old))
            connection.execute(incident_history.delete().where(incident_history.c.at < time))

        await self._database.run_aside(forget)


def histories(
    connection: Connection, team: str, channel: str, messages: Collection[str]
) -> dict[str, list[IncidentEvent]]:
    """Return the events of the incidents of a channel, in order, by the time stamp of the bot's message."""
    columns = (incident_history.c[name] for name in ("ts", *IncidentEvent.__slots__))
    query = select(*columns).where(*in_channel(incident_history, team, channel), incident_history.c.ts.in_(messages))
    found: dict[str, list[IncidentEvent]] = {ts: [] for ts in messages}
    for ts, *event in connection.execute(query.order_by(incident_history.c.id)):
        found[ts].append(IncidentEvent(*event))
    return found


_FIELDS = (
    *("thread", "source", "language", "code", "status", "user", "at"),
    *("helped", "escalated_by", "escalated_at", "version", "shown"),
)


def _row(incident: Incident) -> dict[str, Any]:
    return incident.ref.key | {name: getattr(incident, name) for name in _FIELDS}


def incident_of(row: Row[Any]) -> Incident:
    """Return the incident in a row of the table."""
    fields = {name: getattr(row, name) for name in _FIELDS}
    return Incident(MessageRef(row.team, row.channel, row.ts), **fields | {"status": Status(row.status)})
