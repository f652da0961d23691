"""Send commands, block actions, shortcuts and view submissions to the app, and apply its answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.delivery import Delivery, DeliveryAnswer, DeliveryKind, Envelope
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.message_content import escape
from bot.sandbox.model import ActionRefused, Channel, SandboxWorkspace, SlackError
from bot.sandbox.response_urls import ResponseTarget, ResponseUrls
from bot.sandbox.view_store import ViewStore


@dataclass(frozen=True, slots=True)
class ElementContainer:
    """The container of interactive elements: a message in a channel, or a view."""

    channel: str = ""
    message: Json | None = None
    view: Json | None = None

    def elements(self) -> Iterator[tuple[Json, Json]]:
        """Yield each interactive element with its block."""
        content: Json = self.view or self.message or {}
        attached = [block for a in content.get("attachments", ()) for block in a.get("blocks", ())]
        for block in [*content.get("blocks", ()), *attached]:
            inner = [block.get("accessory"), block.get("element")]
            inner += block["elements"] if block["type"] == "actions" else []
            yield from ((block, element) for element in inner if element and "action_id" in element)

    def element(self, action_id: str, *, block_id: str = "", value: str | None = None) -> tuple[Json, Json]:
        """Return the element with an action id, and its block; *block_id* or *value* select among equal ids."""
        for block, element in self.elements():
            matches = element["action_id"] == action_id and block_id in ("", block["block_id"])
            if matches and value in (None, element.get("value")):
                return block, element
        raise ActionRefused(f"There is no element with the action id {action_id}.")


class Interactions:
    """Sends interactions of people to the app and applies its answers."""

    def __init__(
        self,
        workspace: SandboxWorkspace,
        app: Installation,
        delivery: Delivery,
        views: ViewStore,
        response_urls: ResponseUrls,
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._delivery = delivery
        self._views = views
        self._response_urls = response_urls

    def container(self, target: Json) -> ElementContainer:
        """Return the current container for a message or a view; raise `ActionRefused` for a closed view."""
        if target.get("type") in ("modal", "home"):
            try:
                return ElementContainer(view=self._views.find(target["id"])[1])
            except SlackError as error:
                raise ActionRefused("This view is closed.") from error
        ts = target["ts"]
        channel = self._workspace.channel_of(ts)
        ephemeral = [messages[ts] for messages in self._workspace.ephemerals.values() if ts in messages]
        return ElementContainer(channel, ephemeral[0] if ephemeral else self._workspace.message(channel, ts))

    async def command(self, channel_id: str, user: str, text: str, command: str) -> None:
        """Run a slash command; apply the payload of its acknowledgement, and show a failure to the user."""
        known = self._app.commands.get(command)
        if known is None or "commands" not in self._app.scopes:
            raise ActionRefused(f"{command} is not a valid command.")
        channel = self._workspace.channel(channel_id)
        target = ResponseTarget(channel.id, user, command={"user": user, "text": f"{command} {text}".rstrip()})
        body = {
            "token": "verification-token",
            "team_id": self._workspace.team_id,
            "team_domain": self._workspace.domain,
            "channel_id": channel.id,
            "channel_name": _payload_name(channel),
            "user_id": user,
            "user_name": self._workspace.users[user].name,
            "command": command,
            "text": escape(text),
            "api_app_id": APP_ID,
            "enterprise_id": self._workspace.enterprise_id or "",
            "is_enterprise_install": str(self._workspace.is_org_install).lower(),
            "response_url": self._response_urls.issue(target),
            "trigger_id": self._views.new_trigger(user),
        }
        answer = await self._delivery.send(Envelope(DeliveryKind.COMMAND, body))
        error = ""
        if not answer.acknowledged:
            error = "operation_timeout" if answer.error.endswith("timeout") else "dispatch_failed"
        if answer.payload:
            try:
                self._response_urls.apply(target, answer.payload)
            except SlackError:
                error = "invalid_command_response"
        if error:
            text = f'{command} failed with the error "{error}"'
            self._workspace.post_ephemeral(channel.id, user, {"user": "USLACKBOT", "text": text})

    async def act(self, container: ElementContainer, user: str, action: Json, state: Json | None = None) -> None:
        """Use an element; *action* becomes the entry of ``actions``."""
        body = self._body("block_actions", user) | {"actions": [action | {"action_ts": self._workspace.new_ts()}]}
        if container.view:
            view = container.view | {"state": state or container.view["state"]}
            await self._send(body | {"view": view, "container": {"type": "view", "view_id": view["id"]}})
            return
        body |= self._message_part(container, user) | {"state": state or {"values": {}}}
        if container.message and container.message.get("ephemeral"):
            del body["message"]
        await self._send(body)

    async def shortcut(self, callback_id: str, user: str, container: ElementContainer | None = None) -> None:
        """Use a message shortcut on the message of *container*, or a global shortcut without one."""
        shortcut = self._app.shortcuts.get(callback_id)
        if shortcut is None or (shortcut["type"] == "message") != (container is not None):
            raise ActionRefused(f"There is no such shortcut: {callback_id}.")
        kind = "message_action" if container else "shortcut"
        body = self._body(kind, user) | {"callback_id": callback_id, "action_ts": self._workspace.new_ts()}
        if container and container.message:
            body |= self._message_part(container, user) | {"message_ts": container.message["ts"]}
            del body["container"]
        await self._send(body)

    async def submit(self, user: str, view_id: str, state: Json) -> dict[str, str]:
        """Submit a modal; return the app's error messages by block id."""
        view = self._open_modal(user, view_id) | {"state": state}
        body = self._body("view_submission", user) | {"view": view, "response_urls": self._chosen_urls(user, view)}
        answer = await self._send(body)
        response = answer.payload or {}
        try:
            match response.get("response_action"):
                case "errors":
                    return dict(response["errors"])
                case "update":
                    self._views.update(response["view"], view_id=view_id)
                case "push":
                    self._views.push(user, response["view"])
                case "clear":
                    self._views.close(user, everything=True)
                case _ if any(v["id"] == view_id for v in self._workspace.modals.get(user, ())):
                    self._views.close(user)
        except SlackError as error:
            raise ActionRefused(f"The app's answer was refused: {error.code} {' '.join(error.messages)}") from error
        return {}

    def _chosen_urls(self, user: str, view: Json) -> list[Json]:
        """Return the response URL of each conversation chosen in an input with `response_url_enabled`."""
        urls = []
        for block, element in ElementContainer(view=view).elements():
            if block["type"] != "input" or not element.get("response_url_enabled"):
                continue
            ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
            chosen = view["state"]["values"][ids["block_id"]][ids["action_id"]].get("selected_conversation")
            if chosen:
                url = self._response_urls.issue(ResponseTarget(self._workspace.channel(chosen).id, user))
                urls.append(ids | {"channel_id": chosen, "response_url": url})
        return urls

    async def close(self, user: str, view_id: str) -> None:
        """Close a modal; send ``view_closed`` if the view has `notify_on_close`."""
        view = self._open_modal(user, view_id)
        self._views.close(user)
        if view["notify_on_close"]:
            await self._send(self._body("view_closed", user) | {"view": view, "is_cleared": False})

    async def suggest(self, container: ElementContainer, user: str, block_id: str, action_id: str, value: str) -> Json:
        """Request the options of an external select; return `options` or `option_groups`."""
        body = self._body("block_suggestion", user)
        body |= {"block_id": block_id, "action_id": action_id, "value": value}
        del body["trigger_id"]
        if container.view:
            body |= {"view": container.view, "container": {"type": "view", "view_id": container.view["id"]}}
        else:
            body |= self._message_part(container, user)
            del body["response_url"]
        return (await self._send(body)).payload or {"options": []}

    def _open_modal(self, user: str, view_id: str) -> Json:
        for view in self._workspace.modals.get(user, ()):
            if view["id"] == view_id:
                return view
        raise ActionRefused("This view is closed.")

    def _body(self, kind: str, user: str) -> Json:
        person = self._workspace.users[user]
        name, team_id, enterprise_id = person.name, self._workspace.team_id, self._workspace.enterprise_id
        return {
            "type": kind,
            "token": "verification-token",
            "api_app_id": APP_ID,
            "user": {"id": user, "username": name, "name": name, "team_id": person.home or team_id},
            "team": {"id": team_id, "domain": self._workspace.domain},
            "enterprise": {"id": enterprise_id, "name": enterprise_id} if enterprise_id else None,
            "is_enterprise_install": self._workspace.is_org_install,
            "trigger_id": self._views.new_trigger(user),
        }

    def _message_part(self, container: ElementContainer, user: str) -> Json:
        message: Json = container.message or {}
        channel = self._workspace.channel(container.channel)
        position = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id}
        position |= {"is_ephemeral": bool(message.get("ephemeral"))}
        if "thread_ts" in message:
            position["thread_ts"] = message["thread_ts"]
        target = ResponseTarget(channel.id, user, source_ts=message["ts"])
        visible = {key: value for key, value in message.items() if key != "metadata"}
        return {
            "container": position,
            "channel": {"id": channel.id, "name": _payload_name(channel)},
            "message": visible,
            "response_url": self._response_urls.issue(target),
        }

    async def _send(self, body: Json) -> DeliveryAnswer:
        if not self._app.is_interactive:
            raise ActionRefused("This app is not configured to handle interactive responses.")
        answer = await self._delivery.send(Envelope(DeliveryKind.INTERACTION, body))
        if not answer.acknowledged:
            raise ActionRefused(f"{self._app.name} did not answer ({answer.error}).")
        return answer


def action_of(block: Json, element: Json, chosen: dict[str, Any]) -> Json:
    """Return an entry of ``actions``: the element and the fields with the chosen values."""
    copied = {key: element[key] for key in ("type", "action_id", "text", "value", "style") if key in element}
    return copied | {"block_id": block["block_id"]} | chosen


def _payload_name(channel: Channel) -> str:
    """Return the channel name for payloads; Slack hides the names of private channels."""
    return {"im": "directmessage", "groups": "privategroup"}.get(channel.kind, channel.name)
