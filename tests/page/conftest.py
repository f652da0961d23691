"""Open the demo in headless Chromium: the workspace, the bot in it, and the page.

One browser serves all tests of a process, so tests and fixtures share one event loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.app import running
from bot.cli.demo import store_locales
from bot.sandbox.http_server import Sandbox
from tests import chromium, migrated
from tests.scenarios.conftest import manifest, settings_for

expect.set_options(timeout=10_000)


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The workspace with the bot, as `zimerr demo` runs them."""
    database = tmp_path / "bot.db"
    migrated.create(database)
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        settings = settings_for(sandbox, "socket", database)
        await store_locales(sandbox, settings)
        async with running(settings):
            yield sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.ARGUMENTS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"], loop_scope="session")
async def page(request: pytest.FixtureRequest, browser: Browser, demo: Sandbox) -> AsyncIterator[Page]:
    """The page as Ann sees it, at both widths; an error in its scripts or a failed request fails the test."""
    width, height = request.param
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: errors.append(f"{request.url}: {request.failure}"))
    page.on(
        "response",
        lambda response: errors.append(f"{response.url}: {response.status}") if response.status >= 400 else None,
    )
    await page.goto(demo.base_url)
    yield page
    await context.close()
    assert errors == []
