"""Reading logs for whoever wants their digest: gathered from Slack, triaged, let go.

What was read is named by a `LogSource`, so that it can be read again later: no text is kept meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import RetryLater
from bot.policy.noise_rules import Sighting
from bot.policy.place import LogSource
from bot.policy.triage_pool import TriagePool, sightings_in_files
from bot.slack.download import Downloads
from bot.slack.log_sources import LogCollector
from bot.slack.lookup import SlackLookup
from bot.slack.workspaces import Workspaces
from bot.triage.digest import Digest

_AT_ONCE = 2
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class ReadLog:
    """What was read."""

    digest: Digest
    messages: Sequence[Mapping[str, Any]]
    in_files: tuple[Sighting, ...]  # the codes that stand in files


@dataclass(frozen=True, slots=True)
class BotSite:
    """Where something is read: the client of its workspace, and who the bot is there."""

    client: AsyncWebClient
    own_bot: str


async def site_of(workspaces: Workspaces, team: str) -> BotSite:
    """Where a team's logs are read; raises StopWorkspace where the app is not installed."""
    workspace = await workspaces.get(team)
    return BotSite(workspace.client, workspace.authorization.bot_id or "")


class LogReader:
    """Reads what a source names, two at once: what was downloaded waits for nothing."""

    def __init__(self, triages: TriagePool) -> None:
        self.triages = triages
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(self, site: BotSite, channel: str, source: LogSource, *, is_asked: bool = True) -> ReadLog | None:
        """What *source* says, or None where it is gone or may not be read; raises RetryLater or StopWorkspace.

        What the bot said itself is no log. Somebody who asked means quotes, too.
        """
        found_messages = await _messages(site.client, channel, source)
        messages = [each for each in found_messages if each.get("bot_id") != site.own_bot]
        if not messages:
            return None
        limits = self.triages.limits
        async with self._turn():
            with ExitStack() as spools:
                downloads = Downloads(site.client, spools, most_bytes=limits.file_bytes)
                gathering = LogCollector(downloads, most_files=limits.files)
                found = await gathering.gather(messages, is_asked=is_asked)
                digest = await self.triages.read(found.sources)
        digest = replace(digest, refused=(*digest.refused, *found.refused))
        return ReadLog(digest, messages, sightings_in_files(digest, has_text=found.has_text))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One of the turns; raises RetryLater where others take long, for the time of an attempt is limited."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._turns.acquire()
        except TimeoutError as error:
            raise RetryLater("other logs are being read") from error
        try:
            yield
        finally:
            self._turns.release()


async def _messages(client: AsyncWebClient, channel: str, source: LogSource) -> Sequence[Mapping[str, Any]]:
    directory = SlackLookup(client)
    if source.ts is None:
        return await directory.thread(channel, source.thread)
    message = await directory.message(channel, source.ts, source.thread)
    return [message] if message else []
