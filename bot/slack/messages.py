"""Messages that people and other bots post, edit and delete where the bot is a member.

They are most of what Slack sends. As middleware of Bolt's they cost half of what they cost as listeners.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.detection.normalize import prose
from bot.inbox import Job, JobKind
from bot.policy.content import MessageContent, is_log, log_files, read_content, secrets_in
from bot.policy.place import Place
from bot.slack.deps import Deps
from bot.slack.lookup import SlackLookup, place_of_event

_Event = Mapping[str, Any]
_NOTHING = MessageContent()


class Messages(AsyncMiddleware):
    """Records what is to be done about messages. Slack gets its acknowledgement once that is safe."""

    def __init__(self, parts: Deps) -> None:
        self._parts = parts

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> BoltResponse:
        """Deal with an event that is about a message; leave all else to the listeners."""
        match (req.body.get("event") or {}).get("type"):
            case "message":
                await self._message(req.body, req.context)
            case "app_mention":
                await self._take(req.body, place_of_event(req.body), req.body["event"], kind=JobKind.ASKED)
            case _:
                return await next()
        return BoltResponse(status=200, body="")

    async def _message(self, body: _Event, context: AsyncBoltContext) -> None:
        """A message event of any kind; most hold no code and cost little."""
        event = body["event"]
        place = place_of_event(body)
        match event.get("subtype"):
            case "message_changed":
                await self._changed(body, place, context)
            case "message_deleted":
                await self._deleted(body, place, event.get("previous_message") or {}, context)
            case _:
                await self._posted(body, place, context)

    async def _posted(self, body: _Event, place: Place, context: AsyncBoltContext) -> None:
        event = body["event"]
        is_person = not event.get("bot_id") and event.get("subtype") in (None, "file_share")
        if place.is_direct:
            if is_person:
                await self._take(body, place, event, kind=JobKind.ASKED)
            return
        if _speaks_to(event, context):
            return  # comes as app_mention, too
        content = read_content(event, self._parts.catalogue)
        if content.sightings or log_files(event):
            # Slack answers while the database writes.
            if workspace := await self._parts.workspaces.find(place.team):
                self._parts.languages.prepare(place, SlackLookup(workspace.client))
            await self._take(body, place, event, kind=JobKind.MESSAGE, content=content)
        if is_person and (saving := self._parts.languages.count_vote(place, prose(content.passages))):
            self._parts.background.start(saving)

    async def _changed(self, body: _Event, place: Place, context: AsyncBoltContext) -> None:
        event = body["event"]
        now, before = event["message"], event.get("previous_message") or {}
        if now.get("bot_id") == context.bot_id or place.is_direct or _speaks_to(now, context):
            return
        # Slack leaves a tombstone where a deleted message has replies.
        if now.get("subtype") == "tombstone":
            await self._deleted(body, place, before, context)
            return
        content = read_content(now, self._parts.catalogue)
        # A link preview changes a message too, but not what it says.
        if _subjects(now, content) != _subjects(before, read_content(before, self._parts.catalogue)):
            await self._take(body, place, now, kind=JobKind.CHANGED, trigger_ts=event["event_ts"], content=content)

    async def _deleted(self, body: _Event, place: Place, before: _Event, context: AsyncBoltContext) -> None:
        was_read = read_content(before, self._parts.catalogue).sightings or log_files(before)
        if before.get("bot_id") != context.bot_id and was_read:
            await self._take(body, place, before, kind=JobKind.DELETED)

    async def _take(
        self,
        body: _Event,
        place: Place,
        message: _Event,
        *,
        kind: JobKind,
        trigger_ts: str = "",
        content: MessageContent = _NOTHING,
    ) -> None:
        ts, sightings = message["ts"], content.sightings
        detail: dict[str, Any] = {"sightings": [each.to_json() for each in sightings]}
        if kind in (JobKind.MESSAGE, JobKind.CHANGED) and is_log(message, content):
            detail["log"] = True
            kind = JobKind.LOG if kind is JobKind.MESSAGE else kind
        elif kind is JobKind.MESSAGE and (secrets := secrets_in(content.passages)):
            detail["secrets"] = [[str(each.kind), each.line] for each in secrets]
        job = Job(
            place,
            ts,
            message.get("thread_ts", ts),
            codes=tuple(dict.fromkeys(each.code for each in sightings)),
            kind=kind,
            trigger_ts=trigger_ts,
            detail=detail,
            event_id=body.get("event_id"),
        )
        await self._parts.inbox.accept(job)


def _speaks_to(message: _Event, context: AsyncBoltContext) -> bool:
    return f"<@{context.bot_user_id}>" in (message.get("text") or "")


def _subjects(message: _Event, content: MessageContent) -> tuple[list[int], list[str]]:
    """What a message is about: its codes, and its files."""
    return sorted({each.code for each in content.sightings if not each.quoted}), sorted(log_files(message))
