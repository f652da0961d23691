"""Which change becomes which event."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox

from .conftest import ANN, BEN, ONCALL, QUIET, Transport


@pytest.fixture
def transport() -> Transport:
    """How events travel does not matter here."""
    return "http"


def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The events so far."""
    return [envelope.body["event"] for envelope in sandbox.deliveries()]


async def said_and_sent(sandbox: Sandbox, text: str = "6000354") -> dict[str, Any]:
    """A message whose event is on its way."""
    message = await sandbox.say(ONCALL, ANN, text)
    await sandbox.until(lambda: sandbox.deliveries("message"))
    return message


async def latest(sandbox: Sandbox, count: int) -> dict[str, Any]:
    """The event that comes as number *count*."""
    await sandbox.until(lambda: len(events(sandbox)) >= count)
    assert len(events(sandbox)) == count
    return events(sandbox)[-1]


@pytest.fixture(autouse=True)
def reachable(sandbox: Sandbox) -> None:
    """An app that is never there: events are only counted."""
    sandbox.connect_app("http://127.0.0.1:9/")


async def test_an_edit_tells_before_and_after(sandbox: Sandbox) -> None:
    """The bot compares the two."""
    message = await said_and_sent(sandbox)
    await sandbox.edit(ONCALL, message["ts"], "6000104")
    event = await latest(sandbox, 2)
    assert (event["subtype"], event["hidden"], event["channel"]) == ("message_changed", True, ONCALL)
    assert (event["previous_message"]["text"], event["message"]["text"]) == ("6000354", "6000104")
    assert event["message"]["blocks"][0]["elements"][0]["elements"][0]["text"] == "6000104"
    assert event["message"]["edited"]["user"] == ANN
    assert event["message"]["ts"] == message["ts"] != event["ts"]


async def test_a_link_preview_changes_no_word(sandbox: Sandbox) -> None:
    """The bot must see that nothing was said."""
    message = await said_and_sent(sandbox, "see https://example.com")
    await sandbox.unfurl(ONCALL, message["ts"])
    event = await latest(sandbox, 2)
    assert event["subtype"] == "message_changed"
    assert event["message"]["text"] == event["previous_message"]["text"]
    assert "edited" not in event["message"]
    assert event["message"]["attachments"]


async def test_a_deleted_message_is_named(sandbox: Sandbox) -> None:
    """Its reply goes along with it."""
    message = await said_and_sent(sandbox)
    await sandbox.delete(ONCALL, message["ts"])
    event = await latest(sandbox, 2)
    assert (event["subtype"], event["deleted_ts"]) == ("message_deleted", message["ts"])
    assert event["previous_message"]["text"] == "6000354"


async def test_a_deleted_root_leaves_a_tombstone_until_its_last_reply_is_gone(sandbox: Sandbox) -> None:
    """At Slack, too, this is a change and not a deletion."""
    root = await said_and_sent(sandbox)
    reply = await sandbox.say(ONCALL, BEN, "me too", thread_ts=root["ts"])
    await sandbox.delete(ONCALL, root["ts"])
    event = await latest(sandbox, 3)
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
    assert event["previous_message"]["text"] == "6000354"
    await sandbox.delete(ONCALL, reply["ts"])
    assert (await latest(sandbox, 5))["deleted_ts"] == root["ts"]
    assert sandbox.messages(ONCALL) == []


async def test_the_bots_own_messages_are_events(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """They carry the bot's id and no metadata."""
    metadata = {"event_type": "answered", "event_payload": {}}
    posted = await client.chat_postMessage(channel=ONCALL, text="one", metadata=metadata)
    event = await latest(sandbox, 1)
    assert (event["bot_id"], event["app_id"], event["user"]) == ("B0ZIMERR", "A0ZIMERR", "U0ZIMERR")
    assert "metadata" not in event
    await client.chat_update(channel=ONCALL, ts=posted["ts"], text="two")
    assert (await latest(sandbox, 2))["subtype"] == "message_changed"


async def test_a_mention_is_an_event_of_its_own(sandbox: Sandbox) -> None:
    """Beside the message; in a direct message there is only the message."""
    await sandbox.say(ONCALL, ANN, "@zimerr 6000354")
    await latest(sandbox, 2)
    message, mention = events(sandbox)
    assert (message["type"], mention["type"]) == ("message", "app_mention")
    assert mention["text"] == "<@U0ZIMERR> 6000354"
    assert "channel_type" not in mention
    await sandbox.say("D0ANN", ANN, "@zimerr 6000354")
    assert (await latest(sandbox, 3))["channel_type"] == "im"


async def test_reactions_name_their_message(sandbox: Sandbox) -> None:
    """Whoever clicks the bot's reaction gets the explanation."""
    message = await said_and_sent(sandbox)
    await sandbox.react(ONCALL, message["ts"], BEN, "mag")
    event = await latest(sandbox, 2)
    assert (event["type"], event["user"], event["reaction"], event["item_user"]) == ("reaction_added", BEN, "mag", ANN)
    assert event["item"] == {"type": "message", "channel": ONCALL, "ts": message["ts"]}
    await sandbox.unreact(ONCALL, message["ts"], BEN, "mag")
    assert (await latest(sandbox, 3))["type"] == "reaction_removed"


async def test_the_bot_hears_a_channel_while_it_is_in_it(sandbox: Sandbox) -> None:
    """Invited it hears, kicked it does not."""
    await sandbox.say(QUIET, ANN, "6000354")
    await sandbox.invite(QUIET)
    event = await latest(sandbox, 1)
    assert (event["type"], event["user"]) == ("member_joined_channel", "U0ZIMERR")
    await sandbox.say(QUIET, ANN, "6000354")
    assert (await latest(sandbox, 2))["channel"] == QUIET
    await sandbox.kick(QUIET)
    await sandbox.say(QUIET, ANN, "6000354")
    assert len(events(sandbox)) == 2


async def test_an_invitation_names_who_invited(sandbox: Sandbox) -> None:
    """The bot introduces itself to them; without an inviter Slack leaves the field out."""
    await sandbox.invite(QUIET, BEN)
    event = await latest(sandbox, 1)
    assert (event["type"], event["inviter"]) == ("member_joined_channel", BEN)
    await sandbox.kick(QUIET)
    await sandbox.invite(QUIET)
    assert "inviter" not in await latest(sandbox, 2)


async def test_a_reply_sent_to_the_channel_too_is_a_broadcast(sandbox: Sandbox) -> None:
    """It stands in its thread and among the channel's messages."""
    root = await said_and_sent(sandbox, "hello")
    reply = await sandbox.say(ONCALL, BEN, "6000354", thread_ts=root["ts"], broadcast=True)
    event = await latest(sandbox, 2)
    assert (event["subtype"], event["thread_ts"], event["ts"]) == ("thread_broadcast", root["ts"], reply["ts"])


async def test_a_forwarded_message_is_an_attachment(sandbox: Sandbox) -> None:
    """The words of the one who forwards are their own, the attachment's are not."""
    message = await said_and_sent(sandbox)
    await sandbox.forward(ONCALL, BEN, message, "have you seen this?")
    event = await latest(sandbox, 2)
    assert (event["user"], event["text"]) == (BEN, "have you seen this?")
    (copied,) = event["attachments"]
    assert (copied["is_msg_unfurl"], copied["is_share"], copied["author_id"], copied["text"]) == (
        True, True, ANN, "6000354",
    )  # fmt: skip
    assert copied["message_blocks"][0]["message"]["blocks"] == message["blocks"]


async def test_what_slack_notes_itself_has_a_subtype(sandbox: Sandbox) -> None:
    """A topic may hold a code, but nobody says it."""
    await sandbox.notice(ONCALL, ANN, "channel_topic", "set the channel topic: 6000354")
    event = await latest(sandbox, 1)
    assert (event["subtype"], event["text"]) == ("channel_topic", "<@U0ANN> set the channel topic: 6000354")


async def test_opening_the_home_tab_is_heard(sandbox: Sandbox) -> None:
    """The app publishes its view on that."""
    await sandbox.open_home(ANN)
    event = await latest(sandbox, 1)
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", ANN, "home")
