"""The page's live socket: shows one person the workspace as it changes, and acts in their name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import WSMsgType, web

from bot.sandbox.api_error import ActRefused, SlackError
from bot.sandbox.interactions import ElementHolder, action_of
from bot.sandbox.manifest import Installation, Json
from bot.sandbox.model import Change, Channel, What
from bot.sandbox.seed import EXAMPLES
from bot.sandbox.user_actions import UserActions


class Visitor:
    """One person with the page open."""

    def __init__(self, people: UserActions, app: Installation, socket: web.WebSocketResponse, user: str) -> None:
        self.people = people
        self.user = user
        self._workspace = people.workspace
        self._app = app
        self._socket = socket
        self._outbox: asyncio.Queue[Json] = asyncio.Queue()

    async def stay(self) -> None:
        """Show the state, then every change, and act as the page asks, until it is closed."""
        self.show(self._state())
        leave = self._workspace.subscribe(self._on_change)
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send())
            try:
                async for message in self._socket:
                    if message.type is WSMsgType.TEXT:
                        tasks.create_task(self._act(message.data))
            finally:
                leave()
                sender.cancel()

    def show(self, frame: Json) -> None:
        """Send a frame to the page, in order."""
        self._outbox.put_nowait(frame)

    async def _send(self) -> None:
        while True:
            frame = await self._outbox.get()
            try:
                await self._socket.send_json(frame)
            except ConnectionError:
                return

    async def _act(self, data: str) -> None:
        """Do what a frame asks; what cannot be done is told to the person."""
        try:
            frame = json.loads(data)
            await _ACTS[frame["type"]](self, frame)
        except (ActRefused, SlackError) as error:
            self.show({"type": "error", "text": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            self.show({"type": "error", "text": f"The sandbox did not understand that ({error!r})."})

    def place(self, frame: Json) -> ElementHolder:
        """The message or view that a frame speaks of."""
        if frame.get("view_id"):
            return self.people.interactions.place({"type": "modal", "id": frame["view_id"]})
        return self.people.interactions.place({"ts": frame["ts"]})

    def _state(self) -> Json:
        workspace = self._workspace
        channels = [c for c in workspace.channels.values() if self._sees(c)]
        whispers = list(workspace.ephemerals.get(self.user, {}).values())
        modals = workspace.modals.get(self.user)
        shortcuts = self._app.shortcuts.values()
        return {
            "type": "state",
            "team": {"name": workspace.name},
            "me": self.user,
            "users": [asdict(user) for user in workspace.users.values()],
            "channels": [self._channel(channel) for channel in channels],
            "messages": {c.id: [self._shown(m) for m in c.messages.values()] for c in channels},
            "ephemerals": {c.id: [w for w in whispers if w["channel"] == c.id] for c in channels},
            "commands": [_picked(c, "command", "description", "usage_hint") for c in self._app.commands.values()],
            "shortcuts": [_picked(s, "name", "type", "callback_id", "description") for s in shortcuts],
            "examples": [example for example in EXAMPLES if example["channel"] in workspace.channels],
            "home": workspace.homes.get(self.user),
            "view": modals[-1] if modals else None,
            "app": {"name": self._app.name, "user": self._workspace.bot_user, "has_home": self._app.has_home},
        }

    def _sees(self, channel: Channel) -> bool:
        return channel.kind == "channels" or self.user in channel.members

    def _channel(self, channel: Channel) -> Json:
        name = channel.name or self._app.name
        shown = {"id": channel.id, "name": name, "locale": channel.locale, "topic": channel.topic}
        return shown | {"is_im": channel.is_im, "member": self.user in channel.members}

    def _shown(self, message: Json) -> Json:
        """A message as the page draws it; a public answer to a command names the command."""
        command = self._workspace.commands_shown.get(message["ts"])
        return message | ({"command": command} if command else {})

    def _on_change(self, change: Change) -> None:
        if frame := self._frame(change):
            self.show(frame)

    def _frame(self, change: Change) -> Json | None:
        """The frame that tells of a change, if it concerns this person."""
        match change:
            case Change(what=What.MODAL, user=self.user):
                stack = self._workspace.modals[self.user]
                return {"type": "view", "view": stack[-1] if stack else None}
            case Change(what=What.HOME, user=self.user):
                return {"type": "home", "view": self._workspace.homes[self.user]}
            case Change(what=What.WHISPERED, user=self.user):
                return {"type": "ephemeral", "channel": change.channel, "message": change.message}
            case Change(what=What.UNWHISPERED, user=self.user):
                return {"type": "ephemeral_deleted", "channel": change.channel, "ts": change.ts}
            case Change(what=What.WHISPERED | What.UNWHISPERED | What.MODAL | What.HOME):
                return None
            case Change(what=What.DELETED) if self._sees(self._workspace.channel(change.channel)):
                return {"type": "deleted", "channel": change.channel, "ts": change.ts}
            case Change(message=dict(message)) if self._sees(self._workspace.channel(change.channel)):
                return {"type": "message", "channel": change.channel, "message": self._shown(message)}
        return None


def _picked(source: Json, *names: str) -> Json:
    return {name: source.get(name, "") for name in names}


async def _send(visitor: Visitor, frame: Json) -> None:
    await visitor.people.say(frame["channel"], visitor.user, frame["text"], frame.get("thread_ts"))


async def _command(visitor: Visitor, frame: Json) -> None:
    await visitor.people.command(frame["channel"], visitor.user, frame.get("text", ""), frame["command"])


async def _edit(visitor: Visitor, frame: Json) -> None:
    await visitor.people.edit(frame["channel"], frame["ts"], frame["text"], user=visitor.user)


async def _delete(visitor: Visitor, frame: Json) -> None:
    await visitor.people.delete(frame["channel"], frame["ts"], user=visitor.user)


async def _react(visitor: Visitor, frame: Json) -> None:
    act = visitor.people.react if frame.get("add", True) else visitor.people.unreact
    await act(frame["channel"], frame["ts"], visitor.user, frame["name"])


async def _action(visitor: Visitor, frame: Json) -> None:
    place = visitor.place(frame)
    block, element = place.element(frame["action_id"], block_id=frame["block_id"])
    chosen = {key: value for key, value in frame.items() if key.startswith("selected_")}
    if element["type"] == "plain_text_input":
        chosen["value"] = frame.get("value")
    action = action_of(block, element, chosen)
    await visitor.people.interactions.act(place, visitor.user, action, frame.get("state"))


async def _shortcut(visitor: Visitor, frame: Json) -> None:
    place = visitor.place(frame) if frame.get("ts") else None
    await visitor.people.interactions.shortcut(frame["callback_id"], visitor.user, place)


async def _submit(visitor: Visitor, frame: Json) -> None:
    errors = await visitor.people.interactions.submit(visitor.user, frame["view_id"], frame["state"])
    if errors:
        visitor.show({"type": "view_errors", "errors": errors})


async def _close_view(visitor: Visitor, frame: Json) -> None:
    await visitor.people.interactions.close(visitor.user, frame["view_id"])


async def _options(visitor: Visitor, frame: Json) -> None:
    ask = visitor.people.interactions.suggest
    where = (frame["block_id"], frame["action_id"], frame.get("value", ""))
    answer = await ask(visitor.place(frame), visitor.user, *where)
    offered = {"options": answer.get("options", []), "option_groups": answer.get("option_groups", [])}
    visitor.show({"type": "options", "request": frame["request"], **offered})


async def _open_home(visitor: Visitor, frame: Json) -> None:
    await visitor.people.open_home(visitor.user)


_ACTS: dict[str, Callable[[Visitor, Json], Awaitable[None]]] = {
    "send": _send,
    "command": _command,
    "edit": _edit,
    "delete": _delete,
    "react": _react,
    "action": _action,
    "shortcut": _shortcut,
    "submit": _submit,
    "close_view": _close_view,
    "options": _options,
    "open_home": _open_home,
}
