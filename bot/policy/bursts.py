"""Decide when a watch is reached, and collect the content of its alert.

1. A watch is reached if enough messages had its codes within its span until now. Then its alert is open. A message
   counts once: an old log that somebody uploads is no burst.
2. An alert is over when the watch has not been reached for a whole span, or was stopped.
3. A watch of one channel counts its messages. A watch of all channels counts those of the channels that everybody in
   the workspace may see, and of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.catalogue.catalogue import Catalogue
from bot.oncall.watch_rule import SubjectKind, WatchSubject
from bot.oncall.watches import AlertReply, AlertState
from bot.policy.place import Directory
from bot.policy.visibility import Visibility
from bot.storage.sighting_store import ChannelMessages, SightingStore
from bot.storage.watch_store import Watch, WatchStore

_INTERVAL_S = 10.0  # between two looks at a watch
_LEASE_S = 60.0  # to deal with a watch that is due
_UPDATE_S = 60.0  # between two updates of an alert
_AHEAD_S = 60.0  # Slack's clock may be ahead


@dataclass(frozen=True, slots=True)
class Bursts:
    """Look after watches and their alerts."""

    _catalogue: Catalogue
    _store: WatchStore
    _sightings: SightingStore
    _visibility: Visibility
    _clock: Callable[[], float]

    async def claim_due(self) -> list[Watch]:
        """Return the watches that are due, for this caller only."""
        return await self._store.claim_due(self._clock(), lease_s=_LEASE_S)

    async def look(self, watch: Watch, directory: Directory) -> tuple[Watch, AlertReply | None]:
        """Count for *watch*; return it as it is now, and its alert, or None if none is open."""
        now = self._clock()
        lately = await self._messages(watch, now - watch.span_s, directory)
        if watch.stopped_at is None and sum(each.messages for each in lately) >= watch.count:
            since = watch.since or min(each.first_at for each in lately)
            watch = replace(watch, since=since, reached_at=now)
        if watch.since is None or watch.reached_at is None:
            return watch, None
        state = AlertState.OPEN
        if watch.stopped_at is not None:
            state = AlertState.STOPPED
        elif now - watch.reached_at >= watch.span_s:
            state = AlertState.OVER
        found = await self._messages(watch, watch.since, directory)
        codes = await self._sightings.messages_by_code(
            watch.team,
            since=watch.since,
            until=now + _AHEAD_S,
            channels=[each.channel for each in found],
            codes=self._codes(watch),
        )
        return watch, AlertReply(
            watch,
            state,
            watch.since,
            until=max((each.last_at for each in found), default=watch.since),
            count=sum(each.messages for each in found),
            codes=tuple(codes),
            channels=tuple((each.channel, each.messages) for each in found),
        )

    def is_outdated(self, watch: Watch, alert: AlertReply) -> bool:
        """Return whether the message of *watch* is to be updated to *alert*: at most once a minute while it is open."""
        if alert.state is not AlertState.OPEN:
            return True
        is_late = watch.shown_at is None or self._clock() - watch.shown_at >= _UPDATE_S
        return is_late and alert.count != watch.shown_count

    async def opened(self, watch: Watch) -> None:
        """Record that the alert of *watch* is about to be posted."""
        await self._store.record(watch, due_at=self._clock() + _LEASE_S)

    async def looked(self, watch: Watch) -> None:
        """Record the alert of *watch*; it is due again soon."""
        await self._store.record(watch, due_at=self._clock() + _INTERVAL_S)

    async def shown(self, watch: Watch, alert: AlertReply, ts: str) -> None:
        """Record that the message *ts* shows *alert*, empty if Slack refused it. An alert that is over is closed."""
        if alert.state is AlertState.OPEN:
            watch = replace(watch, alert_ts=ts, shown_count=alert.count, shown_at=self._clock())
        else:
            watch = replace(watch, since=None, alert_ts=None, reached_at=None, shown_count=None, shown_at=None)
        await self.looked(watch)

    async def _messages(self, watch: Watch, since: float, directory: Directory) -> list[ChannelMessages]:
        channels = None if watch.is_everywhere else [watch.channel]
        until = self._clock() + _AHEAD_S
        found = await self._sightings.messages(
            watch.team, since=since, until=until, channels=channels, codes=self._codes(watch)
        )
        if not watch.is_everywhere:
            return found
        others = [each.channel for each in found if each.channel != watch.channel]
        visible = {watch.channel, *await self._visibility.public(watch.team, others, directory)}
        return [each for each in found if each.channel in visible]

    def _codes(self, watch: Watch) -> list[int] | None:
        """Return the codes to count, None for all."""
        subject = WatchSubject.parse(watch.subject)
        match subject.kind:
            case SubjectKind.CODE:
                return [int(subject.name)]
            case SubjectKind.SECTION:
                section = self._catalogue.section_named(subject.name)
                return [each.code for each in section.codes] if section else []
            case SubjectKind.SEVERITY:
                return [each.code for each in self._catalogue if each.severity == subject.name]
        return None
