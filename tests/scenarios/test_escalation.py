"""Test *Escalate*: "already" is true, a failed call can be repeated, and the person hears it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, ENGLISH, LIN, MEI, bot_with
from tests.scenarios.logs import LOG, answers, block_types, the_answer
from tests.scenarios.reading import BOT_USER, choose, dialog_of, said_by_bot, settled, shown
from tests.scenarios.test_failure_notice import direct_messages_to

FENCED = f"look at this\n```\n{LOG}```"
GROUP = "S0ONCALL"


@contextlib.asynccontextmanager
async def triaged(folder: Path, target: str) -> AsyncIterator[tuple[Sandbox, dict[str, Any], dict[str, Any]]]:
    """Run the bot with *target* as the person to call; yield a log and its triage."""
    async with bot_with("http", folder, zimerr_escalate=target, zimerr_retry_pause_s=0.001) as slack:
        message = await slack.say(ENGLISH, ANN, FENCED)
        yield slack, message, await the_answer(slack, message, ENGLISH)


def calls_in(slack: Sandbox, message: dict[str, Any]) -> list[str]:
    """Return the calls in the thread of *message*."""
    return [said for answer in answers(slack, message, ENGLISH) if "asks you to look" in (said := shown(answer))]


def private(slack: Sandbox, user: str) -> str:
    """Return the text of the bot's ephemeral messages to *user*."""
    return "\n".join(shown(each) for each in slack.ephemerals(user))


async def test_a_group_is_called_once(tmp_path: Path) -> None:
    """The mention is in the thread of the log, and the triage shows who called."""
    async with triaged(tmp_path, GROUP) as (slack, message, answer):
        await slack.click(answer, "triage_escalate", LIN)
        await slack.until(lambda: f"<@{LIN}> escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert calls_in(slack, message) == [f"<!subteam^{GROUP}>: <@{LIN}> asks you to look at this triage."]
        assert slack.calls("conversations.members") == []
        # The button of a client that has not shown the change yet, and of one that has.
        for button in (answer, answers(slack, message, ENGLISH)[0]):
            await slack.click(button, "triage_escalate", BEN)
        await slack.until(lambda: private(slack, BEN).count("already escalated this") == 2)
        assert len(calls_in(slack, message)) == 1


async def test_two_people_at_once_make_one_call(tmp_path: Path) -> None:
    """The second one reads that the call is on its way, which is true."""
    async with triaged(tmp_path, GROUP) as (slack, message, answer):
        release = slack.faults.hold("chat.postMessage")
        await asyncio.gather(*(slack.click(answer, "triage_escalate", person) for person in (LIN, BEN)))
        (told,) = await slack.until(lambda: slack.ephemerals(LIN) + slack.ephemerals(BEN))
        assert "the call is on its way" in shown(told) or "正在通知联系人" in shown(told)
        release.set()
        await slack.until(lambda: "escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert len(calls_in(slack, message)) == 1


@pytest.mark.parametrize("reason", ["not_in_channel", "no_permission"])
async def test_a_call_that_failed_can_be_repeated(tmp_path: Path, reason: str) -> None:
    """Nobody was called, so the triage must not say so. The next press makes the call."""
    async with triaged(tmp_path, GROUP) as (slack, message, answer):
        slack.faults.refused("chat.postMessage", reason)
        await slack.click(answer, "triage_escalate", LIN)
        await slack.until(lambda: slack.ephemerals(LIN))
        await slack.click(answer, "triage_escalate", LIN)
        await slack.until(lambda: len(slack.ephemerals(LIN)) == 2)
        assert "已有人" not in private(slack, LIN)
        assert reason in private(slack, LIN) or "我无法在" in private(slack, LIN)
        slack.faults.clear()
        await slack.click(answer, "triage_escalate", BEN)
        await slack.until(lambda: f"<@{BEN}> escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert calls_in(slack, message) == [f"<!subteam^{GROUP}>: <@{BEN}> asks you to look at this triage."]
        assert slack.ephemerals(BEN) == []


async def test_a_person_who_is_not_in_the_channel_gets_a_direct_message(tmp_path: Path) -> None:
    """Slack notifies nobody of a mention in a channel that they are not in. The message is in their language."""
    async with triaged(tmp_path, MEI) as (slack, message, answer):
        slack.workspace.leave(ENGLISH, MEI)
        await slack.click(answer, "triage_escalate", ANN)
        (direct,) = await slack.until(lambda: direct_messages_to(slack, MEI))
        link = f"https://zimerr-demo.slack.com/archives/{ENGLISH}/p{answer['ts'].replace('.', '')}"
        assert f"<@{ANN}> 請你查看 <#{ENGLISH}> 裡的<{link}?thread_ts={message['ts']}" in shown(direct).replace(
            "&amp;", "&"
        )
        await slack.until(lambda: f"<@{ANN}> escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert len(calls_in(slack, message)) == 1


async def test_a_member_gets_no_direct_message(tmp_path: Path) -> None:
    """The mention notifies them; a second page would only be noise."""
    async with triaged(tmp_path, BEN) as (slack, message, answer):
        await slack.click(answer, "triage_escalate", ANN)
        await slack.until(lambda: f"<@{ANN}> escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert calls_in(slack, message) == [f"<@{BEN}>: <@{ANN}> asks you to look at this triage."]
        assert direct_messages_to(slack, BEN) == []


async def test_a_person_who_can_not_be_reached_was_not_called(tmp_path: Path) -> None:
    """The mention alone notifies nobody. The next press tries again, without another mention."""
    async with triaged(tmp_path, MEI) as (slack, message, answer):
        slack.workspace.leave(ENGLISH, MEI)
        direct = slack.workspace.im(MEI, BOT_USER)
        del slack.workspace.users[MEI]
        await slack.click(answer, "triage_escalate", ANN)
        await slack.until(lambda: slack.ephemerals(ANN))
        assert "Nobody has been called: <@U0MEI> is not in this channel" in private(slack, ANN)
        assert "`channel_not_found`" in private(slack, ANN)
        assert "escalated this" not in shown(answers(slack, message, ENGLISH)[0])
        slack.workspace.join(ENGLISH, MEI)
        await slack.click(answer, "triage_escalate", ANN)
        await slack.until(lambda: f"<@{ANN}> escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert len(calls_in(slack, message)) == 1
        assert said_by_bot(slack, direct.id) == []


async def test_a_rate_limited_update_repeats_neither_the_call_nor_the_direct_message(tmp_path: Path) -> None:
    """People remember being paged twice at 3 a.m."""
    async with triaged(tmp_path, MEI) as (slack, message, answer):
        slack.workspace.leave(ENGLISH, MEI)
        slack.faults.rate_limited("chat.update", retry_after_s=0, times=2)
        await slack.click(answer, "triage_escalate", ANN)
        await slack.until(lambda: f"<@{ANN}> escalated this" in shown(answers(slack, message, ENGLISH)[0]))
        assert len(calls_in(slack, message)) == 1
        assert len(direct_messages_to(slack, MEI)) == 1


async def test_a_triage_that_can_not_show_the_call_does_not_repeat_it(tmp_path: Path) -> None:
    """They were called; the triage is only where others see that."""
    async with triaged(tmp_path, GROUP) as (slack, message, answer):
        slack.faults.refused("chat.update", "edit_window_closed")
        await slack.click(answer, "triage_escalate", BEN)
        await slack.until(lambda: slack.calls("chat.update"))
        await settled(slack, ENGLISH, ANN)
        await slack.click(answer, "triage_escalate", BEN)
        await slack.until(lambda: "already escalated this" in private(slack, BEN))
        assert len(calls_in(slack, message)) == 1


async def test_a_triage_without_blocks_can_be_escalated(tmp_path: Path) -> None:
    """Slack may return a message without them. A poisoned job would hold up its thread for an hour."""
    async with triaged(tmp_path, GROUP) as (slack, message, answer):
        stored = slack.workspace.channel(ENGLISH).messages[answer["ts"]]
        await choose(slack, answer, "triage_language", LIN)
        container = slack.interactions.container(answer)
        block, element = container.element("triage_escalate")
        del stored["blocks"]
        action = {key: element[key] for key in ("type", "action_id", "value")} | {"block_id": block["block_id"]}
        await slack.interactions.act(container, BEN, action)
        await slack.until(lambda: calls_in(slack, message))
        await settled(slack, ENGLISH, ANN)
        assert len(calls_in(slack, message)) == 1
        assert slack.ephemerals(BEN) == []


async def test_one_button_releases_or_takes_over(tmp_path: Path) -> None:
    """Slack allows five options in the menu. Who presses the button decides what is meant."""
    async with triaged(tmp_path, GROUP) as (slack, message, answer):
        await slack.click(answer, "triage_take", BEN)
        await slack.until(lambda: f"<@{BEN}> is on it" in shown(answers(slack, message, ENGLISH)[0]))
        assert "Release or take over" in json.dumps(answers(slack, message, ENGLISH)[0]["blocks"][-1])
        await slack.click(answer, "triage_release", LIN)
        await slack.submit(await dialog_of(slack, LIN), LIN, {})
        await slack.until(lambda: f"<@{LIN}> is on it" in shown(answers(slack, message, ENGLISH)[0]))
        await slack.click(answer, "triage_release", LIN)
        await slack.until(lambda: f"<@{LIN}> released it" in shown(answers(slack, message, ENGLISH)[0]))


async def test_there_is_no_button_without_a_person_to_call(slack: Sandbox) -> None:
    """A button that answers with the name of a setting helps nobody at night."""
    answer = await the_answer(slack, await slack.say(ENGLISH, ANN, FENCED), ENGLISH)
    assert "actions" in block_types(answer)
    assert [each["action_id"] for each in answer["blocks"][-1]["elements"]] == [
        *("triage_take", "triage_report", "triage_menu")
    ]


async def test_the_button_of_an_older_triage_says_how_to_set_a_person(slack: Sandbox) -> None:
    """The setting may be removed later. The hint is ephemeral, because it concerns nobody else."""
    value = json.dumps({"key": "thread:1.0", "language": "en"})
    button = {"type": "button", "text": {"type": "plain_text", "text": "Escalate"}, "value": value}
    actions = {"type": "actions", "elements": [button | {"action_id": "triage_escalate"}], "block_id": "b"}
    posted = await slack.say_as_bot(ENGLISH, "zimerr", "a triage", blocks=[actions])
    await slack.click(posted, "triage_escalate", ANN)
    (said,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "ZIMERR_ESCALATE" in shown(said)
