"""Test that what helped is there when the same code comes back, and that it stays inside the team."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN
from tests.scenarios.logs import first_line, the_answer
from tests.scenarios.reading import answer_in_thread, choose, dialog_of, said_by_bot, shown
from tests.scenarios.test_incidents import FENCED, triage_of

CAUSE = 6000106


async def resolve(slack: Sandbox, channel: str, line: str) -> dict[str, Any]:
    """Triage a log whose cause is CAUSE, and let Lin resolve it."""
    _, answer = await triage_of(slack, channel)
    await choose(slack, answer, "triage_resolve", LIN)
    await slack.submit(await dialog_of(slack, LIN), LIN, {"helped": line})
    await slack.until(lambda: any(word in first_line(answer) for word in ("resolved this", "已解决")))
    return answer


@pytest.mark.both_transports
async def test_what_helped_is_on_the_next_card(slack: Sandbox) -> None:
    """On an answer to a command, on a reply to a message and on a triage, with its author and link, and no ping."""
    triage = await resolve(slack, ENGLISH, "rotated the ServerSecret <!channel>")
    await slack.command(ENGLISH, BEN, str(CAUSE))
    await slack.until(lambda: any("What helped last time" in shown(each) for each in said_by_bot(slack, ENGLISH)))
    card = said_by_bot(slack, ENGLISH)[-1]
    (memory,) = [block for block in card["blocks"] if block["type"] == "rich_text"]
    assert "小林: rotated the ServerSecret <!channel>" in shown(card)
    assert f"p{triage['ts'].replace('.', '')}" in json.dumps(memory)
    assert f"<@{LIN}>" not in json.dumps(memory)
    message = await slack.say(CHINESE, ANN, f"errorCode={CAUSE}")
    assert "小林：rotated the ServerSecret" in shown(await answer_in_thread(slack, CHINESE, message))
    log = await slack.say(CHINESE, ANN, FENCED)
    assert "之前怎么解决的" in shown(await the_answer(slack, log, CHINESE))


@pytest.mark.parametrize("transport", ["http"])
async def test_what_helped_in_a_private_channel_stays_there(slack: Sandbox) -> None:
    """Its name, its link and its line reach nobody else; inside, they do."""
    private = slack.workspace.channels[CHINESE]
    private.is_private = True
    await resolve(slack, CHINESE, "told nobody else")
    await slack.command(ENGLISH, BEN, f"{CAUSE} channel")
    await slack.until(lambda: said_by_bot(slack, ENGLISH))
    assert "told nobody else" not in json.dumps(said_by_bot(slack, ENGLISH))
    await slack.command(CHINESE, BEN, f"{CAUSE} channel")
    await slack.until(lambda: any("之前怎么解决的" in shown(each) for each in said_by_bot(slack, CHINESE)))
