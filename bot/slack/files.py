"""Download attached files, and upload reports.

The bot's token goes only to Slack's own hosts over https, or to the host of a local Web API (a double of Slack on this
machine). Redirects are followed only there. Downloads are unnamed temporary files, so nothing outlives the process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from io import BytesIO
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urljoin

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import GiveUp, RetryLater, describe
from bot.policy.content import is_deleted
from bot.slack.client import call_api, is_trusted, retry_after_s
from bot.slack.lookup import Payload
from bot.triage.digest import Refusal
from bot.triage.reader import LogFile

_CHUNK_BYTES = 256 * 1024
_MAX_REDIRECTS = 3
_DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=5.0, sock_read=10.0)
_UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=20.0)


class UnreadableFile(Exception):  # noqa: N818  named for its subject
    """A file can't be downloaded. The reply to its owner gives the reason."""

    def __init__(self, name: str, reason: Refusal) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Downloads:
    """Downloads files of one workspace, of at most *max_bytes* each; *spools* owns the temporary files.

    All methods raise UnreadableFile, RetryLater or StopWorkspace.
    """

    def __init__(self, client: AsyncWebClient, spools: ExitStack, *, max_bytes: int) -> None:
        self._client = client
        self._spools = spools
        self._max_bytes = max_bytes

    async def describe(self, file_id: str) -> dict[str, Any]:
        """Return Slack's description of a file (files.info)."""
        try:
            answer = await call_api(self._client.api_call("files.info", params={"file": file_id}))
        except GiveUp as error:
            raise UnreadableFile("", Refusal.FORBIDDEN if error.reason == "missing_scope" else Refusal.GONE) from error
        file: dict[str, Any] = answer["file"]
        return file

    async def fetch(self, file: Payload) -> LogFile:
        """Download a file that `describe` returned."""
        name, url = str(file.get("name") or ""), str(file.get("url_private") or "")
        if is_deleted(file):
            raise UnreadableFile(name, Refusal.GONE)
        if file.get("is_external") or not is_trusted(self._client, url):
            raise UnreadableFile(name, Refusal.ELSEWHERE)
        size = file.get("size")
        if isinstance(size, int) and size > self._max_bytes:
            raise UnreadableFile(name, Refusal.TOO_LARGE)
        spool = self._spools.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - `spools` closes it
        try:
            await self._download(url, file, spool)
        except ValueError as error:  # aiohttp's InvalidURL is one, as is that of a malformed redirect
            raise UnreadableFile(name, Refusal.ELSEWHERE) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise RetryLater(f"no answer: {describe(error)}") from error
        spool.flush()
        return LogFile(name, partial(_reopen, spool))

    async def _download(self, url: str, file: Payload, spool: IO[bytes]) -> None:
        name, size, first = str(file.get("name") or ""), 0, b""
        async with self._response(url, name) as response:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                first, size = first or chunk, size + len(chunk)
                if size > self._max_bytes:
                    raise UnreadableFile(name, Refusal.TOO_LARGE)
                spool.write(chunk)
            # Slack may answer with its sign-in page and status 200. A log that begins like a page has its own size.
            start = first[:200].lstrip().lower()
            is_page = response.content_type == "text/html" or start.startswith((b"<!doctype html", b"<html"))
            if is_page and size != file.get("size"):
                raise UnreadableFile(name, Refusal.FORBIDDEN)

    @asynccontextmanager
    async def _response(self, url: str, name: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open *url*, or the URL within Slack that it redirects to."""
        session = cast(aiohttp.ClientSession, self._client.session)
        headers = {"Authorization": f"Bearer {self._client.token}", "Accept-Encoding": "identity"}
        for _ in range(_MAX_REDIRECTS + 1):
            if not is_trusted(self._client, url):
                break
            async with session.get(
                url, headers=headers, allow_redirects=False, timeout=_DOWNLOAD_TIMEOUT, proxy=self._client.proxy
            ) as response:
                if 300 <= response.status < 400:
                    url = urljoin(url, response.headers.get("Location", ""))
                    continue
                _raise_for_status(response, name)
                yield response
                return
        raise UnreadableFile(name, Refusal.ELSEWHERE)


def _raise_for_status(response: aiohttp.ClientResponse, name: str) -> None:
    if response.status == 429:
        raise RetryLater("ratelimited", retry_after_s(response.headers))
    if response.status >= 500:
        raise RetryLater(f"status {response.status}")
    if response.status != 200:
        raise UnreadableFile(name, Refusal.FORBIDDEN if response.status in (401, 403) else Refusal.GONE)


def _reopen(spool: IO[bytes]) -> BinaryIO:
    """Open a spool at its start, until the reader closes it. Its thread may go on after the spool was closed.

    Readers share a position: one at a time.
    """
    reader = os.fdopen(os.dup(spool.fileno()), "rb", _CHUNK_BYTES)
    reader.seek(0)
    return reader


async def upload(client: AsyncWebClient, name: str, content: bytes, *, channel: str, thread: str | None) -> None:
    """Upload a file and share it in a channel or thread; raises RetryLater, GiveUp or StopWorkspace."""
    await share_file(client, await send_file(client, name, content), name, channel=channel, thread=thread)


async def send_file(client: AsyncWebClient, name: str, content: bytes) -> str:
    """Send a file to Slack and return its id. The file exists after `share_file`. Raises as `upload`."""
    wanted = {"filename": name, "length": str(len(content))}
    announced = await call_api(client.api_call("files.getUploadURLExternal", params=wanted))
    url = str(announced["upload_url"])
    if not is_trusted(client, url):
        raise GiveUp("upload_url_is_not_slacks")
    session = cast(aiohttp.ClientSession, client.session)
    try:
        # Without the token: the URL itself is the permission.
        async with session.post(
            url, data=BytesIO(content), allow_redirects=False, timeout=_UPLOAD_TIMEOUT, proxy=client.proxy
        ) as response:
            if response.status != 200:
                raise RetryLater(f"upload: status {response.status}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise RetryLater(f"no answer: {describe(error)}") from error
    return str(announced["file_id"])


async def share_file(client: AsyncWebClient, file_id: str, name: str, *, channel: str, thread: str | None) -> None:
    """Share a file of `send_file` in a channel or thread. Raises as `upload`."""
    share: dict[str, Any] = {"files": [{"id": file_id, "title": name}], "channel_id": channel}
    share |= {"thread_ts": thread} if thread else {}
    await call_api(client.api_call("files.completeUploadExternal", json=share))
