"""Find the most frequent codes of a channel, or of all channels that a person may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.oncall.periods import Period
from bot.oncall.trends import TopReply
from bot.policy.links import links_to
from bot.policy.place import Directory, Place
from bot.policy.visibility import Visibility
from bot.storage.sighting_store import SightingStore

_MOST = 10  # codes


@dataclass(frozen=True, slots=True)
class Ranking:
    """Answer `/zimerr top`."""

    _store: SightingStore
    _visibility: Visibility
    _clock: Callable[[], float]

    async def top(
        self, place: Place, directory: Directory, span: Period, *, is_everywhere: bool | None = None
    ) -> TopReply:
        """Return the most frequent codes, by default of the channel, in a direct message of all channels."""
        everywhere = place.is_direct if is_everywhere is None else is_everywhere
        now = self._clock()
        since, channels = now - span.seconds, [place.channel]
        if everywhere:
            counts = await self._store.counts(place.team, since=since, until=now)
            busiest = list(dict.fromkeys(each.channel for each in counts))
            channels = await self._visibility.to_reader(place, busiest, directory)
        trends = await self._store.top(
            place.team, since=since, until=now, channels=channels, parts=span.parts, most=_MOST + 1
        )
        shown = trends[:_MOST]
        links = await links_to(directory, (each for trend in shown for each in (trend.first, trend.last)))
        return TopReply(span, tuple(shown), links, is_everywhere=everywhere, is_cut=len(trends) > _MOST)
