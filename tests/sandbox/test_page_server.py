"""Test the page's server: its WebSocket, its uploads and its files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox

from .conftest import ANN, BEN, ONCALL, QUIET, Connect, Transport

Frame = dict[str, Any]


def plain(text: str) -> Frame:
    return {"type": "plain_text", "text": text}


@pytest.fixture
def transport() -> Transport:
    """One transport is enough: these tests are about the page."""
    return "http"


class Visit:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, kind: str, **fields: object) -> None:
        """Send a frame."""
        await self._socket.send_json({"type": kind, **fields})

    async def receive(self, kind: str) -> Frame:
        """Return the next frame of this type; skip others."""
        while True:
            frame: Frame = await self._socket.receive_json(timeout=5)
            if frame["type"] == kind:
                return frame


OpenPage = Callable[[str], Awaitable[Visit]]


@pytest.fixture
async def open_page(sandbox: Sandbox) -> AsyncIterator[OpenPage]:
    """A function that opens the page as a user."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def open_page(user: str) -> Visit:
            return Visit(await stack.enter_async_context(session.ws_connect(f"{sandbox.base_url}/live?user={user}")))

        yield open_page


async def test_the_first_frame_is_the_state(sandbox: Sandbox, open_page: OpenPage) -> None:
    """The page draws everything from it."""
    await sandbox.say(ONCALL, ANN, "hello")
    state = await (await open_page(ANN)).receive("state")
    assert [m["text"] for m in state["messages"][ONCALL]] == ["hello"]
    assert {c["name"] for c in state["channels"]} == {"oncall", "值班", "quiet", "zimerr"}
    zimerr, invite = state["commands"]
    assert zimerr == {"command": "/zimerr", "description": "Explain codes", "usage_hint": "6000354"}
    assert (invite["command"], invite["usage_hint"]) == ("/invite", "@zimerr")
    assert {s["callback_id"] for s in state["shortcuts"]} == {"explain", "look_up"}
    assert {example["kind"] for example in state["examples"]} == {"message", "command", "file"}
    assert (state["me"], state["home"], state["app"]["user"]) == (ANN, None, "U0ZIMERR")


async def test_the_actions_of_one_person_are_visible_to_another(open_page: OpenPage) -> None:
    """These actions are posting, editing, reacting and deleting."""
    ann, ben = await open_page(ANN), await open_page(BEN)
    await ann.send("send", channel=ONCALL, text="<script>alert(1)</script>")
    message = (await ben.receive("message"))["message"]
    assert message["text"] == "&lt;script&gt;alert(1)&lt;/script&gt;"
    await ann.send("edit", channel=ONCALL, ts=message["ts"], text="6000354")
    assert (await ben.receive("message"))["message"]["text"] == "6000354"
    await ben.send("react", channel=ONCALL, ts=message["ts"], name="eyes", add=True)
    assert (await ben.receive("message"))["message"]["reactions"] == [{"name": "eyes", "count": 1, "users": [BEN]}]
    await ann.send("send", channel=ONCALL, text="reply", thread_ts=message["ts"])
    assert (await ben.receive("message"))["message"]["thread_ts"] == message["ts"]
    assert (await ben.receive("message"))["message"]["reply_count"] == 1
    await ben.send("delete", channel=ONCALL, ts=message["ts"])
    assert (await ben.receive("error"))["text"] == "Only the author of a message can delete it."


async def test_an_ephemeral_message_is_sent_to_its_user_only(
    sandbox: Sandbox, open_page: OpenPage, app: AsyncApp, connect: Connect
) -> None:
    """A public answer has its command."""

    @app.command("/zimerr")
    async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack(text="for you")
        await respond(text="for all", response_type="in_channel")

    await connect(app)
    ann, ben = await open_page(ANN), await open_page(BEN)
    await ann.send("command", channel=ONCALL, command="/zimerr", text="6000354")
    assert (await ann.receive("ephemeral"))["message"]["text"] == "for you"
    frame = await ben.receive("message")
    assert frame["message"]["text"] == "for all"
    assert frame["message"]["command"] == {"user": ANN, "text": "/zimerr 6000354"}


async def test_a_person_uploads_a_file(sandbox: Sandbox, open_page: OpenPage) -> None:
    """It is posted with a preview, also in a thread."""
    ann = await open_page(ANN)
    root = await sandbox.say(ONCALL, ANN, "here")
    form = aiohttp.FormData({"text": "the log"})
    form.add_field("file", b"6000104\n" * 7, filename="zim.log")
    url = f"{sandbox.base_url}/upload"
    async with aiohttp.ClientSession() as session:
        parameters = {"user": ANN, "channel": ONCALL, "thread_ts": root["ts"]}
        async with session.post(url, params=parameters, data=form) as response:
            assert response.status == 200
        async with session.post(url, params={"user": ANN, "channel": ONCALL}, data={"text": "no file"}) as response:
            assert response.status == 400
    await ann.receive("message")
    message = (await ann.receive("message"))["message"]
    assert (message["text"], message["subtype"], message["thread_ts"]) == ("the log", "file_share", root["ts"])
    (file,) = message["files"]
    assert (file["name"], file["size"], file["preview"]) == ("zim.log", 56, "\n".join(["6000104"] * 5))


async def test_the_app_is_used_through_the_page(
    sandbox: Sandbox, open_page: OpenPage, app: AsyncApp, connect: Connect
) -> None:
    """A shortcut opens a modal; the modal gets options, shows errors and closes."""
    view = {
        "type": "modal",
        "callback_id": "look",
        "title": {"type": "plain_text", "text": "Look up"},
        "submit": {"type": "plain_text", "text": "Go"},
        "blocks": [
            {
                "type": "input",
                "block_id": "code",
                "label": {"type": "plain_text", "text": "Code"},
                "element": {"type": "external_select", "action_id": "pick", "min_query_length": 1},
            }
        ],
    }
    option = {"text": {"type": "plain_text", "text": "6000354"}, "value": "6000354"}

    @app.shortcut("look_up")
    async def open_modal(ack: AsyncAck, shortcut: Frame, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @app.options("pick")
    async def offer(ack: AsyncAck, payload: Frame) -> None:
        await ack(options=[option] if payload["value"] == "600" else [])

    @app.view("look")
    async def take(ack: AsyncAck, view: Frame) -> None:
        picked = view["state"]["values"]["code"]["pick"]["selected_option"]
        await (ack() if picked else ack(response_action="errors", errors={"code": "Pick one"}))

    await connect(app)
    ann = await open_page(ANN)
    await ann.send("shortcut", callback_id="look_up")
    view_id = (await ann.receive("view"))["view"]["id"]
    await ann.send("options", request=7, view_id=view_id, block_id="code", action_id="pick", value="600")
    assert await ann.receive("options") == {"type": "options", "request": 7, "options": [option], "option_groups": []}
    state: dict[str, Any] = {"values": {"code": {"pick": {"type": "external_select", "selected_option": None}}}}
    await ann.send("submit", view_id=view_id, state=state)
    assert (await ann.receive("view_errors"))["errors"] == {"code": "Pick one"}
    state["values"]["code"]["pick"]["selected_option"] = option
    await ann.send("submit", view_id=view_id, state=state)
    assert (await ann.receive("view"))["view"] is None
    await ann.send("submit", view_id=view_id, state=state)
    assert (await ann.receive("error"))["text"] == "This view is closed."


async def test_the_page_uses_buttons_modals_and_the_home_tab(
    sandbox: Sandbox, open_page: OpenPage, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """Actions have their block and their typed value; the page sees closed views and deleted messages."""
    used: list[Frame] = []
    field = {"type": "plain_text_input", "action_id": "typed"}
    blocks = [
        {
            "type": "actions",
            "block_id": "one",
            "elements": [{"type": "button", "action_id": "go", "text": plain("Go")}],
        },
        {
            "type": "actions",
            "block_id": "two",
            "elements": [{"type": "button", "action_id": "go", "text": plain("Go")}],
        },
    ]
    label = {"type": "input", "block_id": "in", "label": plain("x"), "element": field, "dispatch_action": True}
    view = {"type": "modal", "title": plain("Top"), "submit": plain("Go"), "blocks": [label]}

    @app.action("go")
    async def go(ack: AsyncAck, body: Frame, client: AsyncWebClient) -> None:
        await ack()
        used.append(body["actions"][0])
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.action("typed")
    async def typed(ack: AsyncAck, body: Frame, respond: AsyncRespond) -> None:
        used.append(body["actions"][0])
        await ack()

    @app.event("app_home_opened")
    async def show(event: Frame) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    await connect(app)
    ann = await open_page(ANN)
    await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="pick", blocks=blocks)
    ts = (await ann.receive("ephemeral"))["message"]["ts"]
    await ann.send("action", channel=ONCALL, ts=ts, ephemeral=True, block_id="two", action_id="go")
    opened = (await ann.receive("view"))["view"]
    assert "view" not in await (await open_page(ANN)).receive("state")  # it stays in its tab
    assert used[0]["block_id"] == "two"
    await ann.send(
        "action", view_id=opened["id"], block_id="in", action_id="typed", value="6000354", state={"values": {}}
    )
    await ann.send("close_view", view_id=opened["id"])
    assert (await ann.receive("view"))["view"] is None
    await sandbox.until(lambda: len(used) == 2)
    assert used[1]["value"] == "6000354"
    await ann.send("open_home")
    assert (await ann.receive("home"))["view"]["blocks"][0]["block_id"] == "one"
    sandbox.workspace.delete_ephemeral(ANN, ts)
    assert (await ann.receive("ephemeral_deleted"))["ts"] == ts
    message = await sandbox.say(ONCALL, ANN, "6000354")
    await ann.send("delete", channel=ONCALL, ts=message["ts"])
    assert (await ann.receive("deleted"))["ts"] == message["ts"]


async def test_an_invalid_frame_is_an_error_and_does_not_close_the_connection(open_page: OpenPage) -> None:
    """A page with a bug must not disconnect its user."""
    ann = await open_page(ANN)
    await ann.send("juggle")
    assert "did not understand" in (await ann.receive("error"))["text"]
    await ann.send("send", channel="C0NOWHERE", text="hello")
    assert (await ann.receive("error"))["text"] == "channel_not_found"
    await ann.send("send", channel=QUIET, text="hello")
    assert (await ann.receive("message"))["channel"] == QUIET


async def test_pages_of_other_origins_are_refused(sandbox: Sandbox) -> None:
    """Any web page can try to connect to a server on this machine."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{sandbox.base_url}/live?user={ANN}", origin="https://evil.example")
    assert refused.value.status == 403


@pytest.mark.parametrize("path", ["page/..%2fseed.py", "page/%2e%2e/seed.py", "page/seed.py", "live?user=U0NOBODY"])
async def test_only_the_files_of_the_page_are_served(sandbox: Sandbox, path: str) -> None:
    """No other file can be read."""
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.base_url}/{path}") as response:
        assert response.status == 404


async def test_the_content_security_policy_allows_only_own_files(sandbox: Sandbox) -> None:
    """Pasted text can't run as a script, even if the page has a bug."""
    async with aiohttp.ClientSession() as session:
        for path, kind in (("", "text/html"), ("page/app.js", "text/javascript"), ("page/base.css", "text/css")):
            async with session.get(f"{sandbox.base_url}/{path}") as response:
                assert (response.status, response.content_type) == (200, kind)
                policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


async def test_an_upload_to_an_unknown_channel_is_refused(sandbox: Sandbox) -> None:
    """The page shows the error code."""
    form = aiohttp.FormData()
    form.add_field("file", b"6000104", filename="zim.log")
    async with aiohttp.ClientSession() as session:
        parameters = {"user": ANN, "channel": "C0NOWHERE"}
        async with session.post(f"{sandbox.base_url}/upload", params=parameters, data=form) as response:
            assert (response.status, (await response.json())["error"]) == (400, "channel_not_found")
