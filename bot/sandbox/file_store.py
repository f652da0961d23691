"""Store the files that people and the app upload, describe them as Slack does, and serve downloads."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.faults import Faults, answer_with
from bot.sandbox.manifest import Installation, Json
from bot.sandbox.model import SandboxWorkspace, SlackError

_SNIPPET_BYTES = 1_000_000
_PREVIEW_LINES, _PREVIEW_CHARACTERS = 5, 500
# Slack answers with this page and status 200 if a download lacks the token or the scope.
_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in to your workspace</body></html>"
_TEXT_SUFFIXES = (".log", ".txt", ".json", ".csv", ".md", ".yaml", ".yml", ".xml", ".py", ".js", ".ts", ".kt", ".dart")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a person to share."""

    name: str
    content: bytes
    is_connect: bool = False  # shared from another workspace: the event has only check_file_info


@dataclass(slots=True)
class _PendingUpload:
    """An upload that the app has started; *content* is None until the bytes arrive."""

    id: str
    name: str
    length: int
    content: bytes | None = None


class FileStore:
    """The files of a workspace and their contents."""

    def __init__(
        self, workspace: SandboxWorkspace, app: Installation, base_url: Callable[[], str], faults: Faults
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._base_url = base_url
        self._faults = faults
        self._files: dict[str, Json] = {}
        self._content: dict[str, bytes] = {}
        self._pending: dict[str, _PendingUpload] = {}

    def add(self, name: str, content: bytes, user: str, *, title: str = "", file_id: str = "") -> Json:
        """Store a file and return its file object."""
        file_id = file_id or self._workspace.new_id("F")
        now = int(self._workspace.clock())
        mimetype, filetype, text = _classify(name, content)
        path = f"{self._workspace.team_id}-{file_id}"
        file: Json = {
            "id": file_id,
            "created": now,
            "timestamp": now,
            "name": name,
            "title": title or name,
            "mimetype": mimetype,
            "filetype": filetype,
            "pretty_type": filetype.upper(),
            "user": user,
            "size": len(content),
            "mode": "hosted",
            "editable": False,
            "is_external": False,
            "external_type": "",
            "is_public": True,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{self._base_url()}/files-pri/{path}/{quote(name, safe='')}",
            "url_private_download": f"{self._base_url()}/files-pri/{path}/download/{quote(name, safe='')}",
            "permalink": f"https://{self._workspace.domain}.slack.com/files/{user}/{file_id}/{quote(name, safe='')}",
            "has_rich_preview": False,
            "file_access": "visible",
        }
        if text is not None and len(content) <= _SNIPPET_BYTES:
            lines = text.splitlines()
            preview = "\n".join(lines[:_PREVIEW_LINES])[:_PREVIEW_CHARACTERS]
            file |= {"mode": "snippet", "editable": True, "preview": preview, "lines": len(lines)}
            file |= {"lines_more": max(0, len(lines) - _PREVIEW_LINES), "preview_is_truncated": preview != text}
        self._files[file_id], self._content[file_id] = file, content
        return file

    def share(self, upload: Upload, user: str) -> Json:
        """Store a person's file and return the file object for its message."""
        file = self.add(upload.name, upload.content, user)
        if upload.is_connect:
            return {"id": file["id"], "mode": "file_access", "file_access": "check_file_info", "created": 0}
        return file

    def info(self, file_id: str) -> Json:
        """Return a file object; raise `file_not_found` or `file_deleted`."""
        if file_id not in self._files:
            raise SlackError("file_not_found")
        if self._files[file_id]["mode"] == "tombstone":
            raise SlackError("file_deleted")
        return self._files[file_id]

    def remove(self, file_id: str, *, expired: bool = False) -> Json:
        """Delete a file, or hide it as the free plan does with old files; return the file object that remains."""
        self.info(file_id)
        del self._content[file_id]
        self._files[file_id] = {"id": file_id, "mode": "hidden_by_limit" if expired else "tombstone"}
        return self._files[file_id]

    def start_upload(self, name: str, length: int) -> tuple[str, str]:
        """Start an upload of the app; return the file id and the upload URL."""
        pending = _PendingUpload(self._workspace.new_id("F"), name, length)
        self._pending[pending.id] = pending
        return pending.id, f"{self._base_url()}/upload/v1/{self._workspace.team_id}/{pending.id}"

    def complete_uploads(self, files: Sequence[Json]) -> list[Json]:
        """Store the uploaded files and return their file objects; raise `file_not_found`."""
        completed = []
        for requested in files:
            pending = self._pending.pop(str(requested.get("id")), None)
            if pending is None or pending.content is None:
                raise SlackError("file_not_found")
            title = str(requested.get("title") or "")
            completed.append(
                self.add(pending.name, pending.content, self._workspace.bot_user, title=title, file_id=pending.id)
            )
        return completed

    async def receive(self, request: web.Request) -> web.Response:
        """Serve an upload URL; accept the bytes as the body or in a form."""
        pending = self._pending.get(request.match_info["file_id"])
        if pending is None:
            return web.Response(status=404, text="not found")
        if request.content_type == "multipart/form-data":
            parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        if len(content) != pending.length:
            return web.Response(status=400, text="length does not match")
        pending.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        """Serve ``url_private``: the bytes for the app's token with `files:read`, otherwise the sign-in page."""
        return await answer_with(self._faults.next_for("files-pri"), request, lambda: self._serve(request))

    def _serve(self, request: web.Request) -> web.Response:
        file_id = request.match_info["file"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._workspace.tokens or "files:read" not in self._app.scopes:
            return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        if file_id not in self._content:
            return web.Response(status=404, text="not found")
        return web.Response(body=self._content[file_id], content_type=self._files[file_id]["mimetype"])


def _classify(name: str, content: bytes) -> tuple[str, str, str | None]:
    """Return the media type, Slack's file type, and the text of a text file."""
    guessed, packed = mimetypes.guess_type(name)
    guessed = f"application/{packed}" if packed else guessed or "application/octet-stream"
    is_text = guessed.startswith("text/") or name.lower().endswith(_TEXT_SUFFIXES)
    if not is_text or b"\0" in content:
        return guessed, name.rpartition(".")[2].lower() or "binary", None
    return "text/plain", "text", content.decode(errors="replace")
