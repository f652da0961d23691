"""The shortcuts: explain the codes of one message, look a code up while one types."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.replies import Renderer
from bot.catalogue.catalogue import Catalogue
from bot.language import Language
from bot.listeners.slack import SlackDirectory, place_of_action
from bot.services.answers import Answers
from bot.services.languages import Languages

_MOST_OFFERED = 20


class Shortcuts:
    """Answers shortcuts and the dialog that one of them opens. All of it is for one reader."""

    def __init__(self, catalogue: Catalogue, answers: Answers, languages: Languages, renderer: Renderer) -> None:
        self._catalogue = catalogue
        self._answers = answers
        self._languages = languages
        self._renderer = renderer

    async def explain_message(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Explain the codes of a message: the way from within a thread, where no command can be typed."""
        await ack()
        message = self._renderer.message(
            self._answers.explain_message(body["message"]), await self._language(body, client)
        )
        thread = body["message"].get("thread_ts")
        await respond(response_type="ephemeral", replace_original=False, thread_ts=thread, **message)

    async def open_lookup(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Open the dialog. Slack's trigger is good for 3 seconds."""
        await ack()
        view = self._renderer.lookup(await self._language(body, client))
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def offer(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Offer what fits what was typed so far."""
        hits = self._catalogue.search(body.get("value", ""), _MOST_OFFERED)[:_MOST_OFFERED]
        language = await self._language(body, client)
        await ack(options=self._renderer.options([hit.entry for hit in hits], language))

    async def show(self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        """Show what was chosen, in the dialog."""
        await ack()
        entry = self._catalogue.get(int(action["selected_option"]["value"]))
        view = self._renderer.lookup(await self._language(body, client), entry)
        await client.views_update(view_id=body["view"]["id"], view=view)

    async def _language(self, body: dict[str, Any], client: AsyncWebClient) -> Language:
        return (await self._languages.of_person(place_of_action(body), SlackDirectory(client))).language
