"""What the app hears of: changes of the workspace, told as events of the Events API.

Delivering them is `bot.sandbox.delivery`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import Change, SandboxWorkspace, What

Named = tuple[str, Json]  # the subscription that it needs, and the event
_CHANNEL_TYPES = {"channels": "channel", "groups": "group", "im": "im"}


class Events:
    """Turns each change into the events that the installed app is subscribed to."""

    def __init__(self, workspace: SandboxWorkspace, app: Installation, deliver: Callable[[Json], None]) -> None:
        self._workspace = workspace
        self._app = app
        self._deliver = deliver
        self._tellers: dict[What, Callable[[Change], Iterator[Named]]] = {
            What.POSTED: self._posted,
            What.CHANGED: self._changed,
            What.DELETED: self._deleted,
            What.REACTED: self._reacted,
            What.UNREACTED: self._reacted,
            What.JOINED: self._moved,
            What.LEFT: self._moved,
            What.HOME_OPENED: self._home_opened,
        }
        workspace.subscribe(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.what not in self._tellers or not self._workspace.tokens:
            return
        for name, event in self._tellers[change.what](change):
            if self._app.hears(name):
                self._deliver(self._body(event))

    def tell(self, name: str, **details: Any) -> None:
        """Tell of what happened to the app itself."""
        if self._app.hears(name):
            self._deliver(self._body({"type": name, "event_ts": self._workspace.new_ts(), **details}))

    def _body(self, event: Json) -> Json:
        team_id, enterprise_id = self._workspace.team_id, self._workspace.enterprise_id
        authorization = {
            "enterprise_id": enterprise_id,
            "team_id": team_id,
            "user_id": self._workspace.bot_user,
            "is_bot": True,
        }
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
            "authorizations": [authorization | {"is_enterprise_install": self._workspace.is_org_install}],
            "is_ext_shared_channel": False,
            "event_context": f"4-{event['type']}-{team_id}",
        }

    def _heard(self, change: Change, event: Json) -> Iterator[Named]:
        """A message event, if the bot is in the channel."""
        channel = self._workspace.channel(change.channel)
        if self._workspace.bot_user in channel.members:
            event = {"event_ts": event["ts"], **event, "channel": channel.id}
            yield f"message.{channel.kind}", event | {"channel_type": _CHANNEL_TYPES[channel.kind]}

    def _posted(self, change: Change) -> Iterator[Named]:
        message = _without_metadata(change.message)
        for name, event in self._heard(change, message):
            yield name, event
            is_mention = (
                f"<@{self._workspace.bot_user}>" in message["text"] and message.get("bot_id") != self._workspace.bot_id
            )
            if is_mention and name != "message.im":
                mention = {key: value for key, value in event.items() if key not in ("channel_type", "subtype")}
                yield "app_mention", mention | {"type": "app_mention"}
            for file in message.get("files", ()):
                shared: Json = {"type": "file_shared", "file_id": file["id"], "file": {"id": file["id"]}}
                shared |= {"user_id": message.get("user"), "channel_id": change.channel}
                yield "file_shared", shared | {"event_ts": message["ts"]}

    def _changed(self, change: Change) -> Iterator[Named]:
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": self._workspace.new_ts()}
        both = {"message": _without_metadata(change.message), "previous_message": _without_metadata(change.previous)}
        return self._heard(change, event | both)

    def _deleted(self, change: Change) -> Iterator[Named]:
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": self._workspace.new_ts()}
        gone = {"deleted_ts": change.ts, "previous_message": _without_metadata(change.previous)}
        return self._heard(change, event | gone)

    def _reacted(self, change: Change) -> Iterator[Named]:
        if self._workspace.bot_user in self._workspace.channel(change.channel).members:
            name = "reaction_added" if change.what is What.REACTED else "reaction_removed"
            event: Json = {"type": name, "user": change.user, "reaction": change.reaction}
            event |= {"item": {"type": "message", "channel": change.channel, "ts": change.ts}}
            author = (change.message or {}).get("user")
            yield name, event | {"item_user": author, "event_ts": self._workspace.new_ts()}

    def _moved(self, change: Change) -> Iterator[Named]:
        event = {"channel": change.channel, "event_ts": self._workspace.new_ts()}
        if change.user == self._workspace.bot_user and change.what is What.LEFT:
            yield "channel_left", event | {"type": "channel_left"}
        elif self._workspace.bot_user in self._workspace.channel(change.channel).members:
            name = "member_joined_channel" if change.what is What.JOINED else "member_left_channel"
            event |= {"type": name, "user": change.user, "channel_type": "C", "team": self._workspace.team_id}
            if change.inviter:
                event["inviter"] = change.inviter
            yield name, event

    def _home_opened(self, change: Change) -> Iterator[Named]:
        event: Json = {"type": "app_home_opened", "user": change.user, "channel": change.channel, "tab": "home"}
        if change.user in self._workspace.homes:
            event |= {"view": self._workspace.homes[change.user]}
        yield "app_home_opened", event | {"event_ts": self._workspace.new_ts()}


def _without_metadata(message: Json | None) -> Json:
    return {key: value for key, value in (message or {}).items() if key != "metadata"}
