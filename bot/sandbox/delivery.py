"""How events, commands and interactions reach the app, and what it answers.

Only events are sent again when they are not acknowledged; for the rest a person is waiting. The two ways to send
are `bot.sandbox.socket_mode` and `bot.sandbox.http_mode`.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.api_error import ActRefused
from bot.sandbox.manifest import Installation, Json
from bot.sandbox.model import SandboxWorkspace, What


class DeliveryKind(StrEnum):
    """The types of envelope."""

    EVENT = "events_api"
    COMMAND = "slash_commands"
    INTERACTION = "interactive"


@dataclass(slots=True)
class Parcel:
    """One thing for the app, and how it fared."""

    kind: DeliveryKind
    body: Json
    attempts: int = 0
    acknowledged: bool = False
    error: str = ""  # of the latest attempt, as Slack names it in a retry's reason


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """What came of one attempt."""

    acknowledged: bool
    payload: Json | None = None
    error: str = ""
    is_final: bool = False  # the app asked not to be tried again


class Delivery(ABC):
    """Sends parcels, retries events, and remembers all of it."""

    def __init__(
        self, workspace: SandboxWorkspace, app: Installation, *, retry_delays_s: Sequence[float], ack_timeout_s: float
    ) -> None:
        self._workspace = workspace
        self._app = app
        self._retry_delays_s = tuple(retry_delays_s)
        self._ack_timeout_s = ack_timeout_s
        self._tasks: set[asyncio.Task[DeliveryAnswer]] = set()
        self._reachable = asyncio.Event()
        self.parcels: list[Parcel] = []
        self.in_flight = 0

    def post(self, event: Json) -> None:
        """Send an event in the background."""
        task = asyncio.get_running_loop().create_task(self._deliver(self._begun(Parcel(DeliveryKind.EVENT, event))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, parcel: Parcel) -> DeliveryAnswer:
        """Deliver a parcel and return the app's answer, after the last retry at the latest."""
        return await self._deliver(self._begun(parcel))

    def _begun(self, parcel: Parcel) -> Parcel:
        self.parcels.append(parcel)
        self.in_flight += 1
        return parcel

    async def _deliver(self, parcel: Parcel) -> DeliveryAnswer:
        try:
            answer = await self._try(parcel, 0, "")
            for number, delay_s in enumerate(self._retry_delays_s if parcel.kind is DeliveryKind.EVENT else (), 1):
                if answer.acknowledged or answer.is_final:
                    break
                await asyncio.sleep(delay_s)
                answer = await self._try(parcel, number, answer.error)
            return answer
        finally:
            self.in_flight -= 1
            self._notify()

    async def send_again(self, event_id: str) -> DeliveryAnswer:
        """Deliver an event that was sent before once more, as a retry."""
        parcel = next((p for p in self.parcels if p.body.get("event_id") == event_id), None)
        if parcel is None:
            raise ActRefused(f"No event {event_id} was ever sent.")
        return await self._try(parcel, max(1, parcel.attempts), parcel.error or "http_timeout")

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _try(self, parcel: Parcel, number: int, reason: str) -> DeliveryAnswer:
        parcel.attempts += 1
        try:
            # Events wait for an app that is not there yet; a person does not.
            async with asyncio.timeout(None if parcel.kind is DeliveryKind.EVENT else self._ack_timeout_s):
                while not self._reachable.is_set():  # it may be gone again before we wake
                    await self._reachable.wait()
            answer = await self._attempt(parcel, number, reason)
        except TimeoutError:
            answer = DeliveryAnswer(False, error="timeout")
        parcel.acknowledged, parcel.error = parcel.acknowledged or answer.acknowledged, answer.error
        self._notify()
        return answer

    def _notify(self) -> None:
        self._workspace.tell(What.PROGRESS)

    @abstractmethod
    async def _attempt(self, parcel: Parcel, number: int, reason: str) -> DeliveryAnswer:
        """Send a parcel once; *number* is 0 at first, then counts the retries."""
