"""Downloads: the token goes to Slack only, size limits are enforced during the download, refusals have a reason."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import RetryLater
from bot.sandbox.http_server import Sandbox
from bot.slack.client import is_trusted
from bot.slack.files import Downloads, UnreadableFile, upload
from bot.triage.digest import Refusal
from tests.scenarios.conftest import ANN, ENGLISH, manifest
from tests.scenarios.logs import LOG, file

MOST = 100_000  # bytes


class Fetcher:
    """A workspace with a log, and the downloads from it."""

    def __init__(
        self, sandbox: Sandbox, spools: contextlib.ExitStack, downloads: Downloads, shared: dict[str, Any]
    ) -> None:
        self.sandbox = sandbox
        self.spools = spools
        self.downloads = downloads
        self.shared = shared  # the sandbox's own description of the file; tests change it

    async def fetch(self) -> bytes:
        """Download the file, and return its bytes."""
        source = await self.downloads.fetch(await self.downloads.describe(self.shared["id"]))
        with source.open() as one:
            start = one.read(3)
        with source.open() as other:
            assert other.read(3) == start
            other.seek(0)
            return other.read()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """A workspace with a log that can be downloaded."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox, aiohttp.ClientSession() as session:
        client = AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session)
        message = await sandbox.say(ENGLISH, ANN, "", files=[file()])
        with contextlib.ExitStack() as spools:
            yield Fetcher(sandbox, spools, Downloads(client, spools, max_bytes=MOST), message["files"][0])


@pytest.fixture
async def elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """The URL of a file on a foreign server, and the tokens that were sent there."""
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


async def test_a_log_is_downloaded_completely(fetcher: Fetcher) -> None:
    """It can be read from its start several times."""
    assert await fetcher.fetch() == LOG.encode()


@contextlib.asynccontextmanager
async def proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """Run an HTTP proxy; yield its URL, and the paths that were requested through it."""
    paths: list[str] = []

    async def forward(request: web.BaseRequest) -> web.Response:
        paths.append(request.path)
        url, headers = str(request.raw_path), {**request.headers}
        async with aiohttp.request(request.method, url, headers=headers, data=await request.read()) as response:
            return web.Response(body=await response.read(), status=response.status, content_type=response.content_type)

    runner = web.ServerRunner(web.Server(forward))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", paths
    finally:
        await runner.cleanup()


async def test_files_come_and_go_by_the_proxy_of_the_calls() -> None:
    """Where HTTPS_PROXY is the only way out, codes were explained but logs were not read."""
    async with (
        Sandbox(manifest("socket"), transport="socket") as sandbox,
        aiohttp.ClientSession() as session,
        proxy() as (url, paths),
    ):
        client = AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session, proxy=url)
        message = await sandbox.say(ENGLISH, ANN, "", files=[file()])
        with contextlib.ExitStack() as spools:
            downloads = Downloads(client, spools, max_bytes=MOST)
            await downloads.fetch(await downloads.describe(message["files"][0]["id"]))
        await upload(client, "report.txt", b"6000106", channel=ENGLISH, thread=None)
    assert len(paths) == 5, paths


async def test_a_thread_that_is_left_behind_reads_no_other_file(fetcher: Fetcher) -> None:
    """It goes on after its attempt has timed out. By then, the closed file's number may be that of another log."""
    source = await fetcher.downloads.fetch(await fetcher.downloads.describe(fetcher.shared["id"]))
    with source.open() as log:
        fetcher.spools.close()
        with tempfile.TemporaryFile() as other:
            other.write(b"somebody else's")
            other.flush()
            assert log.read() == LOG.encode()


async def test_nothing_is_requested_from_another_host(fetcher: Fetcher, elsewhere: tuple[str, list[str]]) -> None:
    """A forged URL must not get the token."""
    fetcher.shared["url_private"], seen = elsewhere
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert (caught.value.reason, seen) == (Refusal.ELSEWHERE, [])


async def test_a_redirect_to_another_host_is_not_followed(fetcher: Fetcher, elsewhere: tuple[str, list[str]]) -> None:
    """The token would follow."""
    url, seen = elsewhere
    fetcher.sandbox.faults.redirected("files-pri", url)
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert (caught.value.reason, seen) == (Refusal.ELSEWHERE, [])


MALFORMED = [
    "http://[::1",
    "https://files.slack.com:x/y",
    "https://127.0.0.1\\@files.slack.com/x",
    "https://[/slack.com",
]


@pytest.mark.parametrize("url", MALFORMED)
async def test_a_malformed_url_is_refused(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Such data must not make the job fail again and again."""
    fetcher.shared["url_private"] = url
    for base_url in (fetcher.downloads._client.base_url, "https://slack.com/api/"):
        monkeypatch.setattr(fetcher.downloads._client, "base_url", base_url)
        with pytest.raises(UnreadableFile):
            await fetcher.downloads.fetch(fetcher.shared)


@pytest.mark.parametrize("location", MALFORMED[:2])
async def test_a_malformed_redirect_is_refused(fetcher: Fetcher, location: str) -> None:
    """It comes from outside as well."""
    fetcher.sandbox.faults.redirected("files-pri", location)
    with pytest.raises(UnreadableFile):
        await fetcher.fetch()


async def test_a_redirect_within_slack_is_followed(fetcher: Fetcher) -> None:
    """Slack serves some files from another host of its own."""
    fetcher.sandbox.faults.redirected("files-pri", fetcher.shared["url_private_download"])
    assert await fetcher.fetch() == LOG.encode()


async def test_redirects_in_a_circle_end(fetcher: Fetcher) -> None:
    """A download must not take for ever."""
    fetcher.sandbox.faults.redirected("files-pri", fetcher.shared["url_private"], times=None)
    with pytest.raises(UnreadableFile):
        await fetcher.fetch()


async def test_a_sign_in_page_is_no_log(fetcher: Fetcher) -> None:
    """If a scope is missing, Slack sends one with status 200."""
    fetcher.sandbox.faults.redirected("files-pri", f"{fetcher.sandbox.base_url}/")
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert caught.value.reason is Refusal.FORBIDDEN


async def test_a_log_that_starts_like_a_page_is_a_log(fetcher: Fetcher) -> None:
    """People save error pages as logs."""
    page = b"<!DOCTYPE html>\n<p>error 6000106</p>\n"
    message = await fetcher.sandbox.say(ENGLISH, ANN, "", files=[file("error.html", page)])
    fetcher.shared = message["files"][0]
    assert await fetcher.fetch() == page


@pytest.mark.parametrize("said", [10 * MOST, 10, "12x", None, [1]])
async def test_a_file_is_too_large_whatever_size_slack_gives(fetcher: Fetcher, said: object) -> None:
    """The limit is enforced during the download."""
    message = await fetcher.sandbox.say(ENGLISH, ANN, "", files=[file(content="x" * (MOST + 1))])
    fetcher.shared = message["files"][0]
    fetcher.shared["size"] = said
    with pytest.raises(UnreadableFile) as caught:
        await fetcher.fetch()
    assert caught.value.reason is Refusal.TOO_LARGE


@pytest.mark.parametrize("method", ["files-pri", "files.info"])
async def test_a_transient_error_is_retried(fetcher: Fetcher, method: str) -> None:
    """After a 5xx with growing pauses, after a 429 when it says."""
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
def test_no_other_url_is_trusted(url: str) -> None:
    """However it is spelled."""
    assert not is_trusted(AsyncWebClient(), url)


@pytest.mark.parametrize(
    "url", ["https://files.slack.com/a/b.log", "https://files.slack-gov.com/a", "https://slack.com/"]
)
def test_slacks_own_urls_are_trusted(url: str) -> None:
    """Slack serves files from several hosts."""
    assert is_trusted(AsyncWebClient(), url)
