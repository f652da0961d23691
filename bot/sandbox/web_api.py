"""Serve the Web API: parse calls, check tokens and scopes, run the method, and answer errors as Slack does.

The methods themselves are in `app_methods`, `conversation_methods` and `message_methods`.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

from bot.sandbox.arguments import Arguments
from bot.sandbox.faults import FaultKind, Faults, answer_with
from bot.sandbox.file_store import FileStore
from bot.sandbox.function_store import FunctionStore
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import ChangeKind, Channel, SandboxWorkspace, SlackError
from bot.sandbox.oauth_server import OAuthServer
from bot.sandbox.view_store import ViewStore

_JSON_ARGUMENTS = frozenset({"attachments", "blocks", "files", "metadata", "outputs", "view"})


@dataclass(slots=True)
class MethodContext:
    """The workspace that a method is called in, and the services that it uses."""

    workspace: SandboxWorkspace
    app: Installation
    views: ViewStore
    files: FileStore
    functions: FunctionStore
    new_socket_url: Callable[[], str]
    oauth: OAuthServer

    def author(self) -> Json:
        """Return the fields of a message that name the app as its author."""
        bot_id, bot_user = self.workspace.bot_id, self.workspace.bot_user
        profile = {"id": bot_id, "app_id": APP_ID, "user_id": bot_user, "name": self.app.name, "deleted": False}
        return {"user": bot_user, "bot_id": bot_id, "app_id": APP_ID, "bot_profile": profile}

    def require_scope(self, channel: Channel, right: str) -> None:
        """Raise `missing_scope` if the app lacks the scope for this kind of channel, such as ``channels:history``."""
        scope = f"{channel.kind}:{right}"
        if scope not in self.app.scopes:
            raise missing_scope(self.app, scope)

    def writable_channel(self, channel_id: str) -> Channel:
        """Return a channel; raise an error if the bot is not a member or the channel is archived."""
        channel = self.workspace.channel(channel_id)
        if self.workspace.bot_user not in channel.members:
            raise SlackError("channel_not_found" if channel.kind != "channels" else "not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel


class TokenType(StrEnum):
    """The type of token that a method requires."""

    BOT = "xoxb"
    APP = "xapp"
    NONE = ""


MethodFunction = Callable[[MethodContext, Arguments], Json]


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """A method of the Web API; one of its scopes is enough."""

    run: MethodFunction
    scopes: tuple[str, ...]
    token_type: TokenType


class ApiMethods(dict[str, ApiMethod]):
    """Methods of the Web API by name, such as ``chat.postMessage``."""

    def add(
        self, name: str, *scopes: str, token_type: TokenType = TokenType.BOT
    ) -> Callable[[MethodFunction], MethodFunction]:
        """Register the decorated function as the method *name*."""

        def register(run: MethodFunction) -> MethodFunction:
            self[name] = ApiMethod(run, scopes, token_type)
            return run

        return register


@dataclass(slots=True)
class Call:
    """A recorded call, for tests."""

    method: str
    arguments: Json
    at: float = field(default_factory=time.monotonic)
    error: str = ""  # Slack's error code or the kind of the fault; empty after success


def missing_scope(app: Installation, needed: str) -> SlackError:
    """Return the error for a scope that the app does not have."""
    return SlackError("missing_scope", needed=needed, provided=",".join(app.scopes))


class WebApi:
    """Serves ``/api/<method>`` for all workspaces; the token selects the workspace."""

    def __init__(
        self,
        methods: Mapping[str, ApiMethod],
        app: Installation,
        oauth: OAuthServer,
        faults: Faults,
        calls: list[Call],
    ) -> None:
        self._methods = methods
        self._app = app
        self._oauth = oauth
        self._faults = faults
        self._calls = calls
        self.contexts: list[MethodContext] = []  # one per workspace, the first workspace's first

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call and record it."""
        name = request.match_info["method"]
        try:
            arguments = await _read_arguments(request)
        except ValueError:
            return web.json_response(SlackError("invalid_json").body())
        # The token is in the header or the body. It must not be recorded with the arguments.
        token_in_body = str(arguments.pop("token", "") or "")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or token_in_body
        call = Call(name, arguments)
        self._calls.append(call)
        self.contexts[0].workspace.notify(ChangeKind.PROGRESS)
        fault = self._faults.next_for(name, arguments)
        response = await answer_with(fault, request, lambda: self._answer(call, token), arguments=arguments)
        if fault and fault.kind is not FaultKind.SLOW:
            call.error = fault.error or fault.kind.value
        self.contexts[0].workspace.notify(ChangeKind.PROGRESS)
        return response

    def _answer(self, call: Call, token: str) -> web.Response:
        headers = {} if self._faults.hides_scopes else {"x-oauth-scopes": ",".join(self._app.scopes)}
        try:
            body = {"ok": True, **self._run(call, token)}
        except SlackError as error:
            call.error, body = error.code, error.body()
        return web.json_response(body, headers=headers)

    def _run(self, call: Call, token: str) -> Json:
        method = self._methods.get(call.method)
        if method is None:
            raise SlackError("unknown_method", req_method=call.method)
        context = self._context(method, token, call.arguments)
        call.arguments = _decode_json(call.arguments)
        return method.run(context, Arguments(call.arguments))

    def _context(self, method: ApiMethod, token: str, arguments: Json) -> MethodContext:
        """Return the context for an allowed call; for a token of an organization, the channel selects the workspace."""
        if method.token_type is TokenType.NONE:
            return self.contexts[0]
        if not token:
            raise SlackError("not_authed")
        is_app = token == self._app.app_token
        workspaces = [] if is_app else self._oauth.workspaces_for(token)
        if is_app != (method.token_type is TokenType.APP):
            raise SlackError("not_allowed_token_type")
        if method.scopes and not set(method.scopes) & set(self._app.scopes):
            raise missing_scope(self._app, ",".join(method.scopes))
        allowed = [context for context in self.contexts if is_app or context.workspace in workspaces]
        return next((each for each in allowed if arguments.get("channel") in each.workspace.channels), allowed[0])


async def _read_arguments(request: web.Request) -> Json:
    arguments: Json = dict(request.query)
    # HTTP basic authentication carries the client id and secret.
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("Basic "):
        client_id, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        arguments |= {"client_id": client_id, "client_secret": secret}
    if request.content_type == "application/json":
        body = await request.json() if request.can_read_body else {}
        return arguments | (body if isinstance(body, dict) else {})
    return arguments | dict(await request.post())


def _decode_json(arguments: Json) -> Json:
    """Return the arguments with JSON strings parsed."""
    decoded = dict(arguments)
    for name in _JSON_ARGUMENTS & decoded.keys():
        if isinstance(decoded[name], str) and decoded[name]:
            try:
                decoded[name] = json.loads(decoded[name])
            except json.JSONDecodeError:
                code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise SlackError(code, messages=[f"[ERROR] not valid JSON: {name}"]) from None
    return decoded
