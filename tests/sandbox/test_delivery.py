"""Test the delivery of events: acknowledgements, retries, Socket Mode connections and signed requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import ActionRefused, Sandbox

from .conftest import ANN, MANIFEST, ONCALL, Connect, Transport

Requests = asyncio.Queue[AsyncBoltRequest]


@pytest.fixture
async def requests(app: AsyncApp, connect: Connect) -> Requests:
    """The requests that reach the connected app."""
    requests: Requests = asyncio.Queue()

    @app.use
    async def remember(req: AsyncBoltRequest, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002
        await requests.put(req)
        await next()

    await connect(app)
    return requests


def header(request: AsyncBoltRequest, name: str) -> str:
    return request.headers.get(name, [""])[0]


async def test_an_event_has_the_fields_of_slack(sandbox: Sandbox, requests: Requests) -> None:
    """The bot uses them to deduplicate and to authorize."""
    said = await sandbox.say(ONCALL, ANN, "6000354")
    body = (await requests.get()).body
    assert (body["type"], body["team_id"], body["api_app_id"]) == ("event_callback", "T0DEMO", "A0ZIMERR")
    assert body["authorizations"][0]["user_id"] == "U0ZIMERR"
    assert body["event_time"] == int(float(said["ts"]))
    event = body["event"]
    assert (event["channel"], event["ts"], event["event_ts"], event["user"]) == (ONCALL, said["ts"], said["ts"], ANN)
    assert event["client_msg_id"]


async def test_an_acknowledged_event_is_sent_once(sandbox: Sandbox, requests: Requests) -> None:
    """There are no needless retries."""
    await sandbox.say(ONCALL, ANN, "6000354")
    await sandbox.idle()
    (envelope,) = sandbox.deliveries("message")
    assert (envelope.attempts, envelope.acknowledged, envelope.error) == (1, True, "")


async def test_an_unacknowledged_event_is_retried(
    sandbox: Sandbox, app: AsyncApp, connect: Connect, transport: Transport
) -> None:
    """Each retry has the same event id, its number and its reason; Slack stops after three."""
    seen: list[tuple[str, str, str]] = []

    @app.use
    async def refuse(req: AsyncBoltRequest) -> None:
        """Do not call the next middleware: Bolt sends nothing over the socket and 404 over HTTP."""
        retry = header(req, "x-slack-retry-num"), header(req, "x-slack-retry-reason")
        seen.append((req.body["event_id"], *retry))

    await connect(app)
    if transport == "socket":
        sandbox.delivery.ack_timeout_s = 0.05  # nothing answers there
    await sandbox.say(ONCALL, ANN, "6000354")
    await sandbox.idle()
    (envelope,) = sandbox.deliveries("message")
    assert (envelope.attempts, envelope.acknowledged) == (4, False)
    assert {event_id for event_id, _, _ in seen} == {envelope.body["event_id"]}
    reason = {"socket": "timeout", "http": "http_error"}[transport]
    assert seen[1:] == [(envelope.body["event_id"], str(number), reason) for number in (1, 2, 3)]


async def test_a_delivery_can_be_repeated(sandbox: Sandbox, requests: Requests) -> None:
    """An acknowledgement can get lost after the bot has done the work."""
    await sandbox.say(ONCALL, ANN, "6000354")
    event_id = (await requests.get()).body["event_id"]
    assert (await sandbox.redeliver(event_id)).acknowledged
    again = await requests.get()
    assert (again.body["event_id"], header(again, "x-slack-retry-num")) == (event_id, "1")
    with pytest.raises(ActionRefused):
        await sandbox.redeliver("Ev0")


async def test_events_wait_for_the_app(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """A message from before the app connects is not lost."""
    await sandbox.say(ONCALL, ANN, "6000354")
    await connect(app)
    await sandbox.idle()
    assert sandbox.deliveries("message")[0].acknowledged


async def test_events_need_subscription_scope_and_membership(transport: Transport) -> None:
    """The manifest decides which events are delivered."""
    no_events = MANIFEST | {"settings": {}}
    no_scopes = MANIFEST | {"oauth_config": {"scopes": {"bot": ["chat:write"]}}}
    for manifest, channel in ((no_events, ONCALL), (no_scopes, ONCALL), (MANIFEST, "C0QUIET")):
        async with Sandbox(manifest, transport=transport) as sandbox:
            await sandbox.say(channel, ANN, "<@U0ZIMERR> 6000354")
            assert sandbox.deliveries() == []


class TestSocket:
    """Socket Mode."""

    @pytest.fixture
    def transport(self) -> Transport:
        """Socket Mode only."""
        return "socket"

    @pytest.fixture
    async def open_link(
        self, sandbox: Sandbox
    ) -> AsyncIterator[Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]]]:
        """A function that opens a connection and reads its hello."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            client = AsyncWebClient(base_url=sandbox.api_url)

            async def open_link() -> aiohttp.ClientWebSocketResponse:
                url = (await client.apps_connections_open(app_token=sandbox.app.app_token))["url"]
                socket = await stack.enter_async_context(session.ws_connect(url))
                hello = await socket.receive_json(timeout=5)
                assert (hello["type"], hello["connection_info"]) == ("hello", {"app_id": "A0ZIMERR"})
                assert hello["num_connections"] >= 1
                return socket

            yield open_link

    async def test_each_envelope_goes_to_one_connection(self, sandbox: Sandbox, open_link: Any) -> None:
        """Two replicas share the work."""
        sockets = [await open_link(), await open_link()]
        await sandbox.until(lambda: sandbox.connections == 2)
        await sandbox.say(ONCALL, ANN, "one")
        await sandbox.say(ONCALL, ANN, "two")
        for socket, text in zip(sockets, ("one", "two"), strict=True):
            envelope = await socket.receive_json(timeout=5)
            assert envelope["payload"]["event"]["text"] == text
            assert (envelope["type"], envelope["retry_attempt"], envelope["retry_reason"]) == ("events_api", 0, "")
            assert envelope["accepts_response_payload"] is False
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await sandbox.idle()
        assert [p.acknowledged for p in sandbox.deliveries("message")] == [True, True]

    async def test_an_envelope_of_a_closed_connection_is_retried_on_another(
        self, sandbox: Sandbox, open_link: Any
    ) -> None:
        """A replica that dies delays no event."""
        first, second = await open_link(), await open_link()
        await sandbox.until(lambda: sandbox.connections == 2)
        await sandbox.say(ONCALL, ANN, "6000354")
        lost = await first.receive_json(timeout=5)
        await first.close()
        again = await second.receive_json(timeout=5)
        assert again["payload"] == lost["payload"]
        assert (again["retry_attempt"], again["retry_reason"]) == (1, "connection_closed")

    async def test_a_connection_needs_a_new_ticket(self, sandbox: Sandbox) -> None:
        """A WebSocket URL is valid once."""
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(f"{sandbox.base_url}/link/?ticket=guess")

    async def test_messages_that_acknowledge_nothing_are_ignored(self, sandbox: Sandbox, open_link: Any) -> None:
        """They have an unknown envelope id or none."""
        socket = await open_link()
        await socket.send_json({"envelope_id": "unknown"})
        await socket.send_json({"hello": "there"})
        await sandbox.say(ONCALL, ANN, "6000354")
        assert (await socket.receive_json(timeout=5))["type"] == "events_api"

    @pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
    async def test_the_app_reconnects_when_asked(self, sandbox: Sandbox, requests: Requests, reason: str) -> None:
        """Slack refreshes connections every few hours; no event may get lost."""
        opened = len(sandbox.calls("apps.connections.open"))
        await sandbox.refresh_socket(reason)
        await sandbox.say(ONCALL, ANN, "6000354")
        await sandbox.until(lambda: len(sandbox.calls("apps.connections.open")) > opened and sandbox.connections == 1)
        await sandbox.idle()
        assert sandbox.deliveries("message")[0].acknowledged

    async def test_the_app_reconnects_after_a_network_failure(self, sandbox: Sandbox, requests: Requests) -> None:
        """The connection ends without a close frame."""
        await sandbox.drop_socket()
        assert sandbox.connections == 0
        await sandbox.say(ONCALL, ANN, "6000354")
        assert (await asyncio.wait_for(requests.get(), 5)).body["event"]["text"] == "6000354"

    async def test_a_taken_port_is_an_error(self, sandbox: Sandbox) -> None:
        """The demo then uses another port."""
        port = int(sandbox.base_url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            await Sandbox(MANIFEST, transport="socket", port=port).start()

    async def test_methods_of_the_other_transport_are_refused(self, sandbox: Sandbox) -> None:
        """A test that mixes up the transports fails."""
        with pytest.raises(ActionRefused):
            sandbox.connect_app("http://127.0.0.1:1/")
        with pytest.raises(ActionRefused):
            await sandbox.refresh_socket()


class TestHttp:
    """HTTP with signed requests."""

    @pytest.fixture
    def transport(self) -> Transport:
        """HTTP only."""
        return "http"

    async def test_requests_are_signed(self, sandbox: Sandbox) -> None:
        """The signature covers the bytes that are sent."""
        body = json.dumps({"text": "错误码"}, ensure_ascii=False)
        headers = sandbox._http_delivery().sign(body)
        assert SignatureVerifier(sandbox.app.signing_secret).is_valid_request(body, headers)
        assert not SignatureVerifier("other").is_valid_request(body, headers)

    @pytest.mark.parametrize(
        ("status", "headers", "attempts", "error"),
        [
            (200, {}, 1, ""),
            (302, {"Location": "/"}, 4, "http_error"),
            (500, {}, 4, "http_error"),
            (500, {"X-Slack-No-Retry": "1"}, 1, "http_error"),
        ],
    )
    async def test_only_2xx_is_an_acknowledgement(
        self, sandbox: Sandbox, status: int, headers: dict[str, str], attempts: int, error: str
    ) -> None:
        """An app can refuse retries with a header."""

        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=status, headers=headers)

        server = web.Application()
        server.router.add_post("/", answer)
        runner = web.AppRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sandbox.connect_app(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await sandbox.say(ONCALL, ANN, "6000354")
        await sandbox.idle()
        await runner.cleanup()
        (envelope,) = sandbox.deliveries("message")
        assert (envelope.attempts, envelope.error) == (attempts, error)

    async def test_a_refused_or_closed_connection_is_a_failure(self, sandbox: Sandbox) -> None:
        """No server listens, or the server closes the connection at once."""
        sandbox.connect_app("http://127.0.0.1:9/")
        await sandbox.say(ONCALL, ANN, "6000354")
        await sandbox.idle()
        assert sandbox.deliveries("message")[0].error == "connection_failed"
        async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as server:
            sandbox.connect_app(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            await sandbox.command(ONCALL, ANN, "6000354")
        assert sandbox.ephemerals(ANN)[-1]["text"] == '/zimerr failed with the error "dispatch_failed"'

    async def test_a_slow_app_times_out(self, sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
        """Slack waits three seconds, the test less."""
        woken = asyncio.Event()

        @app.command("/zimerr")
        async def sleep(ack: AsyncAck) -> None:
            await woken.wait()
            await ack()

        await connect(app)
        sandbox.delivery.ack_timeout_s = 0.05
        await sandbox.command(ONCALL, ANN, "6000354")
        woken.set()
        assert sandbox.ephemerals(ANN)[0]["text"] == '/zimerr failed with the error "operation_timeout"'
