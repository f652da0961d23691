"""Handle messages that people and other bots post, edit and delete where the bot is a member.

Most of Slack's events are messages. In Bolt middleware, a message takes half the time that a listener takes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.detection.slack_text import prose
from bot.i18n import script_language
from bot.inbox import Job, JobKind
from bot.policy.content import (
    MessageContent,
    is_by_person,
    is_log,
    is_written,
    log_files,
    platform_shown,
    read_content,
)
from bot.policy.place import Place
from bot.slack.lookup import Payload, id_at, read_aside, team_of, text_at
from bot.slack.services import Services
from bot.telemetry.tracing import span
from bot.triage.redact import live_secrets

_EMPTY = MessageContent()
_MENTION = re.compile(r"<@(\w+)")
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """An event about a message. Its ids and time stamps are checked; the rest of the message can have any shape."""

    place: Place  # the user wrote the message; empty for a post of another bot
    ts: str
    thread: str
    message: Payload  # as it is now; a deleted one, as it was
    before: Payload  # as it was before an edit; otherwise empty
    at: str  # the time stamp of the event
    event_id: str | None
    shared_id: str  # of a message in a channel that workspaces share, the same in all of them; otherwise empty

    @classmethod
    def parse(cls, body: Payload) -> MessageEvent | None:
        """Read an event of Slack's, or return None if it names no message in a channel."""
        event = body["event"]
        message, before = event, {}
        if event.get("type") == "message" and event.get("subtype") in ("message_changed", "message_deleted"):
            message, before = event.get("message"), event.get("previous_message")
            if event["subtype"] == "message_deleted":
                message, before = before, {}
        place = Place(team_of(body), id_at(event, "channel"), id_at(message, "user"))
        ts, at = id_at(message, "ts"), id_at(event, "event_ts")
        if not (isinstance(message, dict) and place.channel and ts):
            return None
        before = before if isinstance(before, dict) else {}
        thread, event_id = id_at(message, "thread_ts") or ts, id_at(body, "event_id") or None
        # If several workspaces of a shared channel have installed the app, Slack sends one event, or one for each
        # (docs.slack.dev/apis/events-api, authorizations). The channel has the same id in all of them.
        shared_id = f"{place.channel}:{ts}"[:64] if body.get("is_ext_shared_channel") is True else ""
        if message is event:
            event_id = shared_id or event_id
        return cls(place, ts, thread, message, before, at, event_id, shared_id)


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
        kind, subtype = text_at(req.body, "event", "type"), text_at(req.body, "event", "subtype")
        if kind not in ("message", "app_mention"):
            return await next()
        event, app = MessageEvent.parse(req.body), id_at(req.body, "api_app_id")
        match kind, subtype:
            case _ if event is None:
                # Some notices of Slack's, such as that a huddle has begun in a thread, are about no message.
                _log.debug("an event was dropped", kind=kind, subtype=subtype, reason="no message in a channel")
            case "message", "message_changed":
                await self._changed(event, req.context, app)
            case "message", "message_deleted":
                await self._deleted(event, req.context, app)
            case "message", _:
                await self._posted(event, req.context, app)
            case "app_mention", _:
                await self._record(event, kind=JobKind.ASKED, trigger_ts=_edit_of(event.message))
        return BoltResponse(status=200, body="")

    async def _posted(self, event: MessageEvent, bolt: AsyncBoltContext, app: str) -> None:
        message, place, services = event.message, event.place, self._services
        if _is_own(message, bolt, app):
            return
        is_person = is_by_person(message)
        if _asks_bot(message, place, bolt):
            await self._record(event, kind=JobKind.ASKED)
        if place.is_direct or _mentions_bot(message, bolt) or await self._is_for_another(event, message):
            return
        content = await self._read(message)
        if content.sightings or log_files(message):
            await self._record(event, kind=JobKind.MESSAGE, content=content)
        if is_person and (saving := services.languages.count_vote(place, prose(content.passages))):
            services.background.start(saving)

    async def _changed(self, event: MessageEvent, bolt: AsyncBoltContext, app: str) -> None:
        after, before = event.message, event.before
        if _is_own(after, bolt, app):
            return
        # Slack leaves a tombstone in place of a deleted message that has replies.
        if after.get("subtype") == "tombstone":
            await self._deleted(replace(event, message=before), bolt, app)
            return
        if _asks_bot(after, event.place, bolt):
            # A link preview changes a message, too, but is no edit.
            if edit := _edit_of(after):
                await self._record(event, kind=JobKind.ASKED, trigger_ts=edit)
            return
        if event.place.is_direct or await self._is_for_another(event, after, event.before):
            return
        content = await self._read(after)
        # A link preview changes a message, too, but neither its codes nor its files.
        subjects, subjects_before = _subjects(after, content), _subjects(before, await self._read(before))
        if event.shared_id and any(subjects) and not any(subjects_before) and not _mentions_bot(before, bolt):
            # As a new message, which one of the workspaces answers.
            await self._record(replace(event, event_id=event.shared_id), kind=JobKind.MESSAGE, content=content)
        elif subjects != subjects_before or _mentions_bot(before, bolt):
            await self._record(event, kind=JobKind.CHANGED, trigger_ts=event.at, content=content)

    async def _deleted(self, event: MessageEvent, bolt: AsyncBoltContext, app: str) -> None:
        before = event.message
        was_read = (await self._read(before)).sightings or log_files(before)
        if not _is_own(before, bolt, app) and (was_read or _asks_bot(before, event.place, bolt)):
            await self._record(event, kind=JobKind.DELETED)

    async def _is_for_another(self, event: MessageEvent, *messages: Payload) -> bool:
        """Return whether one of *messages* mentions the bot that another workspace of a shared channel has installed.

        That one answers.
        """
        mentioned = {user for message in messages for user in _MENTION.findall(text_at(message, "text"))}
        return bool(event.shared_id and mentioned) and await self._services.workspaces.have_bot(mentioned)

    async def _read(self, message: Payload) -> MessageContent:
        with span("detect"):
            return await read_aside(partial(read_content, known=self._services.catalogue), message)

    async def _record(
        self, event: MessageEvent, *, kind: JobKind, trigger_ts: str = "", content: MessageContent = _EMPTY
    ) -> None:
        sightings = content.sightings
        text = "\n".join(each.text for each in content.passages)
        detail: dict[str, Any] = {"sightings": [each.to_json() for each in sightings]}
        if language := script_language(text or text_at(event.message, "text")):
            detail["text_language"] = str(language)
        if sightings and (platform := await read_aside(platform_shown, text)):
            detail["platform"] = platform.key
        if content.server_codes:
            detail["server_codes"] = content.server_codes
        if kind is JobKind.CHANGED and event.shared_id:
            detail["shared"] = True
        if kind in (JobKind.MESSAGE, JobKind.CHANGED) and is_log(event.message, content):
            detail["log"] = True
            kind = JobKind.LOG if kind is JobKind.MESSAGE else kind
        elif kind is JobKind.MESSAGE and (secrets := await read_aside(live_secrets, text)):
            detail["secrets"] = [[str(each.kind), each.line, each.lines] for each in secrets]
        job = Job(
            event.place,
            event.ts,
            event.thread,
            codes=tuple(dict.fromkeys(each.code for each in sightings)),
            kind=kind,
            trigger_ts=trigger_ts,
            detail=detail,
            event_id=event.event_id,
        )
        await self._services.inbox.accept(job)


def _is_own(message: Payload, bolt: AsyncBoltContext, app: str) -> bool:
    """Return whether the app wrote a message, perhaps as another workspace of a shared channel has installed it."""
    return id_at(message, "bot_id") == bolt.bot_id or (app != "" and id_at(message, "app_id") == app)


def _asks_bot(message: Payload, place: Place, bolt: AsyncBoltContext) -> bool:
    """Return whether a message is for the bot: a mention, or a person's direct message.

    A mention also arrives as app_mention, but in a group direct message perhaps only as a message.
    """
    return is_by_person(message) if place.is_direct else is_written(message) and _mentions_bot(message, bolt)


def _edit_of(message: Payload) -> str:
    """Return a name for the last edit of a message, empty if it was never edited.

    A mention that is edited arrives as a mention and as a changed message; both have the same name. The
    time of an edit is in whole seconds; a hash of the text distinguishes two edits in one second.
    """
    edited_at = id_at(message, "edited", "ts")
    text = text_at(message, "text").encode(errors="surrogatepass")
    return f"{edited_at}-{hashlib.sha256(text).hexdigest()[:8]}" if edited_at else ""


def _mentions_bot(message: Payload, bolt: AsyncBoltContext) -> bool:
    return f"<@{bolt.bot_user_id}>" in text_at(message, "text")


def _subjects(message: Payload, content: MessageContent) -> tuple[list[int], list[str]]:
    """Return the codes and the files of a message; an edit that changes neither changes no reply."""
    return sorted({each.code for each in content.sightings if not each.quoted}), sorted(log_files(message))
