"""Act on the demo page as a person does."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect


def is_phone(page: Page) -> bool:
    """Return whether the page is as narrow as on a phone."""
    return bool(page.viewport_size and page.viewport_size["width"] < 720)


async def go_to(page: Page, channel: str) -> None:
    """Open a channel; on a phone, a button shows the list of channels."""
    button = page.locator(f"[data-channel={channel}]").first
    drawer = page.locator("[data-role=drawer]")
    if is_phone(page):
        await drawer.click()
        await expect(drawer).to_have_attribute("aria-expanded", "true")
    await button.click()
    await expect(button).to_have_attribute("aria-current", "page")


async def write(page: Page, text: str, *, where: str = "composer") -> None:
    """Type into the composer and send."""
    box = page.locator(f"[data-role={where}] textarea").first
    await box.fill(text)
    await box.press("Enter")


def message(page: Page, text: str) -> Locator:
    """Locate the messages that contain a text."""
    return page.locator("[data-ts]", has_text=text)


async def close_thread(page: Page) -> None:
    """Close the thread beside or, on a phone, above the channel."""
    await page.locator("[data-do=close-thread]").click()
    await expect(page.locator("[data-role=thread]")).to_be_hidden()
