"""Replay a person's first ten minutes on the demo page: everything that is offered has an effect in view."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from bot.i18n import Language, words
from bot.sandbox.demo_content import play_history
from bot.sandbox.http_server import Sandbox
from tests.page.actions import close_thread, go_to, message, write
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


@PEOPLE
async def test_all_that_the_page_offers_does_something(page: Page, demo: Sandbox, person: str, channel: str) -> None:
    """The examples, the menu of a message, the shortcuts, a channel without the bot, and the direct message."""
    visitor = await visit(page, demo, person, channel)
    if await page.locator("[data-role=thread]").is_visible():
        await close_thread(page)
    examples = page.locator(f"[data-example]:has(small:has-text('{await page.locator('h1').inner_text()}'))")
    for example in await examples.all():
        await visitor.sees("an example", example.click)
        if await example.get_attribute("data-kind") != "command":
            await expect(page.locator("[data-role=thread] .message[data-by=app]").first).to_be_visible()
            await close_thread(page)

    await visitor.send("look at 6000103 please")
    ts = await message(page, "look at 6000103").first.get_attribute("data-ts")
    row = page.locator(f"#messages [data-ts='{ts}']")
    await row.hover()
    await row.locator("[data-do=more]").click()
    entries = await page.get_by_role("menuitem").all_inner_texts()
    for entry in (*entries[:1], *entries[4:], *entries[1:4]):  # deletes the message last
        if await page.locator("[data-role=thread]").is_visible():
            await close_thread(page)
        if await row.locator("[data-role=editor]").count():
            await page.keyboard.press("Escape")
        await row.hover()
        await visitor.choose(row.locator("[data-do=more]"), entry.split("\n")[0])
    await visitor.submit_dialogs()

    shortcuts = page.locator("[data-do=shortcuts]")
    await shortcuts.click()
    await page.locator("[data-shortcut=lookup]").click()
    await page.locator("dialog[open] [role=combobox]").fill("60001")
    await visitor.sees("a suggestion", page.locator("dialog[open] [role=option]").first.click)
    await page.locator("dialog[open] [data-role=cancel]").click()
    await visitor.sees("the commands", shortcuts.click)
    await page.get_by_role("menuitem", name="/zimerr").click()
    await expect(page.locator("[data-role=composer] textarea")).to_have_value("/zimerr ")

    await go_to(page, "C0QUIET")
    for text in ("@zimerr 6000106", "/invite @zimerr"):
        await visitor.send(text)
    await expect(page.locator("[data-action-id^=set_mode]")).to_have_count(3)
    await visitor.press_all()
    await go_to(page, f"D0{person.removeprefix('U0')}")
    for text in ("6000106", "hello", "/zimerr status"):
        await visitor.send(text)
        await visitor.press_all()
