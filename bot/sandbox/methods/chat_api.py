"""Methods that write: chat.* and reactions.*."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.api_error import SlackError
from bot.sandbox.content import content
from bot.sandbox.manifest import APP_ID, Json
from bot.sandbox.methods.conversations_api import shown
from bot.sandbox.model import Channel
from bot.sandbox.web_api import Api, Arguments, method

_MAX_UPDATE_BYTES = 4_000


def _author(api: Api) -> Json:
    return {
        "user": api.workspace.bot_user,
        "bot_id": api.workspace.bot_id,
        "app_id": APP_ID,
        "bot_profile": api.profile(),
    }


def _target(api: Api, channel_id: str) -> Channel:
    """The channel to post to; a user's id means the direct message with them."""
    if channel_id in api.workspace.users:
        return api.workspace.im(channel_id, api.workspace.bot_user)
    channel = api.workspace.channel(channel_id)
    if channel.kind == "channels" and "chat:write.public" in api.app.scopes and not channel.is_archived:
        return channel
    return api.joined(channel.id)


def _metadata(value: Any) -> Json:
    if not isinstance(value, dict) or not {"event_type", "event_payload"} <= value.keys():
        raise SlackError("invalid_metadata_format")
    return value


@method("chat.postMessage", "chat:write")
def post_message(api: Api, args: Arguments) -> Json:
    """Post a message, in a thread with `thread_ts`."""
    channel = _target(api, args.need("channel"))
    message = _author(api) | content(api.workspace, args.values)
    if args.get("metadata"):
        message["metadata"] = _metadata(args.get("metadata"))
    if args.get("thread_ts"):
        message["thread_ts"] = args.text("thread_ts")
        if args.flag("reply_broadcast"):
            message["subtype"] = "thread_broadcast"
    posted = api.workspace.post(channel.id, message, by=api.workspace.bot_user)
    return {"channel": channel.id, "ts": posted["ts"], "message": shown(posted, metadata=True)}


def _own(api: Api, args: Arguments, error: str) -> tuple[Channel, Json]:
    channel = api.workspace.channel(args.need("channel"))
    message = api.workspace.message(channel.id, args.need("ts"))
    if message.get("bot_id") != api.workspace.bot_id:
        raise SlackError(error)
    return channel, message


@method("chat.update", "chat:write")
def update(api: Api, args: Arguments) -> Json:
    """Change an own message; fields that are not given stay."""
    channel, message = _own(api, args, "cant_update_message")
    if len(args.text("text").encode()) > _MAX_UPDATE_BYTES:
        raise SlackError("msg_too_long")
    fields = content(api.workspace, args.values)
    if not args.text("text"):
        fields["text"] = message["text"]
    # An empty array takes blocks or attachments away (docs.slack.dev/reference/methods/chat.update).
    fields |= {name: [] for name in ("blocks", "attachments") if args.get(name) == []}
    if args.get("metadata") is not None:
        fields["metadata"] = _metadata(args.get("metadata")) if args.get("metadata") else {}
    changed = api.workspace.edit(channel.id, message["ts"], fields, by=api.workspace.bot_user)
    now = shown(changed, metadata=True)
    return {"channel": channel.id, "ts": changed["ts"], "text": changed["text"], "message": now}


@method("chat.delete", "chat:write")
def delete(api: Api, args: Arguments) -> Json:
    """Delete an own message."""
    channel, message = _own(api, args, "cant_delete_message")
    api.workspace.delete(channel.id, message["ts"], by=api.workspace.bot_user)
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(api: Api, args: Arguments) -> Json:
    """Show a message to one member of a channel; in a thread that nobody has begun it is lost without a word."""
    channel, user = api.joined(args.need("channel")), args.need("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    message = _author(api) | content(api.workspace, args.values)
    if args.get("thread_ts"):
        message["thread_ts"] = args.text("thread_ts")
        if not channel.messages.get(message["thread_ts"], {}).get("reply_count"):
            return {"message_ts": api.workspace.new_ts()}
    return {"message_ts": api.workspace.whisper(channel.id, user, message)["ts"]}


@method("chat.getPermalink")
def get_permalink(api: Api, args: Arguments) -> Json:
    """The link to a message."""
    channel = api.workspace.channel(args.need("channel"))
    message = api.workspace.message(channel.id, args.need("message_ts"))
    link = f"https://{api.workspace.domain}.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    if message.get("thread_ts", message["ts"]) != message["ts"]:
        link += f"?thread_ts={message['thread_ts']}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _react(api: Api, args: Arguments, *, add: bool) -> Json:
    channel = api.joined(args.need("channel"))
    name = args.need("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-\d)?", name):
        raise SlackError("invalid_name")
    api.workspace.react(channel.id, args.need("timestamp"), name, by=api.workspace.bot_user, add=add)
    return {}


@method("reactions.add", "reactions:write")
def add_reaction(api: Api, args: Arguments) -> Json:
    """React to a message."""
    return _react(api, args, add=True)


@method("reactions.remove", "reactions:write")
def remove_reaction(api: Api, args: Arguments) -> Json:
    """Take an own reaction back."""
    return _react(api, args, add=False)


@method("reactions.get", "reactions:read")
def get_reactions(api: Api, args: Arguments) -> Json:
    """A message with its reactions."""
    channel = api.workspace.channel(args.need("channel"))
    message = api.workspace.message(channel.id, args.need("timestamp"))
    return {"type": "message", "channel": channel.id, "message": shown(message)}
