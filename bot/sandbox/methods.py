"""Implement the Web API methods that the bot calls, one function each."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bot.sandbox.arguments import Arguments
from bot.sandbox.manifest import Json
from bot.sandbox.message_content import app_content
from bot.sandbox.model import Channel, SlackError
from bot.sandbox.web_api import ApiMethod, MethodContext, MethodFunction, TokenType, missing_scope

T = TypeVar("T")
_MAX_UPDATE_BYTES = 4_000
_KINDS = ("channels", "groups", "im", "mpim")
_READ = tuple(f"{kind}:read" for kind in _KINDS)
_CONVERSATION_TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
_HISTORY = tuple(f"{kind}:history" for kind in _KINDS)

METHODS: dict[str, ApiMethod] = {
    "api.test": ApiMethod(lambda context, args: {}, (), TokenType.NONE),
    "functions.completeSuccess": ApiMethod(lambda context, args: context.functions.complete(args), (), TokenType.BOT),
    "functions.completeError": ApiMethod(lambda context, args: context.functions.fail(args), (), TokenType.BOT),
}


def _method(
    name: str, *scopes: str, token_type: TokenType = TokenType.BOT
) -> Callable[[MethodFunction], MethodFunction]:
    """Register a function as a method."""

    def register(run: MethodFunction) -> MethodFunction:
        METHODS[name] = ApiMethod(run, scopes, token_type)
        return run

    return register


# Apps and tokens


@_method("auth.test")
def auth_test(context: MethodContext, args: Arguments) -> Json:
    """Return the workspace and the bot user of the token."""
    workspace = context.workspace
    answer: Json = {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "team_id": workspace.team_id,
        "user": context.app.name,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": workspace.is_org_install,
    }
    return answer | ({"enterprise_id": workspace.enterprise_id} if workspace.enterprise_id else {})


@_method("apps.connections.open", token_type=TokenType.APP)
def open_connection(context: MethodContext, args: Arguments) -> Json:
    """Return a new WebSocket URL for Socket Mode."""
    return {"url": context.new_socket_url()}


@_method("oauth.v2.access", token_type=TokenType.NONE)
def oauth_access(context: MethodContext, args: Arguments) -> Json:
    """Exchange a code or a refresh token for a token."""
    return context.oauth.access(args.values)


# Users and channels


@_method("users.info", "users:read")
def user_info(context: MethodContext, args: Arguments) -> Json:
    """Return a user, with the locale if `include_locale`."""
    user = context.workspace.users.get(args.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    team_id = user.home or context.workspace.team_id
    info: Json = {
        "id": user.id,
        "team_id": team_id,
        "name": user.name,
        "real_name": user.real_name,
        "tz": user.tz,
        "color": user.color,
        "is_bot": user.is_bot,
        "deleted": False,
        "profile": {"real_name": user.real_name, "display_name": user.name, "team": team_id},
        "is_admin": False,
        "is_app_user": False,
        "is_restricted": user.is_guest or user.is_single_channel_guest,
        "is_ultra_restricted": user.is_single_channel_guest,
    }
    return {"user": info | ({"locale": user.locale} if args.flag("include_locale") else {})}


@_method("usergroups.users.list", "usergroups:read")
def user_group_members(context: MethodContext, args: Arguments) -> Json:
    """Return the members of a user group."""
    members = context.workspace.user_groups.get(args.required("usergroup"))
    if members is None:
        raise SlackError("no_such_subteam")
    return {"users": sorted(members)}


@_method("conversations.info", *_READ)
def channel_info(context: MethodContext, args: Arguments) -> Json:
    """Return a channel, with the locale if `include_locale`."""
    workspace = context.workspace
    channel = workspace.channel(args.required("channel"))
    context.require_scope(channel, "read")
    if channel.kind != "channels" and workspace.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    info: Json = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "is_mpim": channel.is_mpim,
        "context_team_id": workspace.team_id,
    }
    if channel.is_im:
        (person,) = channel.members - {workspace.bot_user}
        info |= {"user": person, "is_open": True}
    else:
        info |= {"name": channel.name, "name_normalized": channel.name, "is_channel": channel.kind == "channels"}
        is_private = channel.kind != "channels"
        info |= {"is_group": is_private, "is_private": is_private, "is_general": False}
        info |= {"is_member": workspace.bot_user in channel.members, "num_members": len(channel.members)}
        info |= {"is_shared": channel.is_ext_shared, "is_ext_shared": channel.is_ext_shared}
        info |= {"topic": {"value": channel.topic}, "purpose": {"value": ""}}
    return {"channel": info | ({"locale": channel.locale} if args.flag("include_locale") else {})}


@_method("users.conversations", *_READ)
def conversations_of_user(context: MethodContext, args: Arguments) -> Json:
    """Return the conversations of a user, by default of the bot; of private ones, those that the bot is in, too."""
    workspace = context.workspace
    user, bot = args.text("user") or workspace.bot_user, workspace.bot_user
    kinds = {kind.strip() for kind in (args.text("types") or "public_channel").split(",")}
    if kinds - _CONVERSATION_TYPES.keys():
        raise SlackError("invalid_types")
    if user not in workspace.users:
        raise SlackError("user_not_found")
    wanted = [_CONVERSATION_TYPES[kind] for kind in kinds]
    for kind in wanted:
        if f"{kind}:read" not in context.app.scopes:
            raise missing_scope(context.app, f"{kind}:read")
    found = [
        {"id": channel.id, "name": channel.name, "is_private": channel.kind != "channels"}
        for channel in workspace.channels.values()
        if channel.kind in wanted
        and user in channel.members
        and (channel.kind == "channels" or bot in channel.members)
        and not (channel.is_archived and args.flag("exclude_archived"))
    ]
    page, cursor = _page(found, args, default_limit=100)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


@_method("conversations.members", *_READ)
def channel_members(context: MethodContext, args: Arguments) -> Json:
    """Return the ids of the members of a channel."""
    channel = context.workspace.channel(args.required("channel"))
    context.require_scope(channel, "read")
    if channel.kind != "channels" and context.workspace.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    page, cursor = _page(sorted(channel.members), args, default_limit=100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@_method("conversations.history", *_HISTORY)
def channel_history(context: MethodContext, args: Arguments) -> Json:
    """Return the messages of a channel, newest first, without the replies in threads."""
    channel, is_within = _readable_channel(context, args), _bounds(args)
    top_level = [
        m
        for m in channel.messages.values()
        if m.get("thread_ts", m["ts"]) == m["ts"] or m.get("subtype") == "thread_broadcast"
    ]
    answer = _message_page([m for m in reversed(top_level) if is_within(m)], args, default_limit=100)
    return answer | {"pin_count": 0}


@_method("conversations.replies", *_HISTORY)
def thread_replies(context: MethodContext, args: Arguments) -> Json:
    """Return a thread, oldest first; its root is always included."""
    channel, is_within = _readable_channel(context, args), _bounds(args)
    message = channel.messages.get(args.required("ts"))
    if message is None:
        raise SlackError("thread_not_found")
    thread = channel.thread(str(message.get("thread_ts", message["ts"])))
    return _message_page([m for m in thread if m is thread[0] or is_within(m)], args, default_limit=1000)


def _readable_channel(context: MethodContext, args: Arguments) -> Channel:
    channel = context.workspace.channel(args.required("channel"))
    context.require_scope(channel, "history")
    if context.workspace.bot_user not in channel.members:
        raise SlackError("not_in_channel" if channel.kind == "channels" else "channel_not_found")
    return channel


def _bounds(args: Arguments) -> Callable[[Json], bool]:
    """Return a predicate for messages between `oldest` and `latest`; the bounds count only if `inclusive`."""
    try:
        oldest, latest = float(args.text("oldest") or 0), float(args.text("latest") or "inf")
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None
    if args.flag("inclusive"):
        return lambda message: oldest <= float(message["ts"]) <= latest
    return lambda message: oldest < float(message["ts"]) < latest


def _message_page(messages: Sequence[Json], args: Arguments, *, default_limit: int) -> Json:
    """Return one page of messages, with the cursor of the next page."""
    page, cursor = _page(messages, args, default_limit=default_limit)
    with_metadata = args.flag("include_all_metadata")
    return {
        "messages": [_api_message(m, with_metadata=with_metadata) for m in page],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _page(items: Sequence[T], args: Arguments, *, default_limit: int) -> tuple[Sequence[T], str]:
    """Return the page of *items* that the arguments select, and the cursor of the next page."""
    limit = args.number("limit", default_limit)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    try:
        start = int(base64.b64decode(args.text("cursor")).removeprefix(b"next:") or 0)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    has_more = start + limit < len(items)
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if has_more else ""
    return items[start : start + limit], cursor


def _api_message(message: Json, *, with_metadata: bool) -> Json:
    """Return a copy of a message as the API returns it."""
    copied = copy.deepcopy(message)
    if not with_metadata or not copied.get("metadata"):
        copied.pop("metadata", None)
    return copied


# Messages and reactions


@_method("chat.postMessage", "chat:write")
def post_message(context: MethodContext, args: Arguments) -> Json:
    """Post a message, in a thread if `thread_ts`; a user id as `channel` selects the direct message."""
    workspace, channel_id = context.workspace, args.required("channel")
    if channel_id in workspace.users:
        channel = workspace.im(channel_id, workspace.bot_user)
    else:
        channel = workspace.channel(channel_id)
        is_open = channel.kind == "channels" and "chat:write.public" in context.app.scopes
        if not is_open or channel.is_archived:
            channel = context.writable_channel(channel.id)
    message = context.author() | app_content(workspace, args.values)
    if args.get("metadata"):
        message["metadata"] = _checked_metadata(args.get("metadata"))
    if args.get("thread_ts"):
        message["thread_ts"] = args.text("thread_ts")
        if args.flag("reply_broadcast"):
            message["subtype"] = "thread_broadcast"
    posted = workspace.post(channel.id, message, by=workspace.bot_user)
    return {"channel": channel.id, "ts": posted["ts"], "message": _api_message(posted, with_metadata=True)}


@_method("chat.update", "chat:write")
def update_message(context: MethodContext, args: Arguments) -> Json:
    """Change one of the app's messages; fields that are not given keep their values."""
    channel, message = _own_message(context, args, "cant_update_message")
    if len(args.text("text").encode()) > _MAX_UPDATE_BYTES:
        raise SlackError("msg_too_long")
    fields = app_content(context.workspace, args.values)
    if not args.text("text"):
        fields["text"] = message["text"]
    # An empty array removes blocks or attachments (docs.slack.dev/reference/methods/chat.update).
    fields |= {name: [] for name in ("blocks", "attachments") if args.get(name) == []}
    if args.get("metadata") is not None:
        fields["metadata"] = _checked_metadata(args.get("metadata")) if args.get("metadata") else {}
    changed = context.workspace.edit(channel.id, message["ts"], fields, by=context.workspace.bot_user)
    now = _api_message(changed, with_metadata=True)
    return {"channel": channel.id, "ts": changed["ts"], "text": changed["text"], "message": now}


@_method("chat.delete", "chat:write")
def delete_message(context: MethodContext, args: Arguments) -> Json:
    """Delete one of the app's messages."""
    channel, message = _own_message(context, args, "cant_delete_message")
    context.workspace.delete(channel.id, message["ts"], by=context.workspace.bot_user)
    return {"channel": channel.id, "ts": message["ts"]}


@_method("chat.postEphemeral", "chat:write")
def post_ephemeral(context: MethodContext, args: Arguments) -> Json:
    """Post an ephemeral message; Slack drops it silently in a thread without replies."""
    channel, user = context.writable_channel(args.required("channel")), args.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    message = context.author() | app_content(context.workspace, args.values)
    if args.get("thread_ts"):
        message["thread_ts"] = args.text("thread_ts")
        if not channel.messages.get(message["thread_ts"], {}).get("reply_count"):
            return {"message_ts": context.workspace.new_ts()}
    return {"message_ts": context.workspace.post_ephemeral(channel.id, user, message)["ts"]}


@_method("chat.getPermalink")
def permalink(context: MethodContext, args: Arguments) -> Json:
    """Return the link to a message; in a thread, it names the thread too."""
    channel = context.workspace.channel(args.required("channel"))
    message = channel.messages.get(args.required("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{context.workspace.domain}.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    thread = message.get("thread_ts", message["ts"])
    link += f"?thread_ts={thread}&cid={channel.id}" if thread != message["ts"] else ""
    return {"channel": channel.id, "permalink": link}


@_method("reactions.add", "reactions:write")
def add_reaction(context: MethodContext, args: Arguments) -> Json:
    """Add a reaction of the bot."""
    return _react(context, args, add=True)


@_method("reactions.remove", "reactions:write")
def remove_reaction(context: MethodContext, args: Arguments) -> Json:
    """Remove a reaction of the bot."""
    return _react(context, args, add=False)


def _react(context: MethodContext, args: Arguments, *, add: bool) -> Json:
    channel = context.writable_channel(args.required("channel"))
    name = args.required("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-\d)?", name):
        raise SlackError("invalid_name")
    context.workspace.react(channel.id, args.required("timestamp"), name, by=context.workspace.bot_user, add=add)
    return {}


def _own_message(context: MethodContext, args: Arguments, error: str) -> tuple[Channel, Json]:
    """Return one of the app's messages and its channel; raise *error* for a message of someone else."""
    channel = context.workspace.channel(args.required("channel"))
    message = context.workspace.message(channel.id, args.required("ts"))
    if message.get("bot_id") != context.workspace.bot_id:
        raise SlackError(error)
    return channel, message


def _checked_metadata(value: Any) -> Json:
    if not isinstance(value, dict) or not {"event_type", "event_payload"} <= value.keys():
        raise SlackError("invalid_metadata_format")
    return value


# Files


@_method("files.info", "files:read")
def file_info(context: MethodContext, args: Arguments) -> Json:
    """Return a file object; it has a preview of the text, not the whole text."""
    return {"file": context.files.info(args.required("file"))}


@_method("files.getUploadURLExternal", "files:write")
def start_upload(context: MethodContext, args: Arguments) -> Json:
    """Return the upload URL for a file."""
    length = args.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: length"])
    file_id, upload_url = context.files.start_upload(args.required("filename"), length)
    return {"upload_url": upload_url, "file_id": file_id}


@_method("files.completeUploadExternal", "files:write")
def complete_upload(context: MethodContext, args: Arguments) -> Json:
    """Finish an upload and share its files in a channel, if given."""
    channel_id = args.text("channel_id") or args.text("channels").split(",")[0]
    channel = context.writable_channel(channel_id) if channel_id else None
    files = args.required("files")
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise SlackError("invalid_arguments", messages=["[ERROR] must be an array of objects: files"])
    files = context.files.complete_uploads(files)
    if channel:
        message: Json = {"text": "", "subtype": "file_share", "files": files, "upload": True, **context.author()}
        if args.get("initial_comment") or args.get("blocks"):
            message |= app_content(context.workspace, {**args.values, "text": args.text("initial_comment")})
        if args.get("thread_ts"):
            message["thread_ts"] = args.text("thread_ts")
        context.workspace.post(channel.id, message, by=context.workspace.bot_user)
    return {"files": files}


# Views


@_method("views.open")
def open_view(context: MethodContext, args: Arguments) -> Json:
    """Open a modal."""
    trigger_id = args.required("trigger_id", "interactivity_pointer")
    return {"view": context.views.open(trigger_id, args.required("view"))}


@_method("views.update")
def update_view(context: MethodContext, args: Arguments) -> Json:
    """Replace an open modal or a Home tab."""
    view_id, external_id = args.text("view_id"), args.text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view_id"])
    view = context.views.update(
        args.required("view"), view_id=view_id, external_id=external_id, expected_hash=args.text("hash")
    )
    return {"view": view}


@_method("views.publish")
def publish_view(context: MethodContext, args: Arguments) -> Json:
    """Set the Home tab of a user."""
    user, view = args.required("user_id"), args.required("view")
    return {"view": context.views.publish(user, view, expected_hash=args.text("hash"))}
