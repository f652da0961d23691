"""Test the errors for a Slack that can't be reached."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.errors import ZimerrError
from bot.slack.client import SlackClient
from bot.slack.workspaces import sign_in

PROXY = "http://ann:secret@127.0.0.1"


@contextlib.asynccontextmanager
async def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answer every connection with the same bytes; yield the port."""

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def certificate(folder: Path) -> ssl.SSLContext:
    """Return a TLS context with a certificate that nobody trusts."""
    key, chain = folder / "key.pem", folder / "chain.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {chain} -days 1 -subj /CN=localhost"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context


async def error_at(url: str, *, proxy: str | None = None) -> str:
    """Sign in at *url*, and return the error."""
    async with aiohttp.ClientSession() as session:
        client = SlackClient("xoxb-1", session=session, base_url=url, proxy=proxy)
        with pytest.raises(ZimerrError) as failure:
            await sign_in(client)
    assert "xoxb-1" not in str(failure.value)
    assert "secret" not in str(failure.value)
    return str(failure.value)


async def test_a_name_that_is_not_resolved_is_named() -> None:
    """In a container without DNS, a firewall is not to blame."""
    assert "The name nowhere.invalid can't be resolved" in await error_at("https://nowhere.invalid/api/")


async def test_a_closed_port_points_to_the_firewall() -> None:
    """Many companies let machines out by a proxy only."""
    assert "allow connections to 127.0.0.1, or set HTTPS_PROXY" in await error_at("http://127.0.0.1:1/api/")


async def test_a_proxy_that_is_down_is_named() -> None:
    """HTTPS_PROXY was right until the proxy moved."""
    words = await error_at("https://slack.com/api/", proxy=f"{PROXY}:1")
    assert "The proxy 127.0.0.1:1 can't be connected to: check HTTPS_PROXY." in words


@pytest.mark.parametrize(
    ("status", "words"),
    [(b"407 Auth", "set HTTPS_PROXY to http://NAME"), (b"403 No", "refuses to connect to slack.com")],
)
async def test_a_proxy_that_refuses_is_named(status: bytes, words: str) -> None:
    """Its administrators can change that."""
    async with answering(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status) as port:
        assert words in await error_at("https://slack.com/api/", proxy=f"{PROXY}:{port}")


async def test_an_unknown_certificate_points_to_the_ca(tmp_path: Path) -> None:
    """A proxy that inspects TLS signs with a CA of its own."""
    async with answering(b"", certificate(tmp_path)) as port:
        assert "set SSL_CERT_FILE to a file with its CA certificate" in await error_at(f"https://localhost:{port}/api/")


async def test_an_answer_without_tls_is_not_slacks() -> None:
    """A login page of a network answers in its place."""
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        assert "Something else than Slack answers at localhost" in await error_at(f"https://localhost:{port}/api/")


async def test_a_page_in_place_of_an_answer_is_not_slacks() -> None:
    """A proxy says with a page that the host is blocked."""
    async with answering(b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope") as port:
        assert "allow localhost in the proxy or firewall" in await error_at(f"http://localhost:{port}/api/")
