"""Fetching files: the token goes to Slack only, limits hold while bytes come, and what can't be had has a reason."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import RetryLater
from bot.sandbox.http_server import Sandbox
from bot.slack.client import is_trusted
from bot.slack.files import Downloads, UnreadableFile
from bot.triage.digest import Refusal
from tests.scenarios.conftest import ANN, ENGLISH, manifest
from tests.scenarios.logs import LOG, file

MOST = 100_000  # bytes


class Fetcher:
    """A workspace with a log in it, and what fetches it."""

    def __init__(self, sandbox: Sandbox, downloads: Downloads, shared: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.downloads = downloads
        self.shared = shared  # Slack's own description of the file; a change of it is what Slack says

    async def fetch(self) -> bytes:
        """What comes of the file."""
        source = await self.downloads.fetch(await self.downloads.describe(self.shared["id"]))
        with source.open() as one, source.open() as other:
            assert other.read(3) == one.read(3)
            one.seek(0)
            return one.read()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """A log that can be fetched."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox, aiohttp.ClientSession() as session:
        client = AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session)
        message = await sandbox.say(ENGLISH, ANN, "", files=[file()])
        with contextlib.ExitStack() as spools:
            yield Fetcher(sandbox, Downloads(client, spools, max_bytes=MOST), message["files"][0])


@pytest.fixture
async def elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """The address of a server that is not Slack's, and what tokens it was sent."""
    seen: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response(text="6000106")

    server = web.Application()
    server.router.add_get("/{name}", serve)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/zim.log", seen
    await runner.cleanup()


async def test_a_log_comes_whole(fetcher: Fetcher) -> None:
    """And can be read from its start as often as needed."""
    assert await fetcher.fetch() == LOG.encode()


async def test_another_host_is_not_asked(fetcher: Fetcher, elsewhere: tuple[str, list[str]]) -> None:
    """Whoever can forge an address must not get the token."""
    fetcher.shared["url_private"], seen = elsewhere
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert (caught.value.reason, seen) == (Refusal.ELSEWHERE, [])


async def test_a_redirect_to_another_host_is_not_followed(fetcher: Fetcher, elsewhere: tuple[str, list[str]]) -> None:
    """The token would go along."""
    url, seen = elsewhere
    fetcher.sandbox.faults.redirected("files-pri", url)
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert (caught.value.reason, seen) == (Refusal.ELSEWHERE, [])


async def test_a_redirect_within_slack_is_followed(fetcher: Fetcher) -> None:
    """Slack serves some files from another host of its own."""
    fetcher.sandbox.faults.redirected("files-pri", fetcher.shared["url_private_download"])
    assert await fetcher.fetch() == LOG.encode()


async def test_redirects_in_a_circle_end(fetcher: Fetcher) -> None:
    """Nobody waits for ever."""
    fetcher.sandbox.faults.redirected("files-pri", fetcher.shared["url_private"], times=None)
    with pytest.raises(UnreadableFile):
        await fetcher.fetch()


async def test_a_page_to_sign_in_is_no_log(fetcher: Fetcher) -> None:
    """Slack sends one, with status 200, where a permission is missing."""
    fetcher.sandbox.faults.redirected("files-pri", f"{fetcher.sandbox.base_url}/")
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert caught.value.reason is Refusal.FORBIDDEN


async def test_a_log_that_begins_like_a_page_is_one(fetcher: Fetcher) -> None:
    """An error page, saved as a log."""
    page = b"<!DOCTYPE html>\n<p>error 6000106</p>\n"
    message = await fetcher.sandbox.say(ENGLISH, ANN, "", files=[file("error.html", page)])
    fetcher.shared = message["files"][0]
    assert await fetcher.fetch() == page


@pytest.mark.parametrize("said", [10 * MOST, 10])
async def test_too_large_is_too_large_whatever_was_said(fetcher: Fetcher, said: int) -> None:
    """The limit holds while the bytes come."""
    message = await fetcher.sandbox.say(ENGLISH, ANN, "", files=[file(content="x" * (MOST + 1))])
    fetcher.shared = message["files"][0]
    fetcher.shared["size"] = said
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert caught.value.reason is Refusal.TOO_LARGE


@pytest.mark.parametrize("method", ["files-pri", "files.info"])
async def test_what_passes_is_tried_again_later(fetcher: Fetcher, method: str) -> None:
    """A 5xx, and a 429 as long as it says."""
    fetcher.sandbox.faults.server_error(method)
    with pytest.raises(RetryLater) as caught:
        await fetcher.fetch()
    assert caught.value.after_s is None
    fetcher.sandbox.faults.rate_limited(method, retry_after_s=7)
    with pytest.raises(RetryLater) as caught:
        await fetcher.fetch()
    assert caught.value.after_s == 7


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/x.log",
        "https://slack.com.evil.example/x.log",
        "https://files.slack.com@evil.example/x.log",
        "https://evil.example\\.slack.com/x.log",
        "https://evil.example#.slack.com/x.log",
        "https://evilslack.com/x.log",
        "http://127.0.0.1:1/x.log",
        "ftp://files.slack.com/x.log",
        "",
    ],
)
def test_no_other_address_is_taken_for_slacks(url: str) -> None:
    """However it is written."""
    assert not is_trusted(AsyncWebClient(), url)


@pytest.mark.parametrize(
    "url", ["https://files.slack.com/a/b.log", "https://files.slack-gov.com/a", "https://slack.com/"]
)
def test_slacks_own_addresses_are(url: str) -> None:
    """Files lie on hosts of their own."""
    assert is_trusted(AsyncWebClient(), url)
