"""What people do with the app itself: commands, buttons, menus, shortcuts, modals; and what its answer does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.api_error import ActRefused, SlackError
from bot.sandbox.delivery import Delivery, DeliveryAnswer, DeliveryKind, Parcel
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.message_text import escape
from bot.sandbox.modals import Views
from bot.sandbox.model import Channel, SandboxWorkspace
from bot.sandbox.responses import Hook, ResponseUrls


@dataclass(frozen=True, slots=True)
class ElementHolder:
    """Where an element stands: in a message of a channel, or in a view."""

    channel: str = ""
    message: Json | None = None
    view: Json | None = None

    def elements(self) -> Iterator[tuple[Json, Json]]:
        """Every interactive element, with its block."""
        holder: Json = self.view or self.message or {}
        attached = [block for a in holder.get("attachments", ()) for block in a.get("blocks", ())]
        for block in [*holder.get("blocks", ()), *attached]:
            inner = [block.get("accessory"), block.get("element")]
            inner += block["elements"] if block["type"] == "actions" else []
            yield from ((block, element) for element in inner if element and "action_id" in element)

    def element(self, action_id: str, *, block_id: str = "", value: str | None = None) -> tuple[Json, Json]:
        """The element of an action id; a block or a value tells equal ones apart."""
        for block, element in self.elements():
            fits = element["action_id"] == action_id and block_id in ("", block["block_id"])
            if fits and value in (None, element.get("value")):
                return block, element
        raise ActRefused(f"There is no element with the action id {action_id}.")


class Interactions:
    """Sends interactions to the app and carries out its answers."""

    def __init__(
        self, workspace: SandboxWorkspace, app: Installation, delivery: Delivery, views: Views, responses: ResponseUrls
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._delivery = delivery
        self._views = views
        self._responses = responses

    def place(self, target: Json) -> ElementHolder:
        """Where a message or a view stands now."""
        if target.get("type") in ("modal", "home"):
            try:
                return ElementHolder(view=self._views.find(target["id"])[1])
            except SlackError as error:
                raise ActRefused("This view is closed.") from error
        ts = target["ts"]
        channel = self._workspace.place_of(ts)
        whispered = [whispers[ts] for whispers in self._workspace.ephemerals.values() if ts in whispers]
        return ElementHolder(channel, whispered[0] if whispered else self._workspace.message(channel, ts))

    async def command(self, channel_id: str, user: str, text: str, command: str) -> None:
        """Run a slash command; its acknowledgement may be the answer, its failure is shown to the user."""
        known = self._app.commands.get(command)
        if known is None or "commands" not in self._app.scopes:
            raise ActRefused(f"{command} is not a valid command.")
        channel = self._workspace.channel(channel_id)
        hook = Hook(channel.id, user, command={"user": user, "text": f"{command} {text}".rstrip()})
        body = {
            "token": "verification-token",
            "team_id": self._workspace.team_id,
            "team_domain": self._workspace.domain,
            "channel_id": channel.id,
            "channel_name": _name(channel),
            "user_id": user,
            "user_name": self._workspace.users[user].name,
            "command": command,
            "text": escape(text),
            "api_app_id": APP_ID,
            "enterprise_id": self._workspace.enterprise_id or "",
            "is_enterprise_install": str(self._workspace.is_org_install).lower(),
            "response_url": self._responses.issue(hook),
            "trigger_id": self._views.trigger(user),
        }
        answer = await self._delivery.send(Parcel(DeliveryKind.COMMAND, body))
        error = "" if answer.acknowledged else _command_error(answer)
        if answer.payload:
            try:
                self._responses.apply(hook, answer.payload)
            except SlackError:
                error = "invalid_command_response"
        if error:
            text = f'{command} failed with the error "{error}"'
            self._workspace.whisper(channel.id, user, {"user": "USLACKBOT", "text": text})

    async def act(self, place: ElementHolder, user: str, action: Json, state: Json | None = None) -> None:
        """Use an element; *action* is what Slack puts into ``actions``."""
        body = self._body("block_actions", user) | {"actions": [action | {"action_ts": self._workspace.new_ts()}]}
        if place.view:
            view = place.view | {"state": state or place.view["state"]}
            container = {"type": "view", "view_id": view["id"]}
            await self._send(body | {"view": view, "container": container})
            return
        body |= self._message_part(place, user) | {"state": state or {"values": {}}}
        if place.message and place.message.get("ephemeral"):
            del body["message"]
        await self._send(body)

    async def shortcut(self, callback_id: str, user: str, place: ElementHolder | None = None) -> None:
        """Use a message shortcut on a message, or a global one."""
        shortcut = self._app.shortcuts.get(callback_id)
        if shortcut is None or (shortcut["type"] == "message") != (place is not None):
            raise ActRefused(f"There is no such shortcut: {callback_id}.")
        kind = "message_action" if place else "shortcut"
        body = self._body(kind, user) | {"callback_id": callback_id, "action_ts": self._workspace.new_ts()}
        if place and place.message:
            body |= self._message_part(place, user) | {"message_ts": place.message["ts"]}
            del body["container"]
        await self._send(body)

    async def submit(self, user: str, view_id: str, state: Json) -> dict[str, str]:
        """Submit a modal; return what the app objects to, by block id."""
        view = self._own(user, view_id) | {"state": state}
        answer = await self._send(self._body("view_submission", user) | {"view": view, "response_urls": []})
        response = answer.payload or {}
        try:
            match response.get("response_action"):
                case "errors":
                    return dict(response["errors"])
                case "update":
                    self._views.update(response["view"], view_id=view_id)
                case "push":
                    self._views.push_for(user, response["view"])
                case "clear":
                    self._views.close(user, everything=True)
                case _ if any(v["id"] == view_id for v in self._workspace.modals.get(user, ())):
                    self._views.close(user)
        except SlackError as error:
            raise ActRefused(f"The app's answer was refused: {error.code} {' '.join(error.messages)}") from error
        return {}

    async def close(self, user: str, view_id: str) -> None:
        """Close a modal; the app hears of it if it asked to."""
        view = self._own(user, view_id)
        self._views.close(user)
        if view["notify_on_close"]:
            await self._send(self._body("view_closed", user) | {"view": view, "is_cleared": False})

    async def suggest(self, place: ElementHolder, user: str, block_id: str, action_id: str, value: str) -> Json:
        """Ask for the options of an external select; `options` or `option_groups` come back."""
        body = self._body("block_suggestion", user)
        body |= {"block_id": block_id, "action_id": action_id, "value": value}
        del body["trigger_id"]
        if place.view:
            body |= {"view": place.view, "container": {"type": "view", "view_id": place.view["id"]}}
        else:
            body |= self._message_part(place, user)
            del body["response_url"]
        return (await self._send(body)).payload or {"options": []}

    def _own(self, user: str, view_id: str) -> Json:
        for view in self._workspace.modals.get(user, ()):
            if view["id"] == view_id:
                return view
        raise ActRefused("This view is closed.")

    def _body(self, kind: str, user: str) -> Json:
        name = self._workspace.users[user].name
        team_id, enterprise_id = self._workspace.team_id, self._workspace.enterprise_id
        return {
            "type": kind,
            "token": "verification-token",
            "api_app_id": APP_ID,
            "user": {"id": user, "username": name, "name": name, "team_id": team_id},
            "team": {"id": team_id, "domain": self._workspace.domain},
            "enterprise": {"id": enterprise_id, "name": enterprise_id} if enterprise_id else None,
            "is_enterprise_install": self._workspace.is_org_install,
            "trigger_id": self._views.trigger(user),
        }

    def _message_part(self, place: ElementHolder, user: str) -> Json:
        message: Json = place.message or {}
        channel = self._workspace.channel(place.channel)
        is_ephemeral = bool(message.get("ephemeral"))
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id}
        container |= {"is_ephemeral": is_ephemeral}
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        hook = Hook(channel.id, user, source_ts=message["ts"])
        seen = {key: value for key, value in message.items() if key != "metadata"}
        return {
            "container": container,
            "channel": {"id": channel.id, "name": _name(channel)},
            "message": seen,
            "response_url": self._responses.issue(hook),
        }

    async def _send(self, body: Json) -> DeliveryAnswer:
        if not self._app.is_interactive:
            raise ActRefused("This app is not configured to handle interactive responses.")
        answer = await self._delivery.send(Parcel(DeliveryKind.INTERACTION, body))
        if not answer.acknowledged:
            raise ActRefused(f"{self._app.name} did not answer ({answer.error}).")
        return answer


def action_of(block: Json, element: Json, chosen: dict[str, Any]) -> Json:
    """An entry of ``actions``: what was used, and what was chosen with it."""
    copied = {key: element[key] for key in ("type", "action_id", "text", "value", "style") if key in element}
    return copied | {"block_id": block["block_id"]} | chosen


def _name(channel: Channel) -> str:
    return {"im": "directmessage", "groups": "privategroup"}.get(channel.kind, channel.name)


def _command_error(answer: DeliveryAnswer) -> str:
    """How Slack's client names a failed command."""
    return "operation_timeout" if answer.error.endswith("timeout") else "dispatch_failed"
