"""The slash command is acknowledged in time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.i18n import Language
from bot.policy.place import Place
from bot.policy.replies import Answer, Explained
from bot.slack import commands
from bot.slack.background import Background
from bot.slack.context import RequestContext
from bot.telemetry.metrics import Metrics
from tests.slack.forgetful import Forgetful


class Command:
    """Types `/zimerr` with a text; what it waits for comes once *release* is set."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.background = Background()
        self.acks: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []

    async def run(self, text: str) -> None:
        """Handle the command."""
        services = SimpleNamespace(
            metrics=Metrics(),
            answers=SimpleNamespace(answer=self._answer),
            renderer=SimpleNamespace(message=lambda reply, language, **_: {"text": "hi"}, paste=lambda *_: {}),
            languages=SimpleNamespace(of_person=self._wait),
            memories=Forgetful(),
            background=self.background,
            sender=SimpleNamespace(respond=self._respond),
        )
        place = Place("T1", "C1", "U1")
        lookup = SimpleNamespace(client=SimpleNamespace(api_call=self._open))
        context = RequestContext(
            cast(Any, services), place, cast(Any, lookup), "B1", respond=cast(Any, "https://hooks.slack.com/commands/1")
        )
        body = {"text": text, "channel_id": "C1", "response_url": "", "trigger_id": ""}
        await commands.zimerr(context, body, cast(Any, self._ack))

    async def _wait(self, *_: object, **__: object) -> Any:
        await self.release.wait()
        return SimpleNamespace(language=Language.EN)

    async def _answer(self, *_: object, **__: object) -> Answer:
        await self.release.wait()
        return Answer(Explained((), ()), Language.EN)

    async def _open(self, method: str, **arguments: Any) -> Any:
        self.sent.append(arguments)
        return SimpleNamespace(data={})

    async def _ack(self, **message: Any) -> None:
        self.acks.append(message)

    async def _respond(self, team: str, url: object, message: dict[str, Any], **options: Any) -> None:
        self.sent.append(message | options)


async def test_a_quick_answer_is_the_acknowledgement() -> None:
    """It costs no further call."""
    command = Command()
    command.release.set()
    await command.run("6000106")
    assert command.acks == [{"response_type": "in_channel", "text": "hi"}]


async def test_a_slow_answer_follows_the_acknowledgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack waits 3 seconds, and an answer may ask for two languages of 1.5 seconds each."""
    monkeypatch.setattr(commands, "_ACK_TIMEOUT_S", 0.0)
    command = Command()
    await command.run("6000106")
    assert (command.acks, command.sent) == ([{}], [])
    command.release.set()
    await command.background.drain(10)
    (message,) = command.sent
    assert (message["is_public"], message["text"]) == (True, "hi")


async def test_a_modal_is_opened_after_the_acknowledgement() -> None:
    """Over HTTP, Slack gets the acknowledgement when the listener returns."""
    command = Command()
    await command.run("triage")
    assert (command.acks, command.sent) == ([{}], [])
    command.release.set()
    await command.background.drain(10)
    assert len(command.sent) == 1
