"""A directory of channels and people for tests of the services."""

from __future__ import annotations

from bot.services.place import DirectoryError


class FakeDirectory:
    """Answers with the locales given, or fails; counts how often it was asked."""

    def __init__(self, locales: dict[str, str | None] | None = None, *, fails: bool = False) -> None:
        self.locales = locales or {}
        self.fails = fails
        self.asked = 0

    async def channel_locale(self, channel: str) -> str | None:
        """The channel's locale."""
        return self._answer(channel)

    async def user_locale(self, user: str) -> str | None:
        """The person's locale."""
        return self._answer(user)

    def _answer(self, key: str) -> str | None:
        self.asked += 1
        if self.fails:
            raise DirectoryError("Slack is away")
        return self.locales.get(key)
