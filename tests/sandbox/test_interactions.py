"""Test commands, buttons, menus, shortcuts, modals and the Home tab, over both transports."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox import ActionRefused, Sandbox

from .conftest import ANN, BEN, LIN, MANIFEST, ONCALL, QUIET, Connect, Transport

Payload = dict[str, Any]


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Payload:
    return {"text": plain(value), "value": value}


BUTTONS = {
    "type": "actions",
    "block_id": "choices",
    "elements": [
        {"type": "button", "action_id": "other", "text": plain("中文"), "value": "zh"},
        {"type": "static_select", "action_id": "lang", "options": [option("en"), option("zh")]},
        {"type": "overflow", "action_id": "more", "options": [option("hide"), option("why")]},
        {"type": "external_select", "action_id": "code"},
    ],
}


def modal(callback_id: str = "look", **more: Any) -> Payload:
    """Return a modal with several kinds of input."""
    elements: list[Payload] = [
        {"type": "plain_text_input", "action_id": "note", "initial_value": "none"},
        {"type": "external_select", "action_id": "code"},
        {"type": "checkboxes", "action_id": "flags", "options": [option("a"), option("b")]},
        {"type": "users_select", "action_id": "who"},
        {"type": "datepicker", "action_id": "when", "initial_date": "2026-01-01"},
    ]
    inputs = [
        {"type": "input", "block_id": e["action_id"], "label": plain("x"), "element": e, "optional": True}
        for e in elements
    ]
    both = {"type": "modal", "callback_id": callback_id, "title": plain("Look up"), "submit": plain("Go")}
    return both | {"blocks": inputs, "private_metadata": "mine", **more}


async def test_the_text_of_a_command_is_escaped(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """The payload has the channel, the user and the workspace."""
    got: list[Payload] = []

    @app.command("/zimerr")
    async def remember(ack: AsyncAck, command: Payload) -> None:
        got.append(command)
        await ack()

    await connect(app)
    await sandbox.command("D0LIN", LIN, "a < b & 令牌")
    assert got[0]["text"] == "a &lt; b &amp; 令牌"
    assert (got[0]["channel_id"], got[0]["channel_name"], got[0]["user_name"]) == ("D0LIN", "directmessage", "小林")
    assert (got[0]["team_id"], got[0]["api_app_id"]) == ("T0DEMO", "A0ZIMERR")


async def test_an_unknown_command_is_refused(sandbox: Sandbox) -> None:
    """The manifest lists the commands."""
    with pytest.raises(ActionRefused, match="/other is not a valid command"):
        await sandbox.command(ONCALL, ANN, "", command="/other")


async def test_an_invalid_acknowledgement_shows_an_error(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """Slack checks the blocks of an acknowledgement too."""

    @app.command("/zimerr")
    async def answer(ack: AsyncAck) -> None:
        await ack(text="x", blocks=[{"type": "marquee"}])

    await connect(app)
    await sandbox.command(ONCALL, ANN, "6000354")
    (ephemeral,) = sandbox.ephemerals(ANN)
    assert ephemeral["text"] == '/zimerr failed with the error "invalid_command_response"'


async def test_a_click_on_a_button_is_sent_with_its_message(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """Its answer is ephemeral by default and can replace the message."""
    got: list[Payload] = []

    @app.action("other")
    async def turn(ack: AsyncAck, body: Payload, respond: AsyncRespond) -> None:
        await ack()
        got.append(body)
        await respond(text="只给你看", replace_original=False)
        await respond(text="turned", replace_original=True)

    await connect(app)
    root = await sandbox.say(ONCALL, ANN, "6000354")
    await client.chat_postMessage(channel=ONCALL, thread_ts=root["ts"], text="explained", blocks=[BUTTONS])
    (reply,) = sandbox.replies(ONCALL, root["ts"])
    await sandbox.click(reply, "other", BEN)
    await sandbox.until(lambda: sandbox.replies(ONCALL, root["ts"])[0]["text"] == "turned")
    assert [m["text"] for m in sandbox.ephemerals(BEN)] == ["只给你看"]
    assert sandbox.replies(ONCALL, root["ts"])[0]["blocks"] == []
    (body,) = got
    assert body["container"] == {
        "type": "message",
        "message_ts": reply["ts"],
        "channel_id": ONCALL,
        "is_ephemeral": False,
        "thread_ts": root["ts"],
    }
    assert (body["channel"], body["user"]["id"]) == ({"id": ONCALL, "name": "oncall"}, BEN)
    assert body["message"]["text"] == "explained"
    (action,) = body["actions"]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "other", "choices")
    assert (action["value"], action["text"]) == ("zh", plain("中文"))


async def test_a_response_url_replaces_and_deletes_an_ephemeral_message(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """No API method can change one, and Slack does not send its content to the app."""
    got: list[Payload] = []

    @app.action("other")
    async def turn(ack: AsyncAck, body: Payload, respond: AsyncRespond) -> None:
        await ack()
        got.append(body)
        if len(got) == 1:
            await respond(text="turned", blocks=[BUTTONS], replace_original=True)
        else:
            await respond(delete_original=True)

    await connect(app)
    await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="for you", blocks=[BUTTONS])
    await sandbox.click(sandbox.ephemerals(ANN)[0], "other", ANN)
    await sandbox.until(lambda: [m["text"] for m in sandbox.ephemerals(ANN)] == ["turned"])
    assert got[0]["container"]["is_ephemeral"] is True
    assert "message" not in got[0]
    await sandbox.click(sandbox.ephemerals(ANN)[0], "other", ANN)
    await sandbox.until(lambda: not sandbox.ephemerals(ANN))


async def test_a_response_url_deletes_a_public_message(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """A button to dismiss a message does this."""

    @app.action("other")
    async def remove(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    await connect(app)
    await client.chat_postMessage(channel=ONCALL, text="explained", blocks=[BUTTONS])
    await sandbox.click(sandbox.messages(ONCALL)[0], "other", ANN, value="zh")
    await sandbox.until(lambda: not sandbox.messages(ONCALL))


async def test_a_response_url_is_valid_five_times_within_half_an_hour(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    """Later uses fail; refused blocks are an error and count as a use."""
    urls: list[str] = []

    @app.command("/zimerr")
    async def remember(ack: AsyncAck, command: Payload) -> None:
        urls.append(command["response_url"])
        await ack()

    await connect(app)
    root = await sandbox.say(ONCALL, BEN, "root")
    await sandbox.command(ONCALL, ANN, "one")
    hook = AsyncWebhookClient(urls[0])
    refused = await hook.send(blocks=[{"type": "marquee"}])
    assert (refused.status_code, json.loads(refused.body)["error"]) == (404, "invalid_blocks")
    for _ in range(3):
        assert (await hook.send(text="again")).body == "ok"
    async with aiohttp.ClientSession() as session:
        body = {"text": "reply", "thread_ts": root["ts"], "response_type": "in_channel"}
        async with session.post(urls[0], json=body) as response:
            assert response.status == 200
    used = await hook.send(text="too often")
    assert (used.status_code, "used_url" in used.body) == (404, True)
    assert [m["text"] for m in sandbox.ephemerals(ANN)] == ["again"] * 3
    assert [m["subtype"] for m in sandbox.replies(ONCALL, root["ts"])] == ["bot_message"]
    await sandbox.command(ONCALL, ANN, "two")
    now = sandbox.workspace.clock()
    sandbox.workspace.clock = lambda: now + 1801
    assert "expired_url" in (await AsyncWebhookClient(urls[1]).send(text="too late")).body
    assert [call.error for call in sandbox.calls("response_url")] == [
        *("invalid_blocks", "", "", "", "", "used_url", "expired_url")
    ]


async def test_menus_send_the_selected_option(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """Tests select by value or, in an external select, by an option that the app offers."""
    chosen: list[tuple[str, str]] = []

    async def remember(ack: AsyncAck, action: Payload) -> None:
        chosen.append((action["type"], action["selected_option"]["value"]))
        await ack()

    for action_id in ("lang", "more", "code"):
        app.action(action_id)(remember)

    @app.options("code")
    async def offer(ack: AsyncAck, payload: Payload) -> None:
        groups = [{"label": plain("Room"), "options": [option("6000354"), option(payload["value"])]}]
        await ack(option_groups=groups)

    await connect(app)
    await client.chat_postMessage(channel=ONCALL, text="pick", blocks=[BUTTONS])
    (message,) = sandbox.messages(ONCALL)
    await sandbox.select(message, "lang", ANN, "zh")
    await sandbox.select(message, "more", ANN, "why")
    offered = await sandbox.suggest(message, ANN, "code", "600")
    assert [o["value"] for o in offered] == ["6000354", "600"]
    await sandbox.select(message, "code", ANN, offered[0])
    assert chosen == [("static_select", "zh"), ("overflow", "why"), ("external_select", "6000354")]
    for wrong in (sandbox.select(message, "lang", ANN, "fr"), sandbox.click(message, "nowhere", ANN)):
        with pytest.raises(ActionRefused):
            await wrong


async def test_a_message_shortcut_sends_its_message(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """It also works where the bot is not a member."""
    got: list[Payload] = []

    @app.shortcut("explain")
    async def explain(ack: AsyncAck, shortcut: Payload, respond: AsyncRespond) -> None:
        got.append(shortcut)
        await ack()
        await respond("explained")

    await connect(app)
    message = await sandbox.say(QUIET, ANN, "6000354")
    await sandbox.shortcut("explain", BEN, message)
    await sandbox.until(lambda: sandbox.ephemerals(BEN, QUIET))
    (shortcut,) = got
    assert (shortcut["type"], shortcut["message_ts"]) == ("message_action", message["ts"])
    assert shortcut["message"]["text"] == "6000354"
    for wrong in (sandbox.shortcut("explain", BEN), sandbox.shortcut("unknown", BEN)):
        with pytest.raises(ActionRefused):
            await wrong


async def opened(sandbox: Sandbox, app: AsyncApp, connect: Connect, view: Payload) -> Payload:
    """Open a modal with the global shortcut and return it."""

    @app.shortcut("look_up")
    async def open_modal(ack: AsyncAck, shortcut: Payload, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    await connect(app)
    await sandbox.shortcut("look_up", ANN)
    shown = await sandbox.until(lambda: sandbox.modal(ANN))
    assert shown
    return shown


async def test_a_submission_has_the_values_of_all_inputs(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """There are typed and selected values, initial values and empty ones."""
    got: list[Payload] = []

    @app.view("look")
    async def take(ack: AsyncAck, view: Payload) -> None:
        got.append(view)
        await ack()

    view = await opened(sandbox, app, connect, modal())
    filled: dict[str, Any] = {"code": option("6000354"), "flags": ["b"], "who": BEN}
    assert await sandbox.submit(view, ANN, filled) == {}
    assert sandbox.modal(ANN) is None
    values = {block: next(iter(state.values())) for block, state in got[0]["state"]["values"].items()}
    assert values == {
        "note": {"type": "plain_text_input", "value": "none"},
        "code": {"type": "external_select", "selected_option": option("6000354")},
        "flags": {"type": "checkboxes", "selected_options": [option("b")]},
        "who": {"type": "users_select", "selected_user": BEN},
        "when": {"type": "datepicker", "selected_date": "2026-01-01"},
    }
    assert (got[0]["private_metadata"], got[0]["callback_id"]) == ("mine", "look")
    with pytest.raises(ActionRefused, match="closed"):
        await sandbox.submit(view, ANN, {})


async def test_a_conversation_chosen_in_a_modal_gets_a_response_url(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    """A modal has no channel of its own; the URL works where the bot is not a member."""
    got: list[Payload] = []

    @app.view("look")
    async def take(ack: AsyncAck, body: Payload) -> None:
        got.append(body)
        await ack()

    select = {"type": "conversations_select", "action_id": "where", "response_url_enabled": True}
    select["default_to_current_conversation"] = True
    inputs = [{"type": "input", "block_id": "place", "label": plain("x"), "element": select}]
    view = await opened(sandbox, app, connect, modal(blocks=inputs))
    await sandbox.submit(view, ANN, {"where": QUIET})
    (chosen,) = got[0]["response_urls"]
    assert (chosen["block_id"], chosen["action_id"], chosen["channel_id"]) == ("place", "where", QUIET)
    respond = AsyncRespond(response_url=chosen["response_url"], proxy=None, ssl=None)
    assert (await respond("shared", response_type="in_channel")).status_code == 200
    assert [message["text"] for message in sandbox.messages(QUIET)][-1] == "shared"


async def test_the_app_answers_a_submission_with_a_response_action(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    """There are four: errors, update, push and clear."""
    answers: list[Payload] = [
        {"response_action": "errors", "errors": {"code": "Unknown code"}},
        {"response_action": "update", "view": modal(callback_id="look", title=plain("Updated"))},
        {"response_action": "push", "view": modal(callback_id="look", title=plain("Pushed"))},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "clear"},
    ]

    @app.view("look")
    async def take(ack: AsyncAck) -> None:
        await ack(**answers.pop(0))

    first = await opened(sandbox, app, connect, modal())
    assert await sandbox.submit(first, ANN, {}) == {"code": "Unknown code"}
    await sandbox.submit(first, ANN, {})
    second = sandbox.modal(ANN)
    assert second
    assert (second["id"], second["title"]["text"]) == (first["id"], "Updated")
    await sandbox.submit(second, ANN, {})
    third = sandbox.modal(ANN)
    assert third
    assert (third["title"]["text"], third["previous_view_id"]) == ("Pushed", first["id"])
    with pytest.raises(ActionRefused, match="missing required field"):
        await sandbox.submit(third, ANN, {})
    await sandbox.submit(third, ANN, {})
    assert sandbox.modal(ANN) is None


async def test_closing_a_modal_is_sent_with_notify_on_close(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """Without that field the app is not notified."""
    closed: list[str] = []

    @app.view_closed("look")
    async def note(ack: AsyncAck, view: Payload) -> None:
        closed.append(view["id"])
        await ack()

    view = await opened(sandbox, app, connect, modal(notify_on_close=True))
    await sandbox.close(view, ANN)
    assert (closed, sandbox.modal(ANN)) == ([view["id"]], None)


async def test_at_most_three_modals_are_stacked(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """Slack refuses to push a fourth view."""

    @app.view("look")
    async def push(ack: AsyncAck) -> None:
        await ack(response_action="push", view=modal())

    top = await opened(sandbox, app, connect, modal())
    root_id = top["id"]
    for _ in range(2):
        await sandbox.submit(top, ANN, {})
        top = sandbox.modal(ANN) or {}
    assert top["root_view_id"] == root_id != top["id"]
    with pytest.raises(ActionRefused, match="push_limit_reached"):
        await sandbox.submit(top, ANN, {})


async def test_a_view_is_updated_only_with_its_latest_hash(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """Two updates at the same time must not overwrite each other."""
    view = await opened(sandbox, app, connect, modal())
    updated = await client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    assert updated["view"]["id"] == view["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=view["id"], hash=view["hash"], view=modal())


async def test_a_trigger_id_is_valid_once_within_three_seconds(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """A bot must open a modal before it starts slow work."""
    triggers: list[str] = []

    @app.shortcut("look_up")
    async def remember(ack: AsyncAck, shortcut: Payload) -> None:
        triggers.append(shortcut["trigger_id"])
        await ack()

    await connect(app)
    await sandbox.shortcut("look_up", ANN)
    await sandbox.shortcut("look_up", ANN)
    errors = []
    await client.views_open(trigger_id=triggers[0], view=modal())
    now = sandbox.workspace.clock()
    sandbox.workspace.clock = lambda: now + 3.1
    for trigger_id in triggers:
        with pytest.raises(SlackApiError) as refused:
            await client.views_open(trigger_id=trigger_id, view=modal())
        errors.append(refused.value.response["error"])
    assert errors == ["exchanged_trigger_id", "expired_trigger_id"]


async def test_the_home_tab_is_published_when_it_is_opened(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """The buttons of the view send the view and no response URL."""
    got: list[Payload] = []

    @app.event("app_home_opened")
    async def show(event: Payload, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [BUTTONS]})

    @app.action("other")
    async def turn(ack: AsyncAck, body: Payload) -> None:
        got.append(body)
        await ack()

    await connect(app)
    await sandbox.open_home(ANN)
    home = await sandbox.until(lambda: sandbox.home(ANN))
    assert home
    await sandbox.click(home, "other", ANN)
    assert got[0]["container"] == {"type": "view", "view_id": home["id"]}
    assert (got[0]["view"]["type"], "response_url" in got[0]) == ("home", False)


async def test_an_unacknowledged_interaction_shows_an_error(
    sandbox: Sandbox, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """The person sees that the app did not answer."""
    await connect(app)
    await client.chat_postMessage(channel=ONCALL, text="pick", blocks=[BUTTONS])
    sandbox.delivery.ack_timeout_s = 0.05
    with pytest.raises(ActionRefused, match="zimerr did not answer"):
        await sandbox.click(sandbox.messages(ONCALL)[0], "other", ANN)


async def test_interactivity_and_home_need_the_manifest(transport: Transport) -> None:
    """The manifest must enable them."""
    manifest = MANIFEST | {"settings": {}, "features": {"slash_commands": []}}
    async with Sandbox(manifest, transport=transport) as sandbox:
        client = AsyncWebClient(token=sandbox.app.bot_token, base_url=sandbox.api_url)
        await client.chat_postMessage(channel=ONCALL, text="pick", blocks=[BUTTONS])
        with pytest.raises(ActionRefused, match="not configured"):
            await sandbox.click(sandbox.messages(ONCALL)[0], "other", ANN)
        with pytest.raises(SlackApiError, match="not_enabled"):
            await client.views_publish(user_id=ANN, view={"type": "home", "blocks": [BUTTONS]})
