"""The Web API's counter: who calls, whether they may, which method runs, and how errors are told.

The methods themselves are in `bot.sandbox.methods`, one module per family; each registers itself here.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web

from bot.sandbox.api_error import SlackError
from bot.sandbox.faults import FaultKind, Faults, PostingRate, meet, rate_limited
from bot.sandbox.file_store import FileStore
from bot.sandbox.install_flow import OAuth
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.modals import Views
from bot.sandbox.model import Channel, SandboxWorkspace, What

_JSON_ARGUMENTS = frozenset({"attachments", "blocks", "files", "metadata", "view"})
_TRUE = (True, "true", "True", "1", 1)


class Arguments:
    """The arguments of a call, whichever way they were sent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def need(self, *names: str) -> Any:
        """The first of these that is given; else `invalid_arguments`."""
        for name in names:
            if self.values.get(name) not in (None, ""):
                return self.values[name]
        raise SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {names[0]}"])

    def get(self, name: str) -> Any:
        """An argument, or nothing."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """An argument as a string, empty without it."""
        return str(self.values.get(name) or "")

    def flag(self, name: str) -> bool:
        """An argument as a truth value."""
        return self.values.get(name) in _TRUE

    def number(self, name: str, default: int) -> int:
        """An argument as a whole number."""
        try:
            return int(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be an integer: {name}"]) from None


@dataclass(slots=True)
class Api:
    """What the methods work on."""

    workspace: SandboxWorkspace
    app: Installation
    views: Views
    files: FileStore
    open_link: Callable[[], str]  # a new address for Socket Mode
    oauth: OAuth
    rate: PostingRate | None = None

    def profile(self) -> Json:
        """The ``bot_profile`` of the app's messages."""
        ids = {"id": self.workspace.bot_id, "app_id": APP_ID, "user_id": self.workspace.bot_user}
        return ids | {"name": self.app.name, "deleted": False}

    def granted(self, channel: Channel, right: str) -> Channel:
        """The channel, if the scope of its kind (such as ``channels:history``) was granted."""
        scope = f"{channel.kind}:{right}"
        if scope not in self.app.scopes:
            raise missing_scope(self.app, scope)
        return channel

    def joined(self, channel_id: str) -> Channel:
        """The channel, if the bot is in it and it is not archived."""
        channel = self.workspace.channel(channel_id)
        if self.workspace.bot_user not in channel.members:
            raise SlackError("channel_not_found" if channel.kind != "channels" else "not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel


class Caller(Enum):
    """Whose token a method takes."""

    BOT = "xoxb"
    APP = "xapp"
    ANYBODY = ""


Run = Callable[[Api, Arguments], Json]


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """A method of the Web API; any one of the scopes lets it be called."""

    run: Run
    scopes: tuple[str, ...]
    caller: Caller


@dataclass(slots=True)
class Call:
    """A call as it was made, for tests to read."""

    method: str
    arguments: Json
    at: float = field(default_factory=time.monotonic)
    error: str = ""  # Slack's name of it, or the fault that struck; empty where all went well


METHODS: dict[str, ApiMethod] = {}


def method(name: str, *scopes: str, caller: Caller = Caller.BOT) -> Callable[[Run], Run]:
    """Register a function as a method."""

    def register(run: Run) -> Run:
        METHODS[name] = ApiMethod(run, scopes, caller)
        return run

    return register


def missing_scope(app: Installation, needed: str) -> SlackError:
    """The error for a scope that was not granted."""
    return SlackError("missing_scope", needed=needed, provided=",".join(app.scopes))


class WebApi:
    """Serves ``/api/<method>`` for every workspace, of which the token is told by."""

    def __init__(self, app: Installation, oauth: OAuth, faults: Faults, calls: list[Call]) -> None:
        self._app = app
        self._oauth = oauth
        self._faults = faults
        self._calls = calls
        self.apis: list[Api] = []  # the first workspace's first

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; every outcome is recorded."""
        name = request.match_info["method"]
        try:
            arguments = await _arguments(request)
        except ValueError:
            return web.json_response(SlackError("invalid_json").body())
        token = _token(request, arguments)
        call = Call(name, arguments)
        self._calls.append(call)
        self.apis[0].workspace.tell(What.PROGRESS)
        fault = self._faults.strike(name)
        response = await meet(fault, request, lambda: self._answer(call, token))
        if fault and fault.kind is not FaultKind.SLOW:
            call.error = fault.kind.value
        self.apis[0].workspace.tell(What.PROGRESS)
        return response

    def _answer(self, call: Call, token: str) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(self._app.scopes)}
        try:
            body = {"ok": True, **self._run(call, token)}
        except SlackError as error:
            call.error, body = error.code, error.body()
            if error.code == "ratelimited":
                return rate_limited(error.details["retry_after_s"])
        return web.json_response(body, headers=headers)

    def _run(self, call: Call, token: str) -> Json:
        found = METHODS.get(call.method)
        if found is None:
            raise SlackError("unknown_method", req_method=call.method)
        api = self._api(found, token, call.arguments)
        rate = api.rate if call.method == "chat.postMessage" else None
        if rate and (wait_s := rate.wait_s(str(call.arguments.get("channel")))):
            raise SlackError("ratelimited", retry_after_s=wait_s)
        call.arguments = _decoded(call.arguments)
        return found.run(api, Arguments(call.arguments))

    def _api(self, found: ApiMethod, token: str, arguments: Json) -> Api:
        """The workspace that a call is for, if it may be made; an organisation's token tells it by the channel."""
        if found.caller is Caller.ANYBODY:
            return self.apis[0]
        if not token:
            raise SlackError("not_authed")
        is_app = token == self._app.app_token
        places = [] if is_app else self._oauth.places_of(token)
        if is_app != (found.caller is Caller.APP):
            raise SlackError("not_allowed_token_type")
        if found.scopes and not set(found.scopes) & set(self._app.scopes):
            raise missing_scope(self._app, ",".join(found.scopes))
        good = [api for api in self.apis if is_app or api.workspace in places]
        return next((api for api in good if arguments.get("channel") in api.workspace.channels), good[0])


async def _arguments(request: web.Request) -> Json:
    arguments: Json = dict(request.query) | _credentials(request)
    if request.content_type == "application/json":
        body = await request.json() if request.can_read_body else {}
        return arguments | (body if isinstance(body, dict) else {})
    return arguments | dict(await request.post())


def _credentials(request: web.Request) -> Json:
    """The app's id and secret, where they are sent as HTTP has it."""
    given = request.headers.get("Authorization", "")
    if not given.startswith("Basic "):
        return {}
    client_id, _, client_secret = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
    return {"client_id": client_id, "client_secret": client_secret}


def _token(request: web.Request, arguments: Json) -> str:
    """The token, from the header or the body; it is not kept among the arguments."""
    in_body = str(arguments.pop("token", "") or "")
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or in_body


def _decoded(arguments: Json) -> Json:
    """The arguments with their JSON strings read."""
    decoded = dict(arguments)
    for name in _JSON_ARGUMENTS & decoded.keys():
        if isinstance(decoded[name], str) and decoded[name]:
            try:
                decoded[name] = json.loads(decoded[name])
            except json.JSONDecodeError:
                code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise SlackError(code, messages=[f"[ERROR] not valid JSON: {name}"]) from None
    return decoded
