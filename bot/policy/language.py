"""Choose the language of a channel and of a person.

A public reply is in the first of these languages that is known:

1. the language that the channel was set to
2. the language that people write there: a vote
3. the language of the channel's locale in Slack
4. Chinese, if the message that is answered contains Chinese characters
5. the default

A private reply follows the person's locale; as long as that is unknown, point 4, then the channel's language.
Slack is not asked for a locale that decides nothing. Only counts of messages are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Literal

from cachetools import LRUCache

from bot.i18n import Language, negotiate, prose_language
from bot.policy.locales import Locales
from bot.policy.place import Directory, Place
from bot.storage.channel_store import ChannelState, ChannelStore, Votes
from bot.storage.database import UNREACHABLE

LanguageReason = Literal["setting", "vote", "channel", "person", "text", "default"]

_MAX_CACHED = 10_000
_MIN_VOTES = 5
_SAVE_EVERY = 5  # votes


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language and the reason for it."""

    language: Language
    reason: LanguageReason


class Languages:
    """Choose languages from settings, votes, Slack's locales and the text that is answered.

    *text_language* is the language of that text, by its script (see `bot.i18n.script_language`).
    """

    def __init__(self, settings: ChannelStore, *, default: Language, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._default = default
        self.locales = Locales(settings, clock)
        self._unsaved: LRUCache[tuple[str, str], Votes] = LRUCache(_MAX_CACHED)  # by team and channel

    async def of_channel(
        self,
        place: Place,
        directory: Directory,
        channel: ChannelState | None = None,
        *,
        text_language: Language | None = None,
    ) -> LanguageChoice:
        """Return the language of public replies in *place*. *channel*, if it was loaded before, saves a query."""
        channel = channel or await self._settings.get(place.team, place.channel)
        if channel.language:
            return LanguageChoice(Language(channel.language), "setting")
        if place.is_direct:
            return await self.of_person(place, directory, channel, text_language=text_language)
        votes = channel.votes.plus(self._unsaved.get((place.team, place.channel), Votes()))
        winner = Language.ZH if votes.zh > votes.en else Language.EN
        voted = winner if sum(votes) >= _MIN_VOTES and votes.zh != votes.en else None
        # A Chinese vote needs the locale, too: it distinguishes simplified and traditional Chinese.
        may_ask = voted is not Language.EN
        locale = await self.locales.find(place.team, place.channel, directory, may_ask=may_ask)
        by_locale = negotiate(locale, default=self._default)
        if locale and (voted is None or voted.is_chinese == by_locale.is_chinese):
            return LanguageChoice(by_locale, "channel")
        return LanguageChoice(voted, "vote") if voted else self._of_text(text_language)

    async def of_person(
        self,
        place: Place,
        directory: Directory,
        channel: ChannelState | None = None,
        *,
        text_language: Language | None = None,
    ) -> LanguageChoice:
        """Return the language of private replies to the person in *place*; *channel* is as in `of_channel`."""
        try:
            # Another bot has no id of a person, and some shortcuts have no channel.
            locale = await self.locales.find(place.team, place.user, directory) if place.user else None
            if locale:
                return LanguageChoice(negotiate(locale, default=self._default), "person")
            if text_language or place.is_direct or not place.channel:
                return self._of_text(text_language)
            return await self.of_channel(place, directory, channel)
        except UNREACHABLE:  # a search, the help and a report of this error need no database
            return self._of_text(text_language)

    def _of_text(self, text_language: Language | None) -> LanguageChoice:
        return LanguageChoice(text_language, "text") if text_language else LanguageChoice(self._default, "default")

    def forget(self, team: str) -> None:
        """Drop the cached locales and unsaved votes of a workspace. The database is not changed."""
        self.locales.forget(team)
        for key in [key for key in self._unsaved if key[0] == team]:
            del self._unsaved[key]

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
