"""Methods of views: views.*."""

from __future__ import annotations

from bot.sandbox.api_error import SlackError
from bot.sandbox.manifest import Json
from bot.sandbox.web_api import Api, Arguments, method


@method("views.open")
def open_view(api: Api, args: Arguments) -> Json:
    """Open a modal."""
    return {"view": api.views.open(args.need("trigger_id", "interactivity_pointer"), args.need("view"))}


@method("views.push")
def push(api: Api, args: Arguments) -> Json:
    """Put a modal on top of the open one."""
    return {"view": api.views.push(args.need("trigger_id", "interactivity_pointer"), args.need("view"))}


@method("views.update")
def update(api: Api, args: Arguments) -> Json:
    """Replace an open modal or a Home tab."""
    view_id, external_id = args.text("view_id"), args.text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view_id"])
    expected_hash = args.text("hash")
    view = api.views.update(args.need("view"), view_id=view_id, external_id=external_id, expected_hash=expected_hash)
    return {"view": view}


@method("views.publish")
def publish(api: Api, args: Arguments) -> Json:
    """Show a Home tab to a user."""
    return {"view": api.views.publish(args.need("user_id"), args.need("view"), expected_hash=args.text("hash"))}
