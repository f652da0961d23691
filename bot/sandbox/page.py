"""The page for people: its files, its uploads, and the door to the live socket (`bot.sandbox.live`)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.api_error import SlackError
from bot.sandbox.file_store import Upload
from bot.sandbox.live import Visitor
from bot.sandbox.manifest import Installation
from bot.sandbox.user_actions import UserActions

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws:; img-src 'self' data:; style-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_FOLDER = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html", ".svg": "image/svg+xml"}


class Page:
    """Serves the page to any number of people at once."""

    def __init__(self, people: UserActions, app: Installation) -> None:
        self._people = people
        self._app = app
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """The page's addresses."""
        return [
            web.get("/", self._index),
            web.get("/page/{file}", self._file),
            web.get("/live", self._live),
            web.post("/upload", self._upload),
        ]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return _static("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return _static(request.match_info["file"])

    async def _live(self, request: web.Request) -> web.StreamResponse:
        user = self._user(request)
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=16 * 2**20)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await Visitor(self._people, self._app, socket, user).stay()
        finally:
            self._sockets.discard(socket)
        return socket

    async def close(self) -> None:
        """Close the page of everybody."""
        for socket in list(self._sockets):
            await socket.close()

    async def _upload(self, request: web.Request) -> web.Response:
        """Share the files of a form in a channel or thread."""
        user = self._user(request)
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
            message = await self._people.say(channel, user, str(form.get("text", "")), thread_ts, uploads)
        except SlackError as error:
            return web.json_response(error.body(), status=400)
        return web.json_response({"ok": True, "ts": message["ts"]})

    def _user(self, request: web.Request) -> str:
        """Who is visiting; a page of another site may not."""
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="Open this from the sandbox's own page.")
        user = request.query.get("user", "")
        known = self._people.workspace.users.get(user)
        if known is None or known.is_bot:
            raise web.HTTPNotFound(text="No such person.")
        return user


def _static(name: str) -> web.StreamResponse:
    path = _FOLDER / name
    if path.parent != _FOLDER or path.suffix not in _TYPES or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=_TYPES[path.suffix], charset="utf-8", headers=_HEADERS)
