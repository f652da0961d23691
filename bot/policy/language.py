"""Choose the language of a channel and of a person.

A public reply is in the language that the channel was set to; else in the language that people write there; else in
the channel's Slack locale; else in the default. A private reply follows the person's locale.

Slack's locales are cached for an hour, so that replies rarely wait for them. Only counts of messages are stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Literal

from cachetools import LRUCache

from bot.errors import RetryLater, StopWorkspace
from bot.i18n import Language, negotiate, prose_language
from bot.policy.place import Directory, Place
from bot.storage.channel_store import ChannelState, ChannelStore, Votes

LanguageReason = Literal["setting", "vote", "channel", "person", "default"]

_LOCALE_TTL_S = 3600.0
_MAX_CACHED = 10_000
_MIN_VOTES = 5
_SAVE_EVERY = 5  # votes

_CacheKey = tuple[str, str]  # workspace, and channel or person
_Ask = Callable[[str], Awaitable[str | None]]  # returns the locale of a channel or person


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language and the reason for it."""

    language: Language
    reason: LanguageReason


class Languages:
    """Choose languages from settings, votes and Slack's locales."""

    def __init__(self, settings: ChannelStore, *, default: Language, clock: Callable[[], float]) -> None:
        self._settings = settings
        self.default = default
        self._clock = clock
        # Each with the time of its query. An expired locale is kept, and used if Slack cannot be asked.
        self._locales: LRUCache[_CacheKey, tuple[float, str | None]] = LRUCache(_MAX_CACHED)
        self._fetching: dict[_CacheKey, asyncio.Task[str | None]] = {}
        self._unsaved: LRUCache[_CacheKey, Votes] = LRUCache(_MAX_CACHED)

    async def of_channel(
        self, place: Place, directory: Directory, channel: ChannelState | None = None
    ) -> LanguageChoice:
        """Return the language of public replies in *place*. *channel* saves a query if it was loaded before."""
        channel = channel or await self._settings.get(place.team, place.channel)
        if channel.language:
            return LanguageChoice(Language(channel.language), "setting")
        if place.is_direct:
            return await self.of_person(place, directory)
        key = (place.team, place.channel)
        votes = channel.votes.plus(self._unsaved.get(key, Votes()))
        winner = Language.ZH if votes.zh > votes.en else Language.EN
        voted = winner if sum(votes) >= _MIN_VOTES and votes.zh != votes.en else None
        by_locale = await self._by_locale(key, directory.channel_locale, "channel")
        if voted and voted.is_chinese == by_locale.language.is_chinese and by_locale.reason == "channel":
            return by_locale  # the locale also distinguishes simplified and traditional Chinese
        return LanguageChoice(voted, "vote") if voted else by_locale

    async def of_person(self, place: Place, directory: Directory) -> LanguageChoice:
        """Return the language of private replies to the person in *place*."""
        return await self._by_locale((place.team, place.user), directory.user_locale, "person")

    def prefetch(self, place: Place, directory: Directory) -> None:
        """Start to fetch the locale that `of_channel` will need, unless it is cached."""
        key = (place.team, place.channel)
        if not place.is_direct and not self._is_fresh(key):
            self._fetch(key, directory.channel_locale)

    async def set(self, place: Place, language: Language | None) -> None:
        """Set a channel's language; None removes the setting."""
        await self._settings.set(place.team, place.channel, language=language)

    def forget(self, team: str) -> None:
        """Drop the cached locales and unsaved votes of a workspace. The database is not changed."""
        for cache in (self._locales, self._unsaved):
            for key in [key for key in cache if key[0] == team]:
                del cache[key]

    def count_vote(self, place: Place, prose: str) -> Coroutine[None, None, None] | None:
        """Count the language of a person's message as a vote of the channel.

        Every few votes, return a coroutine that saves them.
        """
        language = prose_language(prose)
        if language is None:
            return None
        key = (place.team, place.channel)
        votes = self._unsaved.pop(key, Votes()).plus(Votes(zh=1) if language.is_chinese else Votes(en=1))
        if votes.en + votes.zh >= _SAVE_EVERY:
            return self._settings.add_votes(*key, votes)
        self._unsaved[key] = votes
        return None

    async def _by_locale(self, key: _CacheKey, ask: _Ask, reason: LanguageReason) -> LanguageChoice:
        """Choose the language by a channel's or person's locale in Slack, or the default if it has none."""
        # The task is shared by concurrent callers, and goes on if the first of them is cancelled.
        locale = self._locales[key][1] if self._is_fresh(key) else await asyncio.shield(self._fetch(key, ask))
        if not locale:
            return LanguageChoice(self.default, "default")
        return LanguageChoice(negotiate(locale, default=self.default), reason)

    def _is_fresh(self, key: _CacheKey) -> bool:
        return key in self._locales and self._clock() - self._locales[key][0] <= _LOCALE_TTL_S

    def _fetch(self, key: _CacheKey, ask: _Ask) -> asyncio.Task[str | None]:
        async def fetch() -> str | None:
            try:
                locale = await ask(key[1])
                self._locales[key] = (self._clock(), locale)
                return locale
            except (RetryLater, StopWorkspace):
                return self._locales[key][1] if key in self._locales else None  # the next reply asks again
            finally:
                del self._fetching[key]

        if key not in self._fetching:
            self._fetching[key] = asyncio.create_task(fetch())
        return self._fetching[key]
