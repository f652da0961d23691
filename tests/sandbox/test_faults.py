"""Test the injection of faults into Slack's answers."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Fault, Sandbox
from bot.sandbox.faults import FaultKind, Faults

from .conftest import ONCALL, Transport


@pytest.fixture
def transport() -> Transport:
    """One transport is enough: these tests are about calls of the app."""
    return "socket"


async def test_a_rate_limit_has_retry_after(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A retry after that time succeeds."""
    sandbox.faults.rate_limited("chat.postMessage", retry_after_s=1)
    with pytest.raises(SlackApiError) as error:
        await client.chat_postMessage(channel=ONCALL, text="one")
    assert (error.value.response.status_code, error.value.response.headers["Retry-After"]) == (429, "1")
    assert sandbox.messages(ONCALL) == []
    sandbox.faults.rate_limited("chat.postMessage", retry_after_s=0)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    await client.chat_postMessage(channel=ONCALL, text="two")
    assert [call.error for call in sandbox.calls("chat.postMessage")] == ["rate_limited", "rate_limited", ""]


async def test_a_rate_limit_may_have_any_header_or_none(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Proxies in front of Slack write headers, too."""
    for header in ("inf", ""):
        sandbox.faults.rate_limited("auth.test", header=header)
        with pytest.raises(SlackApiError) as error:
            await client.auth_test()
        assert error.value.response.headers.get("Retry-After", "") == header


async def test_a_method_can_be_limited_as_slacks_tiers_are(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A call that is refused does not count. Other methods have their own limits."""
    sandbox.faults.limit("auth.test", calls=2, per_s=30.0)
    await client.auth_test()
    await client.auth_test()
    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            await client.auth_test()
        assert 28 <= int(error.value.response.headers["Retry-After"]) <= 30
    await client.chat_postMessage(channel=ONCALL, text="one")
    sandbox.faults.clear()
    await client.auth_test()


async def test_a_call_with_a_server_error_is_not_carried_out(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A retry is safe."""
    sandbox.faults.server_error(status=502, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            await client.chat_postMessage(channel=ONCALL, text="one")
        assert error.value.response.status_code == 502
    await client.chat_postMessage(channel=ONCALL, text="one")
    assert len(sandbox.messages(ONCALL)) == 1


async def test_a_call_with_a_lost_answer_is_carried_out(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A retry is not safe: the message is posted."""
    client.retry_handlers.clear()
    sandbox.faults.lost("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=ONCALL, text="one")
    assert [m["text"] for m in sandbox.messages(ONCALL)] == ["one"]
    assert sandbox.calls("chat.postMessage")[0].error == "lost"


async def test_a_held_answer_comes_when_released(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Other calls are answered meanwhile."""
    release = sandbox.faults.hold("chat.postMessage")
    held = asyncio.create_task(client.chat_postMessage(channel=ONCALL, text="held"))
    await sandbox.until(lambda: sandbox.calls("chat.postMessage"))
    await client.chat_postMessage(channel=ONCALL, text="quick")
    release.set()
    await held
    assert [m["text"] for m in sandbox.messages(ONCALL)] == ["quick", "held"]


async def test_a_slow_answer_comes_after_its_delay(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The delay ends by itself, or with `clear`."""
    sandbox.faults.slow("chat.postMessage", seconds=0.01)
    await client.chat_postMessage(channel=ONCALL, text="after the delay")
    sandbox.faults.slow("chat.postMessage", seconds=3600)
    slow = asyncio.create_task(client.chat_postMessage(channel=ONCALL, text="after the release"))
    await sandbox.until(lambda: len(sandbox.calls("chat.postMessage")) == 2)
    sandbox.faults.clear()
    await slow
    assert [m["text"] for m in sandbox.messages(ONCALL)] == ["after the delay", "after the release"]


async def test_a_refusal_has_slacks_error_code(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Nothing is posted."""
    sandbox.faults.refused("chat.postMessage", "no_permission", times=1)
    with pytest.raises(SlackApiError) as error:
        await client.chat_postMessage(channel=ONCALL, text="one")
    assert (error.value.response.status_code, error.value.response["error"]) == (200, "no_permission")
    await client.chat_postMessage(channel=ONCALL, text="two")
    assert [m["text"] for m in sandbox.messages(ONCALL)] == ["two"]
    assert [call.error for call in sandbox.calls("chat.postMessage")] == ["no_permission", ""]


async def test_a_refused_type_of_block_is_named(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Slack's messages name the block. Calls without such a block pass."""
    blocks = [{"type": "divider"}, {"type": "table", "rows": [[{"type": "raw_text", "text": "1"}]]}]
    sandbox.faults.refused("*", "invalid_blocks", block="table")
    with pytest.raises(SlackApiError) as error:
        await client.api_call("chat.postMessage", json={"channel": ONCALL, "text": "one", "blocks": blocks})
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] unsupported type: table [json-pointer:/blocks/1/type]"
    ]
    await client.api_call("chat.postMessage", json={"channel": ONCALL, "text": "two", "blocks": blocks[:1]})
    assert [m["text"] for m in sandbox.messages(ONCALL)] == ["two"]


async def test_clear_ends_all_faults(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The next call succeeds."""
    sandbox.faults.server_error(times=None)
    sandbox.faults.clear()
    assert (await client.auth_test())["ok"]


def test_the_seed_makes_faults_repeatable() -> None:
    """A failed run can be repeated."""

    def pattern(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(Fault(FaultKind.LOST, "chat.postMessage", probability=0.5))
        return [faults.next_for("chat.postMessage") is not None for _ in range(50)]

    assert pattern(1) == pattern(1)
    assert 10 < sum(pattern(1)) < 40
