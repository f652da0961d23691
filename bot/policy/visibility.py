"""Decide which channels a reader may learn about.

1. A channel is private if Slack does not say that it is public, or can't be asked.
2. Members of the workspace may learn about public channels, and about private ones that they are in.
3. Guests and people of other workspaces may learn only about channels that they are in.
4. Slack is asked about at most `_MOST_ASKED` channels at a time; the rest counts as private.

Slack's answers are cached for a few minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from cachetools import TTLCache

from bot.errors import RetryLater, StopWorkspace
from bot.policy.place import Directory, Place, Standing

_K = TypeVar("_K")
_T = TypeVar("_T")
_KEEP_S = 300.0
_MOST_ASKED = 30
_MAX_CACHED = 10_000


class Visibility:
    """Check in Slack which channels are public, and who is in the others."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._public: TTLCache[tuple[str, str], bool] = TTLCache(_MAX_CACHED, _KEEP_S, clock)
        self._members: TTLCache[tuple[str, str, str], bool] = TTLCache(_MAX_CACHED, _KEEP_S, clock)
        self._own: TTLCache[tuple[str, str], frozenset[str]] = TTLCache(_MAX_CACHED, _KEEP_S, clock)

    async def public(self, team: str, channels: Sequence[str], directory: Directory) -> list[str]:
        """Return those of *channels* that everybody in the workspace may see."""
        channels = channels[:_MOST_ASKED]
        found = await asyncio.gather(*(self._is_public(team, each, directory) for each in channels))
        return [each for each, is_public in zip(channels, found, strict=True) if is_public]

    async def to_reader(self, place: Place, channels: Sequence[str], directory: Directory) -> list[str]:
        """Return those of *channels* that the person of *place* may see."""
        channels = channels[:_MOST_ASKED]
        standing = await _asked(directory.standing(place.team, place.user))
        public = await self.public(place.team, channels, directory) if standing is Standing.MEMBER else []
        rest = [each for each in channels if each not in public]
        found = await asyncio.gather(*(self._is_member(place, each, directory) for each in rest))
        seen = {*public, *(each for each, is_member in zip(rest, found, strict=True) if is_member)}
        return [each for each in channels if each in seen]

    async def own_channels(self, place: Place, directory: Directory) -> frozenset[str] | None:
        """Return the channels that the person of *place* is in, None if Slack can't be asked now."""
        return await _cached(self._own, (place.team, place.user), lambda: directory.channels_of(place.user))

    async def _is_public(self, team: str, channel: str, directory: Directory) -> bool:
        return await _cached(self._public, (team, channel), lambda: directory.is_public(channel)) is True

    async def _is_member(self, place: Place, channel: str, directory: Directory) -> bool:
        key = place.team, channel, place.user
        return await _cached(self._members, key, lambda: directory.is_member(channel, place.user)) is True


async def _cached(cache: TTLCache[_K, _T], key: _K, ask: Callable[[], Awaitable[_T | None]]) -> _T | None:
    """Return Slack's answer, or None if it is not cached and Slack can't be asked now."""
    if (answer := cache.get(key)) is None and (answer := await _asked(ask())) is not None:
        cache[key] = answer
    return answer


async def _asked(question: Awaitable[_T]) -> _T | None:
    """Return Slack's answer, or None if it can't be asked now."""
    try:
        return await question
    except (RetryLater, StopWorkspace):
        return None
