"""Deliver events, commands and interactions to the app over HTTP or Socket Mode, and receive its acknowledgements.

Only events are retried, as in Slack: a person is waiting for the result of a command or an interaction.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import ActionRefused, ChangeKind, SandboxWorkspace


class DeliveryKind(StrEnum):
    """The types of envelope."""

    EVENT = "events_api"
    COMMAND = "slash_commands"
    INTERACTION = "interactive"


@dataclass(slots=True)
class Envelope:
    """One event, command or interaction, and the state of its delivery."""

    kind: DeliveryKind
    body: Json
    attempts: int = 0
    acknowledged: bool = False
    error: str = ""  # of the latest attempt, as Slack names it in a retry's reason


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """The result of one attempt."""

    acknowledged: bool
    payload: Json | None = None
    error: str = ""
    is_final: bool = False  # the app asked for no retry


class Delivery(ABC):
    """Sends envelopes, retries events, and keeps all envelopes in `sent`."""

    def __init__(
        self, workspace: SandboxWorkspace, app: Installation, *, retry_delays_s: Sequence[float], ack_timeout_s: float
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._retry_delays_s = tuple(retry_delays_s)
        self.ack_timeout_s = ack_timeout_s
        self._tasks: set[asyncio.Task[DeliveryAnswer]] = set()
        self._reachable = asyncio.Event()
        self.sent: list[Envelope] = []
        self.in_flight = 0

    def post_event(self, event: Json) -> None:
        """Send an event in the background."""
        envelope = self._register(Envelope(DeliveryKind.EVENT, event))
        task = asyncio.get_running_loop().create_task(self._deliver(envelope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, envelope: Envelope) -> DeliveryAnswer:
        """Deliver an envelope and return the app's answer, or the result of the last retry."""
        return await self._deliver(self._register(envelope))

    def _register(self, envelope: Envelope) -> Envelope:
        self.sent.append(envelope)
        self.in_flight += 1
        return envelope

    async def _deliver(self, envelope: Envelope) -> DeliveryAnswer:
        try:
            answer = await self._try(envelope, 0, "")
            for retry, delay_s in enumerate(self._retry_delays_s if envelope.kind is DeliveryKind.EVENT else (), 1):
                if answer.acknowledged or answer.is_final:
                    break
                await asyncio.sleep(delay_s)
                answer = await self._try(envelope, retry, answer.error)
            return answer
        finally:
            self.in_flight -= 1
            self._workspace.notify(ChangeKind.PROGRESS)

    async def redeliver(self, event_id: str) -> DeliveryAnswer:
        """Send an earlier event once more, as a retry."""
        envelope = next((each for each in self.sent if each.body.get("event_id") == event_id), None)
        if envelope is None:
            raise ActionRefused(f"No event {event_id} was ever sent.")
        return await self._try(envelope, max(1, envelope.attempts), envelope.error or "http_timeout")

    async def close(self) -> None:
        """Cancel the deliveries in progress."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _try(self, envelope: Envelope, retry: int, reason: str) -> DeliveryAnswer:
        """Attempt a delivery as soon as the app is reachable, and record the result."""
        envelope.attempts += 1
        try:
            # Events wait for an app that is not connected yet; a person does not.
            async with asyncio.timeout(None if envelope.kind is DeliveryKind.EVENT else self.ack_timeout_s):
                while not self._reachable.is_set():  # the app may have disconnected again before this task runs
                    await self._reachable.wait()
            answer = await self._attempt(envelope, retry, reason)
        except TimeoutError:
            answer = DeliveryAnswer(False, error="timeout")
        envelope.acknowledged, envelope.error = envelope.acknowledged or answer.acknowledged, answer.error
        self._workspace.notify(ChangeKind.PROGRESS)
        return answer

    @abstractmethod
    async def _attempt(self, envelope: Envelope, retry: int, reason: str) -> DeliveryAnswer:
        """Send an envelope once; *retry* is 0 for the first attempt."""


class HttpDelivery(Delivery):
    """Sends signed requests to the request URL; any answer but 2xx in time is a failure."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._session: aiohttp.ClientSession | None = None
        self._url = ""

    def connect(self, request_url: str) -> None:
        """Send all envelopes to this URL from now on."""
        self._url = request_url
        self._reachable.set()

    async def close(self) -> None:
        """Cancel the deliveries in progress and close the connections."""
        await super().close()
        if self._session:
            await self._session.close()

    async def _attempt(self, envelope: Envelope, retry: int, reason: str) -> DeliveryAnswer:
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        form = "application/x-www-form-urlencoded"
        match envelope.kind:
            case DeliveryKind.EVENT:
                return await self._post(json.dumps(envelope.body), "application/json", headers)
            case DeliveryKind.COMMAND:
                return await self._post(urlencode(envelope.body), form, headers)
            case DeliveryKind.INTERACTION:
                return await self._post(urlencode({"payload": json.dumps(envelope.body)}), form, headers)

    async def _post(self, body: str, content_type: str, headers: dict[str, str]) -> DeliveryAnswer:
        self._session = self._session or aiohttp.ClientSession()
        signed = headers | self.sign(body) | {"Content-Type": content_type}
        timeout = aiohttp.ClientTimeout(total=self.ack_timeout_s)
        try:
            async with self._session.post(
                self._url, data=body.encode(), headers=signed, timeout=timeout, allow_redirects=False
            ) as response:
                is_final = response.headers.get("X-Slack-No-Retry") == "1"
                if not response.ok or response.status >= 300:
                    return DeliveryAnswer(False, error="http_error", is_final=is_final)
                text = await response.text()
                if response.content_type != "application/json":
                    return DeliveryAnswer(True, {"text": text} if text else None)
                loaded = json.loads(text) if text else None
                return DeliveryAnswer(True, loaded if isinstance(loaded, dict) else None)
        except TimeoutError:
            return DeliveryAnswer(False, error="http_timeout")
        except aiohttp.ClientError:
            return DeliveryAnswer(False, error="connection_failed")

    def sign(self, body: str) -> dict[str, str]:
        """Return the two headers of Slack's signature, version 0."""
        timestamp = str(int(time.time()))
        secret = self._app.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


@dataclass(eq=False, slots=True)
class _Connection:
    """One WebSocket, with the envelopes that are not acknowledged yet."""

    socket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[DeliveryAnswer]] = field(default_factory=dict)

    def receive(self, data: str) -> None:
        """Process an acknowledgement; ignore other messages."""
        message = json.loads(data)
        answer = self.waiting.get(message.get("envelope_id", ""))
        if answer and not answer.done():
            answer.set_result(DeliveryAnswer(True, message.get("payload")))


class SocketDelivery(Delivery):
    """Sends each envelope over one of the app's WebSockets; a closed connection fails its envelopes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tickets: set[str] = set()
        self._active: list[_Connection] = []  # these receive envelopes; the next one goes to the first
        self._open: set[_Connection] = set()

    @property
    def connections(self) -> int:
        """Return the number of connections that receive envelopes."""
        return len(self._active)

    def new_url(self, base_url: str) -> str:
        """Return the URL for one new connection."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"ws{base_url.removeprefix('http')}/link/?ticket={ticket}&app_id={APP_ID}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        connection = _Connection(web.WebSocketResponse(), request)
        await connection.socket.prepare(request)
        hello = {
            "type": "hello",
            "num_connections": len(self._active) + 1,
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }
        await connection.socket.send_json(hello)
        self._open.add(connection)
        self._active.append(connection)
        self._reachable.set()
        self._workspace.notify(ChangeKind.PROGRESS)
        try:
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    connection.receive(message.data)
        finally:
            self._drop(connection)
        return connection.socket

    async def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app for a new connection, as Slack does every few hours.

        The reason ``warning`` announces this some seconds ahead: the old connection still receives envelopes.
        """
        if not self._active:
            raise ActionRefused("The app has no open connection.")
        connection = self._active[0]
        if reason != "warning":
            self._deactivate(connection)
        await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    def cut(self) -> None:
        """Break all connections without a close frame, as a network failure does."""
        for connection in list(self._open):
            self._drop(connection)
            if connection.request.transport:
                connection.request.transport.close()

    async def close(self) -> None:
        """Cancel the deliveries in progress and close the connections."""
        await super().close()
        for connection in list(self._open):
            await connection.socket.close()

    async def _attempt(self, envelope: Envelope, retry: int, reason: str) -> DeliveryAnswer:
        connection = self._active.pop(0)
        self._active.append(connection)
        envelope_id = secrets.token_hex(16)
        frame: Json = {"envelope_id": envelope_id, "type": envelope.kind.value, "payload": envelope.body}
        if envelope.kind is DeliveryKind.EVENT:
            frame |= {"accepts_response_payload": False, "retry_attempt": retry, "retry_reason": reason}
        else:
            frame["accepts_response_payload"] = True
        answer: asyncio.Future[DeliveryAnswer] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = answer
        try:
            await connection.socket.send_json(frame)
            return await asyncio.wait_for(answer, self.ack_timeout_s)
        except ConnectionError:
            return DeliveryAnswer(False, error="connection_closed")
        finally:
            connection.waiting.pop(envelope_id, None)

    def _deactivate(self, connection: _Connection) -> None:
        if connection in self._active:
            self._active.remove(connection)
        if not self._active:
            self._reachable.clear()

    def _drop(self, connection: _Connection) -> None:
        self._deactivate(connection)
        self._open.discard(connection)
        for answer in connection.waiting.values():
            if not answer.done():
                answer.set_result(DeliveryAnswer(False, error="connection_closed"))
        self._workspace.notify(ChangeKind.PROGRESS)
