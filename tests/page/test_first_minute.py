"""Test the first minute on the demo page: a newcomer sees answers without looking for them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.demo_content import play_history
from bot.sandbox.http_server import Sandbox
from tests.page.actions import go_to, is_phone, message, write

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_workspace_opens_with_an_incident_and_its_triage(page: Page, demo: Sandbox) -> None:
    """On a desktop, the thread with the triage is open, in the channel's language; it does not take the focus."""
    await play_history(demo)
    await page.reload()
    thread = page.locator("[data-role=thread]")
    for channel, cause in (("C0ONCALL", "Likely cause: 6000324"), ("C0ZHIBAN", "可能原因：6000324")):
        await go_to(page, channel)
        await expect(page.locator("#messages .thread-line")).to_contain_text("2 replies")
        if is_phone(page):
            await expect(thread).to_be_hidden()
        else:
            await expect(thread).to_contain_text(cause)
            await expect(thread.locator("textarea")).not_to_be_focused()


@pytest.mark.parametrize("kind", ["message", "file"])
async def test_the_answer_to_an_example_opens_by_itself(page: Page, kind: str) -> None:
    """Its thread would be easy to miss."""
    await page.locator(f"[data-example][data-kind={kind}]").first.click()
    thread = page.locator("[data-role=thread]")
    await expect(thread.get_by_text(re.compile("6000107 · |Likely cause: 6000106")).first).to_be_visible()


@pytest.mark.parametrize(
    ("user", "channel", "label"),
    [
        ("U0ANN", "C0ZHIBAN", "贴一行报错"),
        ("U0LIN", "C0ONCALL", "Paste an error line"),
        ("U0ANN", "C0QUIET", "Paste an error line"),
        ("U0LIN", "C0QUIET", "贴一行报错"),
    ],
)
async def test_the_first_example_is_in_the_language_of_the_channel_or_the_person(
    page: Page, demo: Sandbox, user: str, channel: str, label: str
) -> None:
    """Where people write in both, the person decides."""
    await page.goto(f"{demo.base_url}/?user={user}")
    await go_to(page, channel)
    await expect(page.locator("[data-example]").first).to_contain_text(label)


async def test_what_a_person_sends_is_in_view_below_a_tall_card(page: Page) -> None:
    """On a phone, one card fills the screen."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr 6000354 6000106")
    await expect(message(page, "6000106 · Token expired").first).to_be_attached()
    await page.locator("#scroller").evaluate("node => node.scrollTop = 0")
    await write(page, "/zimerr status")
    await expect(message(page, "I reply in").last).to_be_in_viewport()
    await expect(page.locator("#to-newest")).to_be_hidden()


async def test_a_person_who_scrolled_up_is_left_there(page: Page, demo: Sandbox) -> None:
    """Somebody else writes meanwhile."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr 6000354 6000106")
    await expect(message(page, "6000106 · Token expired").first).to_be_attached()
    await page.locator("#scroller").evaluate("node => node.scrollTop = 0")
    await expect(page.locator("#to-newest")).to_be_visible()
    await demo.say("C0ONCALL", "U0BEN", "hello from Ben")
    await expect(message(page, "hello from Ben")).to_be_attached()
    await expect(message(page, "hello from Ben")).not_to_be_in_viewport()


async def test_the_bot_can_be_invited(page: Page) -> None:
    """A mention where the bot is not a member is answered by Slack; after the invitation comes the dry run."""
    await go_to(page, "C0QUIET")
    await write(page, "@zimerr 6000106")
    await expect(message(page, "is not in this channel").first).to_be_visible()
    await write(page, "/invite @zimerr")
    await expect(message(page, "was added to the channel").first).to_be_visible()
    await expect(message(page, "Thanks for the invitation").first).to_be_visible()
    await write(page, "/invite @zimerr")
    await expect(page.locator(".toast")).to_contain_text("already in this channel")


async def test_the_invited_bot_says_what_it_would_have_done(page: Page, demo: Sandbox) -> None:
    """The channel has two messages with a code, and one with a look-alike."""
    await play_history(demo)
    await page.reload()
    await go_to(page, "C0QUIET")
    await write(page, "/invite @zimerr")
    dry_run = message(page, "Thanks for the invitation").first
    await expect(dry_run).to_contain_text("checked the last 3 messages here. I would have posted 2 replies")
    await expect(dry_run).to_contain_text("6000523")


async def test_the_link_to_a_message_can_be_copied(page: Page) -> None:
    """`/zimerr why` takes it."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await go_to(page, "C0ONCALL")
    await write(page, "we have 6000106 here")
    row = message(page, "we have 6000106 here").first
    await row.focus()
    await row.locator("[data-do=more]").click()
    await page.locator("[data-do=copy-link]").click()
    await expect(page.locator(".toast")).to_contain_text("Link copied")
    await write(page, f"/zimerr why {await page.evaluate('navigator.clipboard.readText()')}")
    await expect(message(page, "I replied to this message in its thread.").first).to_be_visible()


async def test_a_dialog_stays_in_its_tab(page: Page, demo: Sandbox) -> None:
    """Another tab of the same person goes on undisturbed."""
    other = await page.context.new_page()
    await other.goto(demo.base_url)
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr triage")
    await expect(page.locator("dialog[open]")).to_be_visible()
    await expect(other.locator("#messages")).to_be_attached()
    await expect(other.locator("dialog[open]")).to_have_count(0)
    await other.reload()
    await expect(other.locator("#messages .empty")).to_be_visible()
    await expect(other.locator("dialog[open]")).to_have_count(0)
    await other.close()
