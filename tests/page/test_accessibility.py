"""Test the demo page with axe-core: no known barrier for people with a screen reader, a keyboard or weak eyes."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from bot.sandbox.demo_content import play_history
from bot.sandbox.http_server import Sandbox
from tests.page.actions import close_thread, go_to, is_phone, message, write

pytestmark = pytest.mark.asyncio(loop_scope="session")

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# Rules that axe-core leaves out by default.
OPTIONS = {
    "resultTypes": ["violations"],
    "rules": {
        rule: {"enabled": True}
        for rule in (
            "label-content-name-mismatch",
            "target-size",
            "p-as-heading",
            "focus-order-semantics",
            "td-has-header",
            "table-fake-caption",
        )
    },
}


async def violations(page: Page) -> list[str]:
    """Run axe-core in both themes; return the rule, the element and the reason of each violation."""
    found = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        results = await Axe().run(page, options=OPTIONS)
        found += [
            f"{theme}: {rule['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
            for rule in results.response["violations"]
            for node in rule["nodes"]
        ]
    return found


@pytest.mark.parametrize(
    ("person", "channel"), [("U0ANN", "C0ONCALL"), ("U0LIN", "C0ZHIBAN")], ids=["english", "chinese"]
)
async def test_axe_finds_nothing(page: Page, demo: Sandbox, person: str, channel: str) -> None:
    """The channel with its welcome, a thread, a toast, a menu, a dialog, suggestions and the direct message."""
    await play_history(demo)
    await page.goto(f"{demo.base_url}/?user={person}#{channel}")
    await expect(page.locator("#welcome h2")).to_be_visible()
    found = {"welcome": await violations(page)}
    if is_phone(page):
        await page.locator("[data-role=drawer]").click()
        found["sidebar"] = await violations(page)
        await page.keyboard.press("Escape")
    thread = page.locator("[data-role=thread]")
    if not await thread.is_visible():
        await page.locator("#messages .thread-line").first.click()
    await expect(thread.locator(".table-box")).to_be_visible()
    found["thread"] = await violations(page)
    await thread.locator("[data-action-id]").last.click()
    await expect(page.get_by_role("menu")).to_be_visible()
    found["menu of an answer"] = await violations(page)
    await page.keyboard.press("Escape")
    await close_thread(page)

    for text in ("/zimerr 6000354", "/zimerr help", "/zimerr token", "`code` *bold* <https://example.com|link>"):
        await write(page, text)
    await expect(page.locator(".ephemeral")).to_have_count(2)
    found["answers"] = await violations(page)
    row = message(page, "bold").first
    await row.focus()
    await row.locator("[data-do=react]").click()
    found["reactions"] = await violations(page)
    await page.keyboard.press("Escape")
    await row.locator("[data-do=more]").click()
    found["menu of a message"] = await violations(page)
    await page.locator("[data-do=edit]").click()
    found["editor"] = await violations(page)
    await page.keyboard.press("Escape")

    await write(page, "/unknown")
    await expect(page.locator(".toast")).to_be_visible()
    await page.locator("[data-role=composer] textarea").fill("/zi")
    await expect(page.locator(".hints li").first).to_be_visible()
    found["suggestions and a toast"] = await violations(page)
    await write(page, "/zimerr triage")
    await expect(page.locator("dialog[open]")).to_be_visible()
    await page.locator("dialog[open] [data-role=submit]").click()
    await expect(page.locator(".block-error").first).to_be_visible()
    found["dialog with an error"] = await violations(page)
    await page.keyboard.press("Escape")
    await go_to(page, f"D0{person.removeprefix('U0')}")
    await expect(page.locator("#messages .empty")).to_be_visible()
    found["direct message"] = await violations(page)
    await page.locator("[role=tab]").first.click()
    await expect(page.locator(".home-sheet [data-action-id=home_lookup]").first).to_be_visible()
    found["Home tab"] = await violations(page)
    report = "\n".join(f"{place}, {each}" for place, every in found.items() for each in every)
    assert not report, report
