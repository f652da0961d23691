"""Methods of files: files.info and the two steps of an upload."""

from __future__ import annotations

from bot.sandbox.api_error import SlackError
from bot.sandbox.content import content
from bot.sandbox.manifest import APP_ID, Json
from bot.sandbox.web_api import Api, Arguments, method


@method("files.info", "files:read")
def info(api: Api, args: Arguments) -> Json:
    """A file; its text is not part of it, only a preview."""
    return {"file": api.files.info(args.need("file"))}


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(api: Api, args: Arguments) -> Json:
    """Where to send the bytes of a file."""
    length = args.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: length"])
    file_id, upload_url = api.files.announce(args.need("filename"), length)
    return {"upload_url": upload_url, "file_id": file_id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(api: Api, args: Arguments) -> Json:
    """Finish an upload and, if a channel is named, share it there."""
    channel_id = args.text("channel_id") or args.text("channels").split(",")[0]
    channel = api.joined(channel_id) if channel_id else None
    files = args.need("files")
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise SlackError("invalid_arguments", messages=["[ERROR] must be an array of objects: files"])
    files = api.files.complete(files)
    if channel:
        message: Json = {"text": "", "subtype": "file_share", "files": files, "upload": True}
        message |= {
            "user": api.workspace.bot_user,
            "bot_id": api.workspace.bot_id,
            "app_id": APP_ID,
            "bot_profile": api.profile(),
        }
        if args.get("initial_comment") or args.get("blocks"):
            message |= content(api.workspace, {**args.values, "text": args.text("initial_comment")})
        if args.get("thread_ts"):
            message["thread_ts"] = args.text("thread_ts")
        api.workspace.post(channel.id, message, by=api.workspace.bot_user)
    return {"files": files}
