"""Test the kinds of messages and events that Slack sends beside plain messages."""

from __future__ import annotations

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, ENGLISH, FOREIGN, LIN
from tests.scenarios.logs import answers, file
from tests.scenarios.reading import BOT, settled, shown

# Replies that are also sent to the channel (subtype `thread_broadcast`)


async def test_a_reply_that_is_also_sent_to_the_channel_is_answered_once(slack: Sandbox) -> None:
    """Slack sends one event for it: it is the message, not a copy."""
    root = await slack.say(ENGLISH, ANN, "login is slow today")
    sent = await slack.say(ENGLISH, LIN, "still 6000106 with the new build", thread_ts=root["ts"], broadcast=True)
    await slack.until(lambda: answers(slack, root, ENGLISH))
    await settled(slack, ENGLISH, ANN)
    (reply,) = answers(slack, root, ENGLISH)
    assert "6000106 · Token expired" in shown(reply)
    assert reply["metadata"]["event_payload"]["ts"] == sent["ts"]


async def test_the_log_of_such_a_reply_is_triaged(slack: Sandbox) -> None:
    """Someone who shows a log to the whole channel wants it read."""
    root = await slack.say(ENGLISH, ANN, "login is slow today")
    await slack.say(ENGLISH, LIN, "the log", thread_ts=root["ts"], files=[file()], broadcast=True)
    (triage,) = await slack.until(lambda: answers(slack, root, ENGLISH))
    assert "Likely cause" in shown(triage)


async def test_such_replies_count_for_the_language_of_the_channel(slack: Sandbox) -> None:
    """People write them in their language, as any other message."""
    root = await slack.say(ENGLISH, LIN, "登录很慢，大家有没有遇到")
    for text in ("我这边也是这样", "换了网络还是不行", "重启之后好一点", "新版本已经发布了", "还有人在看这个问题吗"):
        await slack.say(ENGLISH, LIN, text, thread_ts=root["ts"], broadcast=True)
    message = await slack.say(ENGLISH, BEN, "6000106")
    (reply,) = await slack.until(lambda: answers(slack, message, ENGLISH))
    assert "Token 已过期" in shown(reply)


async def test_why_says_that_such_a_reply_was_answered(slack: Sandbox) -> None:
    """The word must not contradict the reply above it."""
    root = await slack.say(ENGLISH, ANN, "login is slow today")
    sent = await slack.say(ENGLISH, LIN, "6000106", thread_ts=root["ts"], broadcast=True)
    await slack.until(lambda: answers(slack, root, ENGLISH))
    link = f"https://demo.slack.com/archives/{ENGLISH}/p{sent['ts'].replace('.', '')}?thread_ts={root['ts']}"
    await slack.command(ENGLISH, ANN, f"why {link}")
    (why,) = slack.ephemerals(ANN)
    assert "I replied to this message in its thread." in shown(why)
    assert "system message" not in shown(why)


async def test_the_preview_counts_such_a_reply_once(slack: Sandbox) -> None:
    """The history of a channel lists it once, beside the message that opens its thread."""
    root = await slack.say(FOREIGN, ANN, "login is slow today")
    await slack.say(FOREIGN, LIN, "6000106", thread_ts=root["ts"], broadcast=True)
    await slack.invite(FOREIGN, inviter=ANN)
    (preview,) = await slack.until(lambda: slack.ephemerals(ANN, FOREIGN))
    assert "I checked the last 2 messages here. I would have posted 1 reply." in shown(preview)
    assert not [message for message in slack.messages(FOREIGN) if message.get("bot_id") == BOT]
