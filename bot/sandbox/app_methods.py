"""Implement the Web API methods of apps: tokens, connections, views and steps for Workflow Builder."""

from __future__ import annotations

from bot.sandbox.arguments import Arguments
from bot.sandbox.manifest import Json
from bot.sandbox.model import SlackError
from bot.sandbox.web_api import ApiMethods, MethodContext, TokenType

METHODS = ApiMethods()


# Apps and tokens


@METHODS.add("api.test", token_type=TokenType.NONE)
def api_test(context: MethodContext, args: Arguments) -> Json:
    """Confirm that the API answers."""
    return {}


@METHODS.add("auth.test")
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


@METHODS.add("apps.connections.open", token_type=TokenType.APP)
def open_connection(context: MethodContext, args: Arguments) -> Json:
    """Return a new WebSocket URL for Socket Mode."""
    return {"url": context.new_socket_url()}


@METHODS.add("oauth.v2.access", token_type=TokenType.NONE)
def oauth_access(context: MethodContext, args: Arguments) -> Json:
    """Exchange a code or a refresh token for a token."""
    return context.oauth.access(args.values)


# Views


@METHODS.add("views.open")
def open_view(context: MethodContext, args: Arguments) -> Json:
    """Open a modal."""
    trigger_id = args.required("trigger_id", "interactivity_pointer")
    return {"view": context.views.open(trigger_id, args.required("view"))}


@METHODS.add("views.update")
def update_view(context: MethodContext, args: Arguments) -> Json:
    """Replace an open modal or a Home tab."""
    view_id, external_id = args.text("view_id"), args.text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view_id"])
    view = context.views.update(
        args.required("view"), view_id=view_id, external_id=external_id, expected_hash=args.text("hash")
    )
    return {"view": view}


@METHODS.add("views.publish")
def publish_view(context: MethodContext, args: Arguments) -> Json:
    """Set the Home tab of a user."""
    user, view = args.required("user_id"), args.required("view")
    return {"view": context.views.publish(user, view, expected_hash=args.text("hash"))}


# Steps for Workflow Builder


@METHODS.add("functions.completeSuccess")
def complete_step(context: MethodContext, args: Arguments) -> Json:
    """End a step with its outputs."""
    return context.functions.complete(args)


@METHODS.add("functions.completeError")
def fail_step(context: MethodContext, args: Arguments) -> Json:
    """End a step with an error."""
    return context.functions.fail(args)
