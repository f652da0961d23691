"""Replay a person's first ten minutes on the demo page: everything that is offered has an effect in view."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from bot.i18n import Language, words
from bot.sandbox.demo_content import play_history
from bot.sandbox.http_server import Sandbox
from tests.page.actions import close_thread, message, write
from tests.page.visitor import EFFECTS, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

# A log of an app that nobody has seen, so that nothing of it was answered before.
LOG = "".join(
    f"2026-03-02 03:{minute:02d}:12.388 [ERROR] [Login][API.login] userID: u_{minute % 4}, code: 6000104, failed\n"
    for minute in range(20)
)
PEOPLE = pytest.mark.parametrize(
    ("page", "person", "channel"),
    [((1280, 800), "U0ANN", "C0ONCALL"), ((390, 844), "U0LIN", "C0ZHIBAN")],
    indirect=["page"],
    ids=["english-desktop", "chinese-phone"],
)


async def visit(page: Page, demo: Sandbox, person: str, channel: str) -> Visitor:
    """Open the workspace with its history as *person*."""
    await play_history(demo)
    await page.add_init_script(EFFECTS)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{demo.base_url}/?user={person}#{channel}")
    await expect(page.locator("#messages .thread-line")).to_be_visible()
    return Visitor(page)


async def entries_of_help(page: Page) -> list[str]:
    """Return each command in the help as it is typed: of ``/zimerr lang zh` / `en``, also `/zimerr lang en`."""
    parts = (
        await page.locator(".ephemeral .body")
        .last.locator("code")
        .evaluate_all("nodes => nodes.map((node) => [node.textContent, node.previousSibling?.textContent ?? ''])")
    )
    entries: list[str] = []
    for text, before in parts:
        if text.startswith(("/", "@")):
            entries.append(text)
        elif before == " / ":
            entries.append(f"{entries[-1].rpartition(' ')[0]} {text}")
        else:
            entries.append(f"{entries[-1]} {text}")
    return entries


@PEOPLE
async def test_every_entry_of_the_help_is_answered(page: Page, demo: Sandbox, person: str, channel: str) -> None:
    """The help is the bot's own, so an entry that is new is tried, too. No entry counts as misused or unknown."""
    visitor = await visit(page, demo, person, channel)
    log = page.locator("#messages .message", has=page.locator(".thread-line")).first
    if await page.locator("[data-role=thread]").is_visible():
        await close_thread(page)
    await log.focus()
    await log.locator("[data-do=more]").click()
    await page.locator("[data-do=copy-link]").click()
    link = await page.evaluate("navigator.clipboard.readText()")
    await visitor.send("/zimerr help")
    entries = await entries_of_help(page)
    assert len(entries) > 15
    for entry in entries:
        if entry.startswith("@"):
            await log.locator("[data-open-thread]").click()
            await visitor.send(entry, where="thread")
            await close_thread(page)
            continue
        await visitor.send(re.sub(r"\b[A-Z]{4,}\b|链接", link, entry))
        if await page.locator("dialog[open]").count():
            await page.locator("dialog[open] [data-role=cancel]").click()
        await visitor.press_all()
    translate = words(Language.EN if channel == "C0ONCALL" else Language.ZH)
    for misused in ("lang", "search", "auto", "why"):
        await expect(page.get_by_text(translate(f"help.misused.{misused}").partition("`")[0].strip())).to_have_count(0)


@PEOPLE
async def test_every_button_of_the_answers_does_something(page: Page, demo: Sandbox, person: str, channel: str) -> None:
    """A code in a message, several, a log in the channel and in the dialog, searches, the direct message."""
    visitor = await visit(page, demo, person, channel)
    await visitor.read_thread(page.locator("#messages .message").first)
    for text in ("code: 6000103", "code: 6000108, then code: 6000277", f"```\n{LOG}```"):
        await visitor.send(text)
        await visitor.read_thread(message(page, text.split(",")[0].rpartition("\n")[2]).last)
        await visitor.send("/zimerr auto thread")
    for text in ("/zimerr 6000354", "/zimerr 6000106 6000121", "/zimerr token", "/zimerr 6009999", "/zimerr ignored"):
        await visitor.send(text)
        await visitor.press_all()
        await visitor.submit_dialogs()
    await visitor.sees("dialog", lambda: write(page, "/zimerr triage"))
    dialog = page.locator("dialog[open]")
    await visitor.sees("nothing pasted", dialog.locator("[data-role=submit]").click)
    await dialog.locator("textarea").first.fill(LOG)
    await visitor.sees("a pasted log", dialog.locator("[data-role=submit]").click)
    await visitor.press_all()
