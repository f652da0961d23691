"""Ask Slack about channels, people and messages, and read where a payload comes from."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import structlog
from slack_bolt.request.internals import extract_team_id
from slack_sdk.web.async_client import AsyncWebClient

from bot.detection import slack_text
from bot.errors import GiveUp
from bot.policy.grammar import is_note
from bot.policy.place import Reach, Standing
from bot.slack.client import call_api, pages

Payload = Mapping[str, Any]  # as Slack sends it

_log = structlog.stdlib.get_logger(__name__)
_MAX_PAGES = 10
_MAX_ID = 32  # characters, as in the database
_OWN_MENTION = re.compile(r"\A\s*<@\w+>\s*")
_LABELLED = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")  # a link and its label
_LONG = 4_000  # characters of a message as Slack sends it; longer ones may take more than 50 ms to read
_Content = TypeVar("_Content")
_Read = TypeVar("_Read")


class SlackLookup:
    """A `Directory` that asks the Web API of one workspace about channels, people and messages.

    *own_team* is the bot's workspace, *home* that of the person who made the request; each empty if unknown.
    """

    def __init__(self, client: AsyncWebClient, *, own_team: str = "", home: str = "") -> None:
        self.client = client
        self._own_team = own_team
        self._home = home

    async def channel_locale(self, channel: str) -> str | None:
        """Return the channel's locale (conversations.info with include_locale)."""
        return await self._locale("channel", "conversations.info", {"channel": channel, "include_locale": "true"})

    async def user_locale(self, user: str) -> str | None:
        """Return the person's locale (users.info with include_locale)."""
        return await self._locale("user", "users.info", {"user": user, "include_locale": "true"})

    async def standing(self, team: str, user: str) -> Standing | None:
        """Return a person's relation to the workspace (users.info)."""
        answer = await self._ask("users.info", {"user": user})
        return _standing(answer["user"], self._own_team or team, self._home) if answer else None

    async def user_name(self, user: str) -> str | None:
        """Return the name that a person shows to others (users.info)."""
        answer = await self._ask("users.info", {"user": user})
        person = answer["user"] if answer else None
        names = (text_at(person, "profile", "display_name"), text_at(person, "real_name"), text_at(person, "name"))
        return next(filter(None, names), None)

    async def reach(self, channel: str) -> Reach:
        """Return who can read a channel (conversations.info)."""
        answer = await self._ask("conversations.info", {"channel": channel})
        if answer is None:
            return Reach.UNKNOWN
        found = answer["channel"]
        if any(found.get(each) for each in ("is_ext_shared", "is_org_shared", "is_shared", "is_pending_ext_shared")):
            return Reach.SHARED
        is_closed = any(found.get(each) for each in ("is_private", "is_im", "is_mpim", "is_group"))
        return Reach.MEMBERS if is_closed else Reach.WORKSPACE

    async def group_members(self, group: str) -> frozenset[str] | None:
        """Return the members of a user group (usergroups.users.list), or None without the scope usergroups:read."""
        answer = await self._ask("usergroups.users.list", {"usergroup": group})
        return frozenset(answer["users"]) if answer else None

    async def permalink(self, channel: str, ts: str) -> str:
        """Return the URL of a message (chat.getPermalink, which needs no scope); raises GiveUp if it is gone."""
        arguments = {"channel": channel, "message_ts": ts}
        return text_at(await call_api(self.client.api_call("chat.getPermalink", params=arguments)), "permalink")

    async def message(self, channel: str, ts: str, thread: str) -> Payload | None:
        """Return a message, or None if it was deleted. Raises GiveUp if the bot may not read it."""
        arguments = {"channel": channel, "ts": thread, "oldest": ts, "latest": ts, "inclusive": "true", "limit": "2"}
        try:
            answer = await call_api(self.client.api_call("conversations.replies", params=arguments))
        except GiveUp as error:
            if error.reason == "thread_not_found":
                return None
            raise
        return next((message for message in answer.get("messages", ()) if message["ts"] == ts), None)

    async def thread(self, channel: str, ts: str) -> Sequence[Payload]:
        """Return the messages of a thread, at most the first 2,000; none if the bot may not read them."""
        return await self._messages("conversations.replies", {"channel": channel, "ts": ts})

    async def since(self, channel: str, ts: str) -> Sequence[Payload]:
        """Return the messages of a channel after *ts*, at most 2,000, without replies in threads, newest first."""
        return await self._messages("conversations.history", {"channel": channel, "oldest": ts})

    async def is_public(self, channel: str) -> bool:
        """Return whether everybody in the workspace may read a channel, False if Slack does not describe it."""
        answer = await self._ask("conversations.info", {"channel": channel})
        found = answer["channel"] if answer else {}
        return bool(found) and not any(found.get(each) for each in ("is_private", "is_im", "is_mpim", "is_group"))

    async def is_member(self, channel: str, user: str) -> bool:
        """Return whether a person is among the first 10,000 members of a channel, False if Slack refuses the list."""
        ask, arguments = partial(self._ask, "conversations.members"), {"channel": channel, "limit": "1000"}
        async for page in pages(ask, arguments, most=_MAX_PAGES):
            if user in page.get("members", ()):
                return True
        return False

    async def channels_of(self, user: str) -> frozenset[str] | None:
        """Return the channels that a person is in, at most the first 10,000, None if Slack refuses the list.

        Of the private ones, Slack lists those that the bot is in (docs.slack.dev, users.conversations).
        """
        arguments = {"user": user, "types": "public_channel,private_channel,mpim", "exclude_archived": "true"}
        ask, channels = partial(self._ask, "users.conversations"), set()
        async for page in pages(ask, arguments | {"limit": "1000"}, most=_MAX_PAGES):
            if "channels" not in page:
                return None
            channels |= {channel["id"] for channel in page["channels"]}
        return frozenset(channels)

    async def history(self, channel: str, *, most: int) -> Sequence[Payload] | None:
        """Return the latest messages of a channel, newest first, or None if the bot may not read them."""
        answer = await self._ask("conversations.history", {"channel": channel, "limit": str(most)})
        return answer["messages"] if answer else None

    async def _messages(self, method: str, arguments: dict[str, str]) -> Sequence[Payload]:
        found = pages(partial(self._ask, method), arguments | {"limit": "200"}, most=_MAX_PAGES)
        return [message async for page in found for message in page.get("messages", ())]

    async def _locale(self, kind: str, method: str, arguments: dict[str, str]) -> str | None:
        answer = await self._ask(method, arguments)
        locale: str | None = answer[kind].get("locale") if answer else None
        return locale

    async def _ask(self, method: str, arguments: dict[str, str]) -> Payload | None:
        """Return Slack's answer, or None if it refuses for good. Raises RetryLater or StopWorkspace."""
        try:
            return await call_api(self.client.api_call(method, params=arguments))
        except GiveUp as error:
            _log.info("Slack refused a lookup", method=method, error=error.reason)
            return None


async def read_aside(read: Callable[[_Content], _Read], message: _Content) -> _Read:
    """Apply *read* to a message or its text, if long in a thread of its own, so that no other request waits for it."""
    return await asyncio.to_thread(read, message) if len(repr(message)) > _LONG else read(message)


def _standing(person: Payload, team: str, home: str) -> Standing:
    """Return the relation of *person*, a user object (docs.slack.dev/reference/objects/user-object), to *team*.

    *home* is the workspace that the request names as theirs: in a shared channel, the person's own (java-slack-sdk
    issue 1041). In an organization (Enterprise Grid), `teams` lists all workspaces of the person.
    """
    if person.get("is_bot"):
        return Standing.APP
    homes = {text_at(person, "team_id"), home} - {""}
    teams = (person.get("enterprise_user") or {}).get("teams") or ()
    if (person.get("is_stranger") or homes - {team}) and team not in teams:
        return Standing.EXTERNAL
    is_guest = person.get("is_restricted") or person.get("is_ultra_restricted")
    return Standing.GUEST if is_guest else Standing.MEMBER


def plain_text(text: str) -> str:
    """Unescape the text of a command, and turn the links that Slack makes of phone-like numbers back into numbers.

    A note keeps its links; elsewhere, their labels count.
    """
    if is_note(_OWN_MENTION.sub("", text)):
        text = _LABELLED.sub(lambda link: link[1] if link[2] in link[1] else f"{link[2]} {link[1]}", text)
    return "\n".join(passage.text for passage in slack_text.parse(text))


def thread_for_ephemeral(thread: str, ts: str) -> str | None:
    """Return the `thread_ts` for an ephemeral message about the message *ts*, or None to post it in the channel.

    Slack shows no ephemeral message in a thread without replies (chat.postEphemeral). Only if *ts* is itself a reply
    is it certain that its thread has one.
    """
    return thread if thread != ts else None


def text_at(payload: object, *path: str) -> str:
    """Return the text at *path* in a payload, empty if a part of the path is missing or has another type."""
    for key in path:
        payload = payload.get(key) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""


def id_at(payload: object, *path: str) -> str:
    """Return the id or time stamp at *path* in a payload, empty if there is nothing that can be one."""
    found = text_at(payload, *path)
    return found if len(found) <= _MAX_ID and found.isascii() and found.isprintable() else ""


def team_of(body: Payload) -> str:
    """Return the id of the workspace that a request is for, as Bolt's `authorize` gets it.

    In a channel that several workspaces share, it may differ from the workspace where something happened.
    """
    return extract_team_id(cast(dict[str, Any], body)) or ""
