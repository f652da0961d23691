"""Test the offer of a watch: once, after a busy day, in channels that have not chosen; one press makes the watch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.app import running
from bot.sandbox.http_server import Sandbox
from bot.sandbox.model import User
from bot.slack import rounds
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Clock, settings_for
from tests.scenarios.reading import said_by_bot, settled, shown
from tests.scenarios.test_top import private_answer

HOUR_S = 3601.0


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether anything is due all the time. When the bot checks is up to its clock."""
    monkeypatch.setattr(rounds, "_INTERVAL_S", 0.02)


def offers(slack: Sandbox, channel: str) -> list[dict[str, Any]]:
    """Return the offers in a channel."""
    return [each for each in said_by_bot(slack, channel) if "accept_offer" in str(each["blocks"])]


def attempts(slack: Sandbox) -> int:
    """Return how often the bot tried to post an offer."""
    return sum("accept_offer" in str(each.arguments) for each in slack.calls("chat.postMessage"))


async def busy_day(slack: Sandbox, channel: str, count: int = 20) -> None:
    """Let people write messages with a code."""
    for _ in range(count):
        await slack.say(channel, ANN, "6000104")
    await settled(slack, channel, ANN)


@pytest.mark.both_transports
async def test_one_press_makes_the_watch(slack: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """Once, however many replicas there are; the public line with *Undo* takes the place of the offer."""
    await busy_day(slack, ENGLISH)
    await busy_day(slack, CHINESE, 12)
    async with running(settings_for(slack, "http", tmp_path / "bot.db"), clock, clock.steady):
        clock.ahead_s += HOUR_S
        (offer,) = await slack.until(lambda: offers(slack, ENGLISH))
        await settled(slack, ENGLISH, ANN)
    assert "*6000104*  " in shown(offer)
    assert "*20* messages here in the last 24 hours" in shown(offer)
    assert "when 20 messages contain it within 10 minutes" in shown(offer)
    assert "<@" not in str(offer)
    assert "thread_ts" not in offer
    clock.ahead_s += HOUR_S
    await settled(slack, ENGLISH, ANN)
    assert len(offers(slack, ENGLISH)) == 1
    assert offers(slack, CHINESE) == []
    await slack.click(offer, "accept_offer", LIN)
    await slack.until(lambda: not offers(slack, ENGLISH))
    (made,) = [each for each in said_by_bot(slack, ENGLISH) if each["ts"] == offer["ts"]]
    assert f"<@{LIN}> started a watch: *6000104*" in shown(made)
    assert "20 messages in 10 minutes" in shown(await private_answer(slack, BEN, "watch list"))
    await slack.click(made, "undo_change", BEN)
    await slack.until(lambda: f"<@{BEN}>" in shown(made))
    assert "There are no watches" in shown(await private_answer(slack, BEN, "watch list"))


async def test_no_thanks_removes_it_for_good(slack: Sandbox, clock: Clock) -> None:
    """By those who may change settings; a guest gets the reason."""
    slack.workspace.users["U0GUEST"] = User("U0GUEST", "gus", "Gus", is_guest=True)
    slack.workspace.channels[CHINESE].members.add("U0GUEST")
    await busy_day(slack, CHINESE)
    clock.ahead_s += HOUR_S
    (offer,) = await slack.until(lambda: offers(slack, CHINESE))
    assert "在 10 分钟内达到 20 条消息时" in shown(offer)
    await slack.click(offer, "decline_offer", "U0GUEST")
    await slack.click(offer, "accept_offer", "U0GUEST")
    denied = await slack.until(lambda: slack.ephemerals("U0GUEST", CHINESE)[1:])
    assert all("访客不能执行" in shown(each) for each in denied)
    assert offers(slack, CHINESE) == [offer]
    await slack.click(offer, "decline_offer", LIN)
    await slack.until(lambda: not offers(slack, CHINESE))
    assert offer["ts"] not in [each["ts"] for each in slack.messages(CHINESE)]
    clock.ahead_s += HOUR_S
    await settled(slack, CHINESE, ANN)
    assert offers(slack, CHINESE) == []


async def test_a_rate_limit_postpones_it_and_a_lost_answer_does_not_double_it(slack: Sandbox, clock: Clock) -> None:
    """It is offered again only if Slack certainly did not post it."""
    await busy_day(slack, ENGLISH)
    slack.faults.rate_limited("chat.postMessage", retry_after_s=1)
    clock.ahead_s += HOUR_S
    await slack.until(lambda: attempts(slack) == 1)
    assert offers(slack, ENGLISH) == []
    slack.faults.lost("chat.postMessage")
    clock.ahead_s += HOUR_S
    await slack.until(lambda: offers(slack, ENGLISH))
    clock.ahead_s += HOUR_S
    await settled(slack, ENGLISH, ANN)
    assert (attempts(slack), len(offers(slack, ENGLISH))) == (2, 1)


async def test_channels_that_have_chosen_are_left_alone(slack: Sandbox, clock: Clock) -> None:
    """Where somebody watches, and where the bot is off."""
    await busy_day(slack, ENGLISH)
    await busy_day(slack, CHINESE)
    await slack.command(ENGLISH, LIN, "auto off")
    await slack.command(CHINESE, LIN, "监控 任意 1000次 5分钟")
    for channel in (ENGLISH, CHINESE):
        await slack.until(lambda channel=channel: LIN in shown(said_by_bot(slack, channel)[-1]))  # type: ignore[misc]  # a default
    clock.ahead_s += HOUR_S
    await settled(slack, CHINESE, ANN)
    assert offers(slack, ENGLISH) + offers(slack, CHINESE) == []
