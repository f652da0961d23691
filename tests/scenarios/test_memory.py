"""Test that the line about what helped comes back with the same code, and that it stays inside the team."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Transport, bot_with
from tests.scenarios.logs import first_line, the_answer
from tests.scenarios.reading import answer_in_thread, choose, dialog_of, last_said, said_by_bot, shown
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


@pytest.mark.both_transports
async def test_a_note_is_on_every_card_of_its_code(slack: Sandbox) -> None:
    """With its author; secrets are masked, links are links, and nothing pings."""
    typed = "https://wiki.example.com/token?a=1&b=2, then *all* <!here> password=hunter2secret"
    await slack.command(ENGLISH, LIN, f"note {CAUSE} {typed}")
    line = await last_said(slack, ENGLISH, 1)
    assert shown(line).startswith(f"<@{LIN}> changed the team note on {CAUSE}: https://wiki")
    await slack.command(ENGLISH, BEN, f"{CAUSE} channel")
    card = await last_said(slack, ENGLISH, 2)
    (note,) = [block for block in card["blocks"] if block["type"] == "rich_text"]
    runs = note["elements"][0]["elements"]
    assert {"type": "link", "url": "https://wiki.example.com/token?a=1&b=2"} in runs
    assert "小林" in shown(card)
    assert ", then *all* <!here> password=" in shown(card)
    assert "hunter2" not in json.dumps([*slack.messages(ENGLISH)])
    assert {run["type"] for run in runs} == {"text", "link", "date"}
    log = await slack.say(CHINESE, ANN, FENCED)
    assert "团队备注" in shown(await the_answer(slack, log, CHINESE))


async def test_a_note_is_edited_removed_and_restored(slack: Sandbox) -> None:
    """Each change is public and can be undone; its history is in the answer and in the dialog."""
    await slack.command(ENGLISH, LIN, f"note {CAUSE} the first version")
    await last_said(slack, ENGLISH, 1)
    await slack.command(ENGLISH, BEN, f"note {CAUSE}")
    (answer,) = await slack.until(lambda: slack.ephemerals(BEN))
    assert "the first version" in shown(answer)
    await slack.click(answer, "edit_note", BEN)
    dialog = await dialog_of(slack, BEN)
    assert dialog["blocks"][0]["element"]["initial_value"] == "the first version"
    assert f"<@{LIN}>: the first version" in shown(dialog)
    await slack.submit(dialog, BEN, {"note": "the second version"})
    await last_said(slack, ENGLISH, 2)
    await slack.click(answer, "remove_note", BEN)
    removed = await last_said(slack, ENGLISH, 3)
    assert shown(removed).startswith(f"<@{BEN}> removed the team note")
    await slack.click(removed, "undo_change", ANN)
    await slack.until(lambda: "undo_change" not in json.dumps(removed))
    await slack.command(ENGLISH, ANN, f"备注 {CAUSE}")
    (again,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "the second version" in shown(again)


async def test_only_the_people_of_the_setting_change_notes(transport: Transport, tmp_path: Path) -> None:
    """ZIMERR_ADMINS has no say in it; reading is for everybody."""
    async with bot_with(transport, tmp_path, zimerr_notes=LIN, zimerr_admins=BEN) as slack:
        await slack.command(ENGLISH, BEN, f"note {CAUSE} by Ben")
        (refusal,) = await slack.until(lambda: slack.ephemerals(BEN))
        assert f"only <@{LIN}> can do this" in shown(refusal)
        await slack.command(ENGLISH, LIN, f"note {CAUSE} by Lin")
        line = await last_said(slack, ENGLISH, 1)
        await slack.click(line, "undo_change", BEN)
        await slack.until(lambda: len(slack.ephemerals(BEN)) == 2)
        await slack.click(line, "undo_change", LIN)
        await slack.until(lambda: "undo_change" not in json.dumps(line))


async def test_people_of_other_workspaces_see_no_note(slack: Sandbox) -> None:
    """A channel that is shared with a customer shows only lines that were written there."""
    await resolve(slack, ENGLISH, "called the customer's admin")
    await slack.command(ENGLISH, LIN, f"note {CAUSE} ask for a discount")
    await slack.until(lambda: "discount" in json.dumps(said_by_bot(slack, ENGLISH)))
    slack.workspace.channels[CHINESE].is_ext_shared = True
    await slack.command(CHINESE, BEN, f"{CAUSE} channel")
    card = await last_said(slack, CHINESE, 1)
    assert "Token" in shown(card)
    assert "discount" not in json.dumps(card)
    assert "admin" not in json.dumps(card)


@pytest.mark.parametrize(
    ("text", "word"), [("note", "500"), (f"note {CAUSE} {'x' * 501}", "500"), ("note 6009999 x", "6009999")]
)
async def test_a_note_that_is_none_is_explained(slack: Sandbox, text: str, word: str) -> None:
    """The one line that helps."""
    await slack.command(ENGLISH, LIN, text)
    (line,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert word in shown(line)
