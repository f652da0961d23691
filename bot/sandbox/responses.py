"""Response URLs: what the app may post, replace or delete after a command or an interaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.api_error import SlackError
from bot.sandbox.content import content
from bot.sandbox.faults import Faults, meet
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import SandboxWorkspace, What
from bot.sandbox.web_api import Call

USES, LIFE_S = 5, 30 * 60


@dataclass(slots=True)
class Hook:
    """What a response URL stands for."""

    channel: str
    user: str  # who sees what is ephemeral
    source_ts: str = ""  # the message with the button, if there is one
    command: Json | None = None  # what was typed; shown above the first public answer
    uses_left: int = USES
    ends: float = 0.0


class ResponseUrls:
    """Hands out response URLs and serves them."""

    def __init__(
        self,
        workspace: SandboxWorkspace,
        app: Installation,
        base_url: Callable[[], str],
        faults: Faults,
        calls: list[Call],
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._base_url = base_url
        self._faults = faults
        self._calls = calls
        self._hooks: dict[str, Hook] = {}

    def issue(self, hook: Hook) -> str:
        """A new response URL."""
        hook.ends = self._workspace.clock() + LIFE_S
        key = secrets.token_hex(12)
        self._hooks[key] = hook
        return f"{self._base_url()}/response/{self._workspace.team_id}/{key}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a POST to a response URL; it is recorded as a call of ``response_url``."""
        try:
            call = Call("response_url", await request.json())
        except ValueError:
            return web.json_response(SlackError("invalid_payload").body(), status=400)
        self._calls.append(call)
        key = request.match_info["key"]
        response = await meet(self._faults.strike(call.method), request, lambda: self._answer(call, key))
        self._workspace.tell(What.PROGRESS)
        return response

    def _answer(self, call: Call, key: str) -> web.Response:
        try:
            hook = self._take(key)
            self.apply(hook, call.arguments)
        except SlackError as error:
            call.error = error.code
            return web.json_response(error.body(), status=404 if error.code.endswith("_url") else 400)
        return web.Response(text="ok")

    def _take(self, key: str) -> Hook:
        hook = self._hooks.get(key)
        if hook is None or self._workspace.clock() > hook.ends:
            raise SlackError("expired_url")
        if hook.uses_left <= 0:
            raise SlackError("used_url")
        hook.uses_left -= 1
        return hook

    def apply(self, hook: Hook, body: Json) -> None:
        """Do what a body asks for: delete or replace the source, or post, privately unless it says in_channel."""
        if body.get("delete_original"):
            self._delete(hook)
            return
        fields = content(self._workspace, body, whole=False)
        if body.get("replace_original") and hook.source_ts:
            self._replace(hook, fields)
            return
        message = {
            "subtype": "bot_message",
            "bot_id": self._workspace.bot_id,
            "app_id": APP_ID,
            "username": self._app.name,
        } | fields
        if body.get("thread_ts"):
            message["thread_ts"] = body["thread_ts"]
        if body.get("response_type") != "in_channel":
            self._workspace.whisper(hook.channel, hook.user, message)
            return
        message["ts"] = self._workspace.new_ts()
        if hook.command:
            self._workspace.commands_shown[message["ts"]] = hook.command
            hook.command = None
        self._workspace.post(hook.channel, message, by=self._workspace.bot_user)

    def _source(self, hook: Hook) -> Json | None:
        """The ephemeral message that the hook came from, if it is one."""
        return self._workspace.ephemerals.get(hook.user, {}).get(hook.source_ts)

    def _delete(self, hook: Hook) -> None:
        if self._source(hook):
            self._workspace.unwhisper(hook.user, hook.source_ts)
        else:
            self._workspace.delete(hook.channel, hook.source_ts, by=self._workspace.bot_user)

    def _replace(self, hook: Hook, fields: Json) -> None:
        if source := self._source(hook):
            kept = {key: value for key, value in source.items() if key not in ("text", "blocks", "attachments")}
            self._workspace.whisper(hook.channel, hook.user, kept | fields)
        else:
            emptied: Json = {"blocks": [], "attachments": []}
            self._workspace.edit(hook.channel, hook.source_ts, emptied | fields, by=self._workspace.bot_user)
