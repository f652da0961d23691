"""Read logs from Slack: collect the text and files of a message or thread, triage them, store nothing.

A log is named by a `LogSource`, so that it can be read again later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO

from bot.catalogue.catalogue import Catalogue
from bot.detection.slack_text import passages
from bot.errors import RetryLater
from bot.policy.content import is_deleted, log_files, may_be_log
from bot.policy.noise_rules import Sighting
from bot.policy.place import LogSource
from bot.policy.replies import FileSeen
from bot.slack.files import Downloads, UnreadableFile
from bot.slack.lookup import Payload, SlackLookup
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, FileRefused, Refusal
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits

_MAX_CONCURRENT = 2
_TURN_TIMEOUT_S = 5.0
# Downloading, one more file and reading must fit into one attempt of the inbox, or each attempt starts all over.
_DOWNLOADS_TIMEOUT_S = 12.0


@dataclass(frozen=True, slots=True)
class ReadLog:
    """The triage of a log."""

    digest: Digest
    in_files: tuple[Sighting, ...]  # the codes found in files

    @property
    def has_content(self) -> bool:
        """Return whether the log contains a code or a file."""
        return bool(self.digest.hits or self.digest.refused or any(file.name for file in self.digest.files))


class LogReader:
    """Reads logs, a few at a time: a log that has been downloaded waits for nothing."""

    def __init__(self, catalogue: Catalogue, cascades: Cascades, limits: ReadLimits) -> None:
        self.cascades = cascades
        self._catalogue = catalogue
        self._limits = limits
        self._turns = asyncio.Semaphore(_MAX_CONCURRENT)
        # Not asyncio's default pool: a thread goes on after its caller has timed out, and must still count.
        self._threads = ThreadPoolExecutor(_MAX_CONCURRENT, thread_name_prefix="triage")

    async def read(
        self, lookup: SlackLookup, channel: str, source: LogSource, *, own_bot: str | None, is_asked: bool = True
    ) -> ReadLog | None:
        """Triage the log at *source*, or return None if it was deleted or the bot may not read it.

        Messages of *own_bot* are left out. Quoted text counts only if *is_asked*. Raises RetryLater or
        StopWorkspace.
        """
        messages: Sequence[Payload | None]
        if source.file:
            messages = [{"files": [{"id": source.file}]}]
        elif source.ts is None:
            messages = await lookup.thread(channel, source.thread)
        else:
            messages = [await lookup.message(channel, source.ts, source.thread)]
        found = [each for each in messages if each and (not own_bot or each.get("bot_id") != own_bot)]
        if not found:
            return None
        text = await asyncio.to_thread(_text_of, found, with_quotes=is_asked)
        pasted = [LogFile("", lambda: BytesIO(text))] if text.strip() else []
        async with self._turn():
            with ExitStack() as spools:
                downloads = Downloads(lookup.client, spools, max_bytes=self._limits.file_bytes)
                logs, refused = await _download(found, downloads, max_files=self._limits.files)
                if source.file and not logs:
                    return None
                digest = await self.triage(pasted + logs)
        digest = replace(digest, refused=(*digest.refused, *refused))
        return ReadLog(digest, sightings_in_files(digest, has_text=bool(pasted)))

    async def read_files(self, lookup: SlackLookup, message: Payload) -> tuple[FileSeen, ...]:
        """Triage each file of *message* by itself, in the time of one triage; raises RetryLater or StopWorkspace."""
        seen: list[FileSeen] = []
        ends_at = time.monotonic() + self._limits.seconds
        async with self._turn():
            for number, file in enumerate(each for each in message.get("files") or () if isinstance(each, dict)):
                name = str(file.get("name") or file.get("id") or "")
                if not may_be_log(file):
                    seen.append(FileSeen(name, None))
                    continue
                reason = Refusal.GONE if is_deleted(file) else None
                reason = Refusal.TOO_MANY if number >= self._limits.files else reason
                refused = [FileRefused(name, reason)] if reason else []
                logs: list[LogFile] = []
                with ExitStack() as spools:
                    if not reason:
                        downloads = Downloads(lookup.client, spools, max_bytes=self._limits.file_bytes)
                        logs, refused = await _download([{"files": [file]}], downloads, max_files=1)
                    digest = await self.triage(logs, seconds=ends_at - time.monotonic())
                digest = replace(digest, refused=(*digest.refused, *refused))
                seen.append(FileSeen(name, digest if digest.files or digest.refused else None))
        return tuple(seen)

    async def triage(self, logs: Sequence[LogFile], *, seconds: float | None = None) -> Digest:
        """Triage *logs* in a thread, so that the event loop does not wait for it, within *seconds* if given."""
        limits = self._limits if seconds is None else replace(self._limits, seconds=max(seconds, 0.0))
        run = partial(triage, logs, self._catalogue, self.cascades, limits, clock=time.monotonic)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for one of the turns; raises RetryLater if that takes long, because an attempt has a time limit."""
        try:
            async with asyncio.timeout(_TURN_TIMEOUT_S):
                await self._turns.acquire()
        except TimeoutError as error:
            raise RetryLater("other logs are being read") from error
        try:
            yield
        finally:
            self._turns.release()


def sightings_in_files(digest: Digest, *, has_text: bool) -> tuple[Sighting, ...]:
    """Return the codes in a message's files as the author's own; with *has_text*, the first file read is its text."""
    rows = (*digest.rows, *digest.unknown)
    return tuple(Sighting(row.code, False, "") for row in rows if not has_text or row.first.file > 0)


def _text_of(messages: Sequence[Payload], *, with_quotes: bool) -> bytes:
    """Return the text of *messages* in UTF-8."""
    shown = (each.text for message in messages for each in passages(message) if with_quotes or not each.quoted)
    return "\n".join(shown).encode(errors="replace")


async def _download(
    messages: Sequence[Payload], downloads: Downloads, *, max_files: int
) -> tuple[list[LogFile], list[FileRefused]]:
    """Download the files of *messages* that may be logs; also return those that could not be read, and why."""
    logs: list[LogFile] = []
    refused: list[FileRefused] = []
    files = list(dict.fromkeys(file for message in messages for file in log_files(message)))
    started_at = time.monotonic()
    for file_id in files[:max_files]:
        if time.monotonic() - started_at > _DOWNLOADS_TIMEOUT_S:
            refused.append(FileRefused(_name(messages, file_id), Refusal.TOO_LARGE))
            continue
        try:
            file = await downloads.describe(file_id)
            if may_be_log(file):
                logs.append(await downloads.fetch(file))
        except UnreadableFile as error:
            refused.append(FileRefused(error.name or _name(messages, file_id), error.reason))
    refused += [FileRefused(_name(messages, file_id), Refusal.TOO_MANY) for file_id in files[max_files:]]
    return logs, refused


def _name(messages: Sequence[Payload], file_id: str) -> str:
    """Return the name of a file in its message, or its id: Slack names no file of another workspace."""
    files = (file for message in messages for file in message.get("files") or ())
    return next((str(file.get("name") or "") for file in files if file.get("id") == file_id), "") or file_id
