"""Act in one workspace as people do, and read the results.

Tests and the page use it to write, edit, react, upload, run commands, click, and fill in modals.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bot.sandbox.delivery import Delivery
from bot.sandbox.event_stream import EventStream
from bot.sandbox.faults import Faults
from bot.sandbox.file_store import FileStore, Upload
from bot.sandbox.function_store import FunctionStore
from bot.sandbox.interactions import Interactions, action_of
from bot.sandbox.manifest import Installation, Json
from bot.sandbox.message_content import MentionNames, TypedMessage, escape_stray, typed_message
from bot.sandbox.model import ActionRefused, ChangeKind, SandboxWorkspace, SlackError
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.seed import seed_workspace
from bot.sandbox.view_store import ViewStore
from bot.sandbox.web_api import Call

T = TypeVar("T")
InputValue = str | Json | Sequence[str | Json]  # a value, an option, or several of them


class Team:
    """One workspace with its services; messages are returned as the workspace stores them, not as copies."""

    def __init__(
        self,
        workspace: SandboxWorkspace,
        app: Installation,
        delivery: Delivery,
        *,
        base_url: Callable[[], str],
        faults: Faults,
        calls: list[Call],
        seed: str,
    ) -> None:
        self.workspace = workspace
        self.app = app
        self.delivery = delivery
        seed_workspace(workspace, app, seed)
        self.files = FileStore(workspace, app, base_url, faults)
        self.views = ViewStore(workspace, app)
        self.response_urls = ResponseUrls(workspace, app, base_url, faults, calls)
        self.interactions = Interactions(workspace, app, delivery, self.views, self.response_urls)
        self.events = EventStream(workspace, app, delivery.post_event)
        self.functions = FunctionStore(workspace, app, self.events)

    # Messages

    async def say(
        self,
        channel: str,
        user: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[Upload] = (),
        *,
        raw: bool = False,
        broadcast: bool = False,
    ) -> Json:
        """Post a message, optionally with files.

        *raw* text is stored as it is, without blocks. With *broadcast*, a reply in a thread appears in the channel too.
        """
        typed = TypedMessage(text, []) if raw else self._typed(text)
        message: Json = {"user": user, "client_msg_id": str(uuid.uuid4()), "text": typed.text}
        if typed.blocks:
            message["blocks"] = typed.blocks
        if files:
            shared = [self.files.share(upload, user) for upload in files]
            message |= {"subtype": "file_share", "files": shared, "upload": False, "display_as_bot": False}
        if thread_ts:
            message["thread_ts"] = thread_ts
            if broadcast:
                message["subtype"] = "thread_broadcast"
        self._require_member(channel, user)
        return self.workspace.post(channel, message, by=user)

    async def say_as_bot(
        self,
        channel: str,
        name: str,
        text: str = "",
        blocks: Sequence[Json] | None = None,
        attachments: Sequence[Json] | None = None,
        thread_ts: str | None = None,
    ) -> Json:
        """Post as another app, such as an alert."""
        message: Json = {"subtype": "bot_message", "bot_id": "B0" + re.sub(r"\W", "", name.upper()), "username": name}
        message["text"] = escape_stray(text)
        given = {"blocks": blocks, "attachments": attachments, "thread_ts": thread_ts}
        return self.workspace.post(channel, message | {key: value for key, value in given.items() if value})

    async def forward(self, channel: str, user: str, message: Json, text: str = "") -> Json:
        """Forward a message to a channel, optionally with a comment."""
        typed, origin, author = self._typed(text), self.workspace.channel_of(message["ts"]), message.get("user", "")
        team, name = self.workspace.team_id, message.get("username") or self.workspace.users[author].name
        archive = f"https://{self.workspace.domain}.slack.com/archives"
        copied: Json = {
            "id": 1,
            "ts": message["ts"],
            "author_id": author,
            "author_name": name,
            "channel_id": origin,
            "channel_team": team,
            "is_msg_unfurl": True,
            "is_share": True,
            "from_url": f"{archive}/{origin}/p{message['ts'].replace('.', '')}",
            "text": message["text"],
            "fallback": f"{name}: {message['text']}",
            "mrkdwn_in": ["text"],
        }
        if message.get("blocks"):
            inner = {"team": team, "channel": origin, "ts": message["ts"], "message": {"blocks": message["blocks"]}}
            copied["message_blocks"] = [inner]
        shared: Json = {"user": user, "client_msg_id": str(uuid.uuid4()), "text": typed.text, "attachments": [copied]}
        if typed.blocks:
            shared["blocks"] = typed.blocks
        self._require_member(channel, user)
        return self.workspace.post(channel, shared, by=user)

    async def notice(self, channel: str, user: str, subtype: str, text: str) -> Json:
        """Post Slack's notice of an action, such as ``channel_topic`` or ``channel_join``."""
        message = {"subtype": subtype, "user": user, "text": f"<@{user}> {escape_stray(text)}"}
        return self.workspace.post(channel, message, by=user)

    async def edit(self, channel: str, ts: str, text: str, *, user: str | None = None) -> Json:
        """Edit a message as *user*, by default its author; raise `ActionRefused` for another user."""
        author = self._require_author(channel, ts, user, "edit")
        typed = self._typed(text)
        return self.workspace.edit(channel, ts, {"text": typed.text, "blocks": typed.blocks}, by=author)

    async def delete(self, channel: str, ts: str, *, user: str | None = None) -> None:
        """Delete a message as *user*, by default its author; raise `ActionRefused` for another user."""
        self.workspace.delete(channel, ts, by=self._require_author(channel, ts, user, "delete"))

    async def delete_file(self, channel: str, ts: str, file_id: str, *, expired: bool = False) -> None:
        """Delete a file, or let it expire; its message stays. Apps get a ``message_changed`` event if it is deleted."""
        message, replacement = self.workspace.message(channel, ts), self.files.remove(file_id, expired=expired)
        files = [replacement if file["id"] == file_id else file for file in message["files"]]
        if expired:
            message["files"] = files
        else:
            self.workspace.edit(channel, ts, {"files": files})

    async def unfurl(self, channel: str, ts: str) -> Json:
        """Add a link preview, as Slack does: the message changes, its text does not."""
        preview = {"id": 1, "from_url": "https://example.com/", "title": "Example", "fallback": "Example"}
        return self.workspace.edit(channel, ts, {"attachments": [preview]})

    async def react(self, channel: str, ts: str, user: str, name: str) -> None:
        """Add a reaction."""
        self.workspace.react(channel, ts, name, by=user)

    async def unreact(self, channel: str, ts: str, user: str, name: str) -> None:
        """Remove a reaction."""
        self.workspace.react(channel, ts, name, by=user, add=False)

    async def start_group(self, *members: str) -> str:
        """Start a group direct message and return its id."""
        return self.workspace.group_im(members).id

    async def invite(self, channel: str, inviter: str = "") -> None:
        """Add the bot to a channel."""
        self.workspace.join(channel, self.workspace.bot_user, inviter=inviter)

    async def invite_by_command(self, channel: str, inviter: str, text: str) -> None:
        """Add the bot that *text* mentions, as Slack's ``/invite`` does; raise `ActionRefused` for anybody else."""
        bot, name = self.workspace.bot_user, self.app.name
        if f"<@{bot}>" not in self._typed(text).text:
            raise ActionRefused(f"Only @{name} can be invited here.")
        if bot in self.workspace.channel(channel).members:
            raise ActionRefused(f"@{name} is already in this channel.")
        await self.invite(channel, inviter)
        await self.notice(channel, bot, "channel_join", f"was added to the channel by <@{inviter}>")

    async def kick(self, channel: str) -> None:
        """Remove the bot from a channel."""
        self.workspace.leave(channel, self.workspace.bot_user)

    # Interactions with the app

    async def command(self, channel: str, user: str, text: str, command: str = "/zimerr") -> None:
        """Run a slash command; return after its acknowledgement or failure."""
        await self.interactions.command(channel, user, text, command)

    async def click(self, target: Json, action_id: str, user: str, value: str | None = None) -> None:
        """Click a button of a message or view; *value* selects among buttons with the same action id."""
        container = self.interactions.container(target)
        block, element = container.element(action_id, value=value)
        await self.interactions.act(container, user, action_of(block, element, {}))

    async def select(self, target: Json, action_id: str, user: str, value: InputValue) -> None:
        """Select in a menu by an option's value or, in an external select, by the option itself."""
        container = self.interactions.container(target)
        block, element = container.element(action_id)
        selected = {key: v for key, v in _element_state(element, value).items() if key != "type"}
        await self.interactions.act(container, user, action_of(block, element, selected))

    async def shortcut(self, callback_id: str, user: str, message: Json | None = None) -> None:
        """Use a message shortcut on *message*, or a global shortcut without one."""
        container = self.interactions.container(message) if message else None
        await self.interactions.shortcut(callback_id, user, container)

    async def submit(self, view: Json, user: str, values: Mapping[str, InputValue]) -> dict[str, str]:
        """Submit a modal with values by action id; return the app's error messages by block id."""
        state: dict[str, Json] = {}
        for block, element in self.interactions.container(view).elements():
            entry = _element_state(element, values.get(element["action_id"]))
            state.setdefault(block["block_id"], {})[element["action_id"]] = entry
        return await self.interactions.submit(user, view["id"], {"values": state})

    async def close(self, view: Json, user: str) -> None:
        """Close a modal without submitting it."""
        await self.interactions.close(user, view["id"])

    async def suggest(self, target: Json, user: str, action_id: str, value: str) -> list[Json]:
        """Type into an external select; return the options that the app offers, in groups or not, as one list."""
        container = self.interactions.container(target)
        block, _ = container.element(action_id)
        answer = await self.interactions.suggest(container, user, block["block_id"], action_id, value)
        groups = [group["options"] for group in answer.get("option_groups", ())]
        return [option for options in [answer.get("options", []), *groups] for option in options]

    async def open_home(self, user: str) -> None:
        """Open the app's Home tab."""
        im = self.workspace.im(user, self.workspace.bot_user)
        self.workspace.notify(ChangeKind.HOME_OPENED, channel=im.id, user=user)

    # Results

    def messages(self, channel: str) -> list[Json]:
        """Return all messages of a channel with all replies, oldest first."""
        return list(self.workspace.channel(channel).messages.values())

    def thread(self, channel: str, ts: str) -> list[Json]:
        """Return a message and its replies."""
        return self.workspace.channel(channel).thread(ts)

    def replies(self, channel: str, ts: str) -> list[Json]:
        """Return the replies to a message."""
        return [message for message in self.thread(channel, ts) if message["ts"] != ts]

    def ephemerals(self, user: str, channel: str | None = None) -> list[Json]:
        """Return the ephemeral messages of a user, optionally of one channel."""
        return [m for m in self.workspace.ephemerals.get(user, {}).values() if channel in (None, m["channel"])]

    def modal(self, user: str) -> Json | None:
        """Return the topmost modal of a user."""
        stack = self.workspace.modals.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Json | None:
        """Return the Home tab of a user."""
        return self.workspace.homes.get(user)

    async def until(self, predicate: Callable[[], T], timeout_s: float = 20) -> T:
        """Wait until the value of *predicate* is true and return it; check again at each change."""
        async with asyncio.timeout(timeout_s):
            while not (value := predicate()):
                await self.workspace.next_change()
            return value

    async def idle(self, timeout_s: float = 5) -> None:
        """Wait until the app has acknowledged all deliveries, or their last retry has failed."""
        await self.until(lambda: self.delivery.in_flight == 0, timeout_s)

    def _typed(self, text: str) -> TypedMessage:
        users = {user.name: user.id for user in self.workspace.users.values()}
        channels = {channel.name: channel.id for channel in self.workspace.channels.values() if channel.name}
        return typed_message(text, MentionNames(users, channels), lambda: self.workspace.new_id(""))

    def _require_member(self, channel_id: str, user: str) -> None:
        if user not in self.workspace.channel(channel_id).members:
            raise SlackError("not_in_channel")

    def _require_author(self, channel: str, ts: str, user: str | None, action: str) -> str:
        author = str(self.workspace.message(channel, ts).get("user", ""))
        if user not in (None, author):
            raise ActionRefused(f"Only the author of a message can {action} it.")
        return author


def _element_state(element: Json, value: Any) -> Json:
    """Return the state of an element with *value* typed or selected; None keeps the initial value."""

    def option(chosen: Any) -> Json | None:
        """Return the option for a value; an option is returned as it is."""
        if chosen is None or isinstance(chosen, dict):
            return chosen
        groups = [element, *element.get("option_groups", ())]
        options = (each for group in groups for each in group.get("options", ()))
        found = next((each for each in options if each["value"] == chosen), None)
        if found is None:
            raise ActionRefused(f"There is no option {chosen}.")
        return {"text": found["text"], "value": found["value"]}

    kind = element["type"]
    if kind in ("checkboxes", "multi_static_select", "multi_external_select"):
        chosen = element.get("initial_options", []) if value is None else value
        return {"type": kind, "selected_options": [option(each) for each in chosen]}
    if kind in ("static_select", "external_select", "overflow", "radio_buttons"):
        return {"type": kind, "selected_option": option(element.get("initial_option") if value is None else value)}
    if kind in ("users_select", "conversations_select", "channels_select", "datepicker", "timepicker"):
        field = kind.removesuffix("_select").removesuffix("s").removesuffix("picker")
        return {"type": kind, f"selected_{field}": value or element.get(f"initial_{field}")}
    return {"type": kind, "value": element.get("initial_value") if value is None else value}
