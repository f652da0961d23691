"""Test the Home tab on the demo page, at both widths."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.http_server import Sandbox
from tests.page.actions import go_to, message, write
from tests.scenarios.reading import last_said

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_visitor_sees_undoes_and_looks_up(page: Page, demo: Sandbox) -> None:
    """A changed setting is there with its author, one press undoes it, and the search opens the code."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr auto react")
    await last_said(demo, "C0ONCALL", 1)
    await go_to(page, "D0ANN")
    await page.get_by_role("tab", name="Home").click()
    home = page.locator(".home-sheet")
    await expect(home).to_contain_text("I only add a")
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    await home.get_by_role("button", name="Undo").click()
    await expect(home).to_contain_text("Undone by")
    await expect(home.get_by_role("button", name="Undo")).to_have_count(0)
    await home.get_by_role("combobox").fill("6000106")
    await page.get_by_role("option", name="6000106").first.click()
    await expect(page.locator("dialog[open]")).to_contain_text("Token expired")
    await page.keyboard.press("Escape")
    await go_to(page, "C0ONCALL")
    await expect(message(page, "Undone by").last).to_be_visible()
