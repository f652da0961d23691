"""Handle messages that people and other bots post, edit and delete where the bot is a member.

Most of Slack's events are messages. In Bolt middleware, a message takes half the time that a listener takes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.detection.slack_text import prose
from bot.inbox import Job, JobKind
from bot.policy.content import MessageContent, is_by_person, is_log, log_files, read_content
from bot.policy.place import Place
from bot.slack.context import Services
from bot.slack.lookup import Payload, SlackLookup, team_of
from bot.triage.redact import live_secrets

_EMPTY = MessageContent()


def register(app: AsyncApp, services: Services) -> None:
    """Record jobs for messages and mentions."""
    app.use(Messages(services))


class Messages(AsyncMiddleware):
    """Records jobs for messages. Slack gets its acknowledgement once the job is stored."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> BoltResponse:
        """Handle an event about a message; leave everything else to the listeners."""
        body, bolt = req.body, req.context
        event: Payload = body.get("event") or {}
        match event.get("type"), event.get("subtype"):
            case "message", "message_changed":
                await self._changed(body, bolt)
            case "message", "message_deleted":
                await self._deleted(body, bolt)
            case "message", _:
                await self._posted(body, bolt)
            case "app_mention", _:
                await self._record(body, event, kind=JobKind.ASKED)
            case _:
                return await next()
        return BoltResponse(status=200, body="")

    async def _posted(self, body: Payload, bolt: AsyncBoltContext) -> None:
        event, place, services = body["event"], _place(body), self._services
        is_person = is_by_person(event)
        if place.is_direct:
            if is_person:
                await self._record(body, event, kind=JobKind.ASKED)
            return
        if _mentions_bot(event, bolt):
            return  # it also arrives as app_mention
        content = read_content(event, services.catalogue)
        if content.sightings or log_files(event):
            # Ask Slack for the channel's language while the database writes.
            if workspace := await services.workspaces.find(place.team):
                services.languages.prefetch(place, SlackLookup(workspace.client))
            await self._record(body, event, kind=JobKind.MESSAGE, content=content)
        if is_person and (saving := services.languages.count_vote(place, prose(content.passages))):
            services.background.start(saving)

    async def _changed(self, body: Payload, bolt: AsyncBoltContext) -> None:
        event = body["event"]
        after, before = event["message"], event.get("previous_message") or {}
        if after.get("bot_id") == bolt.bot_id or _place(body).is_direct or _mentions_bot(after, bolt):
            return
        # Slack leaves a tombstone in place of a deleted message that has replies.
        if after.get("subtype") == "tombstone":
            await self._deleted(body, bolt)
            return
        content = read_content(after, self._services.catalogue)
        # A link preview changes a message, too, but neither its codes nor its files.
        if _subjects(after, content) != _subjects(before, read_content(before, self._services.catalogue)):
            await self._record(body, after, kind=JobKind.CHANGED, trigger_ts=event["event_ts"], content=content)

    async def _deleted(self, body: Payload, bolt: AsyncBoltContext) -> None:
        before = body["event"].get("previous_message") or {}
        was_read = read_content(before, self._services.catalogue).sightings or log_files(before)
        if before.get("bot_id") != bolt.bot_id and was_read:
            await self._record(body, before, kind=JobKind.DELETED)

    async def _record(
        self, body: Payload, message: Payload, *, kind: JobKind, trigger_ts: str = "", content: MessageContent = _EMPTY
    ) -> None:
        ts, sightings = message["ts"], content.sightings
        text = "\n".join(each.text for each in content.passages)
        detail: dict[str, Any] = {"sightings": [each.to_json() for each in sightings]}
        if kind in (JobKind.MESSAGE, JobKind.CHANGED) and is_log(message, content):
            detail["log"] = True
            kind = JobKind.LOG if kind is JobKind.MESSAGE else kind
        elif kind is JobKind.MESSAGE and (secrets := [*live_secrets(text)]):
            detail["secrets"] = [[str(each.kind), each.line] for each in secrets]
        job = Job(
            _place(body),
            ts,
            message.get("thread_ts", ts),
            codes=tuple(dict.fromkeys(each.code for each in sightings)),
            kind=kind,
            trigger_ts=trigger_ts,
            detail=detail,
            event_id=body.get("event_id"),
        )
        await self._services.inbox.accept(job)


def _place(body: Payload) -> Place:
    """Return where a message event happened; the user is empty for a post of another bot."""
    event = body["event"]
    message = event.get("message") or event.get("previous_message") or event
    return Place(team=team_of(body), channel=event["channel"], user=message.get("user", ""))


def _mentions_bot(message: Payload, bolt: AsyncBoltContext) -> bool:
    return f"<@{bolt.bot_user_id}>" in (message.get("text") or "")


def _subjects(message: Payload, content: MessageContent) -> tuple[list[int], list[str]]:
    """Return the codes and the files of a message; an edit that changes neither changes no reply."""
    return sorted({each.code for each in content.sightings if not each.quoted}), sorted(log_files(message))
