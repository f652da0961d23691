"""The buttons on the bot's messages. What they show is for the person who pressed only."""

from __future__ import annotations

import json
from typing import Any

from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.replies import Renderer
from bot.language import Language
from bot.listeners.slack import SlackDirectory, place_of_action
from bot.services.answers import Answers
from bot.services.languages import Languages
from bot.services.replies import Reply

_Action = dict[str, Any]


class Actions:
    """Answers presses of the bot's own buttons."""

    def __init__(self, answers: Answers, languages: Languages, renderer: Renderer) -> None:
        self._answers = answers
        self._languages = languages
        self._renderer = renderer

    async def show_language(self, action: _Action, body: dict[str, Any], respond: AsyncRespond) -> None:
        """The same codes in the other language."""
        asked = json.loads(action["value"])
        await self._privately(self._answers.explain(tuple(asked["codes"])), Language(asked["language"]), body, respond)

    async def show_code(
        self, action: _Action, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """One of the codes that a search found, in full."""
        choice = await self._languages.of_person(place_of_action(body), SlackDirectory(client))
        await self._privately(self._answers.explain((int(action["value"]),)), choice.language, body, respond)

    async def _privately(self, reply: Reply, language: Language, body: dict[str, Any], respond: AsyncRespond) -> None:
        message = self._renderer.message(reply, language)
        # Without the thread, Slack would show the private copy in the channel instead.
        thread = body.get("container", {}).get("thread_ts")
        await respond(response_type="ephemeral", replace_original=False, thread_ts=thread, **message)
