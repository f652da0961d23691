"""Add the workspace's memories of codes to explanations and triages: what helped before, and its notes.

1. A line about what helped is shown in its own channel. It is shown elsewhere only if everybody in the workspace may
   read its channel, and if nobody from another workspace is in the channel that shows it.
2. A note is shown wherever nobody from another workspace is.
3. People are named, not mentioned: a mention in a new message would notify them.
4. If Slack does not answer in time who may read a channel, nothing is added.

The lines and Slack's answers are cached, so that most answers need no query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from cachetools import TTLCache

from bot.errors import RetryLater, StopWorkspace
from bot.oncall.memory import MOST_HELPED, CodeMemory, Helped, TeamNote
from bot.policy.links import link_to
from bot.policy.place import Directory, Place, Reach
from bot.policy.replies import Annotation, ChangeReply, Explained, Reply, Shared, Triaged
from bot.storage.annotation_store import MessageRef
from bot.storage.memory_store import MemoryStore, Resolution, StoredMemory

_KEEP_S = 60.0  # another replica may have stored a new line meanwhile
_KEEP_ANSWERS_S = 300.0
_KEEP_NAMES_S = 3600.0
_TIMEOUT_S = 1.5  # a command must be answered within 3 s
_MOST_CODES = 5  # more are shown as a list, without memories
_MAX_CACHED = 10_000
_log = structlog.stdlib.get_logger(__name__)


class Memories:
    """Recall the memories of workspaces."""

    def __init__(self, store: MemoryStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._stored: TTLCache[tuple[str, int], StoredMemory] = TTLCache(_MAX_CACHED, _KEEP_S, clock)
        self._slack = _SlackAnswers(clock)

    async def recall(self, reply: Reply, place: Place, directory: Directory) -> Reply:
        """Return *reply* with the memories of its codes that *place* may show."""
        match reply:
            case Explained(entries) | Annotation(entries) if len(entries) <= _MOST_CODES:
                codes = tuple(entry.code for entry in entries)
                return replace(reply, memories=await self._recall(codes, place, directory))
            case Triaged(digest) if digest.cause:
                return replace(reply, memories=await self._recall((digest.cause,), place, directory))
            case Shared(inner):
                return replace(reply, reply=await self.recall(inner, place, directory))
            case ChangeReply(restored=restored) if restored:
                return replace(reply, restored=await self.recall(restored, place, directory))
            case _:
                return reply

    def forget(self, team: str, code: int | None) -> None:
        """Drop the cached memories of *code*, because they were changed."""
        if code:
            self._stored.pop((team, code), None)

    async def _recall(self, codes: Sequence[int], place: Place, directory: Directory) -> tuple[CodeMemory, ...]:
        await self._load(place.team, [code for code in codes if (place.team, code) not in self._stored])
        stored = {code: found for code in codes if (found := self._stored.get((place.team, code)))}
        stored = {code: found for code, found in stored.items() if found.resolutions or found.note}
        if not stored:
            return ()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                memories = [await self._memory(code, each, place, directory) for code, each in stored.items()]
        except (RetryLater, StopWorkspace, TimeoutError) as error:
            _log.info("no memories are added", channel=place.channel, reason=str(error))
            return ()
        return tuple(memory for memory in memories if memory.helped or memory.note)

    async def _load(self, team: str, codes: Sequence[int]) -> None:
        if not codes:
            return
        for code, found in (await self._store.load(team, codes)).items():
            self._stored[team, code] = found

    async def _memory(self, code: int, stored: StoredMemory, place: Place, directory: Directory) -> CodeMemory:
        """Return the memory of a code that *place* may show."""
        note, written = None, stored.note
        if written and await self._slack.is_internal(place, directory):
            who = await self._slack.name(place.team, written.user, directory)
            note = TeamNote(written.text, who, written.at)
        return CodeMemory(code, await self._helped(stored.resolutions, place, directory), note)

    async def _helped(
        self, resolutions: Sequence[Resolution], place: Place, directory: Directory
    ) -> tuple[Helped, ...]:
        """Return the latest lines that *place* may show."""
        lines: list[Helped] = []
        for each in resolutions:
            if len(lines) < MOST_HELPED and await self._slack.may_show(each.ref.channel, place, directory):
                link = await self._slack.link(each.ref, directory)
                who = await self._slack.name(place.team, each.user, directory)
                lines.append(Helped(each.helped, who, each.at, link))
        return tuple(lines)


class _SlackAnswers:
    """Cache Slack's answers about channels, people and messages."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._reach: TTLCache[tuple[str, str], Reach] = TTLCache(_MAX_CACHED, _KEEP_ANSWERS_S, clock)
        self._names: TTLCache[tuple[str, str], str] = TTLCache(_MAX_CACHED, _KEEP_NAMES_S, clock)
        self._links: TTLCache[MessageRef, str] = TTLCache(_MAX_CACHED, _KEEP_NAMES_S, clock)

    async def may_show(self, channel: str, place: Place, directory: Directory) -> bool:
        """Return whether *place* may show a line that a person wrote in *channel*."""
        if channel == place.channel:
            return True
        is_open = await self._reach_of(place.team, channel, directory) is Reach.WORKSPACE
        return is_open and await self.is_internal(place, directory)

    async def is_internal(self, place: Place, directory: Directory) -> bool:
        """Return whether it is certain that only people of the workspace read *place*."""
        return place.is_direct or (await self._reach_of(place.team, place.channel, directory)).is_internal

    async def _reach_of(self, team: str, channel: str, directory: Directory) -> Reach:
        key = team, channel
        if (reach := self._reach.get(key)) is None:
            reach = self._reach[key] = await directory.reach(channel)
        return reach

    async def name(self, team: str, user: str, directory: Directory) -> str:
        """Return the name of a person, empty if Slack does not give it."""
        key = team, user
        if (name := self._names.get(key)) is None:
            name = self._names[key] = await directory.user_name(user) or ""
        return name

    async def link(self, triage: MessageRef, directory: Directory) -> str:
        """Return the URL of a triage, empty if Slack does not give it."""
        if (link := self._links.get(triage)) is None:
            link = self._links[triage] = await link_to(directory, triage.channel, triage.ts)
        return link
