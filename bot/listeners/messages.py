"""Messages that people and other bots post, edit and delete where the bot is a member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from bot.detect.prose import prose
from bot.inbox import Job
from bot.listeners.parts import Parts
from bot.listeners.slack import SlackDirectory, place_of_event
from bot.services.decisions import Sighting
from bot.services.logs import is_log, log_files, secrets_in
from bot.services.place import Place

_Event = Mapping[str, Any]


class Messages:
    """Records what is to be done about messages. It returns, and Slack gets its acknowledgement, once that is safe."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def message(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """A message event of any kind; most hold no code and cost nothing."""
        event = body["event"]
        place = place_of_event(body)
        match event.get("subtype"):
            case "message_changed":
                await self._changed(body, place, context)
            case "message_deleted":
                await self._deleted(body, place, event.get("previous_message") or {}, context)
            case _:
                await self._posted(body, place, context)

    async def mention(self, body: dict[str, Any]) -> None:
        """Somebody speaks to the bot in a channel."""
        await self._take(body, place_of_event(body), body["event"], kind="asked")

    async def _posted(self, body: _Event, place: Place, context: AsyncBoltContext) -> None:
        event = body["event"]
        is_person = not event.get("bot_id") and event.get("subtype") in (None, "file_share")
        if place.is_direct:
            if is_person:
                await self._take(body, place, event, kind="asked")
            return
        if _speaks_to(event, context):
            return  # comes as app_mention, too
        sightings = self._parts.annotations.sightings(event)
        if sightings or log_files(event):
            # Slack answers while the database writes.
            self._parts.background.start(self._prepare(place))
            await self._take(body, place, event, kind="message", sightings=sightings)
        if is_person and (saving := self._parts.languages.hear(place, prose(event))):
            self._parts.background.start(saving)

    async def _prepare(self, place: Place) -> None:
        workspace = await self._parts.workspaces.get(place.team)
        await self._parts.languages.prepare(place, SlackDirectory(workspace.client))

    async def _changed(self, body: _Event, place: Place, context: AsyncBoltContext) -> None:
        event = body["event"]
        now, before = event["message"], event.get("previous_message") or {}
        if now.get("bot_id") == context.bot_id or place.is_direct or _speaks_to(now, context):
            return
        # Slack leaves a tombstone where a deleted message has replies.
        if now.get("subtype") == "tombstone":
            await self._deleted(body, place, before, context)
            return
        sightings = self._parts.annotations.sightings(now)
        # A link preview changes a message too, but not what it says.
        if _subjects(now, sightings) != _subjects(before, self._parts.annotations.sightings(before)):
            await self._take(body, place, now, kind=f"changed:{event['event_ts']}", sightings=sightings)

    async def _deleted(self, body: _Event, place: Place, before: _Event, context: AsyncBoltContext) -> None:
        was_read = self._parts.annotations.sightings(before) or log_files(before)
        if before.get("bot_id") != context.bot_id and was_read:
            await self._take(body, place, before, kind="deleted")

    async def _take(
        self, body: _Event, place: Place, message: _Event, *, kind: str, sightings: tuple[Sighting, ...] = ()
    ) -> None:
        ts = message["ts"]
        detail: dict[str, Any] = {"sightings": [[each.code, each.known, each.quoted, each.shape] for each in sightings]}
        if kind not in ("asked", "deleted") and is_log(message, sightings):
            detail["log"] = True
            kind = "log" if kind == "message" else kind
        elif kind == "message" and (secrets := secrets_in(message)):
            detail["secrets"] = [[str(each.kind), each.line] for each in secrets]
        job = Job(
            place,
            ts,
            message.get("thread_ts", ts),
            codes=tuple(dict.fromkeys(each.code for each in sightings)),
            kind=kind,
            detail=detail,
            event_id=body.get("event_id", ""),
        )
        await self._parts.inbox.take(job)


def _speaks_to(message: _Event, context: AsyncBoltContext) -> bool:
    return f"<@{context.bot_user_id}>" in (message.get("text") or "")


def _subjects(message: _Event, sightings: tuple[Sighting, ...]) -> tuple[list[int], list[str]]:
    """What a message is about: its codes, and its files."""
    return sorted({each.code for each in sightings if not each.quoted}), sorted(log_files(message))
