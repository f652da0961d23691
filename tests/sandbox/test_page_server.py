"""The page's live socket: what a person sees, and what they can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox

from .conftest import ANN, BEN, ONCALL, QUIET, Connect

Frame = dict[str, Any]


def plain(text: str) -> Frame:
    return {"type": "plain_text", "text": text}


class Visit:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, kind: str, **fields: object) -> None:
        """Do something."""
        await self._socket.send_json({"type": kind, **fields})

    async def see(self, kind: str) -> Frame:
        """The next frame of a kind; others are passed over."""
        while True:
            frame: Frame = await self._socket.receive_json(timeout=5)
            if frame["type"] == kind:
                return frame


Enter = Callable[[str], Awaitable[Visit]]


@pytest.fixture
async def enter(sandbox: Sandbox) -> AsyncIterator[Enter]:
    """Opens the page as somebody."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def enter(user: str) -> Visit:
            return Visit(await stack.enter_async_context(session.ws_connect(f"{sandbox.base_url}/live?user={user}")))

        yield enter


async def test_the_state_comes_first(sandbox: Sandbox, enter: Enter) -> None:
    """The page can draw everything from its first frame."""
    await sandbox.say(ONCALL, ANN, "hello")
    state = await (await enter(ANN)).see("state")
    assert [m["text"] for m in state["messages"][ONCALL]] == ["hello"]
    assert {c["name"] for c in state["channels"]} == {"oncall", "值班", "quiet", "zimerr"}
    assert state["commands"] == [{"command": "/zimerr", "description": "Explain codes", "usage_hint": "6000354"}]
    assert {s["callback_id"] for s in state["shortcuts"]} == {"explain", "look_up"}
    assert {example["kind"] for example in state["examples"]} == {"message", "command", "file"}
    assert (state["me"], state["home"], state["app"]["user"]) == (ANN, None, "U0ZIMERR")


async def test_what_one_person_does_the_other_sees(enter: Enter) -> None:
    """Writing, editing, reacting and deleting show at once."""
    ann, ben = await enter(ANN), await enter(BEN)
    await ann.send("send", channel=ONCALL, text="<script>alert(1)</script>")
    message = (await ben.see("message"))["message"]
    assert message["text"] == "&lt;script&gt;alert(1)&lt;/script&gt;"
    await ann.send("edit", channel=ONCALL, ts=message["ts"], text="6000354")
    assert (await ben.see("message"))["message"]["text"] == "6000354"
    await ben.send("react", channel=ONCALL, ts=message["ts"], name="eyes", add=True)
    assert (await ben.see("message"))["message"]["reactions"] == [{"name": "eyes", "count": 1, "users": [BEN]}]
    await ann.send("send", channel=ONCALL, text="reply", thread_ts=message["ts"])
    assert (await ben.see("message"))["message"]["thread_ts"] == message["ts"]
    assert (await ben.see("message"))["message"]["reply_count"] == 1
    await ben.send("delete", channel=ONCALL, ts=message["ts"])
    assert (await ben.see("error"))["text"] == "Only the author of a message can delete it."


async def test_a_whisper_reaches_only_its_reader(
    sandbox: Sandbox, enter: Enter, app: AsyncApp, connect: Connect
) -> None:
    """Private answers are private; the public one names the command."""

    @app.command("/zimerr")
    async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack(text="for you")
        await respond(text="for all", response_type="in_channel")

    await connect(app)
    ann, ben = await enter(ANN), await enter(BEN)
    await ann.send("command", channel=ONCALL, command="/zimerr", text="6000354")
    assert (await ann.see("ephemeral"))["message"]["text"] == "for you"
    frame = await ben.see("message")
    assert frame["message"]["text"] == "for all"
    assert frame["message"]["command"] == {"user": ANN, "text": "/zimerr 6000354"}


async def test_a_person_uploads_and_pastes(sandbox: Sandbox, enter: Enter) -> None:
    """A log arrives as a file with a preview, in a thread too."""
    ann = await enter(ANN)
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
    await ann.see("message")
    message = (await ann.see("message"))["message"]
    assert (message["text"], message["subtype"], message["thread_ts"]) == ("the log", "file_share", root["ts"])
    (file,) = message["files"]
    assert (file["name"], file["size"], file["preview"]) == ("zim.log", 56, "\n".join(["6000104"] * 5))


async def test_the_app_is_used_through_the_page(
    sandbox: Sandbox, enter: Enter, app: AsyncApp, connect: Connect
) -> None:
    """A button opens a modal, the modal searches, objects, and closes."""
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
    ann = await enter(ANN)
    await ann.send("shortcut", callback_id="look_up")
    view_id = (await ann.see("view"))["view"]["id"]
    await ann.send("options", request=7, view_id=view_id, block_id="code", action_id="pick", value="600")
    assert await ann.see("options") == {"type": "options", "request": 7, "options": [option], "option_groups": []}
    state: dict[str, Any] = {"values": {"code": {"pick": {"type": "external_select", "selected_option": None}}}}
    await ann.send("submit", view_id=view_id, state=state)
    assert (await ann.see("view_errors"))["errors"] == {"code": "Pick one"}
    state["values"]["code"]["pick"]["selected_option"] = option
    await ann.send("submit", view_id=view_id, state=state)
    assert (await ann.see("view"))["view"] is None
    await ann.send("submit", view_id=view_id, state=state)
    assert (await ann.see("error"))["text"] == "This view is closed."


async def test_buttons_modals_and_the_home_tab_of_the_page(
    sandbox: Sandbox, enter: Enter, app: AsyncApp, client: AsyncWebClient, connect: Connect
) -> None:
    """What is pressed names its block; a typed value comes along; closing and deleting show."""
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
    ann = await enter(ANN)
    await client.chat_postEphemeral(channel=ONCALL, user=ANN, text="pick", blocks=blocks)
    ts = (await ann.see("ephemeral"))["message"]["ts"]
    await ann.send("action", channel=ONCALL, ts=ts, ephemeral=True, block_id="two", action_id="go")
    opened = (await ann.see("view"))["view"]
    assert (await (await enter(ANN)).see("state"))["view"]["id"] == opened["id"]
    assert used[0]["block_id"] == "two"
    await ann.send(
        "action", view_id=opened["id"], block_id="in", action_id="typed", value="6000354", state={"values": {}}
    )
    await ann.send("close_view", view_id=opened["id"])
    assert (await ann.see("view"))["view"] is None
    await sandbox.until(lambda: len(used) == 2)
    assert used[1]["value"] == "6000354"
    await ann.send("open_home")
    assert (await ann.see("home"))["view"]["blocks"][0]["block_id"] == "one"
    sandbox.workspace.delete_ephemeral(ANN, ts)
    assert (await ann.see("ephemeral_deleted"))["ts"] == ts
    message = await sandbox.say(ONCALL, ANN, "6000354")
    await ann.send("delete", channel=ONCALL, ts=message["ts"])
    assert (await ann.see("deleted"))["ts"] == message["ts"]


async def test_nonsense_is_answered_not_fatal(enter: Enter) -> None:
    """A mistake of the page does not end the visit."""
    ann = await enter(ANN)
    await ann.send("juggle")
    assert "did not understand" in (await ann.see("error"))["text"]
    await ann.send("send", channel="C0NOWHERE", text="hello")
    assert (await ann.see("error"))["text"] == "channel_not_found"
    await ann.send("send", channel=QUIET, text="hello")
    assert (await ann.see("message"))["channel"] == QUIET


async def test_another_sites_page_cannot_listen(sandbox: Sandbox) -> None:
    """The sandbox listens on this machine, where any web page can knock."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{sandbox.base_url}/live?user={ANN}", origin="https://evil.example")
    assert refused.value.status == 403


@pytest.mark.parametrize("path", ["page/..%2fseed.py", "page/%2e%2e/seed.py", "page/seed.py", "live?user=U0NOBODY"])
async def test_only_the_pages_own_files_are_served(sandbox: Sandbox, path: str) -> None:
    """Nothing beside the page can be read."""
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.base_url}/{path}") as response:
        assert response.status == 404


async def test_the_page_may_load_only_its_own(sandbox: Sandbox) -> None:
    """What people paste can't run as a script, whatever the page does with it."""
    async with aiohttp.ClientSession() as session:
        for path, kind in (("", "text/html"), ("page/app.js", "text/javascript"), ("page/base.css", "text/css")):
            async with session.get(f"{sandbox.base_url}/{path}") as response:
                assert (response.status, response.content_type) == (200, kind)
                policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


async def test_an_upload_to_nowhere_is_refused(sandbox: Sandbox) -> None:
    """The page can say that it failed."""
    form = aiohttp.FormData()
    form.add_field("file", b"6000104", filename="zim.log")
    async with aiohttp.ClientSession() as session:
        parameters = {"user": ANN, "channel": "C0NOWHERE"}
        async with session.post(f"{sandbox.base_url}/upload", params=parameters, data=form) as response:
            assert (response.status, (await response.json())["error"]) == (400, "channel_not_found")
