"""Collect the content of a person's Home tab: what they looked up, and what happens in the channels that they are in.

If Slack can't say which channels these are, the content is only what they looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.oncall.periods import Period
from bot.policy.links import links_to
from bot.policy.place import Directory, Place
from bot.policy.visibility import Visibility
from bot.settings import Retention
from bot.storage.annotation_store import MessageRef
from bot.storage.change_store import ChangeStore, ChannelChange, IgnoredContext
from bot.storage.channel_store import ChannelState, ChannelStore
from bot.storage.incident_store import Incident, IncidentStore
from bot.storage.lookup_store import LookupStore
from bot.storage.sighting_store import CodeTrend, SightingStore
from bot.storage.watch_store import Watch, WatchStore

MOST_SHOWN = 10  # of each kind


@dataclass(frozen=True, slots=True)
class HomeContent:
    """The content of the Home tab of one person; each kind has at most `MOST_SHOWN` items and one more if it is cut.

    Older lookups are left out. Changes and contexts come with their channel.
    """

    is_known: bool  # whether Slack said which channels they are in
    retention: Retention
    at: float  # seconds since the epoch
    alerts: tuple[tuple[Watch, Incident | None], ...] = ()  # open ones; with the incident if somebody has acted on it
    incidents: tuple[Incident, ...] = ()  # that nobody has resolved, without those of the alerts
    links: Mapping[MessageRef, str] = field(default_factory=dict)  # to the messages of both; a missing one is unknown
    trends: tuple[CodeTrend, ...] = ()  # of the last 24 hours
    settings: tuple[tuple[str, ChannelState], ...] = ()
    changes: tuple[tuple[str, ChannelChange], ...] = ()  # that can be undone
    ignored: tuple[tuple[str, IgnoredContext], ...] = ()
    lookups: tuple[int, ...] = ()  # the codes that they looked up, the latest first


@dataclass(frozen=True, slots=True)
class Homes:
    """Collect the content of Home tabs."""

    _incidents: IncidentStore
    _watches: WatchStore
    _sightings: SightingStore
    _changes: ChangeStore
    _channels: ChannelStore
    _lookups: LookupStore
    _visibility: Visibility
    _clock: Callable[[], float]
    _retention: Retention

    async def content(self, place: Place, directory: Directory) -> HomeContent:
        """Return the content of the Home tab of the person of *place*."""
        now, team = self._clock(), place.team
        lookups = tuple(await self._lookups.lately(team, place.user, most=MOST_SHOWN))
        channels = await self._visibility.own_channels(place, directory)
        if channels is None:
            return HomeContent(False, self._retention, now, lookups=lookups)
        most = MOST_SHOWN + 1
        alerts = [each for each in await self._watches.with_alerts(team) if each.alert_ts and each.channel in channels]
        refs = [MessageRef(team, each.channel, each.alert_ts or "") for each in alerts[:most]]
        acted = await self._incidents.find(refs)
        incidents = await self._incidents.open_in(team, channels, most=most + len(acted))
        incidents = [each for each in incidents if each.ref not in acted][:most]
        linked = [*refs[:MOST_SHOWN], *(each.ref for each in incidents[:MOST_SHOWN])]
        settings = await self._channels.settings_of(team, channels)
        day = Period.DAY
        trends = await self._sightings.top(
            team, since=now - day.seconds, until=now, channels=channels, parts=day.parts, most=most
        )
        return HomeContent(
            True,
            self._retention,
            now,
            alerts=tuple((watch, acted.get(ref)) for watch, ref in zip(alerts, refs, strict=False)),
            incidents=tuple(incidents),
            links=await links_to(directory, linked),
            trends=tuple(trends),
            settings=tuple((channel, state) for channel, state in settings.items() if _has_author(state))[:most],
            changes=tuple(await self._changes.lately(team, channels, most=most)),
            ignored=tuple(await self._changes.ignored_in(team, channels, now=now, most=most)),
            lookups=lookups,
        )


def _has_author(state: ChannelState) -> bool:
    return any((state.mode_by, state.language_by, state.answers_by, state.weekly_by))
