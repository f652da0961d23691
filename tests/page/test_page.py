"""Test the demo page in a browser: the first minutes of a new user."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.place import LogSource
from bot.policy.replies import Triaged
from bot.render.renderer import Renderer
from bot.sandbox.http_server import Sandbox
from tests.page.actions import go_to, message, write
from tests.render.digests import expired
from tests.scenarios.reading import bot_reactions, said_by_bot

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_command_is_answered_in_the_channels_language(page: Page) -> None:
    """The same code is explained in English in one channel and in Chinese in the other."""
    for channel, title in (("C0ONCALL", "6000354 · "), ("C0ZHIBAN", "6000354 · ")):
        await go_to(page, channel)
        await write(page, "/zimerr 6000354")
        await expect(message(page, title).first).to_be_visible()
        wanted, other = ("处理步骤", "What to do") if channel == "C0ZHIBAN" else ("What to do", "处理步骤")
        await expect(message(page, wanted).first).to_be_visible()
        await expect(message(page, other)).to_have_count(0)


async def test_a_pasted_log_is_answered_in_its_thread(page: Page, demo: Sandbox) -> None:
    """This is the main use of the bot."""
    await go_to(page, "C0ONCALL")
    await write(page, "```\n[1122 07:35:45.744][User][API.login]:{error:{code:6000107}}\nnext line\n```")
    await demo.until(lambda: said_by_bot(demo, "C0ONCALL"))
    await message(page, "API.login").first.locator("[data-open-thread]").first.click()
    thread = page.locator("[data-role=thread]")
    await expect(thread.get_by_text("6000107 · ").first).to_be_visible()


async def test_the_language_button_sends_an_ephemeral_copy(page: Page) -> None:
    """Only the person who clicks it sees the copy, marked as such."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr 6000106")
    await message(page, "6000106 · Token expired").first.get_by_role("button", name="中文").click()
    await expect(page.locator(".ephemeral", has_text="Token 已过期")).to_be_visible()


async def test_an_unknown_code_gets_an_ephemeral_answer(page: Page) -> None:
    """The page marks it as visible to this person only."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr 6009999")
    await expect(page.locator(".ephemeral", has_text="6009999")).to_be_visible()


async def test_pasted_markup_is_text(page: Page) -> None:
    """Logs contain anything; no part of them may run as a script."""
    await go_to(page, "C0ONCALL")
    text = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'> 6000106"
    await write(page, text)
    await expect(message(page, "<script>window.hit = 1</script>").first).to_be_visible()
    assert await page.evaluate("window.hit") is None


async def test_an_example_is_sent_with_one_click(page: Page, demo: Sandbox) -> None:
    """A person without a log starts with one of the demo."""
    await page.locator("[data-example]").first.click()
    await demo.until(lambda: demo.messages("C0ONCALL"))
    await expect(page.locator("[data-ts]").first).to_be_visible()


async def test_the_welcome_shrinks_after_the_first_message(page: Page) -> None:
    """The answer needs the space; the examples stay available."""
    await go_to(page, "C0ONCALL")
    await expect(page.locator("#welcome h2")).to_be_visible()
    await write(page, "good morning")
    await expect(message(page, "good morning").first).to_be_visible()
    await expect(page.locator("#welcome h2")).to_be_hidden()
    await expect(page.locator("[data-example]").first).to_be_visible()


async def test_a_dropped_file_is_posted(page: Page, demo: Sandbox, tmp_path: Path) -> None:
    """Logs are often files."""
    await go_to(page, "C0ONCALL")
    log = tmp_path / "zim.log"
    log.write_text("[API.login]:6000106\n", encoding="utf-8")
    await page.locator("[data-role=composer] input[type=file]").first.set_input_files(log)
    await page.locator("[data-role=composer] [data-do=send]").first.click()
    await demo.until(lambda: [each for each in demo.messages("C0ONCALL") if each.get("files")])
    await expect(message(page, "zim.log").first).to_be_visible()


async def test_the_page_never_scrolls_sideways(page: Page) -> None:
    """Long log lines scroll in their own box."""
    await go_to(page, "C0ONCALL")
    await write(page, "```\n" + "x" * 2000 + " 6000106\n```")
    await expect(message(page, "xxxx").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_triage_is_drawn_with_its_chart_and_table(page: Page, demo: Sandbox, catalogue: Catalogue) -> None:
    """The chart has a line and a count for each code; wide tables and lines scroll in their own boxes."""
    await go_to(page, "C0ONCALL")
    bot = AsyncWebClient(demo.app.bot_token, base_url=demo.api_url)
    await bot.chat_postMessage(
        channel="C0ONCALL", **Renderer(catalogue).message(Triaged(expired(), LogSource("1.0")), Language.EN)
    )
    shown = message(page, "Likely cause: 6000106").first
    chart = shown.get_by_role("figure", name="Codes over time")
    await expect(chart.locator("polyline")).to_have_count(3)
    await expect(chart).to_contain_text("6000121 57")
    await expect(shown.get_by_role("row")).to_have_count(4)
    await expect(shown.locator("pre")).to_contain_text("> 18 | [Login][onTokenExpired]")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # What a phone shows without scrolling sideways: code, count and role, and the code in the evidence.
    table, evidence = await shown.locator(".table-box").bounding_box(), await shown.locator("pre").bounding_box()
    role = await shown.get_by_role("columnheader", name="Role").bounding_box()
    assert table
    assert role
    assert evidence
    assert role["x"] + role["width"] <= table["x"] + table["width"] + 1
    edges = await shown.locator("pre").evaluate(EDGES_OF_WORD, "6000106")
    assert edges
    assert all(evidence["x"] < edge <= evidence["x"] + evidence["width"] for edge in edges)


async def test_who_is_on_a_log_is_seen_in_the_channel(page: Page, demo: Sandbox) -> None:
    """Nobody opens a thread to find out. The rare buttons are in the menu, and the dialog asks before the act."""
    await go_to(page, "C0ONCALL")
    await write(page, "look\n```\n" + "03-02 03:14:07.614 1 2 E/ZIM: errorCode=6000106\n" * 20 + "```")
    await demo.until(lambda: said_by_bot(demo, "C0ONCALL"))
    await message(page, "look").first.locator("[data-open-thread]").first.click()
    thread = page.locator("[data-role=thread]")
    await thread.get_by_role("button", name="I'm on it").click()
    await expect(thread.get_by_text("is on it (since Today")).to_be_visible()
    await expect(thread.get_by_role("button", name="Release")).to_be_visible()
    await thread.locator("[data-action-id=triage_menu]").click()
    options = page.get_by_role("menu").get_by_role("menuitem")
    assert {"Take over", "中文", "Mark as wrong"} <= {*await options.all_inner_texts()}
    await options.filter(has_text="Mark as wrong").click()
    dialog = page.get_by_role("dialog", name="Is this triage wrong?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(thread.get_by_text("Likely cause: 6000106").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".main [data-ts] .reaction").first).to_contain_text("1")
    (log,) = [each for each in demo.messages("C0ONCALL") if each["text"].startswith("look")]
    assert bot_reactions(log) == ["eyes"]


@pytest.mark.parametrize(
    ("channel", "text", "details", "quiet"),
    [("C0ONCALL", "error 6000354", "Details", "Quiet here"), ("C0ZHIBAN", "错误码 6000354", "详情", "在此静音")],
)
async def test_an_unasked_answer_is_short_and_its_menu_asks_first(
    page: Page, demo: Sandbox, channel: str, text: str, details: str, quiet: str
) -> None:
    """The menu has the rest, in Ann's language, and a slip changes nothing in the channel."""
    await go_to(page, channel)
    await write(page, text)
    await demo.until(lambda: said_by_bot(demo, channel))
    await message(page, "6000354").first.locator("[data-open-thread]").first.click()
    thread = page.locator("[data-role=thread]")
    primary = thread.get_by_role("button", name=details)
    await expect(primary).to_have_class("button primary")
    await expect(thread.get_by_text("Limits", exact=True)).to_have_count(0)
    await thread.locator("[data-action-id=more_on_codes]").click()
    await page.get_by_role("menu").get_by_role("menuitem", name=quiet).click()
    dialog = page.get_by_role("dialog", name="Go quiet here?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    await primary.click()
    await expect(thread.get_by_text("Limits", exact=True)).to_have_count(1)


EDGES_OF_WORD = """(node, word) => {
  const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode();
  const range = document.createRange();
  return [...text.data.matchAll(word)].map(({ index }) => {
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return range.getBoundingClientRect().right;
  });
}"""


async def test_the_pointer_does_not_take_the_keyboards_toolbar(page: Page) -> None:
    """A message that scrolls under a resting mouse took it away, and its menu could not be reached."""
    await go_to(page, "C0ONCALL")
    for text in ("first", "second"):
        await write(page, text)
    await expect(message(page, "second")).to_be_visible()
    await page.locator("#skip").focus()
    await page.keyboard.press("Enter")
    await expect(message(page, "second")).to_be_focused()
    await message(page, "first").hover()
    await page.keyboard.press("Tab")
    await expect(message(page, "second").locator(".toolbar :focus")).to_be_visible()


async def test_no_name_of_a_method_is_broken(page: Page) -> None:
    """People read and search them whole. A name that is longer than a line can only be broken."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr 6000301 6000277")
    await expect(message(page, "6000277 · ").first).to_be_visible()
    assert await page.locator(".main").evaluate(BROKEN_WORDS) == []


BROKEN_WORDS = """(pane) => {
  const broken = [];
  const range = document.createRange();
  for (const node of pane.querySelectorAll(".body .block")) {
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const { 0: word, index } of text.data.matchAll(/\\w+/g)) {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = new Set([...range.getClientRects()].filter((box) => box.width).map((box) => box.top));
        if (lines.size > 1) broken.push(word);
      }
    }
  }
  return broken;
}"""


async def test_a_paste_without_a_code_is_corrected_in_the_dialog(page: Page, demo: Sandbox) -> None:
    """The error is below the text, which stays; the dialog closes once the text has a code."""
    await go_to(page, "C0ONCALL")
    await write(page, "/zimerr triage")
    dialog = page.locator("dialog")
    text = dialog.locator("textarea")
    await text.fill("hello, nothing works")
    await dialog.locator("[data-role=submit]").click()
    error = dialog.get_by_role("alert")
    await expect(error).to_contain_text("There is no ZIM error code in this text.")
    await expect(text).to_have_value("hello, nothing works")
    await expect(text).to_have_attribute("aria-invalid", "true")
    await expect(text).to_be_focused()
    assert demo.ephemerals("U0ANN") == []
    await text.fill("hello, 6000106")
    await dialog.locator("[data-role=submit]").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".ephemeral", has_text="Likely cause: 6000106")).to_be_visible()


async def test_the_error_of_one_dialog_is_not_shown_in_the_next(page: Page) -> None:
    """A person cancels and opens the dialog again, where nothing is wrong yet."""
    await go_to(page, "C0ONCALL")
    dialog = page.locator("dialog")
    for _ in range(2):
        await write(page, "/zimerr triage")
        await expect(dialog.locator("textarea")).to_be_visible()
        await expect(dialog.get_by_role("alert")).to_have_count(0)
        await dialog.locator("textarea").fill("hello")
        await dialog.locator("[data-role=submit]").click()
        await expect(dialog.get_by_role("alert")).to_be_visible()
        await dialog.locator("[data-role=cancel]").click()
        await expect(dialog).to_have_count(0)
