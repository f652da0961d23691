"""Show by reactions that a log is being read or has an owner. A refused reaction does not fail a job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.policy.place import Place
from bot.slack.context import RequestContext

READING = "hourglass_flowing_sand"  # on a log that is being read
TAKEN = "eyes"  # on a log whose incident has an owner
_RETRY_S = 30.0  # before a reaction is added or removed again, if Slack names no wait
_MAX_RETRIES = 5
_SetReaction = Callable[[Place, str, str], Awaitable[None]]
_log = structlog.stdlib.get_logger(__name__)


class Reactions:
    """Adds and removes reactions to messages in the channel of a context."""

    def __init__(self, context: RequestContext) -> None:
        self._place = context.place
        self._sender = context.services.sender
        self._background = context.services.background

    async def add(self, ts: str, name: str) -> None:
        """React to a message; if Slack can't do it now, repeat that in the background."""
        await self._change(self._sender.add_reaction, ts, name)

    async def remove(self, ts: str, name: str) -> None:
        """Remove a reaction; if Slack can't do it now, repeat that in the background."""
        await self._change(self._sender.remove_reaction, ts, name)

    async def _change(self, change: _SetReaction, ts: str, name: str) -> None:
        key = (self._place.team, self._place.channel, ts, name)
        self._background.stop(key)  # an earlier change that would undo this one
        if refusal := await self._try(change, ts, name):
            self._background.start(self._repeat(change, ts, name, refusal), key)

    async def _repeat(self, change: _SetReaction, ts: str, name: str, refusal: RetryLater | None) -> None:
        for _ in range(_MAX_RETRIES):
            if refusal:
                await asyncio.sleep(_RETRY_S if refusal.after_s is None else refusal.after_s)
                refusal = await self._try(change, ts, name)

    async def _try(self, change: _SetReaction, ts: str, name: str) -> RetryLater | None:
        """Add or remove a reaction. Log a failure, and return it if it may pass."""
        try:
            await change(self._place, ts, name)
        except (RetryLater, GiveUp, StopWorkspace) as error:  # for example, the bot was removed from the channel
            _log.info("reaction refused", channel=self._place.channel, ts=ts, name=name, reason=str(error))
            return error if isinstance(error, RetryLater) else None
        return None
