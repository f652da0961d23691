"""What there is to read: the text and the files of one message, or of a whole thread, asked of Slack when needed.

Nothing is kept of it but while it is read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from bot.detection.slack_text import passages
from bot.policy.content import log_files, may_be_log
from bot.slack.download import Downloads, UnreadableFile
from bot.triage.digest import FileRefused, Refusal
from bot.triage.reader import LogFile

_Message = Mapping[str, Any]
# Fetching, one file more and reading must fit into one attempt of the inbox, or all of it is done again and again.
_PATIENCE_S = 12.0


@dataclass(slots=True)
class CollectedLogs:
    """What was gathered, and what could not be had."""

    sources: list[LogFile] = field(default_factory=list)
    refused: list[FileRefused] = field(default_factory=list)
    has_text: bool = False  # the first source is what was written

    def add_text(self, messages: Iterable[_Message], *, with_quotes: bool) -> None:
        """Add what was written in *messages*, in their order."""
        shown = [each.text for message in messages for each in passages(message) if with_quotes or not each.quoted]
        text = "\n".join(shown).encode(errors="replace")
        if text.strip():
            self.sources.append(LogFile("", lambda: BytesIO(text)))
            self.has_text = True


class LogCollector:
    """Gathers from one workspace; *spools* owns what was downloaded."""

    def __init__(self, downloads: Downloads, *, most_files: int) -> None:
        self._downloads = downloads
        self._most_files = most_files

    async def gather(self, messages: Sequence[_Message], *, is_asked: bool) -> CollectedLogs:
        """The text and the files of *messages*; somebody who asked means the quotes, too.

        Raises RetryLater or StopWorkspace.
        """
        found = CollectedLogs()
        found.add_text(messages, with_quotes=is_asked)
        files = list(dict.fromkeys(file for message in messages for file in log_files(message)))
        begun = time.monotonic()
        for file_id in files[: self._most_files]:
            if time.monotonic() - begun > _PATIENCE_S:
                found.refused.append(FileRefused(_name(messages, file_id), Refusal.TOO_LARGE))
                continue
            try:
                file = await self._downloads.describe(file_id)
                if may_be_log(file):
                    found.sources.append(await self._downloads.fetch(file))
            except UnreadableFile as error:
                found.refused.append(FileRefused(error.name or _name(messages, file_id), error.reason))
        found.refused += [
            FileRefused(_name(messages, file_id), Refusal.TOO_MANY) for file_id in files[self._most_files :]
        ]
        return found


def _name(messages: Sequence[_Message], file_id: str) -> str:
    """What its message calls a file; Slack tells nothing of one from another workspace."""
    files = (file for message in messages for file in message.get("files") or ())
    return next((str(file.get("name") or "") for file in files if file.get("id") == file_id), "") or file_id
