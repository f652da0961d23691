"""Slack's client with a shorter way for the calls that each message costs: half the time of a reply was spent in it.

The way through `AsyncWebClient` looks for model objects in all arguments, copies headers, logs, and asks each handler
whether to retry. It also forgets its time-out where it is given a session. What comes back is the same either way.
"""

from __future__ import annotations

import json as json_
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL


class SlackClient(AsyncWebClient):
    """An `AsyncWebClient` of one session, on which `api_call` with plain *json* or *params* takes the shorter way."""

    def __init__(self, token: str | None, *, session: aiohttp.ClientSession, **options: Any) -> None:
        super().__init__(token=token, session=session, **options)
        self.own_session = session
        self._urls: dict[str, URL] = {}
        self._patience = aiohttp.ClientTimeout(total=self.timeout)
        self._headers = self.headers | ({"Authorization": f"Bearer {token}"} if token else {})
        self._headers_of_json = {**self._headers, "Content-Type": "application/json;charset=utf-8"}

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call a method of the Web API; raises SlackApiError, aiohttp.ClientError or TimeoutError."""
        if arguments.keys() not in _SHORT or not all(_is_plain(*each) for each in arguments.items()):
            return await super().api_call(api_method, **arguments)
        answer, body = await self._post(api_method, **arguments)
        if answer.status == 429 and self.retry_handlers:
            return await super().api_call(api_method, **arguments)
        response = AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url=str(answer.url),
            req_args={},
            data=_parsed(body),
            headers=answer.headers,  # type: ignore[arg-type]  # as the SDK does: their case does not matter
            status_code=answer.status,
        )
        response.validate()  # type: ignore[no-untyped-call]
        return response

    async def _post(
        self, method: str, *, json: Mapping[str, Any] | None = None, params: Mapping[str, str] | None = None
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        if method not in self._urls:
            self._urls[method] = URL(self.base_url + method)
        async with self.own_session.post(
            self._urls[method],
            data=None if json is None else json_.dumps(json, separators=(",", ":")).encode(),
            params=params,
            headers=self._headers if json is None else self._headers_of_json,
            timeout=self._patience,
            proxy=self.proxy,
        ) as answer:
            return answer, await answer.read()


_SHORT = ({"json"}, {"params"})
_PLAIN = {"json": (str, bool, int, list, dict), "params": (str,)}


def _is_plain(kind: str, arguments: Mapping[str, Any]) -> bool:
    """Whether they can be sent as they are: the SDK moves a token into the headers, and leaves out what is None."""
    return "token" not in arguments and all(type(value) in _PLAIN[kind] for value in arguments.values())


def _parsed(body: bytes) -> Any:
    try:
        return json_.loads(body)
    except ValueError:
        return {}  # a proxy's page; the status tells the rest
