"""Test the HTTP port against strangers: everything but Slack's signed requests is refused at little cost."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import hmac
import io
import json
import logging
import resource
import socket
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
import structlog

from bot import http_limits
from bot.app import running
from bot.http_limits import MAX_BODY_BYTES
from bot.sandbox.http_server import Sandbox
from tests import migrated
from tests.scenarios.conftest import ANN, ENGLISH, free_port, manifest, settings_for
from tests.scenarios.reading import answer_in_thread

EVENTS, JSON, FORM = "/slack/events", "application/json", "application/x-www-form-urlencoded"
DEEP = 100_000
MALFORMED: dict[str, tuple[bytes, str]] = {
    "brace": (b"{", JSON),
    "array": (b"[]", JSON),
    "array of objects": (b'[{"type":"event_callback"}]', JSON),
    "number": (b"1", JSON),
    "string": (b'"event"', JSON),
    "null": (b"null", JSON),
    "true": (b"true", JSON),
    "NaN": (b"NaN", JSON),
    "text": (b"hello", JSON),
    "trailing comma": (b'{"a":1,}', JSON),
    "two documents": (b"{}{}", JSON),
    "big integer": (b'{"a":' + b"9" * 5000 + b"}", JSON),
    "byte order mark": (b"\xef\xbb\xbf{}", JSON),
    "UTF-16": ('{"type":"event_callback"}'.encode("utf-16"), JSON),
    "invalid UTF-8": (b'{"a":"\xff\xfe"}', JSON),
    "cut UTF-8": ('{"a":"错'.encode()[:-1], JSON),
    "NUL": (b"\0" * 100, JSON),
    "deep arrays": (b"[" * DEEP, JSON),
    "deep closed arrays": (b"[" * DEEP + b"]" * DEEP, JSON),
    "deep objects": (b'{"a":' * DEEP, JSON),
    "team is a number": (b'{"team":5}', JSON),
    "authorizations hold null": (b'{"authorizations":[null]}', JSON),
    "enterprise is a number": (b'{"enterprise":5}', JSON),
    "response_urls hold null": (b'{"response_urls":[null]}', JSON),
    "form payload is no JSON": (b"payload=%7B", FORM),
    "form payload is an array": (b"payload=%5B%5D", FORM),
    "form payload is deep": (b"payload=" + b"%5B" * DEEP, FORM),
    "form payload is null": (b"payload=null", FORM),
    "form of 500,000 fields": (b"a&" * 500_000, FORM),
    "form payload of 500,000 fields": (b"payload=" + b"a&" * 500_000, FORM),
    "form with invalid UTF-8": (b"command=\xff", FORM),
    "odd charset": (b"{}", f"{JSON}; charset=punycode"),
    "unknown charset": (b"{}", f"{JSON}; charset=none-such"),
    "UTF-7": (b"{}", f"{JSON}; charset=utf-7"),
    "binary charset": (b"{}", f"{JSON}; charset=zlib"),
}
# Not HTTP, or HTTP that a server must not guess at.
RAW = {
    "noise": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    "two lengths": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "bad chunk": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "long line": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "long header": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 10_000 + b"\r\n",
}


@dataclass(frozen=True)
class Target:
    """A running bot, and the ways to send it requests."""

    sandbox: Sandbox
    port: int
    session: aiohttp.ClientSession

    def signed(self, body: bytes, *, age_s: int = 0) -> dict[str, str]:
        """Return the headers of Slack's signature of *body*."""
        timestamp = str(int(time.time()) - age_s)
        secret = self.sandbox.app.signing_secret.encode()
        digest = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

    async def post(self, body: bytes, content_type: str = JSON, **headers: str) -> int:
        """Send a request to the events URL; return the status."""
        sent = {"Content-Type": content_type, **headers}
        async with self.session.post(
            f"http://127.0.0.1:{self.port}{EVENTS}", data=io.BytesIO(body), headers=sent
        ) as response:
            return response.status

    async def post_signed(self, body: bytes, content_type: str = JSON) -> int:
        """Send a request with Slack's signature; return the status."""
        return await self.post(body, content_type, **self.signed(body))

    async def get(self, path: str) -> int:
        """Get *path*; return the status."""
        async with self.session.get(f"http://127.0.0.1:{self.port}{path}") as response:
            return response.status

    async def raw(self, data: bytes) -> bytes:
        """Send bytes; return those that come back until the bot closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return answer


@contextlib.asynccontextmanager
async def target_in(folder: Path) -> AsyncIterator[Target]:
    """Run the bot over HTTP."""
    database, port = folder / "bot.db", free_port()
    migrated.create(database)
    async with (
        Sandbox(manifest("http"), transport="http", retry_delays_s=()) as sandbox,
        running(settings_for(sandbox, "http", database, port=port)),
        aiohttp.ClientSession() as session,
    ):
        sandbox.connect_app(f"http://127.0.0.1:{port}{EVENTS}")
        yield Target(sandbox, port, session)


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    """A bot that receives requests over HTTP."""
    async with target_in(tmp_path) as running_bot:
        yield running_bot


async def test_a_command_can_not_be_replayed(target: Target) -> None:
    """An intercepted request stays valid for five minutes, and a person may have undone its change since."""
    fields = {"command": "/zimerr", "text": "auto off", "team_id": "T0DEMO", "channel_id": ENGLISH, "user_id": ANN}
    fields |= {"trigger_id": "1.1", "response_url": f"{target.sandbox.base_url}/none"}
    body = urlencode(fields).encode()
    overheard = target.signed(body)
    assert await target.post(body, FORM, **overheard) == 200
    assert await target.post(body, FORM, **overheard) == 401
    later = urlencode(fields | {"trigger_id": "1.2"}).encode()
    assert await target.post_signed(later, FORM) == 200


@pytest.fixture
def few_files() -> Iterator[None]:
    """Let the process open 256 files, as macOS does by default."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_many_connections_at_once_are_all_received(target: Target) -> None:
    """The kernel drops connections beyond the listen queue; the client tries again after 1 s and 3 s."""
    with contextlib.ExitStack() as stack:
        for _ in range(300):  # without a pause in which the loop could accept
            stack.enter_context(socket.create_connection(("127.0.0.1", target.port), timeout=10.0))
        assert await target.post_signed(event("hello")) == 200


def test_connections_leave_files_to_the_rest(few_files: None) -> None:
    """The whole listen queue is accepted at once, on top of the connections that wait."""
    assert 2 * http_limits.most_waiting() + http_limits.backlog() <= 256 * 2 / 3


def event(text: str, **fields: object) -> bytes:
    """Return a message event."""
    message = {"type": "message", "channel": ENGLISH, "user": ANN, "text": text, "ts": "1700000000.000100", **fields}
    body = {"type": "event_callback", "team_id": "T0DEMO", "event_id": "Ev1", "event_time": 1, "event": message}
    return json.dumps(body).encode()


def assert_quiet(caplog: pytest.LogCaptureFixture, lines: int = 1) -> None:
    """Check that at most so many lines were logged, and no traceback."""
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert len(caplog.records) <= lines, [record.getMessage() for record in caplog.records]


@pytest.fixture(autouse=True)
def structlog_to_logging() -> None:
    """Let `caplog` see the bot's own lines too."""
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs], logger_factory=structlog.stdlib.LoggerFactory()
    )
    logging.getLogger("bot").setLevel(logging.INFO)


async def test_malformed_bodies_are_refused_unsigned_and_signed(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    """Each once caused a traceback of 2 KB in the log, which let anyone fill the disk."""
    caplog.clear()
    unsigned = {name: await target.post(body, kind) for name, (body, kind) in MALFORMED.items()}
    assert {name: status for name, status in unsigned.items() if status not in (400, 401)} == {}
    signed = {name: await target.post_signed(body, kind) for name, (body, kind) in MALFORMED.items()}
    assert {name: status for name, status in signed.items() if status != 400} == {}
    assert_quiet(caplog)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "nan"},
        {"X-Slack-Request-Timestamp": "9" * 5000},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Signature": "v1=" + "0" * 64},
        {"X-Slack-Signature": "v0=" + "0" * 64},
    ],
)
async def test_a_request_without_a_valid_signature_is_refused(
    target: Target, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Anyone can send requests to the port."""
    caplog.clear()
    body = event("code: 6000106")
    valid = target.signed(body) if headers else {}
    assert await target.post(body, **{**valid, **headers}) == 401
    assert await target.post(body, **target.signed(body, age_s=301)) == 401
    assert await target.post(body + b" ", **target.signed(body)) == 401
    assert_quiet(caplog)


async def test_the_log_says_why_slacks_own_requests_may_be_refused(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    """With a wrong secret or clock, Slack shows people dispatch_failed only."""
    caplog.clear()
    assert await target.post(event("code: 6000106"), **target.signed(event("code: 6000106"), age_s=400)) == 401
    (record,) = caplog.records
    assert "SLACK_SIGNING_SECRET is wrong, or the clock" in str(record.__dict__["hint"])


async def test_the_signature_is_checked_before_the_body_is_parsed(target: Target) -> None:
    """A request of 1 MB without a signature once stopped the bot for 78 seconds, ten others for 24."""
    bodies = [
        (b"a-" + b"z" * 1_040_000, f"{JSON}; charset=punycode"),
        (b"a&" * 500_000, FORM),
        (b"payload=" + b"a&" * 500_000, FORM),
        (b"ssl_check=1&" + b"a&" * 500_000, FORM),
    ]
    started = time.process_time()
    assert [await target.post(*each) for each in bodies] == [401] * 4
    assert [await target.post_signed(*each) for each in bodies] == [400] * 4
    assert time.process_time() - started < 1.0


async def test_refused_bodies_are_forgotten_at_once(target: Target) -> None:
    """In a reference cycle they would stay until the next garbage collection: 30 a second once took 500 MB."""
    gc.disable()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for size in (MAX_BODY_BYTES, MAX_BODY_BYTES + 1):
            for _ in range(10):
                await target.post(b" " * size)
                await target.post_signed(b"{" * size)
        assert tracemalloc.get_traced_memory()[0] - before < 5 * MAX_BODY_BYTES
    finally:
        tracemalloc.stop()
        gc.enable()


async def test_slack_may_test_the_certificate_without_a_signature(target: Target) -> None:
    """Slack sends this now and then."""
    assert await target.post(b"token=x&ssl_check=1", FORM) == 200
    assert await target.post(b"token=x&no_ssl_check=1", FORM) == 401


async def test_the_longest_edit_that_slack_sends_is_accepted_and_no_more(target: Target) -> None:
    """40,000 Chinese characters, as text and as blocks, before and after the edit."""
    text = "错" * 40_000
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    message = {"user": ANN, "text": text, "ts": "1.0", "blocks": [{"type": "rich_text", "elements": [element]}]}
    edit = event("", subtype="message_changed", message=message, previous_message=message, event_ts="2.0")
    assert 0.9 * MAX_BODY_BYTES < len(edit) < MAX_BODY_BYTES
    assert await target.post_signed(edit) == 200
    assert await target.post_signed(b" " * (MAX_BODY_BYTES + 1)) == 413
    assert await target.post(b" " * (MAX_BODY_BYTES + 1)) == 413


async def test_a_hundred_bodies_of_one_byte_cost_one_line(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    """They once wrote 227 KB of log."""
    caplog.clear()
    await asyncio.gather(*(target.post(b"{") for _ in range(100)))
    assert await target.get("/nothing") == 404
    assert await target.get(EVENTS) == 405
    assert_quiet(caplog)
    assert "refused" in caplog.text


async def test_what_is_not_http_is_refused_quietly(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    """Scanners send anything."""
    caplog.clear()
    answers = {name: await target.raw(data) for name, data in RAW.items()}
    assert {name: answer for name, answer in answers.items() if b" 400 Bad Request" not in answer} == {}
    assert await target.raw(
        b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", target.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nabc")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await target.get("/healthz") == 200
    assert_quiet(caplog)


# Opens connections with a part of a request, and keeps them open.
SLOWLORIS = """
import socket, sys
connections = []
for _ in range(400):
    try:
        connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
        connection.sendall(sys.argv[2].encode())
        connections.append(connection)
    except OSError:
        pass
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "part",
    [
        "POST /slack/events HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        "POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{",
        "",
    ],
    ids=["half header", "half body", "nothing"],
)
async def test_unfinished_requests_do_not_keep_slack_out(few_files: None, tmp_path: Path, part: str) -> None:
    """400 connections with half a request once used up all files of the process."""
    async with target_in(tmp_path) as target:
        attacker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SLOWLORIS, str(target.port), part, stdin=-1, stdout=-1
        )
        assert attacker.stdin
        assert attacker.stdout
        try:
            assert await attacker.stdout.readline() == b"open\n"
            assert await target.get("/healthz") == 200
            message = await target.sandbox.say(ENGLISH, ANN, "code: 6000106")
            await answer_in_thread(target.sandbox, ENGLISH, message)
        finally:
            attacker.stdin.close()
            await attacker.wait()


@pytest.mark.parametrize(
    "part", ["GET /healthz HTTP/1.1\r\nX: ", "POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na"]
)
async def test_a_request_that_does_not_arrive_is_dropped(
    target: Target, part: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise each costs a connection for good."""
    monkeypatch.setattr(http_limits, "_ARRIVAL_TIMEOUT_S", 0.05)
    caplog.clear()
    assert await target.raw(part.encode()) == b""
    assert_quiet(caplog)


async def test_a_message_nested_without_end_is_no_error(target: Target) -> None:
    """JSON of this depth can be parsed, but not read by a recursive function."""
    element: dict[str, object] = {"type": "text", "text": "code: 6000106"}
    for _ in range(400):
        element = {"type": "rich_text_section", "elements": [element]}
    assert await target.post_signed(event("hi", blocks=[{"type": "rich_text", "elements": [element]}])) == 200
    attachment: dict[str, object] = {"text": "code: 6000106"}
    for _ in range(400):
        attachment = {"attachments": [attachment]}
    assert await target.post_signed(event("hi", attachments=[attachment])) == 200
