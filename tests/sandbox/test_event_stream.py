"""Test the events for each change of the workspace."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox

from .conftest import ANN, BEN, ONCALL, QUIET, Transport


@pytest.fixture
def transport() -> Transport:
    """One transport is enough: these tests are about the events."""
    return "http"


def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the events so far."""
    return [envelope.body["event"] for envelope in sandbox.deliveries()]


async def say_and_send(sandbox: Sandbox, text: str = "6000354") -> dict[str, Any]:
    """Post a message and wait for its event."""
    message = await sandbox.say(ONCALL, ANN, text)
    await sandbox.until(lambda: sandbox.deliveries("message"))
    return message


async def latest(sandbox: Sandbox, count: int) -> dict[str, Any]:
    """Wait for event number *count* and return it."""
    await sandbox.until(lambda: len(events(sandbox)) >= count)
    assert len(events(sandbox)) == count
    return events(sandbox)[-1]


@pytest.fixture(autouse=True)
def reachable(sandbox: Sandbox) -> None:
    """A request URL that refuses connections; the tests only read the events."""
    sandbox.connect_app("http://127.0.0.1:9/")


async def test_an_edit_has_the_message_before_and_after(sandbox: Sandbox) -> None:
    """The bot compares both."""
    message = await say_and_send(sandbox)
    await sandbox.edit(ONCALL, message["ts"], "6000104")
    event = await latest(sandbox, 2)
    assert (event["subtype"], event["hidden"], event["channel"]) == ("message_changed", True, ONCALL)
    assert (event["previous_message"]["text"], event["message"]["text"]) == ("6000354", "6000104")
    assert event["message"]["blocks"][0]["elements"][0]["elements"][0]["text"] == "6000104"
    assert event["message"]["edited"]["user"] == ANN
    assert event["message"]["ts"] == message["ts"] != event["ts"]


async def test_a_link_preview_leaves_the_text_as_it_is(sandbox: Sandbox) -> None:
    """The bot must not answer such a change."""
    message = await say_and_send(sandbox, "see https://example.com")
    await sandbox.unfurl(ONCALL, message["ts"])
    event = await latest(sandbox, 2)
    assert event["subtype"] == "message_changed"
    assert event["message"]["text"] == event["previous_message"]["text"]
    assert "edited" not in event["message"]
    assert event["message"]["attachments"]


async def test_a_deletion_names_its_message(sandbox: Sandbox) -> None:
    """The bot deletes its reply too."""
    message = await say_and_send(sandbox)
    await sandbox.delete(ONCALL, message["ts"])
    event = await latest(sandbox, 2)
    assert (event["subtype"], event["deleted_ts"]) == ("message_deleted", message["ts"])
    assert event["previous_message"]["text"] == "6000354"


async def test_a_deleted_root_stays_as_a_tombstone_until_its_last_reply_is_deleted(sandbox: Sandbox) -> None:
    """For Slack this is a change, not a deletion."""
    root = await say_and_send(sandbox)
    reply = await sandbox.say(ONCALL, BEN, "me too", thread_ts=root["ts"])
    await sandbox.delete(ONCALL, root["ts"])
    event = await latest(sandbox, 3)
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
    assert event["previous_message"]["text"] == "6000354"
    await sandbox.delete(ONCALL, reply["ts"])
    assert (await latest(sandbox, 5))["deleted_ts"] == root["ts"]
    assert sandbox.messages(ONCALL) == []


async def test_the_bots_own_messages_are_events(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """They have the bot's id and no metadata."""
    metadata = {"event_type": "answered", "event_payload": {}}
    posted = await client.chat_postMessage(channel=ONCALL, text="one", metadata=metadata)
    event = await latest(sandbox, 1)
    assert (event["bot_id"], event["app_id"], event["user"]) == ("B0ZIMERR", "A0ZIMERR", "U0ZIMERR")
    assert "metadata" not in event
    await client.chat_update(channel=ONCALL, ts=posted["ts"], text="two")
    assert (await latest(sandbox, 2))["subtype"] == "message_changed"


async def test_a_mention_has_its_own_event(sandbox: Sandbox) -> None:
    """The message event comes too; a direct message has only that."""
    await sandbox.say(ONCALL, ANN, "@zimerr 6000354")
    await latest(sandbox, 2)
    message, mention = events(sandbox)
    assert (message["type"], mention["type"]) == ("message", "app_mention")
    assert mention["text"] == "<@U0ZIMERR> 6000354"
    assert "channel_type" not in mention
    await sandbox.say("D0ANN", ANN, "@zimerr 6000354")
    assert (await latest(sandbox, 3))["channel_type"] == "im"


async def test_reactions_name_their_message(sandbox: Sandbox) -> None:
    """The bot sends its explanation to a person who adds its reaction."""
    message = await say_and_send(sandbox)
    await sandbox.react(ONCALL, message["ts"], BEN, "mag")
    event = await latest(sandbox, 2)
    assert (event["type"], event["user"], event["reaction"], event["item_user"]) == ("reaction_added", BEN, "mag", ANN)
    assert event["item"] == {"type": "message", "channel": ONCALL, "ts": message["ts"]}
    await sandbox.unreact(ONCALL, message["ts"], BEN, "mag")
    assert (await latest(sandbox, 3))["type"] == "reaction_removed"


async def test_events_of_a_channel_need_membership(sandbox: Sandbox) -> None:
    """They begin with the invitation and end with the removal."""
    await sandbox.say(QUIET, ANN, "6000354")
    await sandbox.invite(QUIET)
    event = await latest(sandbox, 1)
    assert (event["type"], event["user"]) == ("member_joined_channel", "U0ZIMERR")
    await sandbox.say(QUIET, ANN, "6000354")
    assert (await latest(sandbox, 2))["channel"] == QUIET
    await sandbox.kick(QUIET)
    await sandbox.say(QUIET, ANN, "6000354")
    assert len(events(sandbox)) == 2


async def test_an_invitation_names_the_inviter(sandbox: Sandbox) -> None:
    """The bot introduces itself to the inviter; without one Slack omits the field."""
    await sandbox.invite(QUIET, BEN)
    event = await latest(sandbox, 1)
    assert (event["type"], event["inviter"]) == ("member_joined_channel", BEN)
    await sandbox.kick(QUIET)
    await sandbox.invite(QUIET)
    assert "inviter" not in await latest(sandbox, 2)


async def test_a_reply_that_is_sent_to_the_channel_is_a_thread_broadcast(sandbox: Sandbox) -> None:
    """It is in its thread and in the channel."""
    root = await say_and_send(sandbox, "hello")
    reply = await sandbox.say(ONCALL, BEN, "6000354", thread_ts=root["ts"], broadcast=True)
    event = await latest(sandbox, 2)
    assert (event["subtype"], event["thread_ts"], event["ts"]) == ("thread_broadcast", root["ts"], reply["ts"])
    assert (event["root"]["ts"], event["root"]["text"]) == (root["ts"], "hello")
    assert len(sandbox.deliveries("message")) == 2


async def test_a_forwarded_message_is_an_attachment(sandbox: Sandbox) -> None:
    """The comment is the text, the forwarded message the attachment."""
    message = await say_and_send(sandbox)
    await sandbox.forward(ONCALL, BEN, message, "have you seen this?")
    event = await latest(sandbox, 2)
    assert (event["user"], event["text"]) == (BEN, "have you seen this?")
    (copied,) = event["attachments"]
    assert (copied["is_msg_unfurl"], copied["is_share"], copied["author_id"], copied["text"]) == (
        True, True, ANN, "6000354",
    )  # fmt: skip
    assert copied["message_blocks"][0]["message"]["blocks"] == message["blocks"]


async def test_a_notice_of_slack_has_a_subtype(sandbox: Sandbox) -> None:
    """A topic may contain a code, but it is not a message of a person."""
    await sandbox.notice(ONCALL, ANN, "channel_topic", "set the channel topic: 6000354")
    event = await latest(sandbox, 1)
    assert (event["subtype"], event["text"]) == ("channel_topic", "<@U0ANN> set the channel topic: 6000354")


async def test_opening_the_home_tab_is_an_event(sandbox: Sandbox) -> None:
    """The app then publishes its view."""
    await sandbox.open_home(ANN)
    event = await latest(sandbox, 1)
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", ANN, "home")
