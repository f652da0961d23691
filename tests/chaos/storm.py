"""Post many codes to a workspace while Slack fails, and check the answers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

from bot.catalogue.catalogue import open_catalogue
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.http_server import Sandbox
from bot.sandbox.manifest import BOT_USER
from bot.sandbox.model import Channel
from tests.scenarios.conftest import ANN, LIN

_CHANNELS = 250  # enough that the rate limit per channel does not slow down the whole run


class Storm:
    """Post messages with codes in many channels and threads, at random.

    No channel gets a code twice, so every message must get an answer of its own.
    """

    def __init__(self, sandbox: Sandbox, chance: random.Random) -> None:
        self._sandbox = sandbox
        self._chance = chance
        self._said: list[tuple[str, dict[str, Any]]] = []
        self._redeliveries: set[asyncio.Task[Any]] = set()
        codes = [entry.code for entry in open_catalogue() if entry.code > 6_000_000]
        self._codes: dict[str, list[int]] = {}
        for number in range(_CHANNELS):
            channel = Channel(f"C0STORM{number:03}", f"storm-{number}", members={ANN, LIN, BOT_USER})
            sandbox.workspace.channels[channel.id] = channel
            self._codes[channel.id] = chance.sample(codes, len(codes))

    def break_slack(self) -> None:
        """Fail 30 % of posts with 429 and 20 % with 5xx, lose the response of 10 %; reads may fail too."""
        faults = self._sandbox.faults
        # Each fault applies to the calls that the faults before it let through.
        faults.add(Fault(FaultKind.RATE_LIMITED, "chat.postMessage", probability=0.25, seconds=0))
        faults.add(Fault(FaultKind.RATE_LIMITED, "chat.postMessage", probability=0.05 / 0.75, seconds=1))
        faults.add(Fault(FaultKind.SERVER_ERROR, "chat.postMessage", probability=0.2 / 0.7))
        faults.add(Fault(FaultKind.LOST, "chat.postMessage", probability=0.1 / 0.5))
        faults.add(Fault(FaultKind.SERVER_ERROR, "conversations.replies", probability=0.1))
        faults.add(Fault(FaultKind.RATE_LIMITED, "conversations.info", probability=0.1, seconds=0))

    async def post(self, events: int, *, over_s: float) -> None:
        """Post *events* messages evenly over at least *over_s* seconds; redeliver a fifth of them later."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number in range(1, events + 1):
            await self._say()
            await asyncio.sleep(max(0.0, started + over_s * number / events - loop.time()))

    async def _say(self) -> None:
        channel = self._chance.choice(list(self._codes))
        in_channel = [message for where, message in self._said if where == channel]
        thread = self._chance.choice(in_channel)["ts"] if in_channel and self._chance.random() < 0.2 else None
        text = f"login failed with code: {self._codes[channel].pop()}"
        message = await self._sandbox.say(channel, self._chance.choice((ANN, LIN)), text, thread_ts=thread)
        self._said.append((channel, message))
        if self._chance.random() < 0.2:
            event_id = self._sandbox.deliveries("message")[-1].body["event_id"]
            self._redeliveries.add(asyncio.create_task(self._redeliver(event_id, self._chance.uniform(0.0, 2.0))))

    async def _redeliver(self, event_id: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self._sandbox.redeliver(event_id)

    def answers(self) -> Counter[str]:
        """Count the answers to each message, by the metadata of the answers."""
        found: Counter[str] = Counter({message["ts"]: 0 for _, message in self._said})
        for channel in self._codes:
            for message in self._sandbox.messages(channel):
                if message.get("user") == BOT_USER:
                    found.update(answered_by(message))
        return found

    async def answered(self, timeout_s: float = 180.0) -> None:
        """Wait until every message is delivered and answered."""
        await asyncio.gather(*self._redeliveries)
        async with asyncio.timeout(timeout_s):
            while not all(self.answers().values()):  # noqa: ASYNC110  waiting for each change would check too often
                await asyncio.sleep(0.5)

    def assert_each_once(self) -> None:
        """Assert that every message has exactly one answer, in the right thread."""
        answers = self.answers()
        assert len(answers) == len(self._said)
        assert set(answers.values()) == {1}, {ts: count for ts, count in answers.items() if count != 1}
        threads = {message["ts"]: message.get("thread_ts") or message["ts"] for _, message in self._said}
        for channel in self._codes:
            for message in self._sandbox.messages(channel):
                if message.get("user") == BOT_USER:
                    assert {threads[ts] for ts in answered_by(message)} == {message["thread_ts"]}


def answered_by(answer: dict[str, Any]) -> list[str]:
    """Return the `ts` of the messages that *answer* answers."""
    named = answer["metadata"]["event_payload"]
    return [named["ts"], *named.get("also", "").split()]
