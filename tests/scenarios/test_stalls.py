"""Test that the event loop is never busy for long: while it is, nobody gets an acknowledgement.

Measures the processor time of the longest step of the loop's own thread, so other processes do not matter.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.render.incident_slack import TRIAGE_REPORT
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, ENGLISH, FOREIGN, Start
from tests.scenarios.logs import file, the_answer, uploads
from tests.scenarios.reading import settled

LONGEST_S = 0.15  # before, each of these took 0.25 s to 60 s
# In no order: numbers that count up are ids.
NUMBERS = [6_000_000 + 7919 * number % 10_000 for number in range(10_000)]
CODES = " ".join(map(str, NUMBERS[:2500]))  # half as long as Slack's longest text
LOG_OF_ALL_CODES = "".join(f"error code: {number} x\n" * 3 for number in NUMBERS)  # ids come once or twice


@contextlib.contextmanager
def never_busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check that no step of the event loop takes long."""
    run, steps = asyncio.Handle._run, [(0.0, "")]

    def measured(handle: asyncio.Handle) -> None:
        task = getattr(getattr(handle, "_callback", None), "__self__", None)
        name = str(task.get_coro()) if isinstance(task, asyncio.Task) else ""
        started = time.thread_time()
        run(handle)
        steps.append((time.thread_time() - started, name))

    gc.collect()
    gc.disable()  # a collection takes as long as the tests before this one made objects
    try:
        with monkeypatch.context() as patch:
            patch.setattr(asyncio.Handle, "_run", measured)
            yield
    finally:
        gc.enable()
    assert [step for step in steps if step[0] > LONGEST_S] == []


@pytest.fixture
async def calm(slack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A workspace with a bot that must not be busy for long."""
    await settled(slack, ENGLISH, ANN)
    with never_busy(monkeypatch):
        yield slack


async def test_a_message_full_of_codes_is_read_aside(calm: Sandbox) -> None:
    """Each number that may be a code takes up to 0.1 ms."""
    message = await calm.say(ENGLISH, ANN, CODES)
    await calm.edit(ENGLISH, message["ts"], CODES[8:])
    await settled(calm, ENGLISH, ANN)


async def test_what_a_person_asks_about_a_long_message_is_found_aside(calm: Sandbox) -> None:
    """A shortcut and *why* read it again."""
    message = await calm.say(ENGLISH, ANN, CODES)
    await settled(calm, ENGLISH, ANN)
    await calm.shortcut("explain_message", ANN, message)
    await calm.command(ENGLISH, ANN, f"why https://demo.slack.com/archives/{ENGLISH}/p{message['ts'].replace('.', '')}")
    await calm.say(ENGLISH, ANN, f"@zimerr {CODES}")
    await settled(calm, ENGLISH, ANN)


async def test_an_invitation_to_a_channel_of_long_messages_is_answered_aside(calm: Sandbox) -> None:
    """The dry run reads a hundred messages."""
    for _ in range(3):
        calm.workspace.post(FOREIGN, {"user": ANN, "text": CODES}, by=ANN)
    await calm.invite(FOREIGN, inviter=ANN)
    await calm.until(lambda: calm.ephemerals(ANN))


async def test_a_log_of_all_codes_is_triaged_aside(calm: Sandbox) -> None:
    """A file of 10,000 different numbers once stopped the bot for a minute and a half."""
    message = await calm.say(ENGLISH, ANN, "look", files=[file(content=LOG_OF_ALL_CODES)])
    answer = await the_answer(calm, message, ENGLISH)
    await calm.click(answer, TRIAGE_REPORT, ANN)
    await calm.until(lambda: uploads(calm, message, ENGLISH))


async def test_the_first_search_waits_for_no_index(
    workspace: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Building the index takes a third of a second."""
    async with start():
        with never_busy(monkeypatch):
            await workspace.command(ENGLISH, ANN, "a" * 4_000)
            await workspace.command(ENGLISH, ANN, "token expired")
