"""The shortcuts: explain the codes of one message, look a code up while one types."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.i18n import Language
from bot.slack.deps import Deps
from bot.slack.lookup import SlackLookup, place_of_action

_MOST_OFFERED = 20


class Shortcuts:
    """Answers shortcuts and the dialog that one of them opens. All of it is for one reader."""

    def __init__(self, parts: Deps) -> None:
        self._parts = parts

    async def explain_message(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Explain the codes of a message: the way from within a thread, where no command can be typed."""
        await ack()
        message = self._parts.renderer.message(
            self._parts.answers.explain_message(body["message"]), await self._language(body, client)
        )
        thread = body["message"].get("thread_ts")
        await respond(response_type="ephemeral", replace_original=False, thread_ts=thread, **message)

    async def open_lookup(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Open the dialog. Slack's trigger is good for 3 seconds."""
        await ack()
        view = self._parts.renderer.lookup(await self._language(body, client))
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def offer(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Offer what fits what was typed so far."""
        hits = self._parts.catalogue.search(body.get("value", ""), _MOST_OFFERED)[:_MOST_OFFERED]
        language = await self._language(body, client)
        await ack(options=self._parts.renderer.options([hit.entry for hit in hits], language))

    async def show(self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        """Show what was chosen, in the dialog."""
        await ack()
        entry = self._parts.catalogue.get(int(action["selected_option"]["value"]))
        view = self._parts.renderer.lookup(await self._language(body, client), entry)
        await client.views_update(view_id=body["view"]["id"], view=view)

    async def _language(self, body: dict[str, Any], client: AsyncWebClient) -> Language:
        return (await self._parts.languages.of_person(place_of_action(body), SlackLookup(client))).language
