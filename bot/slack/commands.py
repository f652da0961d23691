"""`/zimerr`."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.policy.grammar import TriageCommand, parse
from bot.policy.replies import is_public
from bot.slack.deps import Deps
from bot.slack.lookup import SlackLookup, place_of_command, plain_text
from bot.slack.triage_modal import origin_of


class Commands:
    """Answers the slash command in its acknowledgement, which costs no further call."""

    def __init__(self, parts: Deps) -> None:
        self._parts = parts

    async def zimerr(self, ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
        """`/zimerr …`: explanations for all, the rest for who asked."""
        place, directory = place_of_command(command), SlackLookup(client)
        asked = parse(plain_text(command.get("text", "")))
        if isinstance(asked, TriageCommand):
            language = (await self._parts.languages.of_person(place, directory)).language
            await ack()
            view = self._parts.renderer.paste(language, asked.text, origin_of(command))
            await client.views_open(trigger_id=command["trigger_id"], view=view)
            return
        answer = await self._parts.answers.answer(asked, place, directory)
        message = self._parts.renderer.message(answer.reply, answer.language)
        await ack(response_type="in_channel" if is_public(answer.reply) else "ephemeral", **message)
