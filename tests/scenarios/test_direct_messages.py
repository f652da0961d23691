"""Test direct messages with the bot: its answers are plain messages, as those of a person are."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, ENGLISH, bot_with
from tests.scenarios.logs import LOG, file, first_line
from tests.scenarios.reading import (
    answer_in_dm,
    answers_in_dm,
    bot_reactions,
    dismiss,
    said_by_bot,
    settled,
    shown,
)

DM = "D0ANN"


async def test_answers_are_in_no_thread(slack: Sandbox) -> None:
    """Eight questions would be eight “1 reply”, each a click away."""
    asked = [await slack.say(DM, ANN, text) for text in ("6000106", "token expired", "status", "hi")]
    for message in asked:
        assert_sendable(await answer_in_dm(slack, DM, message))
        assert slack.replies(DM, message["ts"]) == []
    assert len(said_by_bot(slack, DM)) == len(asked)


async def test_a_question_in_a_thread_is_answered_there(slack: Sandbox) -> None:
    """The person chose the thread, for example to ask about an answer."""
    root = await answer_in_dm(slack, DM, await slack.say(DM, ANN, "6000106"))
    await slack.say(DM, ANN, "6000121", thread_ts=root["ts"])
    replies = await slack.until(lambda: slack.replies(DM, root["ts"])[1:])
    assert "6000121 · " in shown(replies[0])


async def test_a_log_gets_its_triage_beside_it(slack: Sandbox) -> None:
    """With all its buttons: who is on it, the report, the objection and its undo."""
    message = await slack.say(DM, ANN, "", files=[file()])
    triage = await answer_in_dm(slack, DM, message)
    assert "Likely cause: 6000106" in shown(triage)
    await slack.click(triage, "triage_take", ANN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    assert first_line(triage).startswith(f":eyes: <@{ANN}> is on it")
    for _ in range(2):
        await slack.click(triage, "triage_report", ANN)
    (report,) = await slack.until(lambda: [each for each in said_by_bot(slack, DM) if each.get("files")])
    assert "thread_ts" not in report
    await slack.until(lambda: "The full report has already been posted" in shown(said_by_bot(slack, DM)[-1]))
    await dismiss(slack, triage, "triage_wrong", ANN)
    await slack.until(lambda: "marked my triage as wrong" in shown(triage))
    await slack.click(triage, "undo_change", ANN)
    await slack.until(lambda: "Likely cause: 6000106" in shown(triage))


async def test_an_edited_log_keeps_its_state_and_a_deleted_one_takes_its_triage_along(slack: Sandbox) -> None:
    """The state is in the triage, which is in no thread."""
    message = await slack.say(DM, ANN, f"```\n{LOG}```")
    triage = await answer_in_dm(slack, DM, message)
    await slack.click(triage, "triage_take", ANN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.edit(DM, message["ts"], f"```\n{LOG}```\nE/ZIM: errorCode=6000354")
    await slack.until(lambda: "6000354" in shown(triage))
    assert first_line(triage).startswith(f":eyes: <@{ANN}> is on it")
    await slack.delete(DM, message["ts"])
    await slack.until(lambda: said_by_bot(slack, DM) == [])


async def test_an_answer_is_posted_once_even_if_slacks_response_is_lost(slack: Sandbox) -> None:
    """The next attempt finds the answer in the history of the conversation."""
    slack.faults.lost("chat.postMessage")
    message = await slack.say(DM, ANN, "6000106")
    await answer_in_dm(slack, DM, message)
    await settled(slack, ENGLISH, BEN)
    assert len(answers_in_dm(slack, DM, message)) == 1
    assert len(said_by_bot(slack, DM)) == 1


async def test_a_call_for_help_is_beside_the_triage(tmp_path: Path) -> None:
    """The person who is called gets a message of their own, with a link."""
    async with bot_with("http", tmp_path, zimerr_escalate="S0ONCALL") as slack:
        triage = await answer_in_dm(slack, DM, await slack.say(DM, ANN, f"```\n{LOG}```"))
        await slack.click(triage, "triage_escalate", ANN)
        call = (await slack.until(lambda: said_by_bot(slack, DM)[1:]))[0]
        assert "thread_ts" not in call
        await slack.until(lambda: "escalated this" in shown(triage))
