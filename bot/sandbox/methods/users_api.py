"""Methods about who is who: auth.*, users.*, bots.*, and the two that need no scope at all."""

from __future__ import annotations

from bot.sandbox.api_error import SlackError
from bot.sandbox.manifest import Json
from bot.sandbox.web_api import Api, Arguments, Caller, method


@method("api.test", caller=Caller.ANYBODY)
def api_test(api: Api, args: Arguments) -> Json:
    """Give back what was sent; fail on request."""
    if args.get("error"):
        raise SlackError(args.text("error"), args=args.values)
    return {"args": args.values}


@method("auth.test")
def auth_test(api: Api, args: Arguments) -> Json:
    """Whose token this is."""
    place = api.workspace
    team: Json = {"url": f"https://{place.domain}.slack.com/", "team": place.name, "team_id": place.team_id}
    if place.enterprise_id:
        team["enterprise_id"] = place.enterprise_id
    bot = {"user": api.app.name, "user_id": place.bot_user, "bot_id": place.bot_id}
    return team | bot | {"is_enterprise_install": place.is_org_install}


@method("apps.connections.open", caller=Caller.APP)
def open_connection(api: Api, args: Arguments) -> Json:
    """A fresh address for Socket Mode."""
    return {"url": api.open_link()}


@method("users.info", "users:read")
def users_info(api: Api, args: Arguments) -> Json:
    """A user, with their locale if `include_locale`."""
    user = api.workspace.users.get(args.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    profile = {"real_name": user.real_name, "display_name": user.name, "team": api.workspace.team_id}
    info: Json = {
        "id": user.id,
        "team_id": api.workspace.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "tz": user.tz,
        "color": user.color,
        "is_bot": user.is_bot,
        "deleted": False,
        "profile": profile,
        "is_admin": False,
        "is_app_user": False,
        "is_restricted": False,
    }
    return {"user": info | ({"locale": user.locale} if args.flag("include_locale") else {})}


@method("bots.info", "users:read")
def bots_info(api: Api, args: Arguments) -> Json:
    """The app's own bot, or another that has posted."""
    bot_id = args.need("bot")
    if bot_id == api.workspace.bot_id:
        return {"bot": api.profile()}
    for channel in api.workspace.channels.values():
        for message in channel.messages.values():
            if message.get("bot_id") == bot_id:
                return {"bot": {"id": bot_id, "app_id": f"A{bot_id[1:]}", "name": message["username"]}}
    raise SlackError("bot_not_found")
