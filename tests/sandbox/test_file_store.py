"""Test uploads of people and of the app, their file objects, and access to downloads."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import Sandbox, Upload

from .conftest import ANN, MANIFEST, ONCALL, Connect, Transport

LOG = "2026-03-02 03:14 [ERROR] 6000104\n" * 100


@pytest.fixture
def transport() -> Transport:
    """One transport is enough: these tests are about files."""
    return "http"


async def fetch(url: str, token: str = "") -> tuple[int, str, bytes]:
    """Download and return status, content type and body."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, response.content_type, await response.read()


async def test_a_shared_log_is_an_event_with_a_preview(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """The preview has the first lines; the download has all."""
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("message")
    async def remember(event: dict[str, Any]) -> None:
        await events.put(event)

    await connect(app)
    await sandbox.say(ONCALL, ANN, "the log", files=[Upload("zim.log", LOG.encode())])
    event = await events.get()
    assert (event["subtype"], event["text"]) == ("file_share", "the log")
    (file,) = event["files"]
    assert (file["name"], file["mimetype"], file["mode"]) == ("zim.log", "text/plain", "snippet")
    assert (file["lines"], file["lines_more"], file["preview_is_truncated"]) == (100, 95, True)
    assert file["size"] == len(LOG)
    for url in (file["url_private"], file["url_private_download"]):
        assert await fetch(url, sandbox.app.bot_token) == (200, "text/plain", LOG.encode())
    await sandbox.idle()
    assert len(sandbox.deliveries("file_shared")) == 1


async def test_without_the_token_the_sign_in_page_is_served(sandbox: Sandbox) -> None:
    """Its status is 200, so the bot must check the content."""
    message = await sandbox.say(ONCALL, ANN, "", files=[Upload("a.log", b"6000104")])
    status, kind, body = await fetch(message["files"][0]["url_private"], "xoxb-wrong")
    assert (status, kind) == (200, "text/html")
    assert b"6000104" not in body


async def test_without_the_scope_the_sign_in_page_is_served() -> None:
    """The token alone is not enough."""
    manifest = MANIFEST | {"oauth_config": {"scopes": {"bot": ["chat:write"]}}}
    async with Sandbox(manifest, transport="socket") as sandbox:
        message = await sandbox.say(ONCALL, ANN, "", files=[Upload("a.log", b"6000104")])
        url = message["files"][0]["url_private"]
        assert (await fetch(url, sandbox.app.bot_token))[1] == "text/html"


async def test_downloads_can_fail(sandbox: Sandbox) -> None:
    """With an injected 5xx, and with 404 for an unknown file."""
    message = await sandbox.say(ONCALL, ANN, "", files=[Upload("a.log", b"6000104")])
    sandbox.faults.server_error("files-pri")
    url = message["files"][0]["url_private"]
    assert (await fetch(url, sandbox.app.bot_token))[0] == 503
    assert (await fetch(url, sandbox.app.bot_token))[2] == b"6000104"
    unknown = f"{sandbox.base_url}/files-pri/T0DEMO-F0/a.log"
    assert (await fetch(unknown, sandbox.app.bot_token))[0] == 404


async def test_a_slack_connect_file_needs_files_info(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """Its event has only an id."""
    message = await sandbox.say(ONCALL, ANN, "", files=[Upload("a.log", b"6000104", is_connect=True)])
    (file,) = message["files"]
    assert (file["file_access"], "url_private" in file) == ("check_file_info", False)
    info = (await client.files_info(file=file["id"]))["file"]
    assert (await fetch(info["url_private"], sandbox.app.bot_token))[2] == b"6000104"


@pytest.mark.parametrize(("expired", "mode"), [(False, "tombstone"), (True, "hidden_by_limit")])
async def test_a_deleted_or_expired_file_can_not_be_read(
    sandbox: Sandbox, client: AsyncWebClient, expired: bool, mode: str
) -> None:
    """Its owner has deleted it, or the workspace's plan hides old files."""
    message = await sandbox.say(ONCALL, ANN, "", files=[Upload("a.log", b"6000104")])
    (file,) = message["files"]
    await sandbox.delete_file(ONCALL, message["ts"], file["id"], expired=expired)
    assert message["files"] == [{"id": file["id"], "mode": mode}]
    assert (await fetch(file["url_private"], sandbox.app.bot_token))[0] == 404
    if expired:
        assert (await client.files_info(file=file["id"]))["file"]["mode"] == mode
    else:
        with pytest.raises(SlackApiError, match="file_deleted"):
            await client.files_info(file=file["id"])


async def test_a_download_can_be_redirected(sandbox: Sandbox) -> None:
    """The app must not send its token to another host."""
    message = await sandbox.say(ONCALL, ANN, "", files=[Upload("a.log", b"6000104")])
    sandbox.faults.redirected("files-pri", "https://evil.example/a.log")
    url = message["files"][0]["url_private"]
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "https://evil.example/a.log")


@pytest.mark.parametrize(
    ("name", "content", "mimetype", "mode"),
    [
        ("日志 1.txt", "错误码6000354".encode(), "text/plain", "snippet"),
        ("a/b?.txt", b"6000354", "text/plain", "snippet"),
        ("a.png", b"\x89PNG", "image/png", "hosted"),
        ("a.log", b"\0\1\2", "application/octet-stream", "hosted"),
        ("big.log", b"x" * 1_000_001, "text/plain", "hosted"),
        ("a.log.gz", b"\x1f\x8b", "application/gzip", "hosted"),
        ("noext", b"x", "application/octet-stream", "hosted"),
    ],
)
async def test_files_are_described_by_kind(
    sandbox: Sandbox, name: str, content: bytes, mimetype: str, mode: str
) -> None:
    """Only short text files are snippets with a preview."""
    message = await sandbox.say(ONCALL, ANN, "", files=[Upload(name, content)])
    (file,) = message["files"]
    assert (file["name"], file["mode"], "preview" in file) == (name, mode, mode == "snippet")
    if not name.endswith(".log"):
        assert file["mimetype"] == mimetype
    assert (await fetch(file["url_private"], sandbox.app.bot_token))[2] == content


async def test_the_app_uploads_a_file(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The bot posts long answers as files in the thread."""
    root = await sandbox.say(ONCALL, ANN, "6000354")
    await client.files_upload_v2(
        channel=ONCALL,
        thread_ts=root["ts"],
        filename="triage.md",
        title="Triage",
        content="# 6000354",
        initial_comment="all of it",
    )
    (reply,) = sandbox.replies(ONCALL, root["ts"])
    assert (reply["text"], reply["bot_id"], reply["files"][0]["title"]) == ("all of it", "B0ZIMERR", "Triage")
    assert await fetch(reply["files"][0]["url_private"], sandbox.app.bot_token) == (200, "text/plain", b"# 6000354")


async def test_an_upload_is_checked(sandbox: Sandbox, client: AsyncWebClient) -> None:
    """The length and the upload URL must be right; the body may be a form."""
    started = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    form = aiohttp.FormData()
    form.add_field("file", b"abc", filename="a.txt")
    async with aiohttp.ClientSession() as session:
        for url, data, status in (
            (started["upload_url"], b"abcd", 400),
            (f"{sandbox.base_url}/upload/v1/F0", b"abc", 404),
            (started["upload_url"], form, 200),
        ):
            async with session.post(url, data=data) as response:
                assert response.status == status
    done = await client.files_completeUploadExternal(files=[{"id": started["file_id"], "title": "A"}])
    assert (done["files"][0]["size"], sandbox.messages(ONCALL)) == (3, [])
