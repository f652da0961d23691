"""Test the kinds of messages and events that Slack sends beside plain messages."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.delivery import DeliveryKind, Envelope
from bot.sandbox.http_server import Sandbox
from bot.sandbox.manifest import Json
from tests.scenarios.conftest import ANN, BEN, ENGLISH, FOREIGN, LIN, Start, bot_with, manifest
from tests.scenarios.logs import LOG, answers, file
from tests.scenarios.reading import BOT, DATABASES, settled, shown, until_done

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
    await until_done(DATABASES[slack])
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


# Envelopes of odd shapes


ODD: tuple[Any, ...] = (
    None,
    "",
    "x" * 99,
    "\ud83d",
    "\x00",
    [],
    [None],
    [["600"]],
    {},
    {"id": None},
    {"type": []},
    0,
    1.5,
    True,
)
ODD_IDS = tuple(value for value in ODD if not isinstance(value, float | int))  # Bolt refuses numbers for ids by itself


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each part of a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from paths(part, (*path, key))


def with_odd_parts(body: Json, rng: random.Random) -> Json:
    """Return a copy of the body of an event, with up to three parts of its event replaced or deleted."""
    odd = copy.deepcopy(body)
    for _ in range(rng.randint(1, 3)):
        *parents, last = rng.choice(list(paths(odd["event"])) or [("type",)])
        container = odd["event"]
        for key in parents:
            container = container[key]
        if rng.random() < 0.2:
            del container[last]
        else:
            container[last] = rng.choice(ODD_IDS if last in ("user", "channel", "team") else ODD)
    return odd | {"event_id": f"Ev{rng.random()}"}


async def test_no_event_of_an_odd_shape_is_an_error(slack: Sandbox) -> None:
    """Slack would repeat an event that fails, and switch off the delivery after many."""
    root = await slack.say(ENGLISH, ANN, "6000106 <@U0ZIMERR> `x`", files=[file()])
    await slack.say(ENGLISH, ANN, "6000121", thread_ts=root["ts"], broadcast=True)
    alert = await slack.say_as_bot(ENGLISH, "Alerts", "", [{"type": "task_card", "title": "6000106"}])
    await slack.edit(ENGLISH, root["ts"], "6000121")
    await slack.react(ENGLISH, alert["ts"], ANN, "mag")
    await slack.delete(ENGLISH, alert["ts"])
    await slack.say("D0ANN", ANN, "6000106")
    await slack.invite(FOREIGN, inviter=ANN)
    await settled(slack, ENGLISH, ANN)
    events = [each.body for each in slack.deliveries() if each.body.get("type") == "event_callback"]
    rng = random.Random(12)  # noqa: S311  repeatable
    sent = [with_odd_parts(rng.choice(events), rng) for _ in range(300)]
    sent += [{"type": "event_callback"}, {"type": "event_callback", "event": None}]
    with capture_logs() as logs:
        for body in sent:
            answer = await slack.delivery.send(Envelope(DeliveryKind.EVENT, body))
            assert answer.acknowledged, body
        await settled(slack, ENGLISH, ANN)
    assert [entry for entry in logs if entry["log_level"] in ("error", "warning")] == []
    assert any(entry["event"] == "an event was dropped" for entry in logs)


@pytest.mark.parametrize("user", [None, "", {}])
async def test_a_message_without_a_user_is_answered(slack: Sandbox, user: object) -> None:
    """Bridges to other chats may send null."""
    message = await slack.say_as_bot(ENGLISH, "Bridge", "hello")
    (envelope,) = slack.deliveries("message")
    event = envelope.body["event"] | {"user": user, "text": "error 6000121"}
    await slack.delivery.send(Envelope(DeliveryKind.EVENT, envelope.body | {"event": event, "event_id": "Ev0NULL"}))
    (reply,) = await slack.until(lambda: answers(slack, message, ENGLISH))
    assert "6000121" in shown(reply)


@pytest.mark.both_transports
async def test_a_rate_limit_of_events_is_acknowledged_and_logged_once(slack: Sandbox) -> None:
    """Slack drops events above 30,000 in an hour; the operator should know why messages have no answer."""
    with capture_logs() as logs:
        slack.events.limit_rate()
        await slack.idle()
    (logged,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert (logged["event"], logged["team"]) == ("Slack has dropped events: over 30,000 in an hour", "T0DEMO")
    (envelope,) = [each for each in slack.deliveries() if each.body["type"] == "app_rate_limited"]
    assert (envelope.acknowledged, envelope.attempts) == (True, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "dialog_submission", "callback_id": "old_dialog", "submission": {"reason": "my secret"}},
        {"type": "interactive_message", "callback_id": "old_button", "actions": [{"value": "my secret"}]},
        {"type": "block_actions", "actions": [{"action_id": "old_button", "value": "my secret"}]},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "old_modal", "state": "my secret"}},
        {"type": "message_action", "callback_id": "old_shortcut", "message": {"text": "my secret"}},
        {"type": "from_the_future", "text": "my secret"},
    ],
    ids=lambda body: str(body["type"]),
)
async def test_an_unknown_request_is_refused_without_its_content_in_the_log(
    slack: Sandbox, body: Json, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack tells the person that it failed; the log must not contain what they typed."""
    whole = {"team": {"id": "T0DEMO"}, "user": {"id": ANN}, "channel": {"id": ENGLISH}, **body}
    with capture_logs() as logs:
        answer = await slack.delivery.send(Envelope(DeliveryKind.INTERACTION, whole))
    assert not answer.acknowledged
    assert (logs[0]["event"], logs[0]["kind"]) == ("an unknown request", body["type"])
    assert "secret" not in str(logs) + caplog.text


# Mentions and direct messages that are edited or deleted


async def until_answered(slack: Sandbox, channel: str, message: Json, text: str) -> tuple[str, str]:
    """Wait until the bot's only reply to *message* shows *text*; return its time stamp and its text."""
    await slack.until(lambda: text in "".join(shown(each) for each in answers(slack, message, channel)))
    await settled(slack, ENGLISH, BEN)
    (reply,) = answers(slack, message, channel)
    assert text in shown(reply)
    return reply["ts"], shown(reply)


@pytest.mark.both_transports
@pytest.mark.parametrize("channel", [ENGLISH, "D0ANN"])
async def test_the_answer_follows_the_edited_question(slack: Sandbox, channel: str) -> None:
    """People correct a digit; Slack then sends a mention twice, as a mention and as a changed message."""
    message = await slack.say(channel, ANN, "@zimerr 6000106")
    ts, _ = await until_answered(slack, channel, message, "6000106 · Token expired")
    await slack.edit(channel, message["ts"], "@zimerr 6000121")
    ts_after, text = await until_answered(slack, channel, message, "6000121 · ")
    assert ts_after == ts
    assert "6000106 ·" not in text


@pytest.mark.parametrize("missing", ["message.channels", "app_mention"])
async def test_either_event_of_an_edited_mention_is_enough(tmp_path: Path, missing: str) -> None:
    """The app may not be subscribed to both."""
    plan = manifest("http")
    plan["settings"]["event_subscriptions"]["bot_events"].remove(missing)
    async with bot_with("http", tmp_path, plan=plan) as slack:
        message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
        await until_answered(slack, ENGLISH, message, "Token expired")
        await slack.edit(ENGLISH, message["ts"], "@zimerr 6000121")
        await until_answered(slack, ENGLISH, message, "6000121")


@pytest.mark.parametrize("channel", [ENGLISH, "D0ANN"])
async def test_the_answer_goes_with_the_deleted_question(slack: Sandbox, channel: str) -> None:
    """An answer to nothing confuses those who come later."""
    message = await slack.say(channel, ANN, "@zimerr 6000106")
    await until_answered(slack, channel, message, "Token expired")
    await slack.delete(channel, message["ts"])
    await slack.until(lambda: not answers(slack, message, channel))


async def test_a_private_answer_in_a_direct_message_is_updated(slack: Sandbox) -> None:
    """There, all answers are messages."""
    message = await slack.say("D0ANN", ANN, "help")
    ts, help_text = await until_answered(slack, "D0ANN", message, "/zimerr")
    await slack.edit("D0ANN", message["ts"], "status")
    await slack.until(lambda: help_text not in [shown(each) for each in answers(slack, message, "D0ANN")])
    assert (await until_answered(slack, "D0ANN", message, "English"))[0] == ts


async def test_a_question_that_gets_a_private_answer_after_the_edit_loses_the_public_one(slack: Sandbox) -> None:
    """And the other way round."""
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await until_answered(slack, ENGLISH, message, "Token expired")
    await slack.edit(ENGLISH, message["ts"], "@zimerr help")
    await slack.until(lambda: slack.ephemerals(ANN, ENGLISH) and not answers(slack, message, ENGLISH))
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000121")
    await until_answered(slack, ENGLISH, message, "6000121")
    assert len(slack.ephemerals(ANN, ENGLISH)) == 1


async def test_a_mention_that_an_edit_adds_is_answered(slack: Sandbox) -> None:
    """The explanation that the message had is replaced by the answer."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await until_answered(slack, ENGLISH, message, "Token expired")
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000121")
    await until_answered(slack, ENGLISH, message, "6000121")
    again = await slack.say(ENGLISH, LIN, "6000106")
    await until_answered(slack, ENGLISH, again, "Token expired")


@pytest.mark.parametrize(("text", "shows"), [("never mind", ""), ("I get 6000121", "6000121")])
async def test_a_message_whose_mention_an_edit_removes_is_like_any_other(slack: Sandbox, text: str, shows: str) -> None:
    """Without a code, it has no reply."""
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await until_answered(slack, ENGLISH, message, "Token expired")
    await slack.edit(ENGLISH, message["ts"], text)
    if shows:
        await until_answered(slack, ENGLISH, message, shows)
    else:
        await slack.until(lambda: not answers(slack, message, ENGLISH))


@pytest.mark.parametrize("channel", [ENGLISH, "D0ANN"])
async def test_a_link_preview_of_a_question_changes_nothing(slack: Sandbox, channel: str) -> None:
    """Slack sends it as a change of the message."""
    message = await slack.say(channel, ANN, "@zimerr 6000106 https://example.com/x")
    await until_answered(slack, channel, message, "Token expired")
    await slack.unfurl(channel, message["ts"])
    await settled(slack, ENGLISH, BEN)
    assert not slack.calls("chat.update")


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_an_edited_question_is_answered_once_even_if_slacks_answer_is_lost(slack: Sandbox, method: str) -> None:
    """Each step can be repeated."""
    slack.faults.lost(method)
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await slack.until(lambda: answers(slack, message, ENGLISH))
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000121")
    await until_answered(slack, ENGLISH, message, "6000121")


async def test_a_question_that_is_edited_while_it_is_answered_gets_one_answer(slack: Sandbox) -> None:
    """The second answer waits for the first."""
    released = slack.faults.hold("chat.postMessage")
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await slack.until(lambda: slack.calls("chat.postMessage"))
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000121")
    released.set()
    await until_answered(slack, ENGLISH, message, "6000121")


async def test_two_edits_in_one_second_are_both_followed(slack: Sandbox) -> None:
    """Slack tells the time of an edit in whole seconds."""
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await until_answered(slack, ENGLISH, message, "Token expired")
    released = slack.faults.hold("chat.update")
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000121")
    await slack.until(lambda: slack.calls("chat.update"))
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000204")
    await slack.idle()
    released.set()
    await until_answered(slack, ENGLISH, message, "6000204 ·")


async def test_an_answer_is_updated_after_a_restart(workspace: Sandbox, start: Start) -> None:
    """Which reply belongs to the question is stored."""
    async with start():
        message = await workspace.say(ENGLISH, ANN, "@zimerr 6000106")
        await until_answered(workspace, ENGLISH, message, "Token expired")
    async with start():
        await workspace.edit(ENGLISH, message["ts"], "@zimerr 6000121")
        await until_answered(workspace, ENGLISH, message, "6000121")


async def test_the_triage_of_a_mention_follows_its_edit(slack: Sandbox) -> None:
    """The log may be pasted in two parts."""
    message = await slack.say(ENGLISH, ANN, f"@zimerr\n```\n{LOG}\n```")
    ts, text = await until_answered(slack, ENGLISH, message, "Likely cause")
    await slack.edit(ENGLISH, message["ts"], "@zimerr 6000204")
    ts_after, text = await until_answered(slack, ENGLISH, message, "6000204")
    assert (ts_after, "Likely cause" in text) == (ts, False)


async def test_why_tells_of_an_answered_mention(slack: Sandbox) -> None:
    """It is no annotation, but the bot did something."""
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await until_answered(slack, ENGLISH, message, "Token expired")
    await slack.command(ENGLISH, ANN, f"why https://d.slack.com/archives/{ENGLISH}/p{message['ts'].replace('.', '')}")
    (why,) = slack.ephemerals(ANN, ENGLISH)
    assert "answered" in shown(why)
