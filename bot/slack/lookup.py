"""What the listeners ask of Slack and read from its payloads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
from slack_bolt.request.internals import extract_team_id
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import log
from bot.detection import mrkdwn
from bot.errors import named
from bot.policy.place import DirectoryError, Place
from bot.settings import is_slack
from bot.slack.sender import PASSING, TOKEN_IS_NO_GOOD

_log = log.get(__name__)
# A slash command must be answered within 3 s; the language must not use that up.
_PATIENCE_S = 1.5
_MOST_PAGES = 10  # of a thread


class SlackLookup:
    """Slack's word on channels and people."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def channel_locale(self, channel: str) -> str | None:
        """The channel's locale (conversations.info with include_locale)."""
        return await self._locale("channel", "conversations.info", {"channel": channel, "include_locale": "true"})

    async def user_locale(self, user: str) -> str | None:
        """The person's locale (users.info with include_locale)."""
        return await self._locale("user", "users.info", {"user": user, "include_locale": "true"})

    async def message(self, channel: str, ts: str, thread: str) -> Mapping[str, Any] | None:
        """A message as Slack has it, or None where it is gone or may not be read."""
        arguments = {"channel": channel, "ts": thread, "oldest": ts, "latest": ts, "inclusive": "true", "limit": "2"}
        answer = await self._ask("conversations.replies", arguments)
        messages = answer.get("messages", []) if answer else []
        return next((message for message in messages if message["ts"] == ts), None)

    async def thread(self, channel: str, ts: str) -> Sequence[Mapping[str, Any]]:
        """The messages of a thread, the first ones where there are very many; none where they may not be read."""
        messages: list[Mapping[str, Any]] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            arguments = {"channel": channel, "ts": ts, "limit": "200"} | ({"cursor": cursor} if cursor else {})
            answer = await self._ask("conversations.replies", arguments) or {}
            messages += answer.get("messages", [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return messages

    async def history(self, channel: str, *, most: int) -> Sequence[Mapping[str, Any]] | None:
        """The latest messages of a channel, the newest first, or None where they may not be read."""
        answer = await self._ask("conversations.history", {"channel": channel, "limit": str(most)})
        return answer["messages"] if answer else None

    async def _locale(self, kind: str, method: str, arguments: dict[str, str]) -> str | None:
        answer = await self._ask(method, arguments)
        locale: str | None = answer[kind].get("locale") if answer else None
        return locale

    async def _ask(self, method: str, arguments: dict[str, str]) -> Mapping[str, Any] | None:
        """Slack's answer, or None where it refuses for good, as with channel_not_found where the bot has not joined."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer: AsyncSlackResponse = await self._client.api_call(method, params=arguments)
        except SlackApiError as error:
            if error.response.status_code != 200:
                raise DirectoryError(f"{method}: status {error.response.status_code}") from error
            reason = error.response.get("error")
            if reason in PASSING or reason in TOKEN_IS_NO_GOOD:
                raise DirectoryError(f"{method}: {reason}") from error
            _log.info("slack refuses", method=method, error=reason)
            return None
        except (TimeoutError, aiohttp.ClientError) as error:
            raise DirectoryError(f"{method}: {named(error)}") from error
        return answer.data if isinstance(answer.data, dict) else None


def plain_text(text: str) -> str:
    """What a person typed behind a command: Slack escapes it, and makes links of numbers that look like telephones'."""
    return "\n".join(passage.text for passage in mrkdwn.parse(text))


def may_be_trusted(client: AsyncWebClient, url: str) -> bool:
    """Whether *url* is Slack's, or on this machine where the Web API itself is: files and the token may go there."""
    here, api = urlsplit(url), urlsplit(client.base_url)
    return is_slack(url) or (not is_slack(client.base_url) and here[:2] == api[:2])


def begun(thread: str, ts: str) -> str | None:
    """The thread that a private answer to the message *ts* goes to, or None: the channel.

    Slack shows nobody what is whispered in a thread without replies (chat.postEphemeral), and only of a reply it is
    sure that its thread has one.
    """
    return thread if thread != ts else None


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace for which the app hears of something, as Bolt's `authorize` gets it.

    In a channel that several workspaces share, that is not always the one where it happened.
    """
    return extract_team_id(cast(dict[str, Any], body)) or ""


def place_of_command(command: Mapping[str, Any]) -> Place:
    """Where a slash command was typed."""
    return Place(team=team_of(command), channel=command["channel_id"], user=command["user_id"])


def place_of_event(body: Mapping[str, Any]) -> Place:
    """Where a message event happened. A bot's post has no person."""
    event = body["event"]
    message = event.get("message") or event.get("previous_message") or event
    return Place(team=team_of(body), channel=event["channel"], user=message.get("user", ""))


def place_of_action(body: Mapping[str, Any]) -> Place:
    """Where a button was pressed or a shortcut used. In a dialog there is no channel."""
    channel = body.get("channel") or {}
    return Place(team=team_of(body), channel=channel.get("id", ""), user=body["user"]["id"])
