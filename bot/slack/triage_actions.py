"""The buttons of a triage. What they need of the log is read again: nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.i18n import Language
from bot.inbox import Job, JobKind
from bot.policy.place import LogSource, Place
from bot.policy.replies import Note, Reply, Triaged
from bot.slack.deps import Deps
from bot.slack.error_reply import ErrorReply
from bot.slack.log_reader import site_of
from bot.slack.lookup import SlackLookup, place_of_action
from bot.slack.respond import answer
from bot.slack.worker import ThreadReplier
from bot.storage.annotation_store import MessageRef

_Body = dict[str, Any]


class TriageActions:
    """Answers presses of a triage's buttons."""

    def __init__(self, parts: Deps, trouble: ErrorReply) -> None:
        self._parts = parts
        self._trouble = trouble

    async def show_language(self, ack: AsyncAck, action: _Body, body: _Body, respond: AsyncRespond) -> None:
        """The same triage in the other language, for who pressed."""
        await ack()
        asked = json.loads(action["value"])
        self._start(
            self._show(LogSource.parse(asked["key"]), Language(asked["language"]), body, respond), body, respond
        )

    async def report(self, ack: AsyncAck, action: _Body, body: _Body) -> None:
        """The full report, as a file in the thread."""
        await self._parts.inbox.accept(_job(body, JobKind.REPORT, action, trigger_ts=action["action_ts"]))
        await ack()

    async def take(self, ack: AsyncAck, action: _Body, body: _Body, respond: AsyncRespond) -> None:
        """Somebody is on it."""
        await ack()
        language = Language(json.loads(action["value"])["language"])
        self._start(self._parts.standings.take(place_of_action(body), body["message"], language), body, respond)

    async def escalate(self, ack: AsyncAck, action: _Body, body: _Body, respond: AsyncRespond) -> None:
        """Call somebody."""
        if not self._parts.standings.target:
            await ack()
            self._start(self._tell(Note("nobody"), body, respond), body, respond)
            return
        is_new = await self._parts.inbox.accept(_job(body, JobKind.ESCALATE, action))
        await ack()
        if not is_new:
            self._start(self._tell(Note("escalated"), body, respond), body, respond)

    async def call_wrong(self, ack: AsyncAck, body: _Body, respond: AsyncRespond) -> None:
        """Take a triage back for everyone, and keep that it was wrong."""
        await ack()
        place, ts = place_of_action(body), body["message"]["ts"]
        voice = ThreadReplier([_job(body, JobKind.WRONG)], self._parts.poster, self._parts.renderer)
        self._start(self._parts.annotations.call_wrong(MessageRef(place.team, place.channel, ts), voice), body, respond)

    def _start(self, work: Awaitable[None], body: _Body, respond: AsyncRespond) -> None:
        self._parts.background.start(self._trouble.guarded(work, body, respond))

    async def _show(self, source: LogSource, language: Language, body: _Body, respond: AsyncRespond) -> None:
        place = place_of_action(body)
        read = await self._parts.reader.read(await site_of(self._parts.workspaces, place.team), place.channel, source)
        if read is None:
            await self._tell(Note("gone"), body, respond)
        else:
            await self._whisper(Triaged(read.digest), language, body, respond)

    async def _tell(self, note: Note, body: _Body, respond: AsyncRespond) -> None:
        place = place_of_action(body)
        directory = SlackLookup((await self._parts.workspaces.get(place.team)).client)
        choice = await self._parts.languages.of_person(place, directory)
        await self._whisper(note, choice.language, body, respond)

    async def _whisper(self, reply: Reply, language: Language, body: _Body, respond: AsyncRespond) -> None:
        thread = body.get("container", {}).get("thread_ts")
        await answer(respond, self._parts.renderer, reply, language, thread=thread)


def _job(body: _Body, kind: JobKind, action: _Body | None = None, *, trigger_ts: str = "") -> Job:
    """What is to be done about the triage on which somebody pressed."""
    place: Place = place_of_action(body)
    message, asked = body["message"], json.loads(action["value"]) if action else {}
    detail = {"source": asked.get("key", ""), "language": asked.get("language", "")}
    thread = message.get("thread_ts", message["ts"])
    return Job(place, message["ts"], thread, kind=kind, trigger_ts=trigger_ts, detail=detail)
