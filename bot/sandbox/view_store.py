"""Open, push, update, publish and close views: modals and the Home tab."""

from __future__ import annotations

import secrets
from typing import Any

from bot.sandbox.block_schema import check_view
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import SandboxWorkspace, SlackError

_TRIGGER_LIFETIME_S = 3.0
_MAX_STACK = 3


class ViewStore:
    """The views of a workspace; a trigger id opens one modal for its user within three seconds."""

    def __init__(self, workspace: SandboxWorkspace, app: Installation) -> None:
        self._workspace = workspace
        self._app = app
        self._triggers: dict[str, tuple[str, float]] = {}  # trigger id: user, expiry
        self._used: set[str] = set()

    def new_trigger(self, user: str) -> str:
        """Return a new trigger id for an action of this user."""
        trigger_id = f"{self._workspace.new_ts()}.{secrets.token_hex(8)}"
        self._triggers[trigger_id] = (user, self._workspace.clock() + _TRIGGER_LIFETIME_S)
        return trigger_id

    def open(self, trigger_id: str, view: Any) -> Json:
        """Open a modal for the user of the trigger."""
        user = self._use_trigger(trigger_id)
        opened = self._new(view, "modal")
        self._workspace.show_modals(user, [opened])
        return opened

    def push(self, user: str, view: Any) -> None:
        """Put a modal on top of the modal that the user has submitted."""
        stack = self._workspace.modals.get(user, [])
        if not stack:
            raise SlackError("invalid_arguments", messages=["[ERROR] no view is open"])
        if len(stack) >= _MAX_STACK:
            raise SlackError("push_limit_reached")
        pushed = self._new(view, "modal") | {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
        self._workspace.show_modals(user, [*stack, pushed])

    def update(self, view: Any, *, view_id: str = "", external_id: str = "", expected_hash: str = "") -> Json:
        """Replace an open modal or a Home tab; raise `hash_conflict` if it has changed since *expected_hash*."""
        user, old = self.find(view_id, external_id)
        if expected_hash and expected_hash != old["hash"]:
            raise SlackError("hash_conflict")
        kept = {key: old[key] for key in ("id", "root_view_id", "previous_view_id")}
        new = self._new(view, old["type"]) | kept
        if old["type"] == "home":
            self._workspace.show_home(user, new)
        else:
            self._workspace.show_modals(user, [new if v is old else v for v in self._workspace.modals[user]])
        return new

    def publish(self, user: str, view: Any, *, expected_hash: str = "") -> Json:
        """Set the Home tab of a user; raise `hash_conflict` if it has changed since *expected_hash*."""
        if not self._app.has_home:
            raise SlackError("not_enabled")
        if user not in self._workspace.users:
            raise SlackError("invalid_arguments", messages=["invalid `user_id`"])
        old = self._workspace.homes.get(user)
        if expected_hash and old and expected_hash != old["hash"]:
            raise SlackError("hash_conflict")
        new = self._new(view, "home")
        if old:
            new |= {"id": old["id"], "root_view_id": old["id"]}
        self._workspace.show_home(user, new)
        return new

    def close(self, user: str, *, everything: bool = False) -> None:
        """Close the topmost modal of a user, or all modals."""
        self._workspace.show_modals(user, [] if everything else self._workspace.modals.get(user, [])[:-1])

    def find(self, view_id: str, external_id: str = "") -> tuple[str, Json]:
        """Return the user of a view and the view; raise `not_found`."""
        stacks = [(user, v) for user, stack in self._workspace.modals.items() for v in stack]
        for user, view in [*stacks, *self._workspace.homes.items()]:
            if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                return user, view
        raise SlackError("not_found")

    def _use_trigger(self, trigger_id: str) -> str:
        """Return the user of a trigger id; it is valid once."""
        if trigger_id in self._used:
            raise SlackError("exchanged_trigger_id")
        if trigger_id not in self._triggers:
            raise SlackError("invalid_trigger_id")
        user, expires = self._triggers.pop(trigger_id)
        if self._workspace.clock() > expires:
            raise SlackError("expired_trigger_id")
        self._used.add(trigger_id)
        return user

    def _new(self, view: Any, kind: str) -> Json:
        check_view(view)
        if view["type"] != kind:
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be a {kind} [json-pointer:/view/type]"])
        view_id = self._workspace.new_id("V")
        blocks = [{"block_id": self._workspace.new_id(""), **block} for block in view["blocks"]]
        team_id = self._workspace.team_id
        return {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "title": None,
            "close": None,
            "submit": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "previous_view_id": None,
            **view,
            "id": view_id,
            "root_view_id": view_id,
            "team_id": team_id,
            "app_installed_team_id": team_id,
            "app_id": APP_ID,
            "bot_id": self._workspace.bot_id,
            "blocks": blocks,
            "state": {"values": {}},
            "hash": f"{self._workspace.new_ts()}.{secrets.token_hex(4)}",
        }
