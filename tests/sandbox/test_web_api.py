"""Test that the Web API answers valid and invalid calls as Slack does."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox
from bot.sandbox.model import Channel

from .conftest import ANN, BEN, MANIFEST, ONCALL, QUIET, Transport

METADATA = {"event_type": "answered", "event_payload": {"event": "Ev1"}}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "explained"}}


@pytest.fixture
def transport() -> Transport:
    """One transport is enough: these tests are about calls of the app."""
    return "socket"


async def refused(client: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    """Make a call that must fail and return its answer."""
    with pytest.raises(SlackApiError) as error:
        await client.api_call(method, json=arguments)
    answer = error.value.response.data
    assert isinstance(answer, dict)
    return answer


async def test_a_form_and_json_are_equivalent(sandbox: Sandbox) -> None:
    """Clients send blocks and the token in either way."""
    token = sandbox.app.bot_token
    form = {"token": token, "channel": ONCALL, "blocks": json.dumps([SECTION]), "text": "6000354"}
    body = {"channel": ONCALL, "blocks": [SECTION], "text": "6000354"}
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session:
        await session.post(f"{sandbox.api_url}chat.postMessage", data=form)
        await session.post(f"{sandbox.api_url}chat.postMessage", json=body, headers=headers)
    first, second = sandbox.messages(ONCALL)
    assert (first["text"], first["blocks"][0]["text"]) == (second["text"], second["blocks"][0]["text"])
    assert [call.arguments for call in sandbox.calls("chat.postMessage")] == [body, body]


async def test_invalid_json_is_refused(sandbox: Sandbox) -> None:
    """The Web API and response URLs have different errors for it."""
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(f"{sandbox.api_url}auth.test", data="{") as response:
            assert (await response.json())["error"] == "invalid_json"
        async with session.post(f"{sandbox.base_url}/response/T0DEMO/x", data="{") as response:
            assert (response.status, (await response.json())["error"]) == (400, "invalid_payload")


async def test_tokens_are_checked(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The bot reports a wrong token at start with Slack's error code."""
    identity = await client.auth_test()
    assert (identity["user_id"], identity["bot_id"]) == ("U0ZIMERR", "B0ZIMERR")
    assert "chat:write" in identity.headers["x-oauth-scopes"].split(",")
    for token, error in (("", "not_authed"), ("xoxb-wrong", "invalid_auth")):
        other = AsyncWebClient(token=token, base_url=sandbox.api_url)
        assert (await refused(other, "auth.test"))["error"] == error
    assert (await refused(client, "apps.connections.open"))["error"] == "not_allowed_token_type"


async def test_a_missing_scope_is_named() -> None:
    """A scope that the bot uses but the manifest lacks must fail a test."""
    manifest = MANIFEST | {"oauth_config": {"scopes": {"bot": ["chat:write", "channels:read"]}}}
    async with Sandbox(manifest, transport="socket") as sandbox:
        client = AsyncWebClient(token=sandbox.app.bot_token, base_url=sandbox.api_url)
        answer = await refused(client, "users.info", user=ANN)
        assert (answer["needed"], answer["provided"]) == ("users:read", "chat:write,channels:read")
        assert (await refused(client, "conversations.history", channel=ONCALL))["error"] == "missing_scope"
        assert (await refused(client, "conversations.info", channel="D0ANN"))["needed"] == "im:read"
        assert (await client.conversations_info(channel=ONCALL))["ok"]


async def test_each_type_of_conversation_has_scopes_of_its_own(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A manifest without those of group direct messages must fail a test."""
    group = await sandbox.start_group(ANN, "U0ZIMERR")
    assert (await refused(client, "conversations.history", channel=group))["needed"] == "mpim:history"
    assert (await refused(client, "conversations.info", channel=group))["needed"] == "mpim:read"
    assert (await client.chat_postMessage(channel=group, text="hello"))["ok"]
    await sandbox.say(group, ANN, "@zimerr hello")
    assert [each.body["event"]["type"] for each in sandbox.deliveries()] == ["app_mention"]


async def test_chat_write_public_opens_public_channels() -> None:
    """With this scope the bot need not be a member."""
    manifest = MANIFEST | {"oauth_config": {"scopes": {"bot": ["chat:write", "chat:write.public"]}}}
    async with Sandbox(manifest, transport="socket") as sandbox:
        client = AsyncWebClient(token=sandbox.app.bot_token, base_url=sandbox.api_url)
        await client.chat_postMessage(channel=QUIET, text="hello")
        assert [m["text"] for m in sandbox.messages(QUIET)] == ["hello"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.shout", {}, "unknown_method"),
        ("chat.postMessage", {"channel": ONCALL}, "no_text"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": QUIET, "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "C0OLD", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "G0SECRET", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": ONCALL, "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ("chat.postMessage", {"channel": ONCALL, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ("chat.postMessage", {"channel": ONCALL, "attachments": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": ONCALL, "attachments": {"text": "x"}}, "invalid_attachments"),
        ("chat.postMessage", {"channel": ONCALL, "blocks": "[{"}, "invalid_blocks_format"),
        ("chat.update", {"channel": ONCALL, "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": ONCALL, "ts": "1.1"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": ONCALL, "user": "U0ALERTS", "text": "x"}, "user_not_in_channel"),
        ("conversations.history", {"channel": QUIET}, "not_in_channel"),
        ("conversations.history", {"channel": ONCALL, "limit": 0.5}, "invalid_limit"),
        ("conversations.history", {"channel": ONCALL, "limit": "many"}, "invalid_arguments"),
        ("conversations.history", {"channel": ONCALL, "cursor": "bm9uc2Vuc2U="}, "invalid_cursor"),
        ("conversations.history", {"channel": ONCALL, "oldest": "yesterday"}, "invalid_ts_oldest"),
        ("conversations.replies", {"channel": ONCALL, "ts": "1.1"}, "thread_not_found"),
        ("conversations.info", {"channel": "G0SECRET"}, "channel_not_found"),
        ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
        ("reactions.add", {"channel": ONCALL, "timestamp": "1.1", "name": "eyes"}, "message_not_found"),
        ("reactions.add", {"channel": ONCALL, "timestamp": "1.1", "name": "Not a name"}, "invalid_name"),
        ("files.info", {"file": "F0"}, "file_not_found"),
        ("files.getUploadURLExternal", {"filename": "a"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
        ("files.completeUploadExternal", {"files": "1"}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1.1", "view": {}}, "invalid_trigger_id"),
        ("views.update", {"view": {}}, "invalid_arguments"),
        ("views.update", {"view": {}, "view_id": "V0"}, "not_found"),
        ("views.publish", {"user_id": "U0NOBODY", "view": {}}, "invalid_arguments"),
    ],
)
async def test_errors_have_slacks_codes(
    sandbox: Sandbox, client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str
) -> None:
    """The bot decides by these codes how to proceed."""
    channels = sandbox.workspace.channels
    channels["C0OLD"] = Channel("C0OLD", "old", members={ANN, "U0ZIMERR"}, is_archived=True)
    channels["G0SECRET"] = Channel("G0SECRET", "secret", members={ANN}, is_private=True)
    assert (await refused(client, method, **arguments))["error"] == error
    assert sandbox.calls(method)[-1].error == error


async def test_refused_blocks_are_explained(client: AsyncWebClient) -> None:
    """The position of the error in the blocks is in response_metadata."""
    answer = await refused(client, "chat.postMessage", channel=ONCALL, blocks=[{"type": "header"}])
    assert answer["error"] == "invalid_blocks"
    message = "[ERROR] missing required field: text [json-pointer:/blocks/0]"
    assert answer["response_metadata"]["messages"] == [message]


async def test_a_thread_counts_its_replies(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """A reply to a reply joins the thread of the root; the root lists the users who replied."""
    root = await sandbox.say(ONCALL, ANN, "6000354")
    reply = await client.chat_postMessage(channel=ONCALL, thread_ts=root["ts"], text="one", metadata=METADATA)
    await sandbox.say(ONCALL, BEN, "two", thread_ts=reply["ts"])
    thread = (await client.conversations_replies(channel=ONCALL, ts=reply["ts"]))["messages"]
    assert [m["text"] for m in thread] == ["6000354", "one", "two"]
    assert (thread[0]["reply_count"], thread[0]["reply_users"]) == (2, ["U0ZIMERR", BEN])
    assert thread[1]["parent_user_id"] == ANN
    history = (await client.conversations_history(channel=ONCALL))["messages"]
    assert [m["text"] for m in history] == ["6000354"]


async def test_metadata_is_returned_only_on_request(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The bot finds by metadata whether a reply is already posted."""
    root = await sandbox.say(ONCALL, ANN, "6000354")
    await client.chat_postMessage(channel=ONCALL, thread_ts=root["ts"], text="one", metadata=METADATA)
    where = {"channel": ONCALL, "ts": root["ts"]}
    plain = await client.conversations_replies(**where)
    full = await client.conversations_replies(**where, include_all_metadata=True)
    assert "metadata" not in plain["messages"][1]
    assert full["messages"][1]["metadata"] == METADATA


async def test_history_is_paged_and_bounded(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Newest messages come first; the cursor selects the next page; bounds are exclusive by default."""
    said = [await sandbox.say(ONCALL, ANN, str(number)) for number in range(5)]
    first = await client.conversations_history(channel=ONCALL, limit=2)
    assert ([m["text"] for m in first["messages"]], first["has_more"]) == (["4", "3"], True)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel=ONCALL, limit=3, cursor=cursor)
    assert ([m["text"] for m in second["messages"]], second["has_more"]) == (["2", "1", "0"], False)
    bounds = {"oldest": said[1]["ts"], "latest": said[3]["ts"]}
    between = await client.conversations_history(channel=ONCALL, **bounds)
    assert [m["text"] for m in between["messages"]] == ["2"]
    inclusive = await client.conversations_history(channel=ONCALL, **bounds, inclusive=True)
    assert [m["text"] for m in inclusive["messages"]] == ["3", "2", "1"]


async def test_members_are_paged_and_messages_have_links(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The link to a reply names its thread."""
    members: list[str] = []
    cursor = ""
    while not members or cursor:
        page = await client.conversations_members(channel=ONCALL, limit=2, cursor=cursor)
        members += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
    assert set(members) == sandbox.workspace.channel(ONCALL).members
    listed = await client.users_conversations(user=ANN, types="public_channel,private_channel", limit=1000)
    assert ONCALL in {channel["id"] for channel in listed["channels"]}
    assert (await refused(client, "users.conversations", types="dm"))["error"] == "invalid_types"
    root = await sandbox.say(ONCALL, ANN, "one")
    reply = await sandbox.say(ONCALL, ANN, "two", thread_ts=root["ts"])
    links = [(await client.chat_getPermalink(channel=ONCALL, message_ts=m["ts"]))["permalink"] for m in (root, reply)]
    paths = [f"/archives/{ONCALL}/p{m['ts'].replace('.', '')}" for m in (root, reply)]
    assert links[0].endswith(paths[0])
    assert links[1].endswith(f"{paths[1]}?thread_ts={root['ts']}&cid={ONCALL}")
    assert (await refused(client, "chat.getPermalink", channel=ONCALL, message_ts="1.0"))[
        "error"
    ] == "message_not_found"


async def test_an_update_keeps_the_fields_that_are_not_given(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """An empty list removes the blocks."""
    posted = await client.chat_postMessage(channel=ONCALL, text="one", blocks=[SECTION], metadata=METADATA)
    where = {"channel": ONCALL, "ts": posted["ts"]}
    assert (await client.chat_update(**where, text="two"))["message"]["blocks"]
    updated = await client.chat_update(**where, text="three", blocks=[])
    assert (updated["message"]["blocks"], updated["text"]) == ([], "three")
    assert updated["message"]["metadata"] == METADATA
    assert (await refused(client, "chat.update", **where, text="中" * 1334))["error"] == "msg_too_long"
    foreign = await sandbox.say(ONCALL, ANN, "mine")
    for method, error in (("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")):
        assert (await refused(client, method, channel=ONCALL, ts=foreign["ts"], text="x"))["error"] == error


async def test_reactions_list_their_users(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """In react mode, the bot's reaction is its answer."""
    said = await sandbox.say(ONCALL, ANN, "6000354")
    where = {"channel": ONCALL, "timestamp": said["ts"]}
    await client.reactions_add(**where, name="mag")
    await sandbox.react(ONCALL, said["ts"], ANN, "mag")
    (message,) = (await client.conversations_history(channel=ONCALL))["messages"]
    assert message["reactions"] == [{"name": "mag", "users": ["U0ZIMERR", ANN], "count": 2}]
    assert (await refused(client, "reactions.add", **where, name="mag"))["error"] == "already_reacted"
    await client.reactions_remove(**where, name="mag")
    assert (await refused(client, "reactions.remove", **where, name="mag"))["error"] == "no_reaction"
    await sandbox.unreact(ONCALL, said["ts"], ANN, "mag")
    assert sandbox.messages(ONCALL)[0]["reactions"] == []


async def test_an_ephemeral_message_is_visible_to_one_user(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """It is not in the channel's history."""
    await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="a secret is in your message")
    assert [m["text"] for m in sandbox.ephemerals(ANN)] == ["a secret is in your message"]
    assert sandbox.ephemerals(BEN) == []
    assert sandbox.messages(ONCALL) == []


async def test_a_user_id_selects_the_direct_message(client: AsyncWebClient) -> None:
    """The bot writes to a person without opening the conversation first."""
    direct = await client.chat_postMessage(channel=ANN, text="for you")
    assert direct["channel"] == "D0ANN"


async def test_other_bots_can_post(sandbox: Sandbox) -> None:
    """Error codes often come from alerts."""
    posted = await sandbox.say_as_bot(ONCALL, "Alerts", "code <6000354>", blocks=[SECTION])
    assert (posted["subtype"], posted["bot_id"], posted["username"]) == ("bot_message", "B0ALERTS", "Alerts")
    assert posted["text"] == "code &lt;6000354&gt;"


async def test_an_app_posts_attachments_broadcasts_and_ephemeral_replies(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    """The channel can be given by name, and the app can delete its own message."""
    await client.chat_postMessage(channel="#oncall", attachments=[{"fallback": "red", "blocks": [SECTION]}])
    (root,) = sandbox.messages(ONCALL)
    assert root["attachments"][0]["id"] == 1
    await client.chat_postMessage(channel=ONCALL, thread_ts=root["ts"], text="all", reply_broadcast=True)
    history = (await client.conversations_history(channel=ONCALL))["messages"]
    assert [m.get("subtype") for m in history] == ["thread_broadcast", None]
    await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="you", thread_ts=root["ts"])
    assert sandbox.ephemerals(ANN)[0]["thread_ts"] == root["ts"]
    await client.chat_delete(channel=ONCALL, ts=history[0]["ts"])
    await client.chat_delete(channel=ONCALL, ts=root["ts"])
    assert sandbox.messages(ONCALL) == []


async def test_an_ephemeral_message_is_lost_in_a_thread_without_replies(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    """Slack answers ok and shows nothing (chat.postEphemeral, thread_ts)."""
    root = await sandbox.say(ONCALL, ANN, "hello")
    answer = await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="you", thread_ts=root["ts"])
    assert answer["message_ts"]
    assert sandbox.ephemerals(ANN) == []
    await sandbox.say(ONCALL, BEN, "hi", thread_ts=root["ts"])
    await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="you", thread_ts=root["ts"])
    assert [each["text"] for each in sandbox.ephemerals(ANN)] == ["you"]


async def test_calls_are_recorded(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Tests read the arguments, without the token."""
    before = time.monotonic()
    await client.chat_postMessage(channel=ONCALL, text="one")
    (call,) = sandbox.calls("chat.postMessage")
    assert (call.arguments, call.error) == ({"channel": ONCALL, "text": "one"}, "")
    assert before < call.at < time.monotonic()
