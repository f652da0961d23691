"""Methods that read channels: conversations.*."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Sequence

from bot.sandbox.api_error import SlackError
from bot.sandbox.manifest import Json
from bot.sandbox.model import Channel
from bot.sandbox.web_api import Api, Arguments, method

_KINDS = ("channels", "groups", "im")
READ = tuple(f"{kind}:read" for kind in _KINDS)
HISTORY = tuple(f"{kind}:history" for kind in _KINDS)
_TYPES = {"channels": "public_channel", "groups": "private_channel", "im": "im"}


def shown(message: Json, *, metadata: bool = False) -> Json:
    """A message as the API returns it; metadata only where it is asked for."""
    copied = copy.deepcopy(message)
    if not metadata or not copied.get("metadata"):
        copied.pop("metadata", None)
    return copied


def described(api: Api, channel: Channel, *, locale: bool = False) -> Json:
    """Slack's description of a channel."""
    common: Json = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "is_mpim": False,
        "context_team_id": api.workspace.team_id,
    }
    if channel.is_im:
        (person,) = channel.members - {api.workspace.bot_user}
        common |= {"user": person, "is_open": True}
    else:
        common |= {"name": channel.name, "name_normalized": channel.name, "is_channel": not channel.is_private}
        common |= {"is_group": channel.is_private, "is_private": channel.is_private, "is_general": False}
        common |= {"is_member": api.workspace.bot_user in channel.members, "num_members": len(channel.members)}
        common |= {"is_shared": False, "is_ext_shared": False}
        common |= {"topic": {"value": channel.topic}, "purpose": {"value": ""}}
    return common | ({"locale": channel.locale} if locale else {})


def page(items: Sequence[Json], args: Arguments, *, default: int = 100) -> tuple[list[Json], Json]:
    """One page of a list, and the fields that say whether more follows."""
    limit = args.number("limit", default)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    try:
        start = int(base64.b64decode(args.text("cursor")).removeprefix(b"next:") or 0)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    more = start + limit < len(items)
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if more else ""
    return list(items[start : start + limit]), {"has_more": more, "response_metadata": {"next_cursor": cursor}}


def _within(args: Arguments) -> Callable[[Json], bool]:
    """Whether a message lies between `oldest` and `latest`."""
    try:
        oldest, latest = float(args.text("oldest") or 0), float(args.text("latest") or "inf")
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None
    if args.flag("inclusive"):
        return lambda message: oldest <= float(message["ts"]) <= latest
    return lambda message: oldest < float(message["ts"]) < latest


def _readable(api: Api, args: Arguments) -> Channel:
    channel = api.granted(api.workspace.channel(args.need("channel")), "history")
    if api.workspace.bot_user not in channel.members:
        raise SlackError("not_in_channel" if channel.kind == "channels" else "channel_not_found")
    return channel


@method("conversations.info", *READ)
def info(api: Api, args: Arguments) -> Json:
    """A channel, with its locale if `include_locale`."""
    channel = api.granted(api.workspace.channel(args.need("channel")), "read")
    if channel.kind != "channels" and api.workspace.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    return {"channel": described(api, channel, locale=args.flag("include_locale"))}


@method("conversations.history", *HISTORY)
def history(api: Api, args: Arguments) -> Json:
    """The messages of a channel, newest first, without the replies in threads."""
    channel, fits = _readable(api, args), _within(args)
    top = [
        m
        for m in channel.messages.values()
        if m.get("thread_ts", m["ts"]) == m["ts"] or m.get("subtype") == "thread_broadcast"
    ]
    found, more = page([m for m in reversed(top) if fits(m)], args)
    everything = args.flag("include_all_metadata")
    return {"messages": [shown(m, metadata=everything) for m in found], "pin_count": 0, **more}


@method("conversations.replies", *HISTORY)
def replies(api: Api, args: Arguments) -> Json:
    """A thread, oldest first; its root comes first, whatever the bounds."""
    channel, fits = _readable(api, args), _within(args)
    asked = channel.messages.get(args.need("ts"))
    if asked is None:
        raise SlackError("thread_not_found")
    thread = channel.thread(str(asked.get("thread_ts", asked["ts"])))
    found, more = page([m for m in thread if m is thread[0] or fits(m)], args, default=1000)
    everything = args.flag("include_all_metadata")
    return {"messages": [shown(m, metadata=everything) for m in found], **more}


@method("conversations.list", *READ)
def list_all(api: Api, args: Arguments) -> Json:
    """The channels that the app can see, by `types`."""
    types = (args.text("types") or "public_channel").split(",")
    visible = (
        c for c in api.workspace.channels.values() if c.kind == "channels" or api.workspace.bot_user in c.members
    )
    wanted = [described(api, api.granted(c, "read")) for c in visible if _TYPES[c.kind] in types]
    found, more = page(wanted, args)
    return {"channels": found, "response_metadata": more["response_metadata"]}


@method("conversations.members", *READ)
def members(api: Api, args: Arguments) -> Json:
    """Who is in a channel."""
    channel = api.granted(api.workspace.channel(args.need("channel")), "read")
    found, more = page([{"id": user} for user in sorted(channel.members)], args)
    return {"members": [user["id"] for user in found], "response_metadata": more["response_metadata"]}


@method("conversations.open", "im:write")
def open_im(api: Api, args: Arguments) -> Json:
    """The direct message with a person."""
    user = str(args.need("users"))
    if user not in api.workspace.users:
        raise SlackError("user_not_found")
    return {"channel": {"id": api.workspace.im(user, api.workspace.bot_user).id}}
