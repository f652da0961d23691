"""Test when the bot answers without being asked, and when it stays silent."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Clock
from tests.scenarios.reading import (
    BOT,
    answer_in_thread,
    bot_reactions,
    dismiss,
    last_said,
    said_by_bot,
    settled,
    shown,
)


def replies(slack: Sandbox, message: dict[str, Any], channel: str = ENGLISH) -> list[dict[str, Any]]:
    """Return the bot's replies in the thread of *message*."""
    return [reply for reply in slack.replies(channel, message["ts"]) if reply.get("bot_id") == BOT]


async def assert_silent(slack: Sandbox, message: dict[str, Any], channel: str = ENGLISH) -> None:
    """Fail if the bot replied or reacted to *message*."""
    await settled(slack, channel, ANN)
    assert replies(slack, message, channel) == []
    assert bot_reactions(message) == []


async def until_shown(slack: Sandbox, message: dict[str, Any], text: str, channel: str = ENGLISH) -> None:
    """Wait until the bot's first reply to *message* shows *text*."""
    await slack.until(lambda: text in "".join(shown(reply) for reply in replies(slack, message, channel)[:1]))


# Once per thread


async def test_a_repeat_in_a_thread_is_counted_in_the_first_reply(slack: Sandbox) -> None:
    """A discussion of one error must not turn into a discussion with a bot."""
    root = await slack.say(ENGLISH, ANN, "6000106 since the release")
    first = await answer_in_thread(slack, ENGLISH, root)
    assert "in this thread" not in shown(first)
    await slack.say(ENGLISH, LIN, "6000106 here too", thread_ts=root["ts"])
    await until_shown(slack, root, "6000106 has appeared 2 times in this thread.")
    await slack.say_as_bot(ENGLISH, "Alerts", "error 6000106", thread_ts=root["ts"])
    await until_shown(slack, root, "6000106 has appeared 3 times in this thread.")
    await settled(slack, ENGLISH, ANN)
    assert len(replies(slack, root)) == 1
    assert "Token expired" in shown(replies(slack, root)[0])
    assert_sendable(replies(slack, root)[0])
    assert bot_reactions(root) == []


async def test_a_repeat_is_counted_in_the_channels_language(slack: Sandbox) -> None:
    """The whole channel reads the update too."""
    root = await slack.say(CHINESE, LIN, "报错6000106")
    await answer_in_thread(slack, CHINESE, root)
    await slack.say(CHINESE, ANN, "6000106", thread_ts=root["ts"])
    await until_shown(slack, root, "6000106 在本消息列中已出现 2 次", CHINESE)


async def test_a_code_several_times_in_one_message_is_no_repeat(slack: Sandbox) -> None:
    """A pasted log may contain the same line a hundred times."""
    root = await slack.say(ENGLISH, ANN, "6000106 then 6000106 and 6000106")
    await answer_in_thread(slack, ENGLISH, root)
    await settled(slack, ENGLISH, ANN)
    assert "in this thread" not in shown(replies(slack, root)[0])


async def test_counting_keeps_the_order_of_the_message(slack: Sandbox) -> None:
    """A reply that changes its order is hard to follow."""
    root = await slack.say(ENGLISH, ANN, "6000354 and then 6000106")
    await answer_in_thread(slack, ENGLISH, root)
    await slack.say(ENGLISH, LIN, "6000106", thread_ts=root["ts"])
    await until_shown(slack, root, "6000106 has appeared 2 times")
    now = shown(replies(slack, root)[0])
    assert now.index("6000354 · ") < now.index("6000106 · ")


async def test_new_codes_in_a_thread_are_explained_and_repeats_counted(slack: Sandbox) -> None:
    """One message may contain both."""
    root = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, root)
    await slack.say(ENGLISH, LIN, "6000106, then 6000121", thread_ts=root["ts"])
    await slack.until(lambda: len(replies(slack, root)) == 2)
    assert "6000121 · " in shown(replies(slack, root)[1])
    assert "6000106 · " not in shown(replies(slack, root)[1])
    await until_shown(slack, root, "6000106 has appeared 2 times")


# Once an hour per channel


async def test_a_recently_explained_code_only_gets_a_reaction(slack: Sandbox) -> None:
    """In an outage, everyone posts the same code."""
    first = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, first)
    second = await slack.say(ENGLISH, LIN, "we have 6000106 too")
    await slack.until(lambda: bot_reactions(second) == ["mag"])
    elsewhere = await slack.say(CHINESE, LIN, "6000106")
    await answer_in_thread(slack, CHINESE, elsewhere)
    assert replies(slack, second) == []
    await slack.react(ENGLISH, second["ts"], LIN, "mag")
    (private,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "Token 已过期" in shown(private)


async def test_after_the_cool_down_a_code_is_explained_again(slack: Sandbox, clock: Clock) -> None:
    """Tomorrow's reader did not see today's answer."""
    await slack.say(ENGLISH, ANN, "6000106")
    await settled(slack, ENGLISH, ANN)
    clock.ahead_s = 3500
    reminder = await slack.say(ENGLISH, LIN, "6000106")
    await slack.until(lambda: bot_reactions(reminder) == ["mag"])
    await settled(slack, ENGLISH, ANN)
    clock.ahead_s = 3700
    late = await slack.say(ENGLISH, LIN, "6000106")
    assert "Token expired" in shown(await answer_in_thread(slack, ENGLISH, late))
    assert bot_reactions(late) == []


async def test_a_message_with_a_new_code_is_answered_with_that_code(slack: Sandbox) -> None:
    """The cool-down is per code, not per channel."""
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "6000106"))
    second = await slack.say(ENGLISH, LIN, "6000106 and 6000121")
    reply = await answer_in_thread(slack, ENGLISH, second)
    assert "6000121 · " in shown(reply)
    assert "6000106 · " not in shown(reply)


# Many codes


async def test_more_than_three_codes_make_one_triage(slack: Sandbox) -> None:
    """Four cards would fill the screen."""
    message = await slack.say(ENGLISH, ANN, "6000103, 6000104, 6000106, 6000121 and error code 6009999")
    reply = await answer_in_thread(slack, ENGLISH, message)
    assert [code in shown(reply) for code in ("6000103", "6000104", "6000106", "6000121", "6009999")] == [True] * 5
    assert [block["type"] for block in reply["blocks"]].count("header") == 1
    assert_sendable(reply)
    await settled(slack, ENGLISH, ANN)
    assert len(replies(slack, message)) == 1


async def test_three_codes_are_three_cards(slack: Sandbox) -> None:
    """Three cards still fit on one screen."""
    reply = await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "6000103, 6000104, 6000106"))
    assert [block["type"] for block in reply["blocks"]].count("header") == 3


# Modes


@pytest.mark.both_transports
async def test_in_react_mode_a_click_on_the_reaction_explains_privately(slack: Sandbox) -> None:
    """This mode disturbs least: people read only the answers that they ask for."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, ANN, "6000106 and 6000121")
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await slack.react(ENGLISH, message["ts"], BEN, "eyes")
    await slack.react(ENGLISH, message["ts"], LIN, "mag")
    (private,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "Token 已过期" in shown(private)
    assert "6000121" in shown(private)
    await settled(slack, ENGLISH, ANN)
    assert replies(slack, message) == []
    assert slack.ephemerals(BEN) == []
    again = await slack.say(ENGLISH, BEN, "6000106")
    await slack.until(lambda: bot_reactions(again) == ["mag"])


async def test_a_reaction_in_a_thread_is_explained_there(slack: Sandbox) -> None:
    """The person who clicks is reading the thread."""
    await slack.command(ENGLISH, ANN, "auto react")
    root = await slack.say(ENGLISH, ANN, "login is broken")
    message = await slack.say(ENGLISH, LIN, "6000106", thread_ts=root["ts"])
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await slack.react(ENGLISH, message["ts"], ANN, "mag")
    private = await slack.until(lambda: [each for each in slack.ephemerals(ANN) if "Token expired" in shown(each)])
    assert private[0]["thread_ts"] == root["ts"]


async def test_a_click_on_an_answered_message_does_nothing(slack: Sandbox) -> None:
    """There is an answer already, or the bot had nothing to explain."""
    answered = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, answered)
    plain = await slack.say(ENGLISH, ANN, "hello")
    marked = await slack.say(ENGLISH, ANN, "6000106")
    await slack.until(lambda: bot_reactions(marked))
    for message in (answered, plain, marked):
        await slack.react(ENGLISH, message["ts"], BEN, "mag")
    await slack.until(lambda: slack.ephemerals(BEN))
    await settled(slack, ENGLISH, ANN)
    assert len(slack.ephemerals(BEN)) == 1


async def test_off_is_silent_until_the_mode_changes(slack: Sandbox) -> None:
    """The command still works."""
    await slack.command(ENGLISH, ANN, "auto off")
    message = await slack.say(ENGLISH, ANN, "6000106")
    await assert_silent(slack, message)
    await slack.command(ENGLISH, ANN, "6000106")
    await slack.until(lambda: [each for each in said_by_bot(slack, ENGLISH) if not each.get("thread_ts")])
    await slack.command(ENGLISH, ANN, "auto thread")
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "6000106"))


# Edits and deletions


@pytest.mark.parametrize(
    ("before", "after", "shows", "hides"),
    [
        ("6000106", "6000106 and 6000121", ["6000106 · ", "6000121 · "], []),
        ("6000106 and 6000121", "6000121", ["6000121 · "], ["6000106"]),
        ("6000106", "sorry, 6000107", ["6000107 · "], ["6000106"]),
    ],
    ids=["added", "removed", "changed"],
)
async def test_an_edit_that_changes_the_codes_changes_the_reply(
    slack: Sandbox, before: str, after: str, shows: list[str], hides: list[str]
) -> None:
    """The explanation of a mistyped code must not stay."""
    message = await slack.say(ENGLISH, ANN, before)
    first = dict(await answer_in_thread(slack, ENGLISH, message))
    await slack.edit(ENGLISH, message["ts"], after)
    await slack.until(lambda: shows[-1] in shown(replies(slack, message)[0]) and slack.calls("chat.update"))
    (now,) = replies(slack, message)
    assert now["ts"] == first["ts"]
    assert all(each in shown(now) for each in shows)
    assert not any(each in shown(now) for each in hides)


async def test_every_edit_is_followed(slack: Sandbox) -> None:
    """People correct themselves more than once."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, message)
    for code in ("6000107", "6000104", "6000106"):
        await slack.edit(ENGLISH, message["ts"], f"it is {code}")
        await until_shown(slack, message, f"{code} · ")
    assert len(replies(slack, message)) == 1


async def test_a_message_that_lost_its_codes_loses_its_reply(slack: Sandbox) -> None:
    """Nothing is left to explain, until the code comes back."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, message)
    await slack.edit(ENGLISH, message["ts"], "never mind")
    await slack.until(lambda: replies(slack, message) == [])
    await slack.edit(ENGLISH, message["ts"], "it is 6000106 after all")
    assert "Token expired" in shown(await answer_in_thread(slack, ENGLISH, message))


async def test_a_link_preview_and_other_words_change_nothing(slack: Sandbox) -> None:
    """Slack delivers both as an edit."""
    message = await slack.say(ENGLISH, ANN, "6000106 at <https://example.com/x>")
    await answer_in_thread(slack, ENGLISH, message)
    await slack.unfurl(ENGLISH, message["ts"])
    await slack.edit(ENGLISH, message["ts"], "still 6000106, see https://example.com/x")
    await settled(slack, ENGLISH, ANN)
    assert len(replies(slack, message)) == 1
    assert slack.calls("chat.update") == slack.calls("chat.delete") == []


async def test_a_code_added_by_an_edit_is_answered(slack: Sandbox) -> None:
    """Many people add the code when someone asks for it."""
    message = await slack.say(ENGLISH, ANN, "login is broken")
    await slack.edit(ENGLISH, message["ts"], "login is broken: 6000106")
    assert "Token expired" in shown(await answer_in_thread(slack, ENGLISH, message))


async def test_a_quote_added_by_an_edit_is_not_answered(slack: Sandbox) -> None:
    """The code is from another message."""
    message = await slack.say(ENGLISH, ANN, "look")
    await slack.edit(ENGLISH, message["ts"], "> 6000106\nlook")
    await assert_silent(slack, message)


async def test_an_edit_of_a_message_with_a_reaction_is_followed(slack: Sandbox) -> None:
    """A click explains the current text."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, ANN, "6000106")
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await slack.edit(ENGLISH, message["ts"], "6000106, no, 6000121")
    await slack.until(lambda: len(slack.calls("reactions.add")) == 2)
    await settled(slack, ENGLISH, ANN)
    await slack.react(ENGLISH, message["ts"], LIN, "mag")
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "6000121" in shown(private)
    assert bot_reactions(message) == ["mag"]


async def test_a_message_that_lost_its_codes_loses_its_reaction(slack: Sandbox) -> None:
    """A click would explain a code that is no longer there."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, ANN, "6000106")
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await slack.edit(ENGLISH, message["ts"], "never mind")
    await slack.until(lambda: bot_reactions(message) == [])


@pytest.mark.both_transports
async def test_a_deleted_message_takes_its_reply_with_it(slack: Sandbox) -> None:
    """Slack leaves a tombstone for a message with replies; it goes with the last reply."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, message)
    await slack.delete(ENGLISH, message["ts"])
    await slack.until(lambda: slack.messages(ENGLISH) == [])
    again = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, again)


async def test_a_deleted_reply_takes_only_the_bots_reply_with_it(slack: Sandbox) -> None:
    """Within a thread, Slack leaves no tombstone."""
    root = await slack.say(ENGLISH, ANN, "login is broken")
    message = await slack.say(ENGLISH, LIN, "6000106", thread_ts=root["ts"])
    await slack.until(lambda: replies(slack, root))
    other = await slack.say(ENGLISH, BEN, "same here", thread_ts=root["ts"])
    await slack.delete(ENGLISH, message["ts"])
    await slack.until(lambda: replies(slack, root) == [])
    assert [each["ts"] for each in slack.thread(ENGLISH, root["ts"])] == [root["ts"], other["ts"]]


async def test_the_tombstone_of_a_discussion_loses_only_the_bots_reply(slack: Sandbox) -> None:
    """Replies from people stay."""
    root = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, root)
    await slack.say(ENGLISH, BEN, "on it", thread_ts=root["ts"])
    await slack.delete(ENGLISH, root["ts"])
    await slack.until(lambda: replies(slack, root) == [])
    assert [each["text"] for each in slack.replies(ENGLISH, root["ts"])] == ["on it"]


# Which messages are read


async def test_alerts_are_read_in_every_form(slack: Sandbox) -> None:
    """Alert bots put codes into fields and attachments."""
    attachment = {"color": "#f00", "title": "Login failures", "fields": [{"title": "Error code", "value": "6000106"}]}
    message = await slack.say_as_bot(ENGLISH, "Alerts", attachments=[attachment])
    assert "Token expired" in shown(await answer_in_thread(slack, ENGLISH, message))


async def test_the_bots_own_messages_are_never_read(slack: Sandbox) -> None:
    """An answer to a command, a reply in a thread and an edited reply all contain codes."""
    await slack.command(ENGLISH, ANN, "6000106")
    root = await slack.say(ENGLISH, ANN, "6000121")
    await answer_in_thread(slack, ENGLISH, root)
    await slack.say(ENGLISH, BEN, "6000121", thread_ts=root["ts"])
    await until_shown(slack, root, "has appeared 2 times")
    await slack.edit(ENGLISH, root["ts"], "6000354")
    await until_shown(slack, root, "6000354 · ")
    await settled(slack, ENGLISH, ANN)
    own = said_by_bot(slack, ENGLISH)
    assert len(own) == 3
    assert all(bot_reactions(each) == [] and not each.get("reply_count") for each in own)


async def test_system_messages_are_not_answered(slack: Sandbox) -> None:
    """A topic like “on call for 6000106” is not a question."""
    for subtype in ("channel_topic", "channel_join", "channel_purpose", "channel_name", "pinned_item"):
        await assert_silent(slack, await slack.notice(ENGLISH, ANN, subtype, "on call for error 6000106"))


async def test_the_bot_never_broadcasts_its_reply(slack: Sandbox) -> None:
    """People who are interested open the thread."""
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "6000106"))
    (call,) = slack.calls("chat.postMessage")
    assert not call.arguments.get("reply_broadcast")


async def test_quotes_are_not_answered(slack: Sandbox) -> None:
    """The original was answered in its place."""
    await assert_silent(slack, await slack.say(ENGLISH, ANN, "> login failed: 6000106\nis that solved?"))


async def test_forwarded_messages_are_not_answered_again(slack: Sandbox) -> None:
    """This applies in any channel. A code in the comment of the person who forwards it is answered."""
    message = await slack.say(ENGLISH, ANN, "login failed: 6000106")
    await answer_in_thread(slack, ENGLISH, message)
    for channel in (ENGLISH, CHINESE):
        await assert_silent(slack, await slack.forward(channel, LIN, message, "看一下"), channel)
    own = await slack.forward(CHINESE, LIN, message, "这里是 6000121")
    reply = await answer_in_thread(slack, CHINESE, own)
    assert "6000121 · " in shown(reply)
    assert "6000106" not in shown(reply)


# Feedback


async def test_the_quiet_button_silences_this_channel_only(slack: Sandbox) -> None:
    """Everybody there learns who did it."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    reply = await answer_in_thread(slack, ENGLISH, message)
    await dismiss(slack, reply, "quiet_here", LIN)
    said = await last_said(slack, ENGLISH, 2)
    assert "<@U0LIN> set me to stay quiet here" in shown(said)
    assert "thread_ts" not in said
    await assert_silent(slack, await slack.say(ENGLISH, ANN, "6000121"))
    await answer_in_thread(slack, CHINESE, await slack.say(CHINESE, LIN, "6000121"))
    assert len(replies(slack, message)) == 1


async def test_not_a_code_removes_the_reply_and_teaches_the_channel(slack: Sandbox) -> None:
    """Similar text is not answered in this channel; real codes, and other channels, are not affected."""
    message = await slack.say(ENGLISH, ANN, "unit 6000354 opened")
    await settled(slack, ENGLISH, ANN)
    (reply,) = replies(slack, message)
    await dismiss(slack, reply, "not_a_code", LIN)
    await until_shown(slack, message, "<@U0LIN> marked 6000354 here as “not a code”")
    assert len(replies(slack, message)) == 1
    await assert_silent(slack, await slack.say(ENGLISH, BEN, "unit 6000121 opened"))
    await assert_silent(slack, await slack.say(ENGLISH, BEN, "unit 6000354 opened"))
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, BEN, "error 6000121 in the unit"))
    await answer_in_thread(slack, CHINESE, await slack.say(CHINESE, BEN, "unit 6000354 opened"))


# Unknown codes


async def test_an_unknown_code_with_error_words_gets_a_short_reply(slack: Sandbox) -> None:
    """A short reply is better than none: the number may be mistyped, or new."""
    message = await slack.say(ENGLISH, ANN, "login fails with error code 6009999 since today")
    reply = await answer_in_thread(slack, ENGLISH, message)
    assert "I don't recognize the ZIM error code *6009999*." in shown(reply)
    assert "Check the digits." in shown(reply)
    assert_sendable(reply)
    await dismiss(slack, reply, "not_a_code", LIN)
    await until_shown(slack, message, "<@U0LIN> marked 6009999 here as “not a code”")
