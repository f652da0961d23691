"""Methods of installing and removing the app: oauth.v2.access, apps.uninstall."""

from __future__ import annotations

from bot.sandbox.manifest import Json
from bot.sandbox.web_api import Api, Arguments, Caller, method


@method("oauth.v2.access", caller=Caller.ANYBODY)
def access(api: Api, args: Arguments) -> Json:
    """A token, for a code or a refresh token."""
    return api.oauth.access(args.values)


@method("apps.uninstall")
def uninstall(api: Api, args: Arguments) -> Json:
    """Remove the app from where the token is good."""
    api.oauth.must_be_app(args.values)
    workspace = api.workspace
    api.oauth.uninstall((workspace.is_org_install and workspace.enterprise_id) or workspace.team_id)
    return {}
