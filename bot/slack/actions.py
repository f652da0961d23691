"""The buttons on the bot's messages. What they show is for the person who pressed only."""

from __future__ import annotations

import json
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.i18n import Language
from bot.inbox import Job
from bot.policy.noise_rules import Mode
from bot.policy.replies import Reply
from bot.slack.deps import Deps
from bot.slack.error_reply import ErrorReply
from bot.slack.lookup import SlackLookup, place_of_action
from bot.slack.worker import ThreadReplier
from bot.storage.annotation_store import MessageRef

_Body = dict[str, Any]


class Actions:
    """Answers presses of the bot's own buttons.

    A press is acknowledged at once and answered after, so that Slack shows no warning when the answer is slow. (Bolt's
    lazy listeners would do that too, but copy the request with the client in it, whose HTTP session can't be copied.)
    """

    def __init__(self, parts: Deps, trouble: ErrorReply) -> None:
        self._parts = parts
        self._trouble = trouble

    async def show_language(self, ack: AsyncAck, action: _Body, body: _Body, respond: AsyncRespond) -> None:
        """The same codes in the other language."""
        await ack()
        asked = json.loads(action["value"])
        reply, language = self._parts.answers.explain(tuple(asked["codes"])), Language(asked["language"])
        self._parts.background.start(self._trouble.guarded(self._show(reply, language, body, respond), body, respond))

    async def show_code(
        self, ack: AsyncAck, action: _Body, body: _Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """One of the codes that a search found, in full."""
        await ack()
        code = int(action["value"])
        self._parts.background.start(self._trouble.guarded(self._show_code(code, body, client, respond), body, respond))

    async def not_a_code(self, ack: AsyncAck, body: _Body, respond: AsyncRespond) -> None:
        """Take an annotation back for everyone, and learn."""
        await ack()
        place = place_of_action(body)
        reply = MessageRef(place.team, place.channel, body["message"]["ts"])
        job = Job(place, reply.ts, body["message"].get("thread_ts", reply.ts))
        voice = ThreadReplier([job], self._parts.poster, self._parts.renderer)
        self._parts.background.start(self._trouble.guarded(self._parts.annotations.refuse(reply, voice), body, respond))

    async def set_mode(
        self, ack: AsyncAck, action: _Body, body: _Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Choose how the bot behaves in the channel; the button “quiet here” chooses off."""
        await ack()
        mode = Mode(action.get("value", Mode.OFF))
        self._parts.background.start(self._trouble.guarded(self._set_mode(mode, body, client, respond), body, respond))

    async def _set_mode(self, mode: Mode, body: _Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        place, directory = place_of_action(body), SlackLookup(client)
        await self._parts.annotations.set_mode(place, mode)
        reply = await self._parts.answers.settings(place, directory, changed="mode")
        await self._show(reply, (await self._parts.languages.of_person(place, directory)).language, body, respond)

    async def _show_code(self, code: int, body: _Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        choice = await self._parts.languages.of_person(place_of_action(body), SlackLookup(client))
        await self._show(self._parts.answers.explain((code,)), choice.language, body, respond)

    async def _show(self, reply: Reply, language: Language, body: _Body, respond: AsyncRespond) -> None:
        """Send *reply* to the person who pressed, where they pressed."""
        # Without the thread, Slack would show the private copy in the channel instead.
        thread = body.get("container", {}).get("thread_ts")
        message = self._parts.renderer.message(reply, language)
        await respond(response_type="ephemeral", replace_original=False, thread_ts=thread, **message)
