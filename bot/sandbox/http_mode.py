"""Delivery over HTTP: signed requests to the app's request URL."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.api_error import ActRefused
from bot.sandbox.delivery import Delivery, DeliveryAnswer, DeliveryKind, Parcel
from bot.sandbox.manifest import Json


class HttpDelivery(Delivery):
    """Posts to the request URL; anything but 2xx in time is a failure."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._session: aiohttp.ClientSession | None = None
        self._url = ""

    def connect(self, request_url: str) -> None:
        """Send everything to this address from now on."""
        self._url = request_url
        self._reachable.set()

    async def verify(self) -> None:
        """Do what Slack does when a request URL is entered: it must echo a challenge."""
        challenge = secrets.token_hex(16)
        body = {"type": "url_verification", "token": "verification-token", "challenge": challenge}
        answer = await self._post(json.dumps(body), "application/json", {})
        if challenge not in (answer.payload or {}).values():
            raise ActRefused(f"{self._url} did not answer with the challenge.")

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        await super().close()
        if self._session:
            await self._session.close()

    async def _attempt(self, parcel: Parcel, number: int, reason: str) -> DeliveryAnswer:
        retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason} if number else {}
        form = "application/x-www-form-urlencoded"
        match parcel.kind:
            case DeliveryKind.EVENT:
                return await self._post(json.dumps(parcel.body, ensure_ascii=False), "application/json", retry)
            case DeliveryKind.COMMAND:
                return await self._post(urlencode(parcel.body), form, retry)
            case DeliveryKind.INTERACTION:
                return await self._post(urlencode({"payload": json.dumps(parcel.body)}), form, retry)

    async def _post(self, body: str, content_type: str, headers: dict[str, str]) -> DeliveryAnswer:
        self._session = self._session or aiohttp.ClientSession()
        signed = headers | self.sign(body) | {"Content-Type": content_type}
        timeout = aiohttp.ClientTimeout(total=self._ack_timeout_s)
        try:
            async with self._session.post(
                self._url, data=body.encode(), headers=signed, timeout=timeout, allow_redirects=False
            ) as response:
                is_final = response.headers.get("X-Slack-No-Retry") == "1"
                if not response.ok or response.status >= 300:
                    return DeliveryAnswer(False, error="http_error", is_final=is_final)
                return DeliveryAnswer(True, _payload(await response.text(), response.content_type))
        except TimeoutError:
            return DeliveryAnswer(False, error="http_timeout")
        except aiohttp.ClientError:
            return DeliveryAnswer(False, error="connection_failed")

    def sign(self, body: str) -> dict[str, str]:
        """The two headers of Slack's signature, version 0."""
        timestamp = str(int(time.time()))
        secret = self._app.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _payload(text: str, content_type: str) -> Json | None:
    """The answer's body: JSON, or plain text as the text of a message."""
    if not text:
        return None
    if content_type == "application/json":
        loaded = json.loads(text)
        return loaded if isinstance(loaded, dict) else None
    return {"text": text}
