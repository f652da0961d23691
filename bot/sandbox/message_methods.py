"""Implement the Web API methods of messages, reactions and files."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.arguments import Arguments
from bot.sandbox.conversation_methods import api_message
from bot.sandbox.manifest import Json
from bot.sandbox.message_content import app_content
from bot.sandbox.model import Channel, SlackError
from bot.sandbox.web_api import ApiMethods, MethodContext

_MAX_UPDATE_BYTES = 4_000

METHODS = ApiMethods()


# Messages and reactions


@METHODS.add("chat.postMessage", "chat:write")
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
    return {"channel": channel.id, "ts": posted["ts"], "message": api_message(posted, with_metadata=True)}


@METHODS.add("chat.update", "chat:write")
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
    now = api_message(changed, with_metadata=True)
    return {"channel": channel.id, "ts": changed["ts"], "text": changed["text"], "message": now}


@METHODS.add("chat.delete", "chat:write")
def delete_message(context: MethodContext, args: Arguments) -> Json:
    """Delete one of the app's messages."""
    channel, message = _own_message(context, args, "cant_delete_message")
    context.workspace.delete(channel.id, message["ts"], by=context.workspace.bot_user)
    return {"channel": channel.id, "ts": message["ts"]}


@METHODS.add("chat.postEphemeral", "chat:write")
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


@METHODS.add("chat.getPermalink")
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


@METHODS.add("reactions.add", "reactions:write")
def add_reaction(context: MethodContext, args: Arguments) -> Json:
    """Add a reaction of the bot."""
    return _react(context, args, add=True)


@METHODS.add("reactions.remove", "reactions:write")
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


@METHODS.add("files.info", "files:read")
def file_info(context: MethodContext, args: Arguments) -> Json:
    """Return a file object; it has a preview of the text, not the whole text."""
    return {"file": context.files.info(args.required("file"))}


@METHODS.add("files.getUploadURLExternal", "files:write")
def start_upload(context: MethodContext, args: Arguments) -> Json:
    """Return the upload URL for a file."""
    length = args.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: length"])
    file_id, upload_url = context.files.start_upload(args.required("filename"), length)
    return {"upload_url": upload_url, "file_id": file_id}


@METHODS.add("files.completeUploadExternal", "files:write")
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
