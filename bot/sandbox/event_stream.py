"""Convert changes of the workspace to events of the Events API, if the app is subscribed to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import Change, ChangeKind, SandboxWorkspace

SubscribedEvent = tuple[str, Json]  # the subscription that the event needs, and the event
_CHANNEL_TYPES = {"channels": "channel", "groups": "group", "im": "im", "mpim": "mpim"}


class EventStream:
    """Passes the events for each change to *deliver*, while the app is installed."""

    def __init__(self, workspace: SandboxWorkspace, app: Installation, deliver: Callable[[Json], None]) -> None:
        self._workspace = workspace
        self._app = app
        self._deliver = deliver
        self._converters: dict[ChangeKind, Callable[[Change], Iterator[SubscribedEvent]]] = {
            ChangeKind.POSTED: self._posted,
            ChangeKind.CHANGED: self._changed,
            ChangeKind.DELETED: self._deleted,
            ChangeKind.REACTED: self._reacted,
            ChangeKind.UNREACTED: self._reacted,
            ChangeKind.JOINED: self._joined_or_left,
            ChangeKind.LEFT: self._joined_or_left,
            ChangeKind.HOME_OPENED: self._home_opened,
        }
        workspace.subscribe(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.kind not in self._converters or not self._workspace.tokens:
            return
        for name, event in self._converters[change.kind](change):
            if self._app.receives(name):
                self._deliver(self._body(event))

    def send(self, name: str, **details: Any) -> None:
        """Send an event about the app itself, such as ``app_uninstalled``."""
        if self._app.receives(name):
            self._deliver(self._body({"type": name, "event_ts": self._workspace.new_ts(), **details}))

    def limit_rate(self) -> None:
        """Tell the app that its events of this minute were dropped; the envelope contains no event."""
        minute = int(self._workspace.clock()) // 60 * 60
        body: Json = {"token": "verification-token", "team_id": self._workspace.team_id, "api_app_id": APP_ID}
        self._deliver(body | {"type": "app_rate_limited", "minute_rate_limited": minute})

    def _body(self, event: Json) -> Json:
        team_id, enterprise_id = self._workspace.team_id, self._workspace.enterprise_id
        authorization = {
            "enterprise_id": enterprise_id,
            "team_id": team_id,
            "user_id": self._workspace.bot_user,
            "is_bot": True,
            "is_enterprise_install": self._workspace.is_org_install,
        }
        channel = self._workspace.channels.get(event.get("channel", ""))
        return {
            "token": "verification-token",
            "team_id": team_id,
            "enterprise_id": enterprise_id,
            "context_team_id": team_id,
            "context_enterprise_id": enterprise_id,
            "api_app_id": APP_ID,
            "type": "event_callback",
            "event": event,
            "event_id": self._workspace.new_id("Ev"),
            "event_time": int(float(event["event_ts"])),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
            "event_context": f"4-{event['type']}-{team_id}",
        }

    def _message_event(self, change: Change, event: Json) -> Iterator[SubscribedEvent]:
        """Yield a message event if the bot is in the channel."""
        channel = self._workspace.channel(change.channel)
        if self._workspace.bot_user in channel.members:
            event = {"event_ts": event["ts"], **event, "channel": channel.id}
            yield f"message.{channel.kind}", event | {"channel_type": _CHANNEL_TYPES[channel.kind]}

    def _posted(self, change: Change) -> Iterator[SubscribedEvent]:
        message = _without_metadata(change.message)
        for name, event in self._message_event(change, message):
            yield name, event
            yield from self._mention(name, event)
            for file in message.get("files", ()):
                shared: Json = {"type": "file_shared", "file_id": file["id"], "file": {"id": file["id"]}}
                shared |= {"user_id": message.get("user"), "channel_id": change.channel}
                yield "file_shared", shared | {"event_ts": message["ts"]}

    def _mention(self, name: str, message: Json) -> Iterator[SubscribedEvent]:
        """Yield the `app_mention` of a message by another author, in addition to the message event *name*."""
        is_own = message.get("bot_id") == self._workspace.bot_id
        if f"<@{self._workspace.bot_user}>" in message["text"] and not is_own and name != "message.im":
            mention = {key: value for key, value in message.items() if key not in ("channel_type", "subtype")}
            yield "app_mention", mention | {"type": "app_mention"}

    def _changed(self, change: Change) -> Iterator[SubscribedEvent]:
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": self._workspace.new_ts()}
        now, before = _without_metadata(change.message), _without_metadata(change.previous)
        for name, changed in self._message_event(change, event | {"message": now, "previous_message": before}):
            yield name, changed
            if change.user and now.get("edited"):
                # An edited mention is sent once more (github.com/slack-go/slack/pull/1256).
                yield from self._mention(name, now | {"channel": change.channel, "event_ts": event["ts"]})

    def _deleted(self, change: Change) -> Iterator[SubscribedEvent]:
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": self._workspace.new_ts()}
        deleted = {"deleted_ts": change.ts, "previous_message": _without_metadata(change.previous)}
        return self._message_event(change, event | deleted)

    def _reacted(self, change: Change) -> Iterator[SubscribedEvent]:
        if self._workspace.bot_user in self._workspace.channel(change.channel).members:
            name = "reaction_added" if change.kind is ChangeKind.REACTED else "reaction_removed"
            event: Json = {"type": name, "user": change.user, "reaction": change.reaction}
            event |= {"item": {"type": "message", "channel": change.channel, "ts": change.ts}}
            author = (change.message or {}).get("user")
            yield name, event | {"item_user": author, "event_ts": self._workspace.new_ts()}

    def _joined_or_left(self, change: Change) -> Iterator[SubscribedEvent]:
        event = {"channel": change.channel, "event_ts": self._workspace.new_ts()}
        if change.user == self._workspace.bot_user and change.kind is ChangeKind.LEFT:
            yield "channel_left", event | {"type": "channel_left"}
        elif self._workspace.bot_user in self._workspace.channel(change.channel).members:
            name = "member_joined_channel" if change.kind is ChangeKind.JOINED else "member_left_channel"
            event |= {"type": name, "user": change.user, "channel_type": "C", "team": self._workspace.team_id}
            if change.inviter:
                event["inviter"] = change.inviter
            yield name, event

    def _home_opened(self, change: Change) -> Iterator[SubscribedEvent]:
        event: Json = {"type": "app_home_opened", "user": change.user, "channel": change.channel, "tab": "home"}
        if change.user in self._workspace.homes:
            event |= {"view": self._workspace.homes[change.user]}
        yield "app_home_opened", event | {"event_ts": self._workspace.new_ts()}


def _without_metadata(message: Json | None) -> Json:
    return {key: value for key, value in (message or {}).items() if key != "metadata"}
