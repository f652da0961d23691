"""Test who is on an incident: the first one has it, nobody loses it unknowingly, and the triage shows it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Clock, Start
from tests.scenarios.logs import LOG, first_line, the_answer
from tests.scenarios.reading import bot_reactions, choose, dialog_of, dismiss, press_stale, settled, shown
from tests.scenarios.test_failure_notice import direct_messages_to

FENCED = f"look at this\n```\n{LOG}```"


async def triage_of(slack: Sandbox, channel: str = ENGLISH) -> tuple[dict[str, Any], dict[str, Any]]:
    """Post a log, and return it with its triage."""
    message = await slack.say(channel, ANN, FENCED)
    return message, await the_answer(slack, message, channel)


@pytest.mark.both_transports
async def test_the_second_person_is_asked_and_the_first_one_told(slack: Sandbox) -> None:
    """A silent take-over leaves two people on one problem, or none."""
    _, answer = await triage_of(slack)
    stale = dict(answer)  # as Lin's client shows it
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: f"<@{BEN}> is on it" in first_line(answer))
    await press_stale(slack, ENGLISH, stale, "triage_take", LIN)
    dialog = await dialog_of(slack, LIN)
    assert f"<@{BEN}>" in shown(dialog)
    assert f"<@{BEN}> is on it" in first_line(answer)
    await slack.submit(dialog, LIN, {})
    await slack.until(lambda: f"<@{LIN}> is on it" in first_line(answer))
    (told,) = await slack.until(lambda: direct_messages_to(slack, BEN))
    assert f"<@{LIN}> took over <https://" in shown(told)


@pytest.mark.both_transports
async def test_two_people_at_once_end_in_one_state(slack: Sandbox) -> None:
    """One has it; the other one is asked."""
    message, answer = await triage_of(slack)
    stale = dict(answer)
    await asyncio.gather(*(press_stale(slack, ENGLISH, stale, "triage_take", person) for person in (BEN, LIN)))
    await slack.until(lambda: "is on it" in first_line(answer))
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    owner = BEN if f"<@{BEN}>" in first_line(answer) else LIN
    dialog = await dialog_of(slack, LIN if owner == BEN else BEN)
    assert f"<@{owner}>" in shown(dialog)


async def test_a_dialog_that_is_overtaken_takes_nothing(slack: Sandbox) -> None:
    """Lin saw that Ben has it; meanwhile Ann has."""
    _, answer = await triage_of(slack)
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: f"<@{BEN}> is on it" in first_line(answer))
    await choose(slack, answer, "triage_take", LIN)
    dialog = await dialog_of(slack, LIN)
    await dismiss(slack, answer, "triage_take", ANN)
    await slack.until(lambda: f"<@{ANN}> is on it" in first_line(answer))
    await slack.submit(dialog, LIN, {})
    await slack.until(lambda: f"<@{ANN}>" in shown(slack.modal(LIN) or {"text": ""}))
    assert f"<@{ANN}> is on it" in first_line(answer)


@pytest.mark.both_transports
async def test_what_helped_is_in_the_first_line(slack: Sandbox) -> None:
    """Everybody sees that it is over and why; secrets that somebody typed are masked, and nothing pings."""
    message, answer = await triage_of(slack)
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.click(answer, "triage_resolve", LIN)
    typed = "rotated the ServerSecret <!channel> password=hunter2secret"
    await slack.submit(await dialog_of(slack, LIN), LIN, {"helped": typed})
    await slack.until(lambda: "resolved this" in first_line(answer))
    assert first_line(answer).startswith(f":white_check_mark: <@{LIN}> resolved this")
    assert "rotated the ServerSecret" in first_line(answer)
    assert "hunter2" not in shown(answer)
    assert "<!channel" not in shown(answer)
    await slack.until(lambda: bot_reactions(message) == [])
    await slack.click(answer, "triage_reopen", ANN)
    await slack.until(lambda: f"<@{ANN}> released it" in first_line(answer))
    assert answer["blocks"][-1]["elements"][0]["action_id"] == "triage_take"


async def test_what_helped_may_be_left_out_and_is_in_chinese_there(slack: Sandbox) -> None:
    """Nobody has to write a report at 3 a.m."""
    _, answer = await triage_of(slack, CHINESE)
    await choose(slack, answer, "triage_resolve", BEN)
    await slack.submit(await dialog_of(slack, BEN), BEN, {})
    await slack.until(lambda: "已解决（" in first_line(answer))


async def test_a_restart_forgets_nothing(workspace: Sandbox, start: Start) -> None:
    """The bot that comes back knows who has it, though it has never shown it."""
    async with start():
        message, answer = await triage_of(workspace)
        await workspace.click(answer, "triage_take", BEN)
        await workspace.until(lambda: bot_reactions(message) == ["eyes"])
    async with start():
        await workspace.click(answer, "triage_release", LIN)
        dialog = await dialog_of(workspace, LIN)
        assert f"<@{BEN}>" in shown(dialog)
        await workspace.edit(ENGLISH, message["ts"], FENCED.replace("6000121", "6000354"))
        await workspace.until(lambda: "6000354" in shown(answer))
        assert f"<@{BEN}> is on it" in first_line(answer)


async def test_an_update_that_slack_refused_is_repeated(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """The triage shows the stored state in the end."""
    async with start():
        message, answer = await triage_of(workspace)
        workspace.faults.rate_limited("chat.update")
        await workspace.click(answer, "triage_take", BEN)
        await workspace.until(lambda: workspace.calls("chat.update"))
        assert "is on it" not in first_line(answer)
    clock.ahead_s += 60
    async with start():
        await workspace.until(lambda: f"<@{BEN}> is on it" in first_line(answer))
        await workspace.until(lambda: bot_reactions(message) == ["eyes"])


async def test_a_silent_owner_is_reminded_once(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """An incident that somebody has and nobody works on is worse than a free one."""
    async with start():
        message, answer = await triage_of(workspace)
        await workspace.click(answer, "triage_take", BEN)
        await workspace.until(lambda: bot_reactions(message) == ["eyes"])
    clock.ahead_s += 29 * 60
    async with start():
        await settled(workspace, ENGLISH, LIN)
        assert direct_messages_to(workspace, BEN) == []
    clock.ahead_s += 2 * 60
    for _ in range(2):
        async with start():
            (told,) = await workspace.until(lambda: direct_messages_to(workspace, BEN))
            assert "You have been on <https://" in shown(told)
            clock.ahead_s += 3600


async def test_an_owner_who_spoke_is_reminded_later(workspace: Sandbox, start: Start, clock: Clock) -> None:
    """People who write in the thread are not silent."""
    clock.ahead_s -= 1000
    async with start():
        message, answer = await triage_of(workspace)
        await workspace.click(answer, "triage_take", BEN)
        await workspace.until(lambda: bot_reactions(message) == ["eyes"])
        await workspace.say(ENGLISH, BEN, "still looking", thread_ts=message["ts"])  # 1000 s later, by the bot's clock
    clock.ahead_s += 1000 + 15 * 60  # half an hour after the click, a quarter of an hour after he spoke
    async with start():
        await settled(workspace, ENGLISH, LIN)
        assert direct_messages_to(workspace, BEN) == []
    clock.ahead_s += 16 * 60
    async with start():
        await workspace.until(lambda: direct_messages_to(workspace, BEN))
