"""Messages that people and other bots post where the bot is a member."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.replies import Renderer
from bot.inbox import Inbox, Job
from bot.listeners.slack import SlackDirectory, place_of_message
from bot.services.annotations import Annotations

METADATA_TYPE = "zimerr_annotation"


class Messages:
    """Records messages that hold codes. It returns, and Slack gets its acknowledgement, once they are on record."""

    def __init__(self, annotations: Annotations, inbox: Inbox) -> None:
        self._annotations = annotations
        self._inbox = inbox

    async def message(self, body: dict[str, Any]) -> None:
        """A message event of any kind; most hold no code and cost nothing."""
        event = body["event"]
        codes = self._annotations.codes_in(event)
        if codes:
            ts: str = event["ts"]
            await self._inbox.take(Job(place_of_message(body), ts, event.get("thread_ts", ts), codes))


class Annotator:
    """Answers recorded messages in their thread."""

    def __init__(self, annotations: Annotations, renderer: Renderer, client: AsyncWebClient) -> None:
        self._annotations = annotations
        self._renderer = renderer
        self._client = client

    async def annotate(self, job: Job) -> None:
        """Post the explanation under the message of *job*."""
        answer = await self._annotations.of(job.codes, job.place, SlackDirectory(self._client))
        await self._client.chat_postMessage(
            channel=job.place.channel,
            thread_ts=job.thread,
            unfurl_links=False,
            unfurl_media=False,
            # Names the message that this answers, so that the answer can be found again.
            metadata={"event_type": METADATA_TYPE, "event_payload": {"ts": job.ts}},
            **self._renderer.message(answer.reply, answer.language),
        )
