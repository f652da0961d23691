"""Downloading what people attach: from Slack only, no more than is allowed, and without a trace on the disk.

The bot's token goes to Slack's own hosts over https, or to where the Web API is (a double of Slack on this machine).
A redirect is followed there and nowhere else. What was downloaded has no name in any folder, so that nothing of it
outlives the process.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urljoin

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import GiveUp, RetryLater, named
from bot.policy.content import is_deleted
from bot.slack.lookup import may_be_trusted
from bot.slack.sender import told_apart
from bot.triage.digest import Refusal
from bot.triage.reader import LogFile

_CHUNK = 256 * 1024  # bytes
_MOST_REDIRECTS = 3
_TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=5.0, sock_read=10.0)
_WITHOUT_WORD_S = 30.0


class UnreadableFile(Exception):  # noqa: N818  says what it is about, as its siblings do
    """A file can't be had."""

    def __init__(self, name: str, reason: Refusal) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Downloads:
    """Fetches files of one workspace, of at most *most_bytes* each; *spools* owns what was fetched."""

    def __init__(self, client: AsyncWebClient, spools: ExitStack, *, most_bytes: int) -> None:
        self._client = client
        self._spools = spools
        self._most_bytes = most_bytes

    async def describe(self, file_id: str) -> dict[str, Any]:
        """What Slack says of a file; raises Unreadable, RetryLater or StopWorkspace."""
        try:
            answer = await told_apart(self._client.api_call("files.info", params={"file": file_id}))
        except GiveUp as error:
            raise UnreadableFile("", Refusal.FORBIDDEN if error.reason == "missing_scope" else Refusal.GONE) from error
        file: dict[str, Any] = answer["file"]
        return file

    async def fetch(self, file: Mapping[str, Any]) -> LogFile:
        """Download a file that `describe` returned; raises UnreadableFile, RetryLater or StopWorkspace."""
        name, url = str(file.get("name") or ""), str(file.get("url_private") or "")
        if is_deleted(file):
            raise UnreadableFile(name, Refusal.GONE)
        if file.get("is_external") or not may_be_trusted(self._client, url):
            raise UnreadableFile(name, Refusal.ELSEWHERE)
        if int(file.get("size") or 0) > self._most_bytes:
            raise UnreadableFile(name, Refusal.TOO_LARGE)
        spool = self._spools.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - `spools` closes it
        try:
            await self._download(url, file, spool)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise RetryLater(f"no answer: {named(error)}") from error
        spool.flush()
        return LogFile(name, lambda: _reader(spool))

    async def _download(self, url: str, file: Mapping[str, Any], spool: IO[bytes]) -> None:
        name, size, first = str(file.get("name") or ""), 0, b""
        async with self._answer(url, name) as answer:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                first, size = first or chunk, size + len(chunk)
                if size > self._most_bytes:
                    raise UnreadableFile(name, Refusal.TOO_LARGE)
                spool.write(chunk)
            # A log may begin like a page; then it is as long as Slack said.
            if _is_sign_in(answer, first) and size != file.get("size"):
                raise UnreadableFile(name, Refusal.FORBIDDEN)

    @asynccontextmanager
    async def _answer(self, url: str, name: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Slack's answer at *url*, or where that leads within Slack."""
        session = cast(aiohttp.ClientSession, self._client.session)
        headers = {"Authorization": f"Bearer {self._client.token}", "Accept-Encoding": "identity"}
        for _ in range(_MOST_REDIRECTS + 1):
            if not may_be_trusted(self._client, url):
                break
            async with session.get(url, headers=headers, allow_redirects=False, timeout=_TIMEOUT) as answer:
                if 300 <= answer.status < 400:
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                _raise_for(answer, name)
                yield answer
                return
        raise UnreadableFile(name, Refusal.ELSEWHERE)


def _raise_for(answer: aiohttp.ClientResponse, name: str) -> None:
    if answer.status == 429:
        wait_s = answer.headers.get("Retry-After", "")
        raise RetryLater("ratelimited", float(wait_s) if wait_s.isdigit() else _WITHOUT_WORD_S)
    if answer.status >= 500:
        raise RetryLater(f"status {answer.status}")
    if answer.status in (401, 403):
        raise UnreadableFile(name, Refusal.FORBIDDEN)
    if answer.status != 200:
        raise UnreadableFile(name, Refusal.GONE)


def _is_sign_in(answer: aiohttp.ClientResponse, first: bytes) -> bool:
    """Whether Slack may have answered with its page to sign in, which it does with status 200."""
    start = first[:200].lstrip().lower()
    return answer.content_type == "text/html" or start.startswith((b"<!doctype html", b"<html"))


def _reader(spool: IO[bytes]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_SpoolReader(spool.fileno()), _CHUNK))


class _SpoolReader(io.RawIOBase):
    """Reads an open file from its start, whoever else reads it."""

    def __init__(self, fileno: int) -> None:
        self._fileno = fileno
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._fileno, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._fileno).st_size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at
