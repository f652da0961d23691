"""Socket Mode: envelopes over the WebSockets that the app opens, each to one of them."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.api_error import ActRefused
from bot.sandbox.delivery import Delivery, DeliveryAnswer, DeliveryKind, Parcel
from bot.sandbox.manifest import APP_ID, Json


@dataclass(eq=False, slots=True)
class _SocketLink:
    """One WebSocket, and the envelopes that wait for its acknowledgement."""

    socket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[DeliveryAnswer]] = field(default_factory=dict)


class SocketDelivery(Delivery):
    """Sends envelopes over links; a link that breaks gives its envelopes back."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tickets: set[str] = set()
        self._links: list[_SocketLink] = []  # those in use; the next envelope goes to the first
        self._open: set[_SocketLink] = set()

    @property
    def connections(self) -> int:
        """How many links take envelopes."""
        return len(self._links)

    def open_link(self, base_url: str) -> str:
        """The address for one new link."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"ws{base_url.removeprefix('http')}/link/?ticket={ticket}&app_id={APP_ID}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one link until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        link = _SocketLink(web.WebSocketResponse(), request)
        await link.socket.prepare(request)
        await link.socket.send_json(self._hello())
        self._use(link)
        try:
            async for message in link.socket:
                if message.type is WSMsgType.TEXT:
                    _receive(link, message.data)
        finally:
            self._lose(link)
        return link.socket

    async def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Tell the app to open a new link, as Slack does every few hours; ``warning`` comes some seconds ahead."""
        if not self._links:
            raise ActRefused("The app has no connection open.")
        link = self._links[0]
        if reason != "warning":
            self._retire(link)
        await link.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    def cut(self) -> None:
        """Break all links without a word, as a failing network does."""
        for link in list(self._open):
            self._lose(link)
            if link.request.transport:
                link.request.transport.close()

    async def close(self) -> None:
        """Give up what is under way and close the links."""
        await super().close()
        for link in list(self._open):
            await link.socket.close()

    async def _attempt(self, parcel: Parcel, number: int, reason: str) -> DeliveryAnswer:
        link = self._links.pop(0)
        self._links.append(link)
        envelope_id = secrets.token_hex(16)
        answer: asyncio.Future[DeliveryAnswer] = asyncio.get_running_loop().create_future()
        link.waiting[envelope_id] = answer
        try:
            await link.socket.send_json(_envelope(parcel, envelope_id, number, reason))
            return await asyncio.wait_for(answer, self._ack_timeout_s)
        except ConnectionError:
            return DeliveryAnswer(False, error="connection_closed")
        finally:
            link.waiting.pop(envelope_id, None)

    def _hello(self) -> Json:
        info = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060}
        app = {"app_id": APP_ID}
        return {"type": "hello", "num_connections": len(self._links) + 1, "debug_info": info, "connection_info": app}

    def _use(self, link: _SocketLink) -> None:
        self._open.add(link)
        self._links.append(link)
        self._reachable.set()
        self._notify()

    def _retire(self, link: _SocketLink) -> None:
        if link in self._links:
            self._links.remove(link)
        if not self._links:
            self._reachable.clear()

    def _lose(self, link: _SocketLink) -> None:
        self._retire(link)
        self._open.discard(link)
        for answer in link.waiting.values():
            if not answer.done():
                answer.set_result(DeliveryAnswer(False, error="connection_closed"))
        self._notify()


def _envelope(parcel: Parcel, envelope_id: str, number: int, reason: str) -> Json:
    envelope = {"envelope_id": envelope_id, "type": parcel.kind.value, "payload": parcel.body}
    if parcel.kind is DeliveryKind.EVENT:
        return envelope | {"accepts_response_payload": False, "retry_attempt": number, "retry_reason": reason}
    return envelope | {"accepts_response_payload": True}


def _receive(link: _SocketLink, data: str) -> None:
    """Take an acknowledgement; what is not one is ignored."""
    message = json.loads(data)
    answer = link.waiting.get(message.get("envelope_id", ""))
    if answer and not answer.done():
        answer.set_result(DeliveryAnswer(True, message.get("payload")))
