"""Fake Slack's directory of channels and people for tests of the policy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import RetryLater
from bot.policy.locales import Locales
from bot.policy.place import Reach, Standing


class FakeDirectory:
    """Returns the given locales and history, or fails; counts the calls."""

    def __init__(
        self,
        locales: dict[str, str | None] | None = None,
        *,
        fails: bool = False,
        history: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self.locales = locales or {}
        self._history = history
        self.fails = fails
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.standings: dict[str, Standing | None] = {}  # all others are members
        self.groups: dict[str, frozenset[str]] = {}
        self.private: dict[str, frozenset[str]] = {}  # the members of each private channel; all others are public
        self.names: dict[str, str] = {}
        self.reaches: dict[str, Reach] = {}  # all others: everybody in the workspace

    async def channel_locale(self, channel: str) -> str | None:
        """Return the channel's locale."""
        await self.may_answer.wait()
        return self._answer(channel)

    async def user_locale(self, user: str) -> str | None:
        """Return the person's locale."""
        await self.may_answer.wait()
        return self._answer(user)

    async def standing(self, team: str, user: str) -> Standing | None:
        """Return a person's relation to the workspace."""
        self._answer(user)
        return self.standings.get(user, Standing.MEMBER)

    async def user_name(self, user: str) -> str | None:
        """Return the name that a person shows to others."""
        self._answer(user)
        return self.names.get(user)

    async def reach(self, channel: str) -> Reach:
        """Return who can read a channel."""
        self._answer(channel)
        return self.reaches.get(channel, Reach.WORKSPACE)

    async def group_members(self, group: str) -> frozenset[str] | None:
        """Return the members of a user group."""
        self._answer(group)
        return self.groups.get(group)

    async def is_public(self, channel: str) -> bool:
        """Return whether a channel is public."""
        self._answer(channel)
        return channel not in self.private

    async def is_member(self, channel: str, user: str) -> bool:
        """Return whether a person is in a private channel."""
        self._answer(channel)
        return user in self.private.get(channel, ())

    async def channels_of(self, user: str) -> frozenset[str] | None:
        """Return the private channels that a person is in."""
        self._answer(user)
        return frozenset(channel for channel, members in self.private.items() if user in members)

    async def permalink(self, channel: str, ts: str) -> str:
        """Return the URL of a message."""
        return f"https://demo.slack.com/archives/{channel}/p{ts.replace('.', '')}"

    async def message(self, channel: str, ts: str, thread: str) -> Mapping[str, Any] | None:
        """Return a message of the history."""
        return next((each for each in self._history or () if each["ts"] == ts), None)

    async def history(self, channel: str, *, most: int) -> Sequence[Mapping[str, Any]] | None:
        """Return the last messages, newest first."""
        return None if self._history is None else self._history[:most]

    def _answer(self, key: str) -> str | None:
        self.asked += 1
        if self.fails:
            raise RetryLater("Slack is away")
        return self.locales.get(key)


async def until_asked(locales: Locales) -> None:
    """Wait until nobody is asked for any more."""
    async with asyncio.timeout(10):
        await asyncio.gather(*(queue.task for queue in locales._queues.values() if queue.task))
