"""Decide who is on an incident.

1. The first person who takes it has it. Another person can take it over, if they saw who has it.
2. Its owner can release it. Everybody can resolve it, with a line about what helped, and everybody can take it again.
3. An owner who does nothing is reminded once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.storage.annotation_store import MessageRef
from bot.storage.incident_store import Incident, IncidentStore, Status

HELPED_CHARACTERS = 300
_LEASE_S = 60.0  # to deal with an incident that is due


@dataclass(frozen=True, slots=True)
class Claim:
    """The outcome of an act on an incident."""

    before: Incident
    after: Incident

    @property
    def is_change(self) -> bool:
        """Return whether the act changed the incident."""
        return self.after.version != self.before.version

    @property
    def replaced(self) -> str | None:
        """The earlier owner if somebody else has taken it over, or None."""
        return self.before.owner if self.after.owner not in (None, self.before.owner) else None


@dataclass(frozen=True, slots=True)
class Ownership:
    """Carry out the acts of people on incidents; *user* is always Slack's id of the person who acts.

    *seed* is the incident as the button describes it, for the first act on it. A silent owner is reminded after
    *remind_s* seconds, or never if it is 0.
    """

    _store: IncidentStore
    _clock: Callable[[], float]
    remind_s: float

    async def find(self, ref: MessageRef) -> Incident | None:
        """Return the incident of the bot's message *ref*, or None if nobody has ever acted on it."""
        return await self._store.get(ref)

    async def take(self, seed: Incident, user: str, *, over: str | None = None) -> Claim:
        """Take an incident that nobody is on, or that the person *over* is on.

        If somebody else is on it, nothing changes.
        """

        def take(incident: Incident) -> Incident:
            if incident.owner == user or incident.owner not in (None, over):
                return incident
            return self._changed(incident, Status.TAKEN, user)

        return await self._change(seed, take)

    async def release(self, seed: Incident, user: str) -> Claim:
        """Release an incident; nothing changes if the person is not its owner."""

        def release(incident: Incident) -> Incident:
            return self._changed(incident, Status.RELEASED, user) if incident.owner == user else incident

        return await self._change(seed, release)

    async def resolve(self, seed: Incident, user: str, helped: str) -> Claim:
        """Resolve an incident; *helped* is one line about what helped. Nothing changes if it is resolved already."""

        def resolve(incident: Incident) -> Incident:
            if incident.status is Status.RESOLVED:
                return incident
            return replace(self._changed(incident, Status.RESOLVED, user), helped=helped)

        return await self._change(seed, resolve)

    async def reopen(self, seed: Incident, user: str) -> Claim:
        """Reopen a resolved incident; nobody is on it then."""

        def reopen(incident: Incident) -> Incident:
            is_resolved = incident.status is Status.RESOLVED
            return self._changed(incident, Status.RELEASED, user) if is_resolved else incident

        return await self._change(seed, reopen)

    async def escalate(self, seed: Incident, user: str) -> Claim:
        """Record that *user* called the person or group of the settings."""
        return await self._change(
            seed, lambda incident: replace(incident, escalated_by=user, escalated_at=self._clock())
        )

    async def shown(self, incident: Incident) -> Incident:
        """Record that the bot's message shows *incident*; return it as it is now."""
        return await self._store.show(incident, remind_at=self._remind_at(incident))

    async def settled(self, incident: Incident) -> None:
        """Record that nothing is due for *incident* until it is changed."""
        await self._store.show(incident, remind_at=None)

    async def is_silent(self, incident: Incident, *, last_said: float) -> bool:
        """Return whether the owner has neither acted nor written for `remind_s`; if not, record when that is due.

        *last_said* is the time of their last message in the thread.
        """
        due_at = max(incident.at, last_said) + self.remind_s
        if due_at <= self._clock():
            return True
        await self._store.show(incident, remind_at=due_at)
        return False

    async def claim_due(self) -> list[Incident]:
        """Return the incidents whose message is outdated or whose owner may be silent, for this caller only."""
        return await self._store.claim_due(self._clock(), lease_s=_LEASE_S)

    def _remind_at(self, incident: Incident) -> float | None:
        return incident.at + self.remind_s if incident.owner and self.remind_s else None

    async def _change(self, seed: Incident, rule: Callable[[Incident], Incident]) -> Claim:
        return Claim(*await self._store.change(seed, rule))

    def _changed(self, incident: Incident, status: Status, user: str) -> Incident:
        return replace(incident, status=status, user=user, at=self._clock(), helped="")
