"""Issue response URLs and serve them: the app posts, replaces or deletes messages after an interaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.faults import Faults, answer_with
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.message_content import app_content
from bot.sandbox.model import ChangeKind, SandboxWorkspace, SlackError
from bot.sandbox.web_api import Call

_MAX_USES, _LIFETIME_S = 5, 30 * 60
_REFUSED_STATUS = 404  # with the error in the body (java-slack-sdk issue 1349)


@dataclass(slots=True)
class ResponseTarget:
    """The target of a response URL."""

    channel: str
    user: str  # who sees ephemeral answers
    source_ts: str = ""  # the message with the button, if any
    command: Json | None = None  # user and text of the command, which is shown above the first public answer
    uses_left: int = _MAX_USES
    expires_at: float = 0.0  # seconds since the epoch


class ResponseUrls:
    """The response URLs of a workspace; each is valid five times within 30 minutes."""

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
        self._targets: dict[str, ResponseTarget] = {}

    def issue(self, target: ResponseTarget) -> str:
        """Return a new response URL for *target*."""
        target.expires_at = self._workspace.clock() + _LIFETIME_S
        key = secrets.token_hex(12)
        self._targets[key] = target
        return f"{self._base_url()}/response/{self._workspace.team_id}/{key}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a POST to a response URL; record it as a call of ``response_url``."""
        try:
            call = Call("response_url", await request.json())
        except ValueError:
            return web.json_response(SlackError("invalid_payload").body(), status=400)
        self._calls.append(call)
        key = request.match_info["key"]
        fault = self._faults.next_for(call.method, call.arguments)
        response = await answer_with(
            fault, request, lambda: self._answer(call, key), arguments=call.arguments, refused_status=_REFUSED_STATUS
        )
        call.error = call.error or (fault.error if fault else "")
        self._workspace.notify(ChangeKind.PROGRESS)
        return response

    def _answer(self, call: Call, key: str) -> web.Response:
        try:
            target = self._targets.get(key)
            if target is None or self._workspace.clock() > target.expires_at:
                raise SlackError("expired_url")
            if target.uses_left <= 0:
                raise SlackError("used_url")
            target.uses_left -= 1
            self.apply(target, call.arguments)
        except SlackError as error:
            call.error = error.code
            return web.json_response(error.body(), status=_REFUSED_STATUS)
        return web.Response(text="ok")

    def apply(self, target: ResponseTarget, body: Json) -> None:
        """Delete or replace the source message, or post: an ephemeral message unless the body has in_channel."""
        workspace, channel, ts = self._workspace, target.channel, target.source_ts
        ephemeral = workspace.ephemerals.get(target.user, {}).get(ts)
        if body.get("delete_original"):
            if ephemeral:
                workspace.delete_ephemeral(target.user, ts)
            else:
                workspace.delete(channel, ts, by=workspace.bot_user)
            return
        fields = app_content(workspace, body, limit_total=False)
        if body.get("replace_original") and ts:
            if ephemeral:
                kept = {key: value for key, value in ephemeral.items() if key not in ("text", "blocks", "attachments")}
                workspace.post_ephemeral(channel, target.user, kept | fields)
            else:
                workspace.edit(channel, ts, {"blocks": [], "attachments": []} | fields, by=workspace.bot_user)
            return
        message = {
            "subtype": "bot_message",
            "bot_id": workspace.bot_id,
            "app_id": APP_ID,
            "username": self._app.name,
        } | fields
        if body.get("thread_ts"):
            message["thread_ts"] = body["thread_ts"]
        if body.get("response_type") != "in_channel":
            workspace.post_ephemeral(channel, target.user, message)
            return
        message["ts"] = workspace.new_ts()
        if target.command:
            workspace.commands_shown[message["ts"]] = target.command
            target.command = None
        workspace.post(channel, message, by=workspace.bot_user)
