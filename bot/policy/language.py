"""The language of a channel and of a person.

A channel's own setting wins, then the language that people have been writing there, then the locale that Slack gives
for the channel, then the default. What only one person sees follows that person. Slack's locales are kept for an
hour, so that an answer rarely waits for them. Of what people write, only counts are kept.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from bot.i18n import Language, negotiate, prose_language
from bot.policy.place import Directory, DirectoryError, Place
from bot.storage.channel_store import ChannelState, ChannelStore, Votes

LanguageReason = Literal["setting", "vote", "channel", "person", "default"]
_KEEP_S = 3600.0
_KEEP_MOST = 10_000
_FEWEST_VOTES = 5
_SAVE_EVERY = 5


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language and why it was chosen."""

    language: Language
    reason: LanguageReason


class Languages:
    """Chooses languages; remembers what people set and how they write."""

    def __init__(self, settings: ChannelStore, *, default: Language, clock: Callable[[], float]) -> None:
        self._settings = settings
        self.default = default
        self._clock = clock
        self._locales: OrderedDict[tuple[str, str], tuple[float, str | None]] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[str | None]] = {}
        self._heard: OrderedDict[tuple[str, str], Votes] = OrderedDict()  # and not saved yet

    async def of_channel(
        self, place: Place, directory: Directory, channel: ChannelState | None = None
    ) -> LanguageChoice:
        """The language that everybody in *place* reads; *channel* is what is known of it, where that was read."""
        channel = channel or await self._settings.get(place.team, place.channel)
        if channel.language:
            return LanguageChoice(Language(channel.language), "setting")
        if place.is_direct:
            return await self.of_person(place, directory)
        voted = _winner(channel.votes.plus(self._heard.get((place.team, place.channel), Votes())))
        locale = await self._locale(place.team, place.channel, directory.channel_locale)
        by_locale = self._choice(locale, "channel")
        if voted and voted.is_chinese == by_locale.language.is_chinese and by_locale.reason == "channel":
            return by_locale  # the locale also knows which Chinese it is
        return LanguageChoice(voted, "vote") if voted else by_locale

    def prepare(self, place: Place, directory: Directory) -> None:
        """Ask Slack already what `of_channel` will want to know."""
        if not place.is_direct and self._fresh(place.team, place.channel) is None:
            self._asked(place.team, place.channel, directory.channel_locale)

    async def of_person(self, place: Place, directory: Directory) -> LanguageChoice:
        """The language of what only the person in *place* sees."""
        return self._choice(await self._locale(place.team, place.user, directory.user_locale), "person")

    async def set(self, place: Place, language: Language | None) -> None:
        """Fix a channel's language; None leaves it to the rules again."""
        await self._settings.set(place.team, place.channel, language=language)

    def forget(self, team: str) -> None:
        """Forget what is known of a workspace's channels and people. What is stored is not forgotten here."""
        for known in (self._locales, self._heard):
            for key in [key for key in known if key[0] == team]:
                del known[key]

    def hear(self, place: Place, prose: str) -> Coroutine[None, None, None] | None:
        """Count the language of something that a person wrote in *place*; return now and then what saves the count."""
        language = prose_language(prose)
        if language is None:
            return None
        key = (place.team, place.channel)
        heard = self._heard.get(key, Votes()).plus(Votes(zh=1) if language.is_chinese else Votes(en=1))
        if heard.en + heard.zh < _SAVE_EVERY:
            self._heard[key] = heard
            _trim(self._heard)
            return None
        self._heard.pop(key, None)
        return self._settings.add_votes(*key, heard)

    def _choice(self, locale: str | None, reason: LanguageReason) -> LanguageChoice:
        if not locale:
            return LanguageChoice(self.default, "default")
        return LanguageChoice(negotiate(locale, default=self.default), reason)

    async def _locale(self, team: str, key: str, ask: Callable[[str], Awaitable[str | None]]) -> str | None:
        if fresh := self._fresh(team, key):
            return fresh[1]
        # Shared by all that ask meanwhile, and not cancelled with the first of them.
        return await asyncio.shield(self._asked(team, key, ask))

    def _fresh(self, team: str, key: str) -> tuple[float, str | None] | None:
        """When Slack was asked lately, and what it said; None where it has to be asked."""
        known = self._locales.get((team, key))
        return known if known and self._clock() - known[0] <= _KEEP_S else None

    def _asked(self, team: str, key: str, ask: Callable[[str], Awaitable[str | None]]) -> asyncio.Task[str | None]:
        async def learn() -> str | None:
            try:
                locale = await ask(key)
                self._locales[team, key] = (self._clock(), locale)
                _trim(self._locales)
                return locale
            except DirectoryError:
                return self._locales.get((team, key), (0.0, None))[1]  # what was known; the next answer asks again
            finally:
                del self._asking[team, key]

        if (team, key) not in self._asking:
            self._asking[team, key] = asyncio.create_task(learn())
        return self._asking[team, key]


def _winner(votes: Votes) -> Language | None:
    """The language that most messages were in, or None where there are few, or as many of either."""
    if votes.en + votes.zh < _FEWEST_VOTES or votes.en == votes.zh:
        return None
    return Language.ZH if votes.zh > votes.en else Language.EN


def _trim(cache: OrderedDict[tuple[str, str], Any]) -> None:
    while len(cache) > _KEEP_MOST:
        cache.popitem(last=False)
