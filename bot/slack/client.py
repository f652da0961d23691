"""Call Slack's Web API: a client with a fast path, and one mapping from Slack's errors to ours.

`AsyncWebClient` spends half the time of a reply: it searches all arguments for model objects, copies headers, logs, and
asks each handler whether to retry. It also ignores its timeout when it is given a session. The fast path skips that;
responses and errors are the same.

No call is retried here: after a 429, `RetryLater` tells the caller how long to wait. A job waits as a row of
the inbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import BytesPayload
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from bot.errors import GiveUp, RetryLater, StopWorkspace, describe
from bot.json_bytes import encode
from bot.settings import is_slack
from bot.telemetry.metrics import Metrics
from bot.telemetry.tracing import span

CALL_TIMEOUT_S = 10.0
DEFAULT_RETRY_AFTER_S = 30.0  # for a 429 whose Retry-After is missing or no number
_MIN_RETRY_AFTER_S, _MAX_RETRY_AFTER_S = 1.0, 3600.0
# All other errors are permanent: https://docs.slack.dev/reference/methods/chat.postMessage, and those of all methods.
_TRANSIENT_ERRORS = frozenset((
    "fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org",
    "ratelimited", "rate_limited", "message_limit_exceeded", "accesslimited",
    "ekm_access_denied",  # administrators have suspended posting, perhaps for a while
))  # fmt: skip
# These may pass, too: `bot.slack.worker` asks Slack about the token before it believes them.
_TOKEN_ERRORS = frozenset((
    "token_revoked", "token_expired", "account_inactive", "invalid_auth", "not_authed",
    "org_login_required", "team_access_not_granted",
))  # fmt: skip
_QUOTED = re.compile(r""" "[^"]*" | '[^']*' | “[^”]*” | `[^`]*` """, re.VERBOSE)
_MAX_EXPLANATIONS, _MAX_EXPLANATION = 10, 200  # lines, characters
_FAST_ARGUMENTS = ({"json"}, {"params"})
_PLAIN_TYPES = {"json": (str, bool, int, list, dict), "params": (str,)}


class SlackClient(AsyncWebClient):
    """An `AsyncWebClient` with one HTTP session, and a fast path for calls with plain *json* or *params* only.

    Methods called with *params* read. Slack limits each of them by workspace: after a 429, none is sent for as long as
    Slack asks. Posts have limits by channel, which `bot.inbox.PostRate` keeps.
    """

    def __init__(
        self,
        token: str | None,
        *,
        session: aiohttp.ClientSession,
        clock: Callable[[], float] = time.monotonic,
        metrics: Metrics | None = None,
        **options: Any,
    ) -> None:
        super().__init__(token=token, session=session, retry_handlers=[], **options)
        self._own_session = session
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._closed_until: dict[str, float] = {}  # by method
        self._urls: dict[str, URL] = {}
        self._client_timeout = aiohttp.ClientTimeout(total=self.timeout)
        self._headers = self.headers | ({"Authorization": f"Bearer {token}"} if token else {})
        self._json_headers = {**self._headers, "Content-Type": "application/json;charset=utf-8"}

    async def api_call(
        self, api_method: str, *, before_send: Callable[[], None] | None = None, **arguments: Any
    ) -> AsyncSlackResponse:
        """Call a method of the Web API; raises SlackApiError, RetryLater, aiohttp.ClientError or TimeoutError.

        *before_send* runs when the bytes of *json* are about to be written to the connection. If it raises, nothing is
        sent, and aiohttp raises ClientConnectionError. Off the fast path, it runs before the SDK connects.
        """
        if (wait_s := self._closed_until.get(api_method, 0.0) - self._clock()) > 0.0:
            raise RetryLater("ratelimited", wait_s)
        with observed(self._metrics, api_method):
            return await self._call(api_method, before_send, **arguments)

    async def _call(
        self, api_method: str, before_send: Callable[[], None] | None, **arguments: Any
    ) -> AsyncSlackResponse:
        if arguments.keys() in _FAST_ARGUMENTS and all(_is_plain(*each) for each in arguments.items()):
            answer, body = await self._exchange(api_method, before_send, **arguments)
            if answer.status == 429 and "params" in arguments:
                self._closed_until[api_method] = self._clock() + retry_after_s(answer.headers)
            response = AsyncSlackResponse(
                client=self,
                http_verb=answer.method,
                api_url=self.base_url + api_method,
                req_args={},
                data=_parsed(body),
                headers=answer.headers,  # type: ignore[arg-type]  # as in the SDK: keys are case-insensitive
                status_code=answer.status,
            )
            response.validate()  # type: ignore[no-untyped-call]
            return response
        if before_send:
            before_send()
        return await super().api_call(api_method, **arguments)

    async def _exchange(
        self,
        method: str,
        before_send: Callable[[], None] | None,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        if method not in self._urls:
            self._urls[method] = URL(self.base_url + method)
        async with self._own_session.request(
            "GET" if json is None else "POST",
            self._urls[method],
            params=params,
            data=None if json is None else _CheckedBody(encode(json), before_send),
            headers=self._headers if json is None else self._json_headers,
            timeout=self._client_timeout,
            proxy=self.proxy,
        ) as answer:
            return answer, await answer.read()


class _CheckedBody(BytesPayload):
    """A request body that calls *check* when it is written, after any wait for a connection."""

    def __init__(self, body: bytes, check: Callable[[], None] | None) -> None:
        super().__init__(body)
        self._check = check

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        if self._check:
            self._check()
        await super().write_with_length(writer, content_length)


def _is_plain(kind: str, arguments: Mapping[str, Any]) -> bool:
    """Return whether *arguments* can be sent unchanged: the SDK moves a token to the headers and drops None."""
    return "token" not in arguments and all(type(value) in _PLAIN_TYPES[kind] for value in arguments.values())


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return {}  # a proxy's error page; the status says enough


async def call_api(call: Awaitable[AsyncSlackResponse], *, timeout_s: float | None = None) -> dict[str, Any]:
    """Await a call of the Web API and return Slack's answer. Raises RetryLater, GiveUp or StopWorkspace if it fails.

    By default, Slack has 10 s to answer.
    """
    answer = (await response_to(call, timeout_s=timeout_s)).data
    return answer if isinstance(answer, dict) else {}


async def response_to(call: Awaitable[AsyncSlackResponse], *, timeout_s: float | None = None) -> AsyncSlackResponse:
    """Await a call of the Web API and return its response with the headers; see `call_api`."""
    try:
        # The SDK ignores its own timeout when it is given a session.
        async with asyncio.timeout(CALL_TIMEOUT_S if timeout_s is None else timeout_s):
            return await call
    except SlackApiError as error:
        raise _verdict(error) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise RetryLater(f"no answer: {describe(error)}") from error


async def pages(
    ask: Callable[[dict[str, str]], Awaitable[Mapping[str, Any] | None]],
    arguments: dict[str, str],
    *,
    most: int | None = None,
) -> AsyncIterator[Mapping[str, Any]]:
    """Yield Slack's answers to a method that returns a list in pages, at most *most*.

    *ask* calls the method. If it returns None, that was the last page.
    """
    cursor = ""
    for _ in itertools.count() if most is None else range(most):
        page = await ask(arguments | ({"cursor": cursor} if cursor else {})) or {}
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break


def _verdict(error: SlackApiError) -> RetryLater | GiveUp | StopWorkspace:
    """Return the error of ours that Slack's means."""
    # If the body is not JSON, the SDK passes aiohttp's response instead of its own.
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    if status == 429:
        return RetryLater("ratelimited", retry_after_s(response.headers))
    answer = getattr(response, "data", None)
    data = answer if isinstance(answer, dict) else {}
    reason = str(data.get("error", ""))
    if status >= 500 or not reason or reason in _TRANSIENT_ERRORS:
        return RetryLater(reason or f"status {status}")
    if reason in _TOKEN_ERRORS:
        return StopWorkspace(reason)
    return GiveUp(reason, scope=data.get("needed"), messages=explanations(data))


@contextlib.contextmanager
def observed(metrics: Metrics, method: str) -> Iterator[None]:
    """Count, time and trace a call of *method*."""
    result, started = "no-answer", time.perf_counter()
    try:
        with span(method):
            yield
        result = "ok"
    except (SlackApiError, RetryLater, GiveUp) as error:
        result = _result_of(_verdict(error) if isinstance(error, SlackApiError) else error)
        raise
    finally:
        metrics.api_calls.labels(method, result).inc()
        metrics.api_call_duration.labels(method).observe(time.perf_counter() - started)


def _result_of(verdict: RetryLater | GiveUp | StopWorkspace) -> str:
    """Return the name of *verdict* in the metrics."""
    match verdict:
        case RetryLater(after_s=None):
            return "failed"
        case RetryLater():
            return "rate-limited"
        case StopWorkspace():
            return "token-refused"
    return "refused"


def explanations(answer: Mapping[str, Any]) -> list[str]:
    """Return Slack's explanations of an error (`response_metadata.messages`): a few short lines for the log.

    What Slack quotes in them may be a part of the message.
    """
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    return [
        _QUOTED.sub("‹quoted›", str(each))[:_MAX_EXPLANATION]
        for each in (messages if isinstance(messages, list) else [])[:_MAX_EXPLANATIONS]
    ]


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the seconds that a 429 asks to wait, but at least 1 s and at most 1 h, whatever the header contains."""
    try:
        seconds = float(headers.get("Retry-After") or "nan")
    except ValueError:
        seconds = math.nan
    return DEFAULT_RETRY_AFTER_S if math.isnan(seconds) else min(max(seconds, _MIN_RETRY_AFTER_S), _MAX_RETRY_AFTER_S)


def is_trusted(client: AsyncWebClient, url: str) -> bool:
    """Return whether files and the token may be sent to *url*: a Slack host, or the host of a local Web API."""
    try:
        target, api = urlsplit(url), urlsplit(client.base_url)
        return is_slack(url) or (not is_slack(client.base_url) and target[:2] == api[:2])
    except ValueError:  # such as "http://[::1"
        return False
