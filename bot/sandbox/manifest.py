"""Read the app's manifest: its scopes, events, commands, shortcuts and credentials.

An event reaches the app only if the manifest has both its subscription and its scope, as in Slack.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Json = dict[str, Any]  # an object of the Slack API, as sent over the wire

APP_ID, BOT_ID, BOT_USER = "A0ZIMERR", "B0ZIMERR", "U0ZIMERR"  # the bot's ids are those in the first workspace

# docs.slack.dev/reference/events: a subscription without its scope delivers no events.
_EVENT_SCOPES: dict[str, str] = {
    "app_mention": "app_mentions:read",
    "channel_left": "channels:read",
    "file_shared": "files:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """The installed app."""

    name: str
    scopes: tuple[str, ...]
    events: frozenset[str]
    commands: Mapping[str, Json]
    shortcuts: Mapping[str, Json]
    functions: Mapping[str, Json]  # steps for Workflow Builder, by callback_id
    is_interactive: bool
    has_home: bool
    bot_token: str
    app_token: str
    signing_secret: str
    client_id: str
    client_secret: str
    redirect_urls: tuple[str, ...]

    @classmethod
    def from_manifest(
        cls,
        manifest: Mapping[str, Any],
        *,
        bot_token: str | None = None,
        app_token: str | None = None,
        signing_secret: str | None = None,
    ) -> Self:
        """Read a parsed manifest (YAML or JSON); generate the credentials that are not given."""
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        return cls(
            name=features.get("bot_user", {}).get("display_name", "zimerr"),
            scopes=tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
            commands={command["command"]: command for command in features.get("slash_commands", ())},
            shortcuts={shortcut["callback_id"]: shortcut for shortcut in features.get("shortcuts", ())},
            # Slack refuses functions in other apps: docs.slack.dev/tools/bolt-python/tutorial/custom-steps
            functions=manifest.get("functions", {}) if _may_have_functions(settings) else {},
            is_interactive=settings.get("interactivity", {}).get("is_enabled", False),
            has_home=features.get("app_home", {}).get("home_tab_enabled", False),
            bot_token=bot_token or f"xoxb-{secrets.token_hex(12)}",
            app_token=app_token or f"xapp-1-{APP_ID}-{secrets.token_hex(12)}",
            signing_secret=signing_secret or secrets.token_hex(16),
            client_id=f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}",
            client_secret=secrets.token_hex(16),
            redirect_urls=tuple(manifest.get("oauth_config", {}).get("redirect_urls", ())),
        )

    def receives(self, event: str) -> bool:
        """Return whether an event such as ``message.channels`` reaches the app."""
        return event in self.events and _EVENT_SCOPES.get(event, "") in ("", *self.scopes)


def _may_have_functions(settings: Mapping[str, Any]) -> bool:
    """Return whether the app is enabled for organizations and runs its functions itself."""
    return settings.get("org_deploy_enabled") is True and settings.get("function_runtime") == "remote"
