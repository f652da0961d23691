"""The workspace: people, channels, messages, files and views, and every way in which they change.

Each change is told to the subscribers as a `Change`. HTTP, events and pages belong to others.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.sandbox.api_error import SlackError
from bot.sandbox.manifest import BOT_ID, BOT_USER, Json


@dataclass(slots=True)
class User:
    """A person or a bot."""

    id: str
    name: str
    real_name: str
    locale: str = "en-US"
    tz: str = "Etc/UTC"
    color: str = "4a6fa5"  # six hexadecimal digits
    initials: str = ""
    is_bot: bool = False


@dataclass(slots=True)
class Channel:
    """A channel or a direct message, with what was said in it by `ts`."""

    id: str
    name: str
    locale: str = "en-US"
    topic: str = ""
    members: set[str] = field(default_factory=set)
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    messages: dict[str, Json] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The family of scopes and events that it belongs to."""
        return "im" if self.is_im else "groups" if self.is_private else "channels"

    def thread(self, ts: str) -> list[Json]:
        """The message *ts* and its replies, oldest first."""
        return [m for m in self.messages.values() if ts in (m["ts"], m.get("thread_ts"))]


class What(StrEnum):
    """The kinds of change."""

    POSTED = "posted"
    CHANGED = "changed"
    TOUCHED = "touched"  # its replies or reactions were counted anew; apps hear nothing of it
    DELETED = "deleted"
    WHISPERED = "whispered"
    UNWHISPERED = "unwhispered"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    JOINED = "joined"
    LEFT = "left"
    MODAL = "modal"
    HOME = "home"
    HOME_OPENED = "home_opened"
    PROGRESS = "progress"  # something beside the state went on: a call, an acknowledgement


@dataclass(frozen=True, slots=True)
class Change:
    """One change; messages are copies of what they were at that moment."""

    what: What
    channel: str = ""
    user: str = ""  # who did it; for what only one person sees, that person
    ts: str = ""
    message: Json | None = None
    previous: Json | None = None
    reaction: str = ""
    inviter: str = ""


class SandboxWorkspace:
    """The state, and the only way to change it."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        team_id: str = "T0DEMO",
        name: str = "Demo",
        enterprise_id: str | None = None,
    ) -> None:
        self.clock = clock
        self.team_id = team_id
        self.name = name
        self.domain = f"zimerr-{name.lower()}"
        self.enterprise_id = enterprise_id  # the organisation that it belongs to (Enterprise Grid)
        own = (enterprise_id or team_id)[1:]  # an organisation knows the bot by one id
        is_first = team_id == "T0DEMO"
        self.bot_id, self.bot_user = (BOT_ID, BOT_USER) if is_first else (f"B{own}", f"U{own}BOT")
        self.tokens: dict[str, float] = {}  # the bot's here, with when each ends; without one, it is not installed
        self.is_org_install = False
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, dict[str, Json]] = {}  # by user, then by ts; each names its channel
        self.modals: dict[str, list[Json]] = {}  # by user, the topmost view last
        self.homes: dict[str, Json] = {}
        self.commands_shown: dict[str, Json] = {}  # by ts of the public answer: who typed what
        self._listeners: list[Callable[[Change], None]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._last_us = 0
        self._numbers = itertools.count(1)

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call *listener* at each change until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, what: What, **details: Any) -> None:
        """Let subscribers and those who wait know of a change."""
        change = Change(what, **details)
        for listener in list(self._listeners):
            listener(change)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def next_change(self) -> None:
        """Wait until something changes."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def new_ts(self) -> str:
        """A time stamp, in Slack's form, that no other message has."""
        self._last_us = max(self._last_us + 1, int(self.clock() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """An identifier such as ``F0000000A1B2C``, unique here."""
        return f"{prefix}{next(self._numbers):05X}{secrets.token_hex(3).upper()}"

    def channel(self, channel_id: str) -> Channel:
        """The channel of an id or of a name with ``#``; else `channel_not_found`."""
        found = self.channels.get(channel_id) or next(
            (c for c in self.channels.values() if channel_id == f"#{c.name}"), None
        )
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def im(self, user: str, bot_user: str) -> Channel:
        """The direct message between a person and the bot, opened where there is none yet."""
        members = {user, bot_user}
        found = next((c for c in self.channels.values() if c.is_im and c.members == members), None)
        if found is None:
            found = Channel(self.new_id("D"), "", self.users[user].locale, members=members, is_im=True)
            self.channels[found.id] = found
        return found

    def message(self, channel_id: str, ts: str) -> Json:
        """The message itself, not a copy; else `message_not_found`."""
        message = self.channel(channel_id).messages.get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def place_of(self, ts: str) -> str:
        """The channel in which *ts* was posted or whispered; else `message_not_found`."""
        for channel in self.channels.values():
            if ts in channel.messages:
                return channel.id
        for whispers in self.ephemerals.values():
            if ts in whispers:
                return str(whispers[ts]["channel"])
        raise SlackError("message_not_found")

    def post(self, channel_id: str, message: Json, *, by: str = "") -> Json:
        """Add a message; a reply goes to the root of its thread."""
        channel = self.channel(channel_id)
        message = {"type": "message", "ts": self.new_ts(), "team": self.team_id, **message}
        root_ts: str = message.get("thread_ts", "")
        if root_ts:
            root = channel.messages.get(root_ts)
            if root is None:
                raise SlackError("thread_not_found")
            root_ts = root.get("thread_ts", root_ts)
            message |= {"thread_ts": root_ts, "parent_user_id": channel.messages[root_ts].get("user", "")}
        channel.messages[message["ts"]] = message
        self.tell(What.POSTED, channel=channel.id, user=by, ts=message["ts"], message=copy.deepcopy(message))
        if root_ts:
            self._count_replies(channel, root_ts)
        return message

    def edit(self, channel_id: str, ts: str, fields: Json, *, by: str = "") -> Json:
        """Change fields of a message; *by* is noted as its editor, nobody for a link preview."""
        message = self.message(channel_id, ts)
        previous = copy.deepcopy(message)
        message |= fields
        if by:
            message["edited"] = {"user": by, "ts": self.new_ts()}
        now = copy.deepcopy(message)
        self.tell(What.CHANGED, channel=channel_id, user=by, ts=ts, message=now, previous=previous)
        return message

    def delete(self, channel_id: str, ts: str, *, by: str = "") -> None:
        """Remove a message; where replies hang on it, a tombstone stays, as at Slack."""
        channel, message = self.channel(channel_id), self.message(channel_id, ts)
        if message.get("reply_count"):
            self._bury(channel, message, by)
            return
        del channel.messages[ts]
        self.tell(What.DELETED, channel=channel.id, user=by, ts=ts, previous=copy.deepcopy(message))
        if (root_ts := message.get("thread_ts", ts)) != ts:
            self._count_replies(channel, root_ts)

    def _bury(self, channel: Channel, message: Json, by: str) -> None:
        kept = ("type", "ts", "thread_ts", "reply_count", "reply_users_count", "latest_reply", "reply_users")
        tombstone = {key: message[key] for key in kept} | {
            "subtype": "tombstone",
            "text": "This message was deleted.",
            "user": "USLACKBOT",
            "hidden": True,
        }
        channel.messages[message["ts"]] = tombstone
        now, ts = copy.deepcopy(tombstone), message["ts"]
        self.tell(What.CHANGED, channel=channel.id, user=by, ts=ts, message=now, previous=copy.deepcopy(message))

    def _count_replies(self, channel: Channel, root_ts: str) -> None:
        root = channel.messages.get(root_ts)
        if root is None:
            return
        replies = [m for m in channel.thread(root_ts) if m["ts"] != root_ts]
        if not replies and root.get("subtype") == "tombstone":
            root["reply_count"] = 0
            self.delete(channel.id, root_ts)
            return
        users = list(dict.fromkeys(m.get("user") or m.get("bot_id") for m in replies))
        root |= {"thread_ts": root_ts, "reply_count": len(replies), "reply_users": users}
        root |= {"reply_users_count": len(users), "latest_reply": replies[-1]["ts"] if replies else root_ts}
        self.tell(What.TOUCHED, channel=channel.id, ts=root_ts, message=copy.deepcopy(root))

    def react(self, channel_id: str, ts: str, name: str, *, by: str, add: bool = True) -> None:
        """Add or take back one reaction of one user."""
        message = self.message(channel_id, ts)
        reactions: dict[str, list[str]] = {r["name"]: r["users"] for r in message.get("reactions", ())}
        users = reactions.get(name, [])
        if (by in users) == add:
            raise SlackError("already_reacted" if add else "no_reaction")
        reactions[name] = [*users, by] if add else [user for user in users if user != by]
        message["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in reactions.items() if users
        ]
        what = What.REACTED if add else What.UNREACTED
        now = copy.deepcopy(message)
        self.tell(what, channel=channel_id, user=by, ts=ts, message=now, reaction=name)

    def whisper(self, channel_id: str, user: str, message: Json) -> Json:
        """Show a message to one user only; one with a `ts` replaces the earlier one."""
        whispered = {"type": "message", "ts": self.new_ts(), "channel": channel_id, "ephemeral": True, **message}
        self.ephemerals.setdefault(user, {})[whispered["ts"]] = whispered
        now = copy.deepcopy(whispered)
        self.tell(What.WHISPERED, channel=channel_id, user=user, ts=whispered["ts"], message=now)
        return whispered

    def unwhisper(self, user: str, ts: str) -> None:
        """Take an ephemeral message away."""
        if gone := self.ephemerals.get(user, {}).pop(ts, None):
            self.tell(What.UNWHISPERED, channel=gone["channel"], user=user, ts=ts)

    def join(self, channel_id: str, user: str, *, leave: bool = False, inviter: str = "") -> None:
        """Let a user join, perhaps by somebody's invitation, or leave a channel."""
        members = self.channel(channel_id).members
        (members.discard if leave else members.add)(user)
        self.tell(What.LEFT if leave else What.JOINED, channel=channel_id, user=user, inviter=inviter)

    def show_modals(self, user: str, views: Iterable[Json]) -> None:
        """Set the stack of modals that a user sees, the topmost last."""
        self.modals[user] = list(views)
        self.tell(What.MODAL, user=user)

    def show_home(self, user: str, view: Json) -> None:
        """Set the Home tab that a user sees."""
        self.homes[user] = view
        self.tell(What.HOME, user=user)
