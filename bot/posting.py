"""Posting to Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.inbox import Job
from bot.services.place import Place

METADATA_TYPE = "zimerr_annotation"
_Message = Mapping[str, Any]


class Poster:
    """Posts by *client*."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(self, job: Job, message: _Message) -> str:
        """Post."""
        payload = {"team": job.place.team, "ts": job.ts, "kind": job.kind}
        answer = await self._client.chat_postMessage(
            channel=job.place.channel,
            thread_ts=job.thread,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_TYPE, "event_payload": payload},
            **message,
        )
        return str(answer["ts"])

    async def update(self, channel: str, ts: str, message: _Message) -> None:
        """Update."""
        await self._client.chat_update(channel=channel, ts=ts, **message)

    async def delete(self, channel: str, ts: str) -> None:
        """Delete."""
        await self._client.chat_delete(channel=channel, ts=ts)

    async def react(self, channel: str, ts: str, name: str) -> None:
        """React; once is enough."""
        try:
            await self._client.reactions_add(channel=channel, timestamp=ts, name=name)
        except SlackApiError as error:
            if error.response.get("error") != "already_reacted":
                raise

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        """Take a reaction back."""
        try:
            await self._client.reactions_remove(channel=channel, timestamp=ts, name=name)
        except SlackApiError as error:
            if error.response.get("error") != "no_reaction":
                raise

    async def whisper(self, place: Place, thread: str | None, message: _Message) -> None:
        """Post for one person."""
        await self._client.chat_postEphemeral(channel=place.channel, user=place.user, thread_ts=thread, **message)
