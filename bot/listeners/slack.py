"""What the listeners ask of Slack and read from its payloads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import log
from bot.detect.mrkdwn import passages
from bot.services.place import DirectoryError, Place

_log = log.get(__name__)
# A slash command must be answered within 3 s; the language must not use that up.
_PATIENCE_S = 1.5


class SlackDirectory:
    """Slack's word on channels and people."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def channel_locale(self, channel: str) -> str | None:
        """The channel's locale (conversations.info with include_locale)."""
        return await self._locale("channel", "conversations.info", {"channel": channel, "include_locale": "true"})

    async def user_locale(self, user: str) -> str | None:
        """The person's locale (users.info with include_locale)."""
        return await self._locale("user", "users.info", {"user": user, "include_locale": "true"})

    async def _locale(self, kind: str, method: str, arguments: dict[str, str]) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer: AsyncSlackResponse = await self._client.api_call(method, params=arguments)
        except SlackApiError as error:
            if error.response.status_code != 200:
                raise DirectoryError(f"{method}: status {error.response.status_code}") from error
            # Slack's refusal, such as channel_not_found for a channel that the bot has not joined.
            _log.info("locale unknown", method=method, error=error.response.get("error"), **{kind: arguments[kind]})
            return None
        except (TimeoutError, aiohttp.ClientError) as error:
            raise DirectoryError(f"{method}: {error!r}") from error
        locale: str | None = answer[kind].get("locale")
        return locale


def plain_text(text: str) -> str:
    """What a person typed behind a command: Slack escapes it, and makes links of numbers that look like telephones'."""
    return "\n".join(passage.text for passage in passages(text))


def place_of_command(command: Mapping[str, Any]) -> Place:
    """Where a slash command was typed."""
    return Place(team=command["team_id"], channel=command["channel_id"], user=command["user_id"])


def place_of_message(body: Mapping[str, Any]) -> Place:
    """Where a message was posted. A bot's post has no person."""
    message = body["event"]
    return Place(team=body["team_id"], channel=message["channel"], user=message.get("user", ""))


def place_of_action(body: Mapping[str, Any]) -> Place:
    """Where a button was pressed."""
    return Place(team=body["team"]["id"], channel=body["channel"]["id"], user=body["user"]["id"])
