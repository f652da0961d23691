"""Test that Slack's refusals never end in silence: simpler forms of a message, and a word to those who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, ENGLISH, LIN, Clock
from tests.scenarios.logs import LOG, answers, block_types, the_answer
from tests.scenarios.reading import choose, dismiss, last_said, settled, shown

FENCED = f"look at this\n```\n{LOG}```"
CHART, TABLE = "data_visualization", "table"


def posts(slack: Sandbox, message: dict[str, Any]) -> list[Sequence[str]]:
    """Return the types of the blocks of each attempt to post a reply to *message*."""
    calls = [call for call in slack.calls("chat.postMessage") if call.arguments.get("thread_ts") == message["ts"]]
    return [block_types({"blocks": call.arguments.get("blocks", [])}) for call in calls]


def is_complete(text: str) -> bool:
    """Return whether *text* has all parts of a triage: the cause, the actor, the steps, the codes, the evidence."""
    wanted = ("Likely cause: 6000106", "Who fixes it", "What to do", "follows 6000106", "errorCode=6000106")
    return all(each in text for each in wanted)


@pytest.mark.parametrize("error", ["invalid_blocks", "invalid_blocks_format", "internal_error", "fatal_error"])
@pytest.mark.parametrize(
    ("refused", "kept"),
    [([CHART], TABLE), ([TABLE], CHART), ([CHART, TABLE], "rich_text"), ([CHART, TABLE, "header"], "")],
    ids=["chart", "table", "both", "all"],
)
async def test_a_triage_is_posted_in_the_fullest_form_that_slack_accepts(
    slack: Sandbox, refused: list[str], kept: str, error: str
) -> None:
    """Whatever a workspace refuses, the person on call gets the answer, once."""
    for block in refused:
        slack.faults.refused("chat.postMessage", error, block=block)
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer_in_spite(slack, message)
    assert is_complete(shown(answer))
    assert not {*block_types(answer)} & {*refused}
    if kept:
        assert kept in block_types(answer) or error.endswith("_error")
        assert_sendable(answer)
    else:
        assert answer["blocks"] == []
    if CHART in refused:
        assert "Codes over time" in shown(answer)
        assert "█" in shown(answer)


async def the_answer_in_spite(slack: Sandbox, message: dict[str, Any]) -> dict[str, Any]:
    """Wait for the one answer to *message*, which may need several attempts."""
    await slack.until(lambda: answers(slack, message, ENGLISH))
    slack.faults.clear()
    answer = await the_answer(slack, message, ENGLISH)
    return {"blocks": [], **answer}


@pytest.mark.parametrize("refused", [[CHART], [TABLE], [CHART, TABLE]], ids=["chart", "table", "both"])
async def test_what_a_workspace_refuses_is_not_sent_again_for_a_day(
    slack: Sandbox, clock: Clock, refused: list[str]
) -> None:
    """The second triage costs one post. A day later, a new version of Slack may accept the blocks."""
    for block in refused:
        slack.faults.refused("*", "invalid_blocks", block=block)
    first = await slack.say(ENGLISH, ANN, FENCED)
    await slack.until(lambda: answers(slack, first, ENGLISH))
    assert len(posts(slack, first)) == 1 + len(refused)
    await slack.command(ENGLISH, ANN, "auto thread")
    second = await slack.say(ENGLISH, LIN, FENCED.replace("6000106", "6000107"))
    await slack.until(lambda: answers(slack, second, ENGLISH))
    (types,) = posts(slack, second)
    assert not {*types} & {*refused}
    slack.faults.clear()
    clock.ahead_s = 86_401.0
    third = await slack.say(ENGLISH, BEN, FENCED.replace("6000106", "6000108"))
    await slack.until(lambda: answers(slack, third, ENGLISH))
    (types,) = posts(slack, third)
    assert {CHART, TABLE} <= {*types}


async def test_a_table_that_is_refused_without_a_reason_is_found_by_trying(
    slack: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack does not always name the block."""
    monkeypatch.setattr("bot.sandbox.faults.problem", lambda text, path: "[ERROR] something is wrong")
    slack.faults.refused("chat.postMessage", "invalid_blocks", block=TABLE)
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer_in_spite(slack, message)
    assert is_complete(shown(answer))
    tried = [{CHART, TABLE} & {*types} for types in posts(slack, message)]
    assert tried == [{CHART, TABLE}, {TABLE}, set()]


async def test_a_passing_internal_error_costs_no_chart(slack: Sandbox) -> None:
    """Slack is broken for a moment now and then. The same form is tried three times before a simpler one."""
    slack.faults.refused("chat.postMessage", "internal_error", times=2)
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer_in_spite(slack, message)
    assert {CHART, TABLE} <= {*block_types(answer)}
    assert len(posts(slack, message)) == 3


async def test_an_internal_error_after_the_post_does_not_double_it(slack: Sandbox) -> None:
    """Slack has posted the message in the third attempt, but said otherwise."""
    slack.faults.refused("chat.postMessage", "internal_error", times=2)
    slack.faults.failed_after("chat.postMessage", "internal_error", times=1)
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer_in_spite(slack, message)
    assert {CHART, TABLE} <= {*block_types(answer)}
    assert len(posts(slack, message)) == 3


@pytest.mark.parametrize("error", ["invalid_blocks", "internal_error"])
@pytest.mark.parametrize("refused", [[CHART], [TABLE], [CHART, TABLE, "header"]], ids=["chart", "table", "all"])
async def test_a_private_copy_is_shown_in_the_fullest_form(slack: Sandbox, refused: list[str], error: str) -> None:
    """A response_url answers a refusal with 404 and JSON."""
    answer = await the_answer(slack, await slack.say(ENGLISH, ANN, FENCED), ENGLISH)
    for block in refused:
        slack.faults.refused("response_url", error, block=block)
    await choose(slack, answer, "triage_language", LIN)
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "可能原因：6000106" in shown(private)
    assert "errorCode=6000106" in shown(private)
    assert not {*block_types({"blocks": [], **private})} & {*refused}


@pytest.mark.parametrize("refused", [[CHART], [TABLE], [CHART, TABLE, "header"]], ids=["chart", "table", "all"])
async def test_an_edit_and_an_assignee_are_shown_in_the_fullest_form(slack: Sandbox, refused: list[str]) -> None:
    """Slack accepted the message once; a change of it may be refused all the same."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    for block in refused:
        slack.faults.refused("chat.update", "invalid_blocks", block=block)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: f"<@{LIN}> is on it" in shown(answers(slack, message, ENGLISH)[0]))
    assert is_complete(shown(answers(slack, message, ENGLISH)[0]))
    assert len(shown(answers(slack, message, ENGLISH)[0])) > 300
    await slack.edit(ENGLISH, message["ts"], FENCED.replace("6000121", "6000354"))
    await slack.until(lambda: "6000354" in shown(answers(slack, message, ENGLISH)[0]))
    assert not {*block_types({"blocks": [], **answers(slack, message, ENGLISH)[0]})} & {*refused}
    assert slack.ephemerals(LIN) == []


async def test_an_assignee_is_shown_where_charts_and_tables_are_refused(slack: Sandbox) -> None:
    """The buttons work on the simpler form, too."""
    for block in (CHART, TABLE):
        slack.faults.refused("*", "invalid_blocks", block=block)
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: f"<@{LIN}> is on it" in shown(answers(slack, message, ENGLISH)[0]))
    await dismiss(slack, answers(slack, message, ENGLISH)[0], "triage_take", BEN)
    await slack.until(lambda: f"<@{BEN}> is on it" in shown(answers(slack, message, ENGLISH)[0]))
    assert "actions" in block_types(answers(slack, message, ENGLISH)[0])
    assert len(slack.calls("chat.update")) == 2


@pytest.mark.parametrize("words", ["6000106", "6000106 6000121", "token expired", "help"])
async def test_a_card_that_is_refused_is_posted_as_text(slack: Sandbox, words: str) -> None:
    """No message is worth less than its text: a mention is answered, whatever its blocks are."""
    for block in ("header", "section"):
        slack.faults.refused("*", "invalid_blocks", block=block)
    message = await slack.say(ENGLISH, ANN, f"@zimerr {words}")
    found = await slack.until(lambda: answers(slack, message, ENGLISH) or slack.ephemerals(ANN, ENGLISH))
    assert not found[0].get("blocks")
    assert "6000106" in found[0]["text"] or "/zimerr" in found[0]["text"]
    await settled(slack, ENGLISH, BEN)


async def test_the_log_has_what_slack_said(slack: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    """Only Slack knows which field is wrong. No text of the message is logged."""
    slack.faults.refused("chat.postMessage", "invalid_blocks", block=TABLE)
    message = await slack.say(ENGLISH, ANN, FENCED)
    await slack.until(lambda: answers(slack, message, ENGLISH))
    logged = "".join(capfd.readouterr())
    assert "unsupported type: table [json-pointer:/blocks/" in logged
    assert "look at this" not in logged
    assert "user is not logged in" not in logged


@pytest.mark.parametrize("error", ["invalid_blocks", "internal_error"])
async def test_a_pasted_log_is_answered_in_the_fullest_form(slack: Sandbox, error: str) -> None:
    """The dialog answers at the response_url of its command."""
    for block in (CHART, TABLE):
        slack.faults.refused("response_url", error, block=block)
    await slack.command(ENGLISH, ANN, "triage")
    view = await slack.until(lambda: slack.modal(ANN))
    assert view is not None
    await slack.submit(view, ANN, {"pasted": LOG[:2900], "audience": "everybody"})
    assert is_complete(shown(await last_said(slack, ENGLISH, 1)))
