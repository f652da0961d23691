"""Tell the story of a thread, of a channel's last day, or of a shift, from stored facts only.

A story contains nothing from another channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bot.oncall.story import HandoffReply, StoryReply
from bot.policy.links import links_to
from bot.policy.place import Directory, Place
from bot.policy.replies import Note
from bot.storage.annotation_store import MessageRef
from bot.storage.story_store import Chapter, Scope, StoryStore
from bot.storage.watch_store import Watch, WatchStore

_DAY_S = 86_400.0
_MOST_CODES = 10
_MOST_CHAPTERS = 15


@dataclass(frozen=True, slots=True)
class Stories:
    """Tell stories of channels and threads; a direct message has none."""

    _store: StoryStore
    _watches: WatchStore
    _clock: Callable[[], float]

    async def so_far(self, place: Place, directory: Directory, thread: str | None) -> StoryReply | Note:
        """Tell the story of a thread, or of the channel's last 24 hours if *thread* is None."""
        if place.is_direct:
            return Note("not_in_direct")
        scope = Scope(place.team, place.channel, 0.0 if thread else self._clock() - _DAY_S, thread)
        chapters, alerts = await self._chapters(scope)
        codes = await self._store.codes(scope, most=_MOST_CODES)
        told = tuple(chapters[:_MOST_CHAPTERS])
        story = StoryReply(thread is not None, told, tuple(codes), len(chapters), () if thread else alerts)
        return replace(story, links=await _links(directory, place, story.messages))

    async def of_shift(self, place: Place, directory: Directory, hours: int) -> HandoffReply | Note:
        """Tell the story of the channel's last *hours*."""
        if place.is_direct:
            return Note("not_in_direct")
        since, channel = self._clock() - hours * 3600, Scope(place.team, place.channel)
        chapters, alerts = await self._chapters(replace(channel, since=since))
        new = await self._store.codes(channel, most=_MOST_CODES, new_since=since)
        told = tuple(chapters[:_MOST_CHAPTERS])
        story = HandoffReply(hours, told, tuple(new), len(chapters), alerts)
        links = await _links(directory, place, story.messages)
        return replace(story, links=links, names=await _names(directory, story.people))

    async def _chapters(self, scope: Scope) -> tuple[list[Chapter], tuple[Watch, ...]]:
        """Return the chapters with their open alerts, and the open alerts of the channel without a chapter."""
        chapters = await self._store.chapters(scope)
        watches = await self._watches.of_channel(scope.team, scope.channel)
        alerts = {each.alert_ts: each for each in watches if each.since and each.alert_ts}
        told = [replace(each, alert=alerts.pop(each.ref.ts, None)) for each in chapters]
        return told, tuple(alerts.values())


async def _names(directory: Directory, people: Collection[str]) -> dict[str, str]:
    """Return the names of people by id, without those that Slack does not give: a name is not worth a retry."""
    found = [*dict.fromkeys(people)]
    names = await asyncio.gather(*map(directory.user_name, found), return_exceptions=True)
    return {user: name for user, name in zip(found, names, strict=True) if isinstance(name, str) and name}


async def _links(directory: Directory, place: Place, messages: Collection[str]) -> dict[str, str]:
    """Return the URLs of messages of a channel by time stamp, without those that Slack does not give."""
    found = await links_to(directory, (MessageRef(place.team, place.channel, ts) for ts in messages))
    return {ref.ts: link for ref, link in found.items()}
