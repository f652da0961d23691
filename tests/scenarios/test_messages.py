"""Test messages that contain codes or look-alikes."""

from __future__ import annotations

import pytest

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, FOREIGN, LIN, Start
from tests.scenarios.reading import BOT, answer_in_thread, choose, last_said, said_by_bot, settled, shown


@pytest.mark.both_transports
async def test_a_code_in_a_message_is_explained_in_its_thread(slack: Sandbox) -> None:
    """Nobody has to ask, and the channel itself stays quiet."""
    message = await slack.say(ENGLISH, ANN, 'login failed: {code: 6000106, message: "Token expired."}')
    reply = await answer_in_thread(slack, ENGLISH, message)
    assert reply["thread_ts"] == message["ts"]
    assert reply["bot_id"] == BOT
    assert "6000106 · Token expired" in shown(reply)
    assert reply["metadata"]["event_payload"]["ts"] == message["ts"]


async def test_a_code_among_chinese_is_answered_in_chinese(slack: Sandbox) -> None:
    """Chinese has no spaces, and its digits may be full-width."""
    message = await slack.say(CHINESE, LIN, "用户报６０００１０６了，怎么办？")
    reply = await answer_in_thread(slack, CHINESE, message)
    assert "6000106 · Token 已过期" in shown(reply)


async def test_a_code_in_a_thread_is_answered_in_that_thread(slack: Sandbox) -> None:
    """The answer belongs to the conversation."""
    parent = await slack.say(ENGLISH, ANN, "something is wrong with login")
    await slack.say(ENGLISH, LIN, "I see 6000121", thread_ts=parent["ts"])
    await slack.until(lambda: len(slack.replies(ENGLISH, parent["ts"])) == 2)
    assert "6000121" in shown(slack.replies(ENGLISH, parent["ts"])[-1])


async def test_a_pasted_log_is_answered_once(slack: Sandbox) -> None:
    """One message gets one reply, whatever it contains."""
    log = "\n".join(f"[1122 07:35:4{n}.745][User][API.login]:{{error:{{code:600010{n}}}}}" for n in (3, 4, 6))
    message = await slack.say(ENGLISH, ANN, f"```\n{log}\n```")
    reply = await answer_in_thread(slack, ENGLISH, message)
    for code in ("6000103", "6000104", "6000106"):
        assert code in shown(reply)
    await settled(slack, ENGLISH, ANN)
    assert len(slack.replies(ENGLISH, message["ts"])) == 1


async def test_look_alikes_get_no_answer(slack: Sandbox) -> None:
    """A bot that answers order numbers is removed within a week."""
    texts = ("hello", "size=6000121 bytes", "https://example.com/orders/6000121", "order 6000121 shipped", "6009999")
    messages = [await slack.say(ENGLISH, ANN, text) for text in texts]
    await settled(slack, ENGLISH, ANN)
    assert [slack.replies(ENGLISH, message["ts"]) for message in messages] == [[]] * len(texts)


async def test_alerts_of_other_bots_are_answered(slack: Sandbox) -> None:
    """Alerts are where codes come from."""
    message = await slack.say_as_bot(ENGLISH, "Alerts", "error rate of code 6000106 above 5 %")
    assert "Token expired" in shown(await answer_in_thread(slack, ENGLISH, message))


async def test_the_bot_never_answers_itself(slack: Sandbox) -> None:
    """Its own explanations are full of codes."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, message)
    await slack.command(ENGLISH, ANN, "6000121")
    await settled(slack, ENGLISH, ANN)
    assert len([answer for answer in said_by_bot(slack, ENGLISH) if answer.get("thread_ts")]) == 2


@pytest.mark.both_transports
async def test_edits_deletions_and_link_previews_post_nothing(slack: Sandbox) -> None:
    """Slack delivers each of them as a message event."""
    message = await slack.say(ENGLISH, ANN, "6000106 at <https://example.com/x>")
    await answer_in_thread(slack, ENGLISH, message)
    await slack.unfurl(ENGLISH, message["ts"])
    await slack.edit(ENGLISH, message["ts"], "6000121")
    other = await slack.say(ENGLISH, ANN, "hello")
    await slack.delete(ENGLISH, other["ts"])
    await settled(slack, ENGLISH, ANN)
    assert len(slack.replies(ENGLISH, message["ts"])) == 1


@pytest.mark.both_transports
async def test_a_redelivered_event_is_answered_once(slack: Sandbox) -> None:
    """Slack redelivers events that it believes lost."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, message)
    (envelope,) = slack.deliveries("message")[:1]
    await slack.redeliver(envelope.body["event_id"])
    await settled(slack, ENGLISH, ANN)
    assert len(slack.replies(ENGLISH, message["ts"])) == 1


@pytest.mark.both_transports
async def test_a_restart_keeps_settings_and_answers(workspace: Sandbox, start: Start) -> None:
    """Nobody should notice a deployment."""
    async with start():
        message = await workspace.say(ENGLISH, ANN, "6000106")
        await answer_in_thread(workspace, ENGLISH, message)
        await workspace.command(ENGLISH, ANN, "lang zh")
        await last_said(workspace, ENGLISH, 2)
    async with start():
        await workspace.redeliver(workspace.deliveries("message")[0].body["event_id"])
        last = await workspace.say(ENGLISH, ANN, "6000121")
        assert "用户" in shown(await answer_in_thread(workspace, ENGLISH, last))
        assert len(workspace.replies(ENGLISH, message["ts"])) == 1


@pytest.mark.both_transports
async def test_a_rate_limited_post_is_retried(slack: Sandbox) -> None:
    """A busy minute may delay answers but must not lose any."""
    slack.faults.rate_limited("chat.postMessage", retry_after_s=0)
    message = await slack.say(ENGLISH, ANN, "6000106")
    await answer_in_thread(slack, ENGLISH, message)
    assert len(slack.calls("chat.postMessage")) == 2


async def test_channels_without_the_bot_are_not_read(slack: Sandbox) -> None:
    """The bot reads only the channels it was invited to."""
    message = await slack.say(FOREIGN, ANN, "6000106")
    await settled(slack, ENGLISH, ANN)
    assert slack.replies(FOREIGN, message["ts"]) == []


async def test_the_details_of_an_annotation_stay_in_its_thread(slack: Sandbox) -> None:
    """Elsewhere, the reader would not know which message it belongs to."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    reply = await answer_in_thread(slack, ENGLISH, message)
    await slack.click(reply, "show_details", LIN)
    (copy,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert copy["thread_ts"] == message["ts"]
    assert "Token 已过期" in shown(copy)
    await choose(slack, reply, "show_language", ANN)
    (copy,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert copy["thread_ts"] == message["ts"]
    assert "Token 已过期" in shown(copy)


async def test_quoted_markup_pings_nobody(slack: Sandbox) -> None:
    """A log may contain anything."""
    message = await slack.say(ENGLISH, ANN, "<!channel> <script>alert(1)</script> 6000106 & more")
    reply = await answer_in_thread(slack, ENGLISH, message)
    assert "<!" not in shown(reply)
