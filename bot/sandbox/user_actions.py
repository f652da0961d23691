"""What people do in the workspace: they write, edit, react, upload, click, and fill in modals."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.api_error import ActRefused, SlackError
from bot.sandbox.file_store import FileStore, Upload
from bot.sandbox.interactions import Interactions, action_of
from bot.sandbox.manifest import Json
from bot.sandbox.message_text import MentionNames, Typed, stored, typed
from bot.sandbox.model import SandboxWorkspace, What

Chosen = str | Json | Sequence[str | Json]  # a value, an option, or several


class UserActions:
    """Acts in somebody's name; messages are returned as the workspace holds them."""

    workspace: SandboxWorkspace
    interactions: Interactions
    files: FileStore

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
        """Write a message, perhaps with files; *raw* text is in Slack's form already and gets no blocks.

        With *broadcast*, a reply in a thread is sent to the channel too.
        """
        words = Typed(text, []) if raw else self._typed(text)
        message: Json = {"user": user, "client_msg_id": str(uuid.uuid4()), "text": words.text}
        if words.blocks:
            message["blocks"] = words.blocks
        if files:
            shared = [self.files.share(upload, user) for upload in files]
            message |= {"subtype": "file_share", "files": shared, "upload": False, "display_as_bot": False}
        if thread_ts:
            message["thread_ts"] = thread_ts
            if broadcast:
                message["subtype"] = "thread_broadcast"
        self._must_be_in(channel, user)
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
        """Post as another app does, such as an alert."""
        message: Json = {"subtype": "bot_message", "bot_id": "B0" + re.sub(r"\W", "", name.upper()), "username": name}
        message["text"] = stored(text)
        given = {"blocks": blocks, "attachments": attachments, "thread_ts": thread_ts}
        return self.workspace.post(channel, message | {key: value for key, value in given.items() if value})

    async def forward(self, channel: str, user: str, message: Json, text: str = "") -> Json:
        """Share a message into a channel, perhaps with a word of one's own."""
        words, origin, author = self._typed(text), self.workspace.place_of(message["ts"]), message.get("user", "")
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
        shared: Json = {"user": user, "client_msg_id": str(uuid.uuid4()), "text": words.text, "attachments": [copied]}
        if words.blocks:
            shared["blocks"] = words.blocks
        self._must_be_in(channel, user)
        return self.workspace.post(channel, shared, by=user)

    async def notice(self, channel: str, user: str, subtype: str, text: str) -> Json:
        """Let Slack note in the channel what somebody did, such as ``channel_topic`` or ``channel_join``."""
        message = {"subtype": subtype, "user": user, "text": f"<@{user}> {stored(text)}"}
        return self.workspace.post(channel, message, by=user)

    async def edit(self, channel: str, ts: str, text: str, *, user: str | None = None) -> Json:
        """Edit a message, as its author unless another is named."""
        author = str(self.workspace.message(channel, ts).get("user", ""))
        if user not in (None, author):
            raise ActRefused("Only the author of a message can edit it.")
        words = self._typed(text)
        return self.workspace.edit(channel, ts, {"text": words.text, "blocks": words.blocks}, by=author)

    async def delete(self, channel: str, ts: str, *, user: str | None = None) -> None:
        """Delete a message, as its author unless another is named."""
        author = str(self.workspace.message(channel, ts).get("user", ""))
        if user not in (None, author):
            raise ActRefused("Only the author of a message can delete it.")
        self.workspace.delete(channel, ts, by=author)

    async def delete_file(self, channel: str, ts: str, file_id: str, *, expired: bool = False) -> None:
        """Delete a file, or let it expire; its message stays. Apps hear of a deletion as of an edit."""
        message, shown = self.workspace.message(channel, ts), self.files.remove(file_id, expired=expired)
        files = [shown if file["id"] == file_id else file for file in message["files"]]
        if expired:
            message["files"] = files
        else:
            self.workspace.edit(channel, ts, {"files": files})

    async def unfurl(self, channel: str, ts: str) -> Json:
        """Let Slack add a link preview: the message changes, its text does not."""
        preview = {"id": 1, "from_url": "https://example.com/", "title": "Example", "fallback": "Example"}
        return self.workspace.edit(channel, ts, {"attachments": [preview]})

    async def react(self, channel: str, ts: str, user: str, name: str) -> None:
        """Add a reaction."""
        self.workspace.react(channel, ts, name, by=user)

    async def unreact(self, channel: str, ts: str, user: str, name: str) -> None:
        """Take a reaction back."""
        self.workspace.react(channel, ts, name, by=user, add=False)

    async def invite(self, channel: str, inviter: str = "") -> None:
        """Let the bot into a channel, by somebody's invitation or on its own."""
        self.workspace.join(channel, self.workspace.bot_user, inviter=inviter)

    async def kick(self, channel: str) -> None:
        """Put the bot out of a channel."""
        self.workspace.join(channel, self.workspace.bot_user, leave=True)

    async def command(self, channel: str, user: str, text: str, command: str = "/zimerr") -> None:
        """Type a slash command; returns when it was acknowledged or has failed."""
        await self.interactions.command(channel, user, text, command)

    async def click(self, target: Json, action_id: str, user: str, value: str | None = None) -> None:
        """Press a button of a message or view; *value* tells buttons with one action id apart."""
        place = self.interactions.place(target)
        block, element = place.element(action_id, value=value)
        await self.interactions.act(place, user, action_of(block, element, {}))

    async def select(self, target: Json, action_id: str, user: str, value: Chosen) -> None:
        """Choose in a menu, by an option's value or, for an external select, the option itself."""
        place = self.interactions.place(target)
        block, element = place.element(action_id)
        chosen = {key: v for key, v in _state(element, value).items() if key != "type"}
        await self.interactions.act(place, user, action_of(block, element, chosen))

    async def shortcut(
        self, callback_id: str, user: str, message: Json | None = None, channel: str | None = None
    ) -> None:
        """Use a message shortcut (with *message*) or a global one."""
        place = self.interactions.place(message) if message else None
        await self.interactions.shortcut(callback_id, user, place)

    async def submit(self, view: Json, user: str, values: Mapping[str, Chosen]) -> dict[str, str]:
        """Submit a modal with values by action id; return the app's objections by block id."""
        state: dict[str, Json] = {}
        for block, element in self.interactions.place(view).elements():
            entry = _state(element, values.get(element["action_id"]))
            state.setdefault(block["block_id"], {})[element["action_id"]] = entry
        return await self.interactions.submit(user, view["id"], {"values": state})

    async def close(self, view: Json, user: str) -> None:
        """Close a modal without submitting it."""
        await self.interactions.close(user, view["id"])

    async def suggest(self, target: Json, user: str, action_id: str, value: str) -> list[Json]:
        """Type into an external select and return the options that the app offers, groups flattened."""
        place = self.interactions.place(target)
        block, _ = place.element(action_id)
        answer = await self.interactions.suggest(place, user, block["block_id"], action_id, value)
        groups = [group["options"] for group in answer.get("option_groups", ())]
        return [option for options in [answer.get("options", []), *groups] for option in options]

    async def open_home(self, user: str) -> None:
        """Open the app's Home tab."""
        im = self.workspace.im(user, self.workspace.bot_user)
        self.workspace.tell(What.HOME_OPENED, channel=im.id, user=user)

    def _typed(self, text: str) -> Typed:
        users = {user.name: user.id for user in self.workspace.users.values()}
        channels = {channel.name: channel.id for channel in self.workspace.channels.values() if channel.name}
        return typed(text, MentionNames(users, channels), lambda: self.workspace.new_id(""))

    def _must_be_in(self, channel_id: str, user: str) -> None:
        if user not in self.workspace.channel(channel_id).members:
            raise SlackError("not_in_channel")


def _options(element: Json) -> Iterator[Json]:
    yield from element.get("options", ())
    for group in element.get("option_groups", ()):
        yield from group["options"]


def _option(element: Json, value: Any) -> Json | None:
    """The option of a value; an option stands for itself."""
    if value is None or isinstance(value, dict):
        return value
    found = next((option for option in _options(element) if option["value"] == value), None)
    if found is None:
        raise ActRefused(f"There is no option {value}.")
    return {"text": found["text"], "value": found["value"]}


def _state(element: Json, value: Any) -> Json:
    """The state of an element in which *value* was typed or chosen; without one, what it began with."""
    kind = element["type"]
    if kind in ("checkboxes", "multi_static_select", "multi_external_select"):
        chosen = element.get("initial_options", []) if value is None else value
        return {"type": kind, "selected_options": [_option(element, v) for v in chosen]}
    if kind in ("static_select", "external_select", "overflow", "radio_buttons"):
        chosen = _option(element, element.get("initial_option") if value is None else value)
        return {"type": kind, "selected_option": chosen}
    if kind in ("users_select", "conversations_select", "channels_select", "datepicker", "timepicker"):
        field = kind.removesuffix("_select").removesuffix("s").removesuffix("picker")
        return {"type": kind, f"selected_{field}": value or element.get(f"initial_{field}")}
    return {"type": kind, "value": element.get("initial_value") if value is None else value}
