"""`/zimerr`."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands import parse
from bot.listeners.parts import Parts
from bot.listeners.slack import SlackDirectory, place_of_command, plain_text
from bot.services.replies import is_public


class Commands:
    """Answers the slash command in its acknowledgement, which costs no further call."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def zimerr(self, ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
        """`/zimerr …`: explanations for all, the rest for who asked."""
        place = place_of_command(command)
        answer = await self._parts.answers.to(parse(plain_text(command.get("text", ""))), place, SlackDirectory(client))
        message = self._parts.renderer.message(answer.reply, answer.language)
        await ack(response_type="in_channel" if is_public(answer.reply) else "ephemeral", **message)
