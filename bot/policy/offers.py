"""Offer a watch in a channel after its first busy day, once ever.

1. A day is busy if at least 20 messages of the last 24 hours contained codes, and at least 10 of them the same one.
2. The offer is a watch for the most frequent code: as many messages as in the busiest ten minutes, at least 5.
3. Direct messages, channels where the bot is turned off and channels with a watch get no offer.
4. All workspaces are checked once an hour. The check and each offer are claimed in the database, so that only one of
   several replicas makes them. A claimed offer is due again only if it is certain that Slack did not post it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from bot.oncall.watch_rule import WatchWords
from bot.oncall.watches import OfferReply
from bot.policy.noise_rules import Mode
from bot.policy.place import Place
from bot.storage.channel_store import ChannelStore
from bot.storage.sighting_store import SightingStore
from bot.storage.watch_store import WatchStore

_CHECK, _NOTICE = "offers checked", "offer"  # the names of the claims
_INTERVAL_S = 3600.0  # between two checks
_FOREVER_S = 100 * 365 * 86_400.0  # old notices are deleted, these never
_DAY_S = 86_400.0
_BUSY = 20  # messages with codes in a day
_FREQUENT = 10  # of them with the same code
_SPAN_S = 600
_LEAST = 5  # messages within the span


@dataclass(frozen=True, slots=True)
class Offers:
    """Find the channels where a watch is to be offered."""

    _channels: ChannelStore
    _watches: WatchStore
    _sightings: SightingStore
    _clock: Callable[[], float]

    async def claim_due(self) -> AsyncIterator[tuple[Place, OfferReply]]:
        """Yield each channel where a watch is to be offered, with the offer, for this caller only."""
        now = self._clock()
        if not await self._channels.claim_notice("", "", _CHECK, now=now, unless_since=now - _INTERVAL_S):
            return
        found: dict[Place, int] = {}  # the most frequent code of each channel
        for team, channel, code in await self._sightings.frequent(since=now - _DAY_S, until=now, least=_FREQUENT):
            found.setdefault(Place(team, channel, ""), code)
        for place, code in found.items():
            if offer := await self._claim(place, code, now):
                yield place, offer

    async def release(self, place: Place) -> None:
        """Let the offer in a channel be due again."""
        await self._channels.forget_notice(place.team, place.channel, _NOTICE)

    async def _claim(self, place: Place, code: int, now: float) -> OfferReply | None:
        """Return the offer to make in a channel where *code* was frequent, or None."""
        where, since = (place.team, place.channel), now - _DAY_S
        if place.is_direct or (await self._channels.get(*where)).mode == Mode.OFF:
            return None
        found = await self._sightings.messages(place.team, since=since, until=now, channels=[place.channel])
        if sum(each.messages for each in found) < _BUSY or await self._watches.of_channel(*where):
            return None
        if not await self._channels.claim_notice(*where, _NOTICE, now=now + _FOREVER_S, unless_since=0.0):
            return None
        times = await self._sightings.times(*where, code, since=since, until=now)
        return OfferReply(code, len(times), WatchWords(str(code), max(busiest(times), _LEAST), _SPAN_S))


def busiest(times: Sequence[float]) -> int:
    """Return how many of *times*, in seconds and in order, lie within the ten minutes that contain the most."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= _SPAN_S:
            first += 1
        most = max(most, last - first + 1)
    return most
