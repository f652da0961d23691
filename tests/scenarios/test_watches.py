"""Test `/zimerr watch`: a burst gives one alert, which shows its state, calls a group once, and closes by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from bot.slack import rounds
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Clock, Start
from tests.scenarios.logs import first_line
from tests.scenarios.reading import bot_reactions, dialog_of, press_stale, said_by_bot, settled, shown
from tests.scenarios.test_failure_notice import direct_messages_to
from tests.scenarios.test_top import private_answer

BURST = "conn lost, code: 6000104"


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether anything is due all the time. When a watch is due is up to the bot's clock."""
    monkeypatch.setattr(rounds, "_INTERVAL_S", 0.02)


def alerts(slack: Sandbox, channel: str = ENGLISH) -> list[dict[str, Any]]:
    """Return the alerts in a channel."""
    return [each for each in said_by_bot(slack, channel) if "alert_" in str(each["blocks"][0].get("block_id"))]


async def the_alert(slack: Sandbox, clock: Clock, channel: str = ENGLISH) -> dict[str, Any]:
    """Wait until the bot has looked, and return the only alert."""
    clock.ahead_s += 11
    await slack.until(lambda: alerts(slack, channel))
    (alert,) = alerts(slack, channel)
    return alert


@pytest.mark.both_transports
async def test_a_burst_of_300_messages_gives_one_alert(slack: Sandbox, clock: Clock) -> None:
    """People look at the first line: since when, how often, and whether it is over. The group is called once."""
    made = await slack.say(ENGLISH, LIN, "@zimerr watch 6000104 10 in 5m S0ONCALL")
    (line,) = await slack.until(lambda: slack.replies(ENGLISH, made["ts"]))
    assert f"<@{LIN}> started a watch: *6000104*" in shown(line)
    assert "mentions a user group" in shown(line)
    assert "S0ONCALL" not in str(line)
    for _ in range(30):
        await asyncio.gather(*(slack.say(ENGLISH, ANN, BURST) for _ in range(10)))
    alert = await the_alert(slack, clock)
    await settled(slack, ENGLISH, ANN)
    assert first_line(alert).startswith(":rotating_light: *6000104*")
    assert "still going on" in first_line(alert)
    assert shown(alert).count("<!subteam^S0ONCALL>") == 1
    clock.ahead_s += 61
    await slack.until(lambda: "*300* messages since" in first_line(alert))
    updates = len([each for each in slack.calls("chat.update") if each.arguments["ts"] == alert["ts"]])
    assert updates <= 2
    clock.ahead_s += 301
    await slack.until(lambda: first_line(alert).startswith(":white_check_mark: *6000104*"))
    assert "over, *300* messages from" in first_line(alert)
    assert len(alerts(slack)) == 1
    assert [str(each).count("subteam") > 0 for each in said_by_bot(slack, ENGLISH)].count(True) == 1


async def test_a_watch_is_listed_stopped_and_started_again(slack: Sandbox, clock: Clock) -> None:
    """A watch may page others, so each change leaves a public line with *Undo*."""
    await slack.command(CHINESE, LIN, "监控 任意 3次 5分钟")
    (made,) = await slack.until(lambda: said_by_bot(slack, CHINESE))
    assert "任意错误码，5 分钟内 3 条消息" in shown(made)
    listed = await private_answer(slack, BEN, "watch list", CHINESE)
    assert "1. Any code, 3 messages in 5 minutes" in shown(listed)
    await slack.click(listed, "stop_watch", BEN)
    await slack.until(lambda: len(said_by_bot(slack, CHINESE)) == 2)
    stopped = said_by_bot(slack, CHINESE)[-1]
    assert f"<@{BEN}> 停止了监控" in shown(stopped)
    await slack.until(lambda: "There are no watches" in shown(slack.ephemerals(BEN, CHINESE)[-1]))
    for _ in range(3):
        await slack.say(CHINESE, ANN, "6000104")
    await settled(slack, CHINESE, ANN)
    clock.ahead_s += 30
    await slack.click(stopped, "undo_change", LIN)
    alert = await the_alert(slack, clock, CHINESE)
    assert "仍在继续" in first_line(alert)
    await slack.click(alert, "stop_watch", ANN)
    await slack.until(lambda: "监控已停止" in first_line(alert))


@pytest.mark.both_transports
async def test_an_alert_shows_who_is_on_it_until_it_is_resolved(slack: Sandbox, clock: Clock) -> None:
    """The first one has it, the second one is asked; neither an update nor the end of the burst forgets that."""
    await slack.command(ENGLISH, LIN, "watch 6000104 2 in 5m")
    await slack.until(lambda: said_by_bot(slack, ENGLISH))
    for _ in range(2):
        await slack.say(ENGLISH, ANN, BURST)
    await settled(slack, ENGLISH, ANN)
    alert = await the_alert(slack, clock)
    stale = dict(alert)  # as Lin's client shows it
    await slack.click(alert, "triage_take", BEN)
    await slack.until(lambda: bot_reactions(alert) == ["eyes"])
    assert first_line(alert).startswith(f":eyes: <@{BEN}> is on it")
    await press_stale(slack, ENGLISH, stale, "triage_take", LIN)
    dialog = await dialog_of(slack, LIN)
    assert f"<@{BEN}>" in shown(dialog)
    await slack.say(ENGLISH, ANN, BURST)
    await settled(slack, ENGLISH, ANN)
    clock.ahead_s += 61
    await slack.until(lambda: "*3* messages since" in shown(alert))
    assert f"<@{BEN}> is on it" in first_line(alert)
    await slack.submit(dialog, LIN, {})
    await slack.until(lambda: f"<@{LIN}> is on it" in first_line(alert))
    (told,) = await slack.until(lambda: direct_messages_to(slack, BEN))
    assert "|an alert>" in shown(told)
    await slack.click(alert, "triage_resolve", LIN)
    await slack.submit(await dialog_of(slack, LIN), LIN, {"helped": "rotated the ServerSecret"})
    await slack.until(lambda: bot_reactions(alert) == [])
    clock.ahead_s += 400
    await slack.until(lambda: "over, *3* messages" in shown(alert))
    assert f"<@{LIN}> resolved this" in first_line(alert)
    assert "rotated the ServerSecret" in first_line(alert)
    assert "*6000104*" in shown(alert).splitlines()[1]


async def test_a_chinese_alert_tells_in_chinese_who_is_on_it(slack: Sandbox, clock: Clock) -> None:
    """A handoff names it though it has no single code; a silent owner is reminded, and can release it."""
    await slack.command(CHINESE, LIN, "监控 任意 1次 5分钟")
    await slack.until(lambda: said_by_bot(slack, CHINESE))
    await slack.say(CHINESE, ANN, "6000104")
    await settled(slack, CHINESE, ANN)
    alert = await the_alert(slack, clock, CHINESE)
    await slack.click(alert, "triage_take", BEN)
    await slack.until(lambda: f"<@{BEN}> 已接手" in first_line(alert))
    handoff = shown(await private_answer(slack, LIN, "handoff", CHINESE))
    assert handoff.count("任意错误码") == handoff.count("|告警>") == 1
    assert "|告警>）：ben 已接手（<!date" in handoff
    story = shown(await private_answer(slack, LIN, "catchup", CHINESE))
    assert story.count("任意错误码") == story.count("|告警>") == 1
    assert f"<@{BEN}> 已接手" in story
    clock.ahead_s += 31 * 60
    (told,) = await slack.until(lambda: direct_messages_to(slack, BEN))
    assert "|an alert>" in shown(told)
    assert f"<@{BEN}> 已接手" in first_line(alert)
    await slack.click(alert, "triage_release", BEN)
    await slack.until(lambda: bot_reactions(alert) == [])
    assert "取消接手" in first_line(alert)


async def test_across_channels_one_alert_names_only_public_channels(slack: Sandbox, clock: Clock) -> None:
    """A private channel's name, link or count never reaches somebody outside it."""
    private = slack.workspace.channels[CHINESE]
    private.is_private, private.members = True, {ANN, slack.workspace.bot_user}
    await slack.command(ENGLISH, LIN, "watch severity high 2 in 5m everywhere")
    await slack.until(lambda: said_by_bot(slack, ENGLISH))
    for channel in (ENGLISH, ENGLISH, CHINESE, CHINESE):
        await slack.say(channel, ANN, "6000104 6000101")
    await settled(slack, ENGLISH, ANN)
    await settled(slack, CHINESE, ANN)
    alert = await the_alert(slack, clock)
    assert f"<#{ENGLISH}>" in shown(alert)
    assert CHINESE not in str(alert)
    assert alerts(slack, CHINESE) == []


async def test_an_alert_whose_post_may_have_failed_is_found_again(
    workspace: Sandbox, start: Start, clock: Clock
) -> None:
    """Slack may have posted it, though the bot got no answer."""
    async with start():
        await workspace.command(ENGLISH, LIN, "watch 6000104 1 in 10m")
        await workspace.until(lambda: said_by_bot(workspace, ENGLISH))
        await workspace.say(ENGLISH, ANN, "6000104 and again 6000104")
        await settled(workspace, ENGLISH, ANN)
        workspace.faults.lost("chat.postMessage")
        await the_alert(workspace, clock)
    clock.ahead_s += 61
    async with start():
        await settled(workspace, ENGLISH, ANN)
        clock.ahead_s += 700
        await workspace.until(lambda: "over" in first_line(alerts(workspace)[0]))
        assert len(alerts(workspace)) == 1


async def test_a_channel_has_twenty_watches_at_most(slack: Sandbox) -> None:
    """One more is refused with the reason; an equal one is not made twice."""
    for count in range(1, 21):
        await slack.command(ENGLISH, LIN, f"watch any {count} in 5m")
    await slack.until(lambda: len(said_by_bot(slack, ENGLISH)) == 20)
    assert "20 watches, the maximum" in shown(await private_answer(slack, BEN, "watch any 21 in 5m"))
    await slack.command(ENGLISH, LIN, "watch stop 20")
    await slack.until(lambda: len(said_by_bot(slack, ENGLISH)) == 21)
    assert "Watches of this channel" in shown(await private_answer(slack, BEN, "watch any 3 in 5m"))


@pytest.mark.parametrize(
    ("typed", "help_"),
    [
        ("watch 6000104 10", "Name the codes, a count and a span"),
        ("watch 6000104 10 in 5m @oncall", "Ask me in a message instead"),
        ("watch nonsense 10 in 5m", "Name the codes, a count and a span"),
        ("watch stop 7", "There are no watches"),
    ],
)
async def test_misuse_gets_the_line_that_helps(slack: Sandbox, typed: str, help_: str) -> None:
    """Nothing is guessed, and nothing is made."""
    assert help_ in shown(await private_answer(slack, BEN, typed))
    assert said_by_bot(slack, ENGLISH) == []
