"""Serve the page: its files, its uploads, and a WebSocket that sends changes and receives one person's actions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from bot.sandbox.demo_content import EXAMPLES
from bot.sandbox.file_store import Upload
from bot.sandbox.interactions import ElementContainer, action_of
from bot.sandbox.manifest import Json
from bot.sandbox.model import ActionRefused, Change, ChangeKind, Channel, SlackError
from bot.sandbox.team import Team

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws:; img-src 'self' data:; style-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_INVITE = "/invite"  # Slack's own command
_FOLDER = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html", ".svg": "image/svg+xml"}


class PageServer:
    """Serves the page to any number of people at once."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._sockets: set[web.WebSocketResponse] = set()
        self._active: dict[str, PageClient] = {}  # by person, the page that acted last: it shows the person's modals

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page."""
        return [
            web.get("/", self._file),
            web.get("/page/{file}", self._file),
            web.get("/live", self._live),
            web.post("/upload", self._upload),
        ]

    async def close(self) -> None:
        """Close the WebSockets of all open pages."""
        for socket in list(self._sockets):
            await socket.close()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Serve a file of the page."""
        path = _FOLDER / request.match_info.get("file", "index.html")
        if path.parent != _FOLDER or path.suffix not in _TYPES or not path.is_file():
            raise web.HTTPNotFound
        content_type = _TYPES[path.suffix]
        return web.Response(body=path.read_bytes(), content_type=content_type, charset="utf-8", headers=_HEADERS)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Serve the WebSocket of one open page until it closes."""
        user = self._visitor(request)
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=16 * 2**20)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await PageClient(self._team, socket, user, self._active).serve()
        finally:
            self._sockets.discard(socket)
        return socket

    async def _upload(self, request: web.Request) -> web.Response:
        """Post the files of a form in a channel or thread."""
        user = self._visitor(request)
        form = await request.post()
        uploads = [
            Upload(part.filename, part.file.read())
            for part in form.getall("file", [])
            if isinstance(part, web.FileField)
        ]
        if not uploads:
            return web.json_response({"ok": False, "error": "no file"}, status=400)
        channel, thread_ts = request.query.get("channel", ""), request.query.get("thread_ts")
        try:
            message = await self._team.say(channel, user, str(form.get("text", "")), thread_ts, uploads)
        except SlackError as error:
            return web.json_response(error.body(), status=400)
        return web.json_response({"ok": True, "ts": message["ts"]})

    def _visitor(self, request: web.Request) -> str:
        """Return the user id of the visitor; refuse requests from pages of other origins."""
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="Open this from the sandbox's own page.")
        user = request.query.get("user", "")
        known = self._team.workspace.users.get(user)
        if known is None or known.is_bot:
            raise web.HTTPNotFound(text="No such person.")
        return user


class PageClient:
    """One open page of one person."""

    def __init__(self, team: Team, socket: web.WebSocketResponse, user: str, active: dict[str, PageClient]) -> None:
        self.team = team
        self.user = user
        self._active = active
        self._workspace = team.workspace
        self._app = team.app
        self._socket = socket
        self._outbox: asyncio.Queue[Json] = asyncio.Queue()

    async def serve(self) -> None:
        """Send the state, then each change, and handle the frames of the page until it closes."""
        self.send(self._state())
        unsubscribe = self._workspace.subscribe(self._on_change)
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send_outbox())
            try:
                async for message in self._socket:
                    if message.type is WSMsgType.TEXT:
                        tasks.create_task(self._handle(message.data))
            finally:
                unsubscribe()
                sender.cancel()

    def send(self, frame: Json) -> None:
        """Queue a frame for the page; frames are sent in order."""
        self._outbox.put_nowait(frame)

    async def _send_outbox(self) -> None:
        while True:
            frame = await self._outbox.get()
            try:
                await self._socket.send_json(frame)
            except ConnectionError:
                return

    async def _handle(self, data: str) -> None:
        """Handle one frame; report an error to the page."""
        self._active[self.user] = self
        try:
            frame = json.loads(data)
            await _HANDLERS[frame["type"]](self, frame)
        except (ActionRefused, SlackError) as error:
            self.send({"type": "error", "text": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            self.send({"type": "error", "text": f"The sandbox did not understand that ({error!r})."})

    def container(self, frame: Json) -> ElementContainer:
        """Return the message or view that a frame refers to."""
        if frame.get("view_id"):
            return self.team.interactions.container({"type": "modal", "id": frame["view_id"]})
        return self.team.interactions.container({"ts": frame["ts"]})

    def _state(self) -> Json:
        """Return the frame with everything that this person can see."""
        workspace = self._workspace
        channels = [c for c in workspace.channels.values() if self._can_see(c)]
        ephemerals = list(workspace.ephemerals.get(self.user, {}).values())
        shortcuts = self._app.shortcuts.values()
        invite = {"command": _INVITE, "description": "Add the app to this channel", "usage_hint": f"@{self._app.name}"}
        commands = [*self._app.commands.values(), invite]
        return {
            "type": "state",
            "team": {"name": workspace.name, "url": f"https://{workspace.domain}.slack.com"},
            "me": self.user,
            "users": [asdict(user) for user in workspace.users.values()],
            "channels": [
                {
                    "id": channel.id,
                    "name": channel.name or self._app.name,
                    "locale": channel.locale,
                    "topic": channel.topic,
                    "is_im": channel.is_im,
                    "member": self.user in channel.members,
                }
                for channel in channels
            ],
            "messages": {c.id: [self._with_command(m) for m in c.messages.values()] for c in channels},
            "ephemerals": {c.id: [m for m in ephemerals if m["channel"] == c.id] for c in channels},
            "commands": [_subset(c, "command", "description", "usage_hint") for c in commands],
            "shortcuts": [_subset(s, "name", "type", "callback_id", "description") for s in shortcuts],
            "examples": [example for example in EXAMPLES if example["channel"] in workspace.channels],
            "home": workspace.homes.get(self.user),
            "app": {"name": self._app.name, "user": workspace.bot_user, "has_home": self._app.has_home},
        }

    def _can_see(self, channel: Channel) -> bool:
        return channel.kind == "channels" or self.user in channel.members

    def _with_command(self, message: Json) -> Json:
        """Return a message with the command that it answers, if any."""
        command = self._workspace.commands_shown.get(message["ts"])
        return message | ({"command": command} if command else {})

    def _on_change(self, change: Change) -> None:
        if frame := self._frame(change):
            self.send(frame)

    def _frame(self, change: Change) -> Json | None:
        """Return the frame for a change, or None if this person does not see it."""
        match change:
            case Change(kind=ChangeKind.MODAL, user=self.user):
                if self._active.get(self.user) is not self:
                    return None
                stack = self._workspace.modals[self.user]
                return {"type": "view", "view": stack[-1] if stack else None}
            case Change(kind=ChangeKind.HOME, user=self.user):
                return {"type": "home", "view": self._workspace.homes[self.user]}
            case Change(kind=ChangeKind.EPHEMERAL_POSTED, user=self.user):
                return {"type": "ephemeral", "channel": change.channel, "message": change.message}
            case Change(kind=ChangeKind.EPHEMERAL_DELETED, user=self.user):
                return {"type": "ephemeral_deleted", "channel": change.channel, "ts": change.ts}
            case Change(
                kind=ChangeKind.EPHEMERAL_POSTED | ChangeKind.EPHEMERAL_DELETED | ChangeKind.MODAL | ChangeKind.HOME
            ):
                return None
            case Change(kind=ChangeKind.DELETED) if self._can_see(self._workspace.channel(change.channel)):
                return {"type": "deleted", "channel": change.channel, "ts": change.ts}
            case Change(message=dict(message)) if self._can_see(self._workspace.channel(change.channel)):
                return {"type": "message", "channel": change.channel, "message": self._with_command(message)}
        return None


def _subset(source: Json, *names: str) -> Json:
    return {name: source.get(name, "") for name in names}


# Handlers for the frames of the page, by their type


async def _react(client: PageClient, frame: Json) -> None:
    react = client.team.react if frame.get("add", True) else client.team.unreact
    await react(frame["channel"], frame["ts"], client.user, frame["name"])


async def _action(client: PageClient, frame: Json) -> None:
    container = client.container(frame)
    block, element = container.element(frame["action_id"], block_id=frame["block_id"])
    chosen = {key: value for key, value in frame.items() if key.startswith("selected_")}
    if element["type"] == "plain_text_input":
        chosen["value"] = frame.get("value")
    action = action_of(block, element, chosen)
    await client.team.interactions.act(container, client.user, action, frame.get("state"))


async def _shortcut(client: PageClient, frame: Json) -> None:
    container = client.container(frame) if frame.get("ts") else None
    await client.team.interactions.shortcut(frame["callback_id"], client.user, container)


async def _submit(client: PageClient, frame: Json) -> None:
    errors = await client.team.interactions.submit(client.user, frame["view_id"], frame["state"])
    if errors:
        client.send({"type": "view_errors", "errors": errors})


async def _options(client: PageClient, frame: Json) -> None:
    element = (frame["block_id"], frame["action_id"], frame.get("value", ""))
    answer = await client.team.interactions.suggest(client.container(frame), client.user, *element)
    offered = {"options": answer.get("options", []), "option_groups": answer.get("option_groups", [])}
    client.send({"type": "options", "request": frame["request"], **offered})


async def _send(client: PageClient, frame: Json) -> None:
    channel, workspace = frame["channel"], client.team.workspace
    message = await client.team.say(channel, client.user, frame["text"], frame.get("thread_ts"))
    bot = workspace.bot_user
    if f"<@{bot}>" in message["text"] and bot not in workspace.channel(channel).members:
        hint = f"<@{bot}> is not in this channel. To add it, type `{_INVITE} @{client.team.app.name}`."
        workspace.post_ephemeral(channel, client.user, {"user": "USLACKBOT", "text": hint})


async def _command(client: PageClient, frame: Json) -> None:
    if frame["command"] == _INVITE:
        await client.team.invite_by_command(frame["channel"], client.user, frame.get("text", ""))
    else:
        await client.team.command(frame["channel"], client.user, frame.get("text", ""), frame["command"])


_HANDLERS: dict[str, Callable[[PageClient, Json], Awaitable[object]]] = {
    "send": _send,
    "command": _command,
    "edit": lambda client, frame: client.team.edit(frame["channel"], frame["ts"], frame["text"], user=client.user),
    "delete": lambda client, frame: client.team.delete(frame["channel"], frame["ts"], user=client.user),
    "react": _react,
    "action": _action,
    "shortcut": _shortcut,
    "submit": _submit,
    "close_view": lambda client, frame: client.team.interactions.close(client.user, frame["view_id"]),
    "options": _options,
    "open_home": lambda client, frame: client.team.open_home(client.user),
}
