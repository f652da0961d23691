"""Measure answers where they are narrow: on a phone, and in the thread beside the channel on a desktop."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.demo_content import play_history
from bot.sandbox.http_server import Sandbox
from tests.page.actions import go_to, message, write
from tests.page.test_page import BROKEN_WORDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Return the texts that are cut off at the right of their box, of cells in a row and of a code in lines.
CUT_OFF = """(box, texts) => {
  const limit = box.getBoundingClientRect().right + 1;
  const range = document.createRange();
  const nodes = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  const cut = [];
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    for (const text of texts.filter((each) => node.data.includes(each))) {
      seen.add(text);
      range.setStart(node, node.data.indexOf(text));
      range.setEnd(node, node.data.indexOf(text) + text.length);
      if (range.getBoundingClientRect().right > limit) cut.push(text);
    }
  }
  return [...cut, ...texts.filter((text) => !seen.has(text))];
}"""


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("C0ONCALL", ["Code", "Count", "Role", "6000324", "likely cause", "follows 6000324"]),
        ("C0ZHIBAN", ["错误码", "次数", "关系", "6000324", "可能原因", "可能源于 6000324"]),
    ],
)
async def test_the_triage_in_a_thread_shows_what_matters(
    page: Page, demo: Sandbox, channel: str, shown: list[str]
) -> None:
    """Nothing has to be scrolled sideways for the code, the count, the role, and the code in the evidence."""
    await play_history(demo)
    await page.reload()
    await go_to(page, channel)
    thread = page.locator("[data-role=thread]")
    if not await thread.is_visible():
        await page.locator("[data-open-thread]").first.click()
    table, evidence = thread.locator(".table-box"), thread.locator(".block-rich_text pre").first
    await expect(table).to_be_visible()
    assert (await thread.bounding_box() or {"width": 0})["width"] <= 400
    assert await table.evaluate(CUT_OFF, shown) == []
    assert await evidence.evaluate(CUT_OFF, ["6000324", "createRoom"]) == []
    assert await evidence.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert await thread.evaluate(BROKEN_WORDS) == []


async def test_no_name_of_a_method_is_broken_in_a_thread(page: Page) -> None:
    """The longest names are those of the members' attributes in a room."""
    await go_to(page, "C0ONCALL")
    await write(page, "setting attributes fails with code: 6000354")
    await message(page, "setting attributes").first.locator("[data-open-thread]").click()
    thread = page.locator("[data-role=thread]")
    await thread.get_by_role("button", name="Details").click()
    await expect(thread.locator(".fields", has_text="setRoomMembersAttributes").last).to_be_visible()
    assert await thread.evaluate(BROKEN_WORDS) == []
