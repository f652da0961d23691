"""Asking for a triage: by the shortcut on a message, or by pasting into the dialog of `/zimerr triage`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.inbox import Job, JobKind
from bot.policy.place import Place
from bot.policy.replies import Leaked, Note, Reply, Triaged
from bot.render.notices import AUDIENCE, EVERYBODY, PASTED
from bot.slack.deps import Deps
from bot.slack.error_reply import ErrorReply
from bot.slack.lookup import SlackLookup, place_of_action
from bot.slack.respond import answer
from bot.triage.reader import LogFile

_Body = dict[str, Any]


def origin_of(command: Mapping[str, Any]) -> str:
    """Where a dialog was asked for, for it to give back: the channel, and the address that answers to the command."""
    return json.dumps({"channel": command["channel_id"], "url": command["response_url"]})


class TriageModal:
    """Takes what people ask to be triaged."""

    def __init__(self, parts: Deps, trouble: ErrorReply) -> None:
        self._parts = parts
        self._trouble = trouble

    async def thread(self, ack: AsyncAck, body: _Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Triage the whole thread of a message, where everybody in it sees the result."""
        await ack()
        work = self._thread(body, client, respond)
        self._parts.background.start(self._trouble.guarded(work, body, respond))

    async def pasted(self, ack: AsyncAck, body: _Body, view: _Body, client: AsyncWebClient) -> None:
        """Triage what was pasted, for who pasted it or for the channel, as they chose."""
        await ack()
        origin = json.loads(view["private_metadata"])
        # The command's address answers also where the bot is no member.
        respond = AsyncRespond(response_url=origin["url"])
        place = Place(place_of_action(body).team, origin["channel"], body["user"]["id"])
        fields = view["state"]["values"]
        text = str(fields[PASTED][PASTED]["value"] or "")
        is_public = fields[AUDIENCE][AUDIENCE]["selected_option"]["value"] == EVERYBODY
        work = self._pasted(text, place, client, respond, is_public=is_public)
        self._parts.background.start(self._trouble.guarded(work, {**body, "response_url": origin["url"]}, respond))

    async def _thread(self, body: _Body, client: AsyncWebClient, respond: AsyncRespond) -> None:
        place, directory = place_of_action(body), SlackLookup(client)
        ts = body["message"]["ts"]
        thread = body["message"].get("thread_ts", ts)
        if await directory.message(place.channel, ts, thread):
            await self._parts.inbox.accept(Job(place, ts, thread, kind=JobKind.THREAD, trigger_ts=body["action_ts"]))
        else:
            choice = await self._parts.languages.of_person(place, directory)
            await answer(respond, self._parts.renderer, Note("not_member"), choice.language)

    async def _pasted(
        self, text: str, place: Place, client: AsyncWebClient, respond: AsyncRespond, *, is_public: bool
    ) -> None:
        directory, languages = SlackLookup(client), self._parts.languages
        pasted = text.encode(errors="replace")
        digest = await self._parts.reader.triages.read([LogFile("", lambda: BytesIO(pasted))])
        own = (await languages.of_person(place, directory)).language
        reply: Reply = Triaged(digest) if digest.hits else Note("nothing")
        is_public = is_public and digest.hits > 0
        language = (await languages.of_channel(place, directory)).language if is_public else own
        renderer, audience = self._parts.renderer, "in_channel" if is_public else "ephemeral"
        await answer(respond, renderer, reply, language, audience=audience)
        if digest.secrets:
            await answer(respond, renderer, Leaked(digest.secrets, ("",)), own)
