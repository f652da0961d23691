"""The language of a channel and of a person.

A channel's own setting wins, then the locale that Slack gives for the channel, then the default. What only one
person sees follows that person. Slack's locales are kept for an hour, so that an answer rarely waits for them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from bot.language import Language, negotiate
from bot.services.place import Directory, DirectoryError, Place
from bot.storage.channels import ChannelSettings

Reason = Literal["setting", "channel", "person", "default"]
_KEEP_S = 3600.0
_KEEP_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A language and why it was chosen."""

    language: Language
    reason: Reason


class Languages:
    """Chooses languages; remembers what people set."""

    def __init__(self, settings: ChannelSettings, *, default: Language, clock: Callable[[], float]) -> None:
        self._settings = settings
        self.default = default
        self._clock = clock
        self._locales: OrderedDict[tuple[str, str], tuple[float, str | None]] = OrderedDict()

    async def of_channel(self, place: Place, directory: Directory) -> Choice:
        """The language that everybody in *place* reads."""
        setting = await self._settings.language(place.team, place.channel)
        if setting:
            return Choice(Language(setting), "setting")
        if place.is_direct:
            return await self.of_person(place, directory)
        return self._choice(await self._locale(place.team, place.channel, directory.channel_locale), "channel")

    async def of_person(self, place: Place, directory: Directory) -> Choice:
        """The language of what only the person in *place* sees."""
        return self._choice(await self._locale(place.team, place.user, directory.user_locale), "person")

    async def set(self, place: Place, language: Language | None) -> None:
        """Fix a channel's language; None leaves it to the rules again."""
        await self._settings.set_language(place.team, place.channel, language)

    def _choice(self, locale: str | None, reason: Reason) -> Choice:
        if not locale:
            return Choice(self.default, "default")
        return Choice(negotiate(locale, default=self.default), reason)

    async def _locale(self, team: str, key: str, ask: Callable[[str], Awaitable[str | None]]) -> str | None:
        now = self._clock()
        asked_at, locale = self._locales.get((team, key), (float("-inf"), None))
        if now - asked_at > _KEEP_S:
            try:
                locale = await ask(key)
            except DirectoryError:
                return locale  # what was known, if anything; the next answer asks again
            self._locales[team, key] = (now, locale)
            if len(self._locales) > _KEEP_MOST:
                self._locales.popitem(last=False)
        return locale
