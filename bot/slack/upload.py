"""Uploading what a message can't hold: the full report of a triage.

The bytes go to the address that Slack gives, without the bot's token, and only where that address is Slack's.
"""

from __future__ import annotations

from typing import cast

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import GiveUp, RetryLater, named
from bot.slack.lookup import may_be_trusted
from bot.slack.sender import told_apart

_TIMEOUT = aiohttp.ClientTimeout(total=20.0)


async def upload(client: AsyncWebClient, name: str, content: bytes, **share: str) -> str:
    """Upload a file and return its id; *share* says where it is shown, if at all (channel_id, thread_ts).

    Raises RetryLater, GiveUp or StopWorkspace.
    """
    wanted = {"filename": name, "length": str(len(content))}
    announced = await told_apart(client.api_call("files.getUploadURLExternal", params=wanted))
    await _send(client, str(announced["upload_url"]), content)
    files = [{"id": announced["file_id"], "title": name}]
    await told_apart(client.api_call("files.completeUploadExternal", json={"files": files, **share}))
    return str(announced["file_id"])


async def _send(client: AsyncWebClient, url: str, content: bytes) -> None:
    if not may_be_trusted(client, url):
        raise GiveUp("upload_url_is_not_slacks")
    session = cast(aiohttp.ClientSession, client.session)
    try:
        async with session.post(url, data=content, allow_redirects=False, timeout=_TIMEOUT) as answer:
            if answer.status != 200:
                raise RetryLater(f"upload: status {answer.status}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise RetryLater(f"no answer: {named(error)}") from error
