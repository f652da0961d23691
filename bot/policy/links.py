"""Ask Slack for the URLs of messages. A missing link fails nothing: it is not worth a retry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

import structlog

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.policy.place import Directory
from bot.storage.annotation_store import MessageRef
from bot.storage.sighting_store import Seen

_Message = TypeVar("_Message", bound=MessageRef | Seen)
_log = structlog.stdlib.get_logger(__name__)


async def links_to(directory: Directory, messages: Iterable[_Message]) -> dict[_Message, str]:
    """Return the URLs of *messages*, without those that Slack does not give."""
    asked = [*dict.fromkeys(messages)]
    links = await asyncio.gather(*(link_to(directory, each.channel, each.ts) for each in asked))
    return {each: link for each, link in zip(asked, links, strict=True) if link}


async def link_to(directory: Directory, channel: str, ts: str) -> str:
    """Return the URL of a message, or an empty string if Slack does not give it."""
    try:
        return await directory.permalink(channel, ts)
    except (GiveUp, RetryLater, StopWorkspace) as error:
        _log.info("no link to a message", channel=channel, ts=ts, reason=str(error))
        return ""
