"""Test the second log of an incident: its own triage, with the differences and a link to the first one."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, MEI, Clock, Start
from tests.scenarios.logs import LOG, answers, file, first_line, mark_wrong, the_answer
from tests.scenarios.reading import bot_reactions, settled, shown
from tests.scenarios.test_triage import open_modal


def token_log(first: str, minutes: int, users: int = 1, *, rest: int = 0) -> str:
    """Return a log of a token that expired: *minutes* of errors from the minute *first* on, then *rest* without."""
    hour, minute = map(int, first.split(":"))
    lines = []
    for number in range(minutes * 4):
        at = hour * 3600 + minute * 60 + number * 15
        stamp = f"03-02 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.120 12483 12519"
        lines.append(f"{stamp} E/ZIM: [API.login] userID: u_{number % users} errorCode=6000106, message=Token expired")
    for number in range(rest * 2):
        at = hour * 3600 + (minute + minutes) * 60 + number * 30
        lines.append(f"03-02 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000 12483 12519 I/ZIM: heartbeat")
    return "\n".join(lines) + "\n"


async def uploaded(slack: Sandbox, content: str, user: str = ANN, channel: str = ENGLISH, **more: Any) -> Any:
    """Upload a log; return the message and the only answer to it."""
    message = await slack.say(channel, user, "", files=[file("zim.log", content)], **more)
    return message, await the_answer(slack, message, channel)


@pytest.mark.both_transports
async def test_each_log_of_an_incident_gets_its_own_triage(slack: Sandbox) -> None:
    """Several people report the same codes within the hour, by file, by paste and in an archive."""
    _, first = await uploaded(slack, token_log("03:14", 6))
    assert first_line(first).startswith("Likely cause: 6000106")
    message, second = await uploaded(slack, token_log("03:01", 48, users=3), LIN)
    assert bot_reactions(message) == []
    assert "Likely cause: 6000106" in shown(second)
    permalink = f"https://zimerr-demo.slack.com/archives/{ENGLISH}/p{first['ts'].replace('.', '')}"
    assert first_line(second).startswith(f"Same likely cause as in <{permalink}")
    assert "starts 13 minutes earlier" in first_line(second)
    assert "goes on 29 minutes longer" in first_line(second)
    assert "3 users or devices (there: 1)" in first_line(second)
    assert "Same likely cause as in an earlier triage" in second["text"]
    pasted = await slack.say(ENGLISH, BEN, f"mine\n```\n{token_log('03:20', 6)}```")
    third = await the_answer(slack, pasted, ENGLISH)
    assert permalink in first_line(third)  # the first triage, not the second


async def test_a_series_in_chinese(slack: Sandbox) -> None:
    """The line is in the language of the channel."""
    await uploaded(slack, token_log("03:14", 6, rest=30), LIN, CHINESE)
    _, second = await uploaded(slack, token_log("03:01", 48, users=3), MEI, CHINESE)
    said = first_line(second)
    assert said.startswith("可能原因与<https://zimerr-demo.slack.com/archives/")
    for new in ("早 13 分钟开始", "多持续 29 分钟", "3 个用户或设备（之前 1 个）", "日志结束时仍在发生"):
        assert new in said


async def test_the_same_log_again_is_called_the_same(slack: Sandbox) -> None:
    """Several people upload one log; nobody should look for a difference."""
    await uploaded(slack, LOG)
    _, second = await uploaded(slack, LOG, LIN)
    assert "probably the same log" in first_line(second)
    _, shorter = await uploaded(slack, "\n".join(LOG.splitlines()[5:20]), LIN)
    assert "Nothing new in this log" in first_line(shorter)


async def test_another_cause_stands_alone(slack: Sandbox) -> None:
    """A different incident in the same hour has nothing to do with the first."""
    await uploaded(slack, token_log("03:14", 6))
    other = token_log("03:14", 6).replace("6000106, message=Token expired", "6000354")
    _, second = await uploaded(slack, other, LIN)
    assert first_line(second).startswith("Likely cause: 6000354")


async def test_a_second_log_in_the_thread_says_what_changed(slack: Sandbox) -> None:
    """In a thread, people expect the next log to be compared with the one before, however late it comes."""
    root, first = await uploaded(slack, token_log("03:14", 6))
    other = token_log("04:14", 6).replace("6000106, message=Token expired", "6000354")
    await slack.say(ENGLISH, LIN, "after the fix", root["ts"], files=[file("zim2.log", other)])
    await slack.until(lambda: len(answers(slack, root, ENGLISH)) == 2)
    await settled(slack, ENGLISH, BEN)
    second = answers(slack, root, ENGLISH)[1]
    assert first_line(second).startswith("Another likely cause than in <https://")
    assert first["ts"].replace(".", "") in first_line(second)
    assert "6000106 · Token expired" in first_line(second)
    await slack.say(ENGLISH, LIN, "still", root["ts"], files=[file("zim3.log", token_log("05:14", 6))])
    await slack.until(lambda: len(answers(slack, root, ENGLISH)) == 3)
    assert first_line(answers(slack, root, ENGLISH)[2]).startswith("Same likely cause as in <")
    assert bot_reactions(root) == []


async def test_only_triages_of_the_last_hour_are_referred_to(slack: Sandbox, clock: Clock) -> None:
    """An incident of this morning is another one."""
    await uploaded(slack, token_log("03:14", 6))
    clock.ahead_s += 3700
    _, second = await uploaded(slack, token_log("05:14", 6), LIN)
    assert first_line(second).startswith("Likely cause: 6000106")


@pytest.mark.parametrize("gone", ["deleted", "wrong"])
async def test_a_triage_that_is_gone_is_not_referred_to(slack: Sandbox, gone: str) -> None:
    """A link to nothing, or to a triage that was marked as wrong, helps nobody."""
    message, first = await uploaded(slack, token_log("03:14", 6))
    if gone == "deleted":
        await slack.delete(ENGLISH, message["ts"])
    else:
        await mark_wrong(slack, first, ANN)
    await slack.until(lambda: not any("Who fixes it" in shown(each) for each in answers(slack, message, ENGLISH)))
    _, second = await uploaded(slack, token_log("03:20", 6), LIN)
    assert first_line(second).startswith("Likely cause: 6000106")


async def test_an_edit_keeps_the_line_and_posts_nothing(slack: Sandbox) -> None:
    """The reply follows the edit in its place."""
    await uploaded(slack, token_log("03:14", 6))
    pasted = await slack.say(ENGLISH, LIN, f"```\n{token_log('03:20', 6)}```")
    second = await the_answer(slack, pasted, ENGLISH)
    await slack.edit(ENGLISH, pasted["ts"], f"```\n{token_log('03:20', 6)}E/ZIM errorCode=6000354\n```")
    await slack.until(lambda: "6000354" in shown(answers(slack, pasted, ENGLISH)[0]))
    (revised,) = answers(slack, pasted, ENGLISH)
    assert revised["ts"] == second["ts"]
    assert first_line(revised).startswith("Same likely cause as in <")


async def test_a_restart_after_the_post_does_not_double_it(workspace: Sandbox, start: Start) -> None:
    """The stored series survives; the answer to the second log was posted, but its response was lost."""
    async with start():
        await uploaded(workspace, token_log("03:14", 6))
        workspace.faults.lost("chat.postMessage")
        message, second = await uploaded(workspace, token_log("03:20", 6), LIN)
        assert first_line(second).startswith("Same likely cause")
    async with start():
        await settled(workspace, ENGLISH, BEN)
        assert len(answers(workspace, message, ENGLISH)) == 1
        _, third = await uploaded(workspace, token_log("03:20", 6), BEN)
        assert first_line(third).startswith("Same likely cause")


async def test_a_triage_that_was_asked_for_belongs_to_the_series(slack: Sandbox) -> None:
    """A mention is one of the ways to bring a log."""
    asked = await slack.say(ENGLISH, ANN, "@zimerr what is this?", files=[file("zim.log", token_log("03:14", 6))])
    first = await the_answer(slack, asked, ENGLISH)
    again = await slack.say(ENGLISH, LIN, "@zimerr and this?", files=[file("zim.log", token_log("03:20", 6))])
    second = await the_answer(slack, again, ENGLISH)
    assert first["ts"].replace(".", "") in first_line(second)


async def test_a_paste_in_the_dialog_belongs_to_the_series(slack: Sandbox) -> None:
    """The private triage links the earlier one, too."""
    _, first = await uploaded(slack, token_log("03:14", 6))
    view = await open_modal(slack, ENGLISH, "triage")
    await slack.submit(view, ANN, {"pasted": token_log("03:20", 6)})
    await slack.until(lambda: slack.ephemerals(ANN))
    private = slack.messages(slack.workspace.im(ANN, slack.workspace.bot_user).id)[0]
    assert first_line(private).startswith("Same likely cause as in <")
    assert first["ts"].replace(".", "") in first_line(private)


async def test_without_a_permalink_the_line_has_no_link(slack: Sandbox) -> None:
    """Slack may refuse the link; the line still helps."""
    await uploaded(slack, token_log("03:14", 6))
    slack.faults.server_error("chat.getPermalink")
    _, second = await uploaded(slack, token_log("03:20", 6), LIN)
    assert first_line(second).startswith("Same likely cause as in an earlier triage")


async def test_an_alert_that_repeats_gets_the_reaction(slack: Sandbox) -> None:
    """Another bot posts the same codes every minute; a click still triages them."""
    alert = f"checkout fails\n{token_log('03:14', 6)}"
    first = await slack.say_as_bot(ENGLISH, "Alerts", alert)
    await the_answer(slack, first, ENGLISH)
    second = await slack.say_as_bot(ENGLISH, "Alerts", alert)
    await slack.until(lambda: bot_reactions(second) == ["mag"])
    await settled(slack, ENGLISH, BEN)
    assert answers(slack, second, ENGLISH) == []
    await slack.react(ENGLISH, second["ts"], ANN, "mag")
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Likely cause: 6000106" in shown(private)


async def test_in_react_mode_a_click_triages_the_log(slack: Sandbox) -> None:
    """The reaction is the whole public answer. Cards of the codes would not name the cause."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, BEN, "", files=[file("zim.log", token_log("03:14", 6))])
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await settled(slack, ENGLISH, BEN)
    assert answers(slack, message, ENGLISH) == []
    await slack.react(ENGLISH, message["ts"], BEN, "mag")
    (private,) = await slack.until(lambda: slack.ephemerals(BEN))
    assert "Likely cause: 6000106" in shown(private)


async def test_a_code_explained_by_a_triage_still_gets_the_reaction(slack: Sandbox) -> None:
    """The rule of one hour is about codes in messages."""
    await uploaded(slack, token_log("03:14", 6))
    short = await slack.say(ENGLISH, LIN, "I see errorCode=6000106 too")
    await slack.until(lambda: bot_reactions(short) == ["mag"])
