"""Implement the Web API methods of users, user groups and channels, with the messages in them."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.sandbox.arguments import Arguments
from bot.sandbox.manifest import Json
from bot.sandbox.model import Channel, SlackError
from bot.sandbox.web_api import ApiMethods, MethodContext, missing_scope

T = TypeVar("T")
_KINDS = ("channels", "groups", "im", "mpim")
_READ = tuple(f"{kind}:read" for kind in _KINDS)
_CONVERSATION_TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
_HISTORY = tuple(f"{kind}:history" for kind in _KINDS)

METHODS = ApiMethods()


@METHODS.add("users.info", "users:read")
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


@METHODS.add("usergroups.users.list", "usergroups:read")
def user_group_members(context: MethodContext, args: Arguments) -> Json:
    """Return the members of a user group."""
    members = context.workspace.user_groups.get(args.required("usergroup"))
    if members is None:
        raise SlackError("no_such_subteam")
    return {"users": sorted(members)}


@METHODS.add("conversations.info", *_READ)
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


@METHODS.add("users.conversations", *_READ)
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


@METHODS.add("conversations.members", *_READ)
def channel_members(context: MethodContext, args: Arguments) -> Json:
    """Return the ids of the members of a channel."""
    channel = context.workspace.channel(args.required("channel"))
    context.require_scope(channel, "read")
    if channel.kind != "channels" and context.workspace.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    page, cursor = _page(sorted(channel.members), args, default_limit=100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@METHODS.add("conversations.history", *_HISTORY)
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


@METHODS.add("conversations.replies", *_HISTORY)
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
        "messages": [api_message(m, with_metadata=with_metadata) for m in page],
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


def api_message(message: Json, *, with_metadata: bool) -> Json:
    """Return a copy of a message as the API returns it."""
    copied = copy.deepcopy(message)
    if not with_metadata or not copied.get("metadata"):
        copied.pop("metadata", None)
    return copied
