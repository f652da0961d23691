"""The full report of a triage, as a file in its thread: once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.inbox import Job
from bot.render.digest_report import report
from bot.slack.lookup import SlackLookup
from bot.slack.upload import upload
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest


class ReportUpload:
    """Attaches reports."""

    def __init__(self, catalogue: Catalogue, cascades: Cascades) -> None:
        self._catalogue = catalogue
        self._cascades = cascades

    async def attach(self, job: Job, reply: str, digest: Digest, client: AsyncWebClient, language: str) -> bool:
        """Attach the report that belongs to the message *reply*; False where the thread has it already.

        Raises RetryLater, GiveUp or StopWorkspace.
        """
        name = f"zimerr-{reply}.txt"
        for message in await SlackLookup(client).thread(job.place.channel, job.thread):
            if any(_name(file) == name for file in message.get("files") or ()):
                return False
        text = report(digest, self._catalogue, Language(language), self._cascades)
        await upload(client, name, text.encode(), channel_id=job.place.channel, thread_ts=job.thread)
        return True


def _name(file: Mapping[str, Any]) -> str:
    return str(file.get("name") or "")
