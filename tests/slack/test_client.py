"""The fast path of the client returns and raises the same as the SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import RetryLater
from bot.sandbox.http_server import Sandbox
from bot.slack.client import SlackClient, call_api, explanations
from tests.scenarios.conftest import ENGLISH, manifest


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A workspace without a bot."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        yield sandbox


@pytest.fixture(params=[AsyncWebClient, SlackClient], ids=["the SDK's", "ours"])
async def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[AsyncWebClient]:
    """Each of both clients."""
    async with aiohttp.ClientSession() as session:
        values: dict[str, Any] = {} if request.param is SlackClient else {"retry_handlers": []}
        yield request.param(token=sandbox.app.bot_token, base_url=sandbox.api_url, session=session, **values)


async def test_arguments_arrive_unchanged(client: AsyncWebClient, sandbox: Sandbox) -> None:
    """Blocks arrive as JSON, booleans as Slack spells them, None not at all."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "值班 <ok> & “so”"}}]
    posted = await client.api_call(
        "chat.postMessage", json={"channel": ENGLISH, "text": "hi", "blocks": blocks, "unfurl_links": False}
    )
    ts = posted["ts"]
    read = await client.conversations_replies(channel=ENGLISH, ts=ts, include_all_metadata=True, limit=2, cursor=None)
    assert read["messages"][0]["blocks"][0]["text"] == blocks[0]["text"]
    info = await client.api_call("conversations.info", params={"channel": ENGLISH, "include_locale": "true"})
    assert info["channel"]["locale"] == "en-US"
    assert (await client.auth_test())["bot_id"] == posted["message"]["bot_id"]


async def test_a_token_in_the_arguments_wins(client: AsyncWebClient, sandbox: Sandbox) -> None:
    """The socket is opened with the app-level token."""
    opened = await client.apps_connections_open(app_token=sandbox.app.app_token or "")
    assert opened["url"].startswith("ws")
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.api_call("auth.test", params={"token": "xoxb-another"})


async def test_a_refusal_is_raised_with_slacks_error_code(client: AsyncWebClient) -> None:
    """Errors are classified by it."""
    with pytest.raises(SlackApiError) as failure:
        await client.api_call("conversations.info", params={"channel": "C0NOWHERE"})
    assert failure.value.response["error"] == "channel_not_found"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("conversations.info", {"params": {"channel": ENGLISH}}),
        ("chat.postMessage", {"json": {"channel": ENGLISH, "text": "hi"}}),
        ("views.open", {"json": {"trigger_id": "1", "view": None}}),  # off the fast path
    ],
    ids=["read", "post", "SDK"],
)
async def test_a_429_is_sent_once_and_names_the_wait(
    client: AsyncWebClient, sandbox: Sandbox, method: str, arguments: dict[str, Any]
) -> None:
    """Slack said stop. A call that is repeated at once is refused again, and makes the wait longer."""
    sandbox.faults.rate_limited(method, retry_after_s=7, times=None)
    with pytest.raises(RetryLater) as failure:
        await call_api(client.api_call(method, **arguments))
    assert failure.value.after_s == 7.0
    assert len(sandbox.calls(method)) == 1


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("30", 30.0),
        ("0.2", 1.0),
        ("0", 1.0),
        ("-5", 1.0),
        ("-inf", 1.0),
        ("inf", 3600.0),
        ("1e400", 3600.0),
        ("1000000000000", 3600.0),
        ("nan", 30.0),
        ("soon", 30.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("", 30.0),
    ],
)
async def test_a_wait_is_between_a_second_and_an_hour(
    client: AsyncWebClient, sandbox: Sandbox, header: str, wait_s: float
) -> None:
    """A job must neither be sent again at once nor wait for years, whatever a header contains."""
    sandbox.faults.rate_limited("conversations.info", header=header)
    with pytest.raises(RetryLater) as failure:
        await call_api(client.api_call("conversations.info", params={"channel": ENGLISH}))
    assert failure.value.after_s == wait_s


async def test_a_page_instead_of_json_is_an_error_with_its_status(client: AsyncWebClient, sandbox: Sandbox) -> None:
    """A proxy may answer in HTML."""
    sandbox.faults.server_error("conversations.info", status=502)
    with pytest.raises(SlackApiError) as failure:
        await client.api_call("conversations.info", params={"channel": ENGLISH})
    response: Any = failure.value.response
    assert 502 in (getattr(response, "status_code", 0), getattr(response, "status", 0))


async def test_the_fast_path_keeps_the_timeout(sandbox: Sandbox) -> None:
    """The SDK ignores its timeout when it is given a session, and would wait for ever."""
    sandbox.faults.hold("conversations.info")
    async with aiohttp.ClientSession() as session:
        client = SlackClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session, timeout=1)
        with pytest.raises(TimeoutError):
            await client.api_call("conversations.info", params={"channel": ENGLISH})


@pytest.mark.parametrize("arguments", [{"text": "hi"}, {"text": "hi", "thread_ts": None}], ids=["fast path", "SDK"])
async def test_a_check_before_sending_can_stop_a_call(sandbox: Sandbox, arguments: dict[str, Any]) -> None:
    """The lease may have expired; on each path, nothing is posted then."""

    def refuse() -> None:
        raise ValueError

    async with aiohttp.ClientSession() as session:
        client = SlackClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session)
        with pytest.raises((ValueError, aiohttp.ClientConnectionError)):  # aiohttp wraps the error of a body
            await client.api_call("chat.postMessage", json={"channel": ENGLISH, **arguments}, before_send=refuse)
        assert sandbox.calls("chat.postMessage") == []
        assert (await client.api_call("chat.postMessage", json={"channel": ENGLISH, "text": "hi"}))["ok"]


async def test_a_method_that_was_told_to_wait_is_not_called_meanwhile(sandbox: Sandbox) -> None:
    """Other jobs have to wait, too, and ask in vain. The limit is that of one method, and posts have their own."""
    now = 1000.0
    async with aiohttp.ClientSession() as session:
        client = SlackClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session, clock=lambda: now)
        sandbox.faults.rate_limited("conversations.info", retry_after_s=30)
        sandbox.faults.rate_limited("chat.postMessage", retry_after_s=30)
        for wait_s in (30.0, 20.0):
            with pytest.raises(RetryLater) as failure:
                await call_api(client.api_call("conversations.info", params={"channel": ENGLISH}))
            assert failure.value.after_s == wait_s
            now += 10.0
        assert len(sandbox.calls("conversations.info")) == 1
        await call_api(client.api_call("users.info", params={"user": "U0ANN"}))
        with pytest.raises(RetryLater):
            await call_api(client.api_call("chat.postMessage", json={"channel": ENGLISH, "text": "hi"}))
        await call_api(client.api_call("chat.postMessage", json={"channel": ENGLISH, "text": "hi"}))
        now += 10.0
        await call_api(client.api_call("conversations.info", params={"channel": ENGLISH}))


def test_what_slack_quotes_in_an_explanation_is_left_out() -> None:
    """The explanation is logged, and may quote the message."""
    said = ["[ERROR] must be one of 'plain_text' but is \"my words\" [json-pointer:/blocks/0/text]"]
    expected = ["[ERROR] must be one of ‹quoted› but is ‹quoted› [json-pointer:/blocks/0/text]"]
    assert explanations({"response_metadata": {"messages": said}}) == expected
