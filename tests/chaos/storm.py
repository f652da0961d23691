"""A workspace in which many people paste codes while Slack misbehaves, and what must come of it."""

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

_CHANNELS = 250  # so many that pacing, which Slack asks for in each by itself, does not set the pace of all


class Storm:
    """Says messages with codes, in many channels and threads, as *chance* has it.

    No channel hears of a code twice: that every message deserves an answer of its own is certain then.
    """

    def __init__(self, sandbox: Sandbox, chance: random.Random) -> None:
        self._sandbox = sandbox
        self._chance = chance
        self._said: list[tuple[str, dict[str, Any]]] = []
        self._again: set[asyncio.Task[Any]] = set()
        codes = [entry.code for entry in open_catalogue() if entry.code > 6_000_000]
        self._codes: dict[str, list[int]] = {}
        for number in range(_CHANNELS):
            channel = Channel(f"C0STORM{number:03}", f"storm-{number}", members={ANN, LIN, BOT_USER})
            sandbox.workspace.channels[channel.id] = channel
            self._codes[channel.id] = chance.sample(codes, len(codes))

    def break_slack(self) -> None:
        """30 % of posts are answered 429, 20 % with a 5xx, of 10 % the answer is lost; asking may fail as well."""
        faults = self._sandbox.faults
        # Each fault strikes what the ones before it let through.
        faults.add(Fault(FaultKind.RATE_LIMITED, "chat.postMessage", probability=0.25, seconds=0))
        faults.add(Fault(FaultKind.RATE_LIMITED, "chat.postMessage", probability=0.05 / 0.75, seconds=1))
        faults.add(Fault(FaultKind.SERVER_ERROR, "chat.postMessage", probability=0.2 / 0.7))
        faults.add(Fault(FaultKind.LOST, "chat.postMessage", probability=0.1 / 0.5))
        faults.add(Fault(FaultKind.SERVER_ERROR, "conversations.replies", probability=0.1))
        faults.add(Fault(FaultKind.RATE_LIMITED, "conversations.info", probability=0.1, seconds=0))

    async def blow(self, events: int, *, over_s: float) -> None:
        """Say so much, evenly over a time or, on a busy machine, a longer one; a fifth is delivered once more later."""
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
            self._again.add(asyncio.create_task(self._redeliver(event_id, self._chance.uniform(0.0, 2.0))))

    async def _redeliver(self, event_id: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self._sandbox.redeliver(event_id)

    def answers(self) -> Counter[str]:
        """How many answers each message has, by what the answers say that they answer."""
        found: Counter[str] = Counter({message["ts"]: 0 for _, message in self._said})
        for channel in self._codes:
            for message in self._sandbox.messages(channel):
                if message.get("user") == BOT_USER:
                    found.update(answered_by(message))
        return found

    async def answered(self, timeout_s: float = 180.0) -> None:
        """Wait until everything has come and has an answer."""
        await asyncio.gather(*self._again)
        async with asyncio.timeout(timeout_s):
            while not all(self.answers().values()):  # noqa: ASYNC110  at every change would be too often
                await asyncio.sleep(0.5)

    def assert_each_once(self) -> None:
        """Nothing was lost, nothing doubled, and all is said in the right thread."""
        answers = self.answers()
        assert len(answers) == len(self._said)
        assert set(answers.values()) == {1}, {ts: count for ts, count in answers.items() if count != 1}
        threads = {message["ts"]: message.get("thread_ts") or message["ts"] for _, message in self._said}
        for channel in self._codes:
            for message in self._sandbox.messages(channel):
                if message.get("user") == BOT_USER:
                    assert {threads[ts] for ts in answered_by(message)} == {message["thread_ts"]}


def answered_by(answer: dict[str, Any]) -> list[str]:
    """The messages that one of the bot's answers."""
    named = answer["metadata"]["event_payload"]
    return [named["ts"], *named.get("also", "").split()]
