"""Collect a digest once a week for the channels that turned it on.

A digest is claimed in the database before it is posted, so that one of several replicas posts it. It is skipped if no
replica ran for a day after it was due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.oncall.weekly import WEEK_S, WeeklyReply, last_due
from bot.policy.links import links_to
from bot.policy.place import Directory, Place
from bot.settings import Retention
from bot.storage.channel_store import ChannelStore
from bot.storage.incident_store import IncidentStore
from bot.storage.sighting_store import SightingStore

_NOTICE = "weekly"  # the name of the claim
_DAY_S = 86_400.0
_LATEST_S = _DAY_S  # after it was due
_MOST = 5  # of each kind
_MOST_CODES = 200


@dataclass(frozen=True, slots=True)
class WeeklyDigests:
    """Collect the digests that are due."""

    _channels: ChannelStore
    _sightings: SightingStore
    _incidents: IncidentStore
    _clock: Callable[[], float]
    _retention: Retention

    async def claim_due(self) -> list[Place]:
        """Return the channels whose digest is due, for this caller only."""
        now = self._clock()
        due_at = last_due(now)
        if now - due_at > _LATEST_S:
            return []
        found = await self._channels.with_digest(before=due_at, notice=_NOTICE)
        return [
            Place(team, channel, "")
            for team, channel in found
            if await self._channels.claim_notice(team, channel, _NOTICE, now=now, unless_since=due_at)
        ]

    async def release(self, place: Place) -> None:
        """Let the digest of a channel be due again."""
        await self._channels.forget_notice(place.team, place.channel, _NOTICE)

    async def collect(self, place: Place, directory: Directory) -> WeeklyReply:
        """Return the digest of the channel's last seven days."""
        now, where = self._clock(), (place.team, place.channel)
        trends = await self._sightings.top(
            place.team, since=now - WEEK_S, until=now, channels=[place.channel], parts=14, most=_MOST_CODES
        )
        risen = sorted((each for each in trends if each.before), key=lambda each: each.before - each.count)
        helped = await self._incidents.helped_in(*where, since=now - WEEK_S, most=_MOST)
        return WeeklyReply(
            new=tuple(each for each in trends if not each.before)[:_MOST],
            risen=tuple(each for each in risen if each.count > each.before)[:_MOST],
            helped=tuple(helped),
            links=await links_to(directory, (each.ref for each in helped)),
            is_compared=self._retention.days * _DAY_S >= 2 * WEEK_S,
        )
