"""Keep the state of a workspace: people, channels, messages and views, with every operation that changes them.

Each operation passes a `Change` to the subscribers. The errors that operations raise are defined here too.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.sandbox.manifest import BOT_ID, BOT_USER, Json


class SlackError(Exception):
    """An error of the Web API; *code* is Slack's name for it."""

    def __init__(self, code: str, *, messages: Sequence[str] = (), **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.details = details

    def body(self) -> Json:
        """Return the JSON body of Slack's answer."""
        body = {"ok": False, "error": self.code, **self.details}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class ActionRefused(Exception):  # noqa: N818  a refusal is not an error in the program
    """An action of a person is not possible here; the text gives the reason."""


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
    is_guest: bool = False  # of several channels
    is_single_channel_guest: bool = False
    home: str = ""  # the person's own workspace, if it is another one (Slack Connect)


@dataclass(slots=True)
class Channel:
    """A channel or a direct message; `messages` maps each `ts` to its message."""

    id: str
    name: str
    locale: str = "en-US"
    topic: str = ""
    members: set[str] = field(default_factory=set)
    is_im: bool = False
    is_mpim: bool = False  # a direct message between several people
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False  # with another workspace, by Slack Connect
    messages: dict[str, Json] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return the prefix of the scopes and events for this kind of channel."""
        if self.is_im or self.is_mpim:
            return "im" if self.is_im else "mpim"
        return "groups" if self.is_private else "channels"

    def thread(self, ts: str) -> list[Json]:
        """Return the message *ts* and its replies, oldest first."""
        return [m for m in self.messages.values() if ts in (m["ts"], m.get("thread_ts"))]


class ChangeKind(StrEnum):
    """The kinds of change."""

    POSTED = "posted"
    CHANGED = "changed"
    REPLIES_COUNTED = "replies_counted"  # the root of a thread got new reply counts; apps get no event
    DELETED = "deleted"
    EPHEMERAL_POSTED = "ephemeral_posted"
    EPHEMERAL_DELETED = "ephemeral_deleted"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    JOINED = "joined"
    LEFT = "left"
    MODAL = "modal"
    HOME = "home"
    HOME_OPENED = "home_opened"
    PROGRESS = "progress"  # a call or an acknowledgement; the state has not changed


@dataclass(frozen=True, slots=True)
class Change:
    """One change; messages are copies from the moment of the change."""

    kind: ChangeKind
    channel: str = ""
    user: str = ""  # who made the change; for ephemeral messages and views, the only person who sees them
    ts: str = ""
    message: Json | None = None
    previous: Json | None = None
    reaction: str = ""
    inviter: str = ""


class SandboxWorkspace:
    """The state of one workspace and the operations on it."""

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
        self.enterprise_id = enterprise_id  # the organization that owns the workspace (Enterprise Grid)
        own = (enterprise_id or team_id)[1:]  # the bot has the same id in all workspaces of an organization
        is_first = team_id == "T0DEMO"
        self.bot_id, self.bot_user = (BOT_ID, BOT_USER) if is_first else (f"B{own}", f"U{own}BOT")
        self.tokens: dict[str, float] = {}  # bot token: expiry; empty while the app is not installed
        self.is_org_install = False
        self.users: dict[str, User] = {}
        self.user_groups: dict[str, set[str]] = {}  # members by id
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, dict[str, Json]] = {}  # by user, then by ts; each message names its channel
        self.modals: dict[str, list[Json]] = {}  # by user, the topmost view last
        self.homes: dict[str, Json] = {}  # by user
        self.commands_shown: dict[str, Json] = {}  # by ts of the public answer: user and text of the command
        self._listeners: list[Callable[[Change], None]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._last_us = 0
        self._numbers = itertools.count(1)

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call *listener* on each change; return a function that ends the subscription."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def notify(self, kind: ChangeKind, **details: Any) -> None:
        """Pass a change to the subscribers and wake the callers of `next_change`."""
        change = Change(kind, **details)
        for listener in list(self._listeners):
            listener(change)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def next_change(self) -> None:
        """Wait for the next change."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def new_ts(self) -> str:
        """Return a unique timestamp in Slack's format."""
        self._last_us = max(self._last_us + 1, int(self.clock() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Return a unique identifier such as ``F0000000A1B2C``."""
        return f"{prefix}{next(self._numbers):05X}{secrets.token_hex(3).upper()}"

    def channel(self, channel_id: str) -> Channel:
        """Return the channel with this id, or with this name after ``#``; raise `channel_not_found`."""
        found = self.channels.get(channel_id) or next(
            (c for c in self.channels.values() if channel_id == f"#{c.name}"), None
        )
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def im(self, user: str, bot_user: str) -> Channel:
        """Return the direct message between a person and the bot; create it on first use."""
        members = {user, bot_user}
        found = next((c for c in self.channels.values() if c.is_im and c.members == members), None)
        if found is None:
            found = Channel(self.new_id("D"), "", self.users[user].locale, members=members, is_im=True)
            self.channels[found.id] = found
        return found

    def group_im(self, members: Iterable[str]) -> Channel:
        """Start a group direct message; nobody can be added to it later."""
        names = sorted(self.users[member].name for member in members)
        group = Channel(self.new_id("G"), f"mpdm-{'--'.join(names)}-1", members=set(members), is_mpim=True)
        self.channels[group.id] = group
        return group

    def message(self, channel_id: str, ts: str) -> Json:
        """Return the message itself, not a copy; raise `message_not_found`."""
        message = self.channel(channel_id).messages.get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def channel_of(self, ts: str) -> str:
        """Return the id of the channel of a message, ephemeral or not; raise `message_not_found`."""
        for channel in self.channels.values():
            if ts in channel.messages:
                return channel.id
        for ephemerals in self.ephemerals.values():
            if ts in ephemerals:
                return str(ephemerals[ts]["channel"])
        raise SlackError("message_not_found")

    def post(self, channel_id: str, message: Json, *, by: str = "") -> Json:
        """Add a message; a reply to a reply joins the thread of the root message."""
        channel = self.channel(channel_id)
        message = {"type": "message", "ts": self.new_ts(), "team": self.team_id, **message}
        root_ts: str = message.get("thread_ts", "")
        if root_ts:
            root = channel.messages.get(root_ts)
            if root is None:
                raise SlackError("thread_not_found")
            root_ts = root.get("thread_ts", root_ts)
            root = channel.messages[root_ts]
            message |= {"thread_ts": root_ts, "parent_user_id": root.get("user", "")}
            if message.get("subtype") == "thread_broadcast":
                message["root"] = {key: copy.deepcopy(value) for key, value in root.items() if key != "metadata"}
        channel.messages[message["ts"]] = message
        self.notify(ChangeKind.POSTED, channel=channel.id, user=by, ts=message["ts"], message=copy.deepcopy(message))
        if root_ts:
            self._count_replies(channel, root_ts)
        return message

    def edit(self, channel_id: str, ts: str, fields: Json, *, by: str = "") -> Json:
        """Change fields of a message; *by* becomes its editor (empty for a link preview)."""
        message = self.message(channel_id, ts)
        previous = copy.deepcopy(message)
        message |= fields
        if by:
            # In whole seconds, as in Slack (github.com/slack-go/slack/pull/1256).
            message["edited"] = {"user": by, "ts": f"{int(self.clock())}.000000"}
        now = copy.deepcopy(message)
        self.notify(ChangeKind.CHANGED, channel=channel_id, user=by, ts=ts, message=now, previous=previous)
        return message

    def delete(self, channel_id: str, ts: str, *, by: str = "") -> None:
        """Remove a message; a message with replies becomes a tombstone, as in Slack."""
        channel, message = self.channel(channel_id), self.message(channel_id, ts)
        if message.get("reply_count"):
            kept = ("type", "ts", "thread_ts", "reply_count", "reply_users_count", "latest_reply", "reply_users")
            tombstone: Json = {key: message[key] for key in kept} | {
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": "USLACKBOT",
                "hidden": True,
            }
            channel.messages[ts] = tombstone
            now, previous = copy.deepcopy(tombstone), copy.deepcopy(message)
            self.notify(ChangeKind.CHANGED, channel=channel.id, user=by, ts=ts, message=now, previous=previous)
            return
        del channel.messages[ts]
        self.notify(ChangeKind.DELETED, channel=channel.id, user=by, ts=ts, previous=copy.deepcopy(message))
        if (root_ts := message.get("thread_ts", ts)) != ts:
            self._count_replies(channel, root_ts)

    def _count_replies(self, channel: Channel, root_ts: str) -> None:
        """Update the reply counts of a root; delete a tombstone without replies."""
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
        self.notify(ChangeKind.REPLIES_COUNTED, channel=channel.id, ts=root_ts, message=copy.deepcopy(root))

    def react(self, channel_id: str, ts: str, name: str, *, by: str, add: bool = True) -> None:
        """Add or remove one reaction of one user; raise `already_reacted` or `no_reaction`."""
        message = self.message(channel_id, ts)
        reactions: dict[str, list[str]] = {r["name"]: r["users"] for r in message.get("reactions", ())}
        users = reactions.get(name, [])
        if (by in users) == add:
            raise SlackError("already_reacted" if add else "no_reaction")
        reactions[name] = [*users, by] if add else [user for user in users if user != by]
        message["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in reactions.items() if users
        ]
        kind = ChangeKind.REACTED if add else ChangeKind.UNREACTED
        now = copy.deepcopy(message)
        self.notify(kind, channel=channel_id, user=by, ts=ts, message=now, reaction=name)

    def post_ephemeral(self, channel_id: str, user: str, message: Json) -> Json:
        """Show a message to one user only; a message with the `ts` of an earlier one replaces it."""
        posted = {"type": "message", "ts": self.new_ts(), "channel": channel_id, "ephemeral": True, **message}
        self.ephemerals.setdefault(user, {})[posted["ts"]] = posted
        now = copy.deepcopy(posted)
        self.notify(ChangeKind.EPHEMERAL_POSTED, channel=channel_id, user=user, ts=posted["ts"], message=now)
        return posted

    def delete_ephemeral(self, user: str, ts: str) -> None:
        """Remove an ephemeral message, if it is still there."""
        if deleted := self.ephemerals.get(user, {}).pop(ts, None):
            self.notify(ChangeKind.EPHEMERAL_DELETED, channel=deleted["channel"], user=user, ts=ts)

    def join(self, channel_id: str, user: str, *, inviter: str = "") -> None:
        """Add a user to a channel, optionally as invited by *inviter*."""
        self.channel(channel_id).members.add(user)
        self.notify(ChangeKind.JOINED, channel=channel_id, user=user, inviter=inviter)

    def leave(self, channel_id: str, user: str) -> None:
        """Remove a user from a channel."""
        self.channel(channel_id).members.discard(user)
        self.notify(ChangeKind.LEFT, channel=channel_id, user=user)

    def show_modals(self, user: str, views: Iterable[Json]) -> None:
        """Set the stack of modals of a user, the topmost last."""
        self.modals[user] = list(views)
        self.notify(ChangeKind.MODAL, user=user)

    def show_home(self, user: str, view: Json) -> None:
        """Set the Home tab of a user."""
        self.homes[user] = view
        self.notify(ChangeKind.HOME, user=user)
