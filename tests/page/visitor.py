"""Act as a person who tries everything on the demo page, and check that each act has an effect in view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, Page, expect

from tests.page.actions import close_thread, write

# Collect what a change adds to the page, and tell whether any of it is in view: not scrolled out, not covered.
EFFECTS = """
let added = new Set();
new MutationObserver((records) => {
  for (const { target, addedNodes, type } of records) {
    for (const node of type === "characterData" ? [target] : addedNodes) added.add(node);
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
const isInView = (node) => {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  if (!element?.isConnected || element.closest(".toolbar, .hints, .composer, .sidebar, #live")) return false;
  const row = element.closest(".message");
  if (row?.dataset.by === "person" && !row.querySelector(".reactions, .thread-line, .editor, .file")) return false;
  const box = element.getBoundingClientRect();
  const pane = (element.closest(".scroller, .dialog-body") ?? document.documentElement).getBoundingClientRect();
  const [top, bottom] = [Math.max(box.top, pane.top), Math.min(box.bottom, pane.bottom)];
  if (!box.width || bottom - top < 8) return false;
  const hit = document.elementFromPoint((box.left + box.right) / 2, (top + bottom) / 2);
  return Boolean(hit) && (element.contains(hit) || hit.contains(element));
};
window.forgetEffects = () => (added = new Set());
window.hasEffect = async (timeoutMs) => {
  const end = performance.now() + timeoutMs;
  while (![...added].some(isInView)) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return true;
};
"""
# The controls of the bot's messages in a pane, each with its kind: the action, and the label without numbers.
CONTROLS = """(pane) => [...pane.querySelectorAll(".message [data-action-id]")].map((node) => ({
  kind: `${node.dataset.actionId} ${node.textContent}`.replace(/\\d+/g, "0"),
  action: node.dataset.actionId, label: node.textContent, ts: node.closest(".message").dataset.ts,
}))"""


class Visitor:
    """A person on *page* who presses each kind of control once; `dialogs` opens the dialogs that were met."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: set[str] = set()
        self._dialogs: dict[str, Callable[[], Awaitable[None]]] = {}

    async def sees(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        """Perform *act*; fail if nothing new comes into view."""
        await self.page.evaluate("forgetEffects()")
        await act()
        assert await self.page.evaluate("hasEffect(8000)"), f"No effect in view: {name}"

    async def send(self, text: str, *, where: str = "composer") -> None:
        """Send a message or command; fail if no answer comes into view."""
        await self.sees(text, lambda: write(self.page, text, where=where))

    def pane(self) -> Locator:
        """Locate the open thread, or else the channel."""
        return self.page.locator(
            "[data-role=thread]:not([hidden]), body:not(:has([data-role=thread]:not([hidden]))) .pane"
        )

    async def press_all(self) -> None:
        """Press each new kind of control in the open thread or channel, until no press brings a new one."""
        while new := [each for each in await self.pane().evaluate(CONTROLS) if each["kind"] not in self.pressed]:
            last = new[-1]  # of the newest message, as a person would
            self.pressed.add(last["kind"])
            place = self.pane().locator(f"[data-ts='{last['ts']}'] [data-action-id='{last['action']}']")
            await self._press(last["kind"], place.filter(has_text=last["label"]).first)

    async def _press(self, kind: str, control: Locator) -> None:
        if await control.evaluate("node => node.tagName") == "A":
            assert (await control.get_attribute("href") or "").startswith("https://"), kind
            return
        await self.sees(kind, control.click)
        menu = self.page.get_by_role("menu")
        if not await menu.count():
            await self._leave_dialog(kind, control.click)
            return
        for label in await menu.get_by_role("menuitem").all_inner_texts():
            await self.choose(control, label)

    async def choose(self, opener: Locator, label: str) -> None:
        """Choose an entry of the menu of *opener*, which may be open."""

        async def act() -> None:
            if not await self.page.get_by_role("menu").count():
                await opener.click()
            await self.page.get_by_role("menuitem").filter(has_text=label).click()

        await self.sees(label, act)
        await self._leave_dialog(label, act)

    async def _leave_dialog(self, name: str, opens: Callable[[], Awaitable[None]]) -> None:
        """Cancel the open dialog, if any, and remember how to open it."""
        dialog = self.page.locator("dialog[open]")
        if await dialog.count():
            await dialog.locator("[data-role=cancel], [data-role=deny]").click()
            await expect(dialog).to_have_count(0)
            self._dialogs[name] = opens

    async def submit_dialogs(self) -> None:
        """Open each dialog that was cancelled, submit it, and undo the change."""
        while self._dialogs:
            name, opens = self._dialogs.popitem()
            await opens()
            dialog = self.page.locator("dialog[open]")
            await expect(dialog).to_have_count(1)
            await self.sees(f"{name}, submitted", dialog.locator("[data-role=submit], [data-role=confirm]").click)
            await expect(dialog).to_have_count(0)
            # An answer that was taken away comes back, so that its other dialogs can be opened.
            self.pressed = {kind for kind in self.pressed if not kind.startswith("undo_change")}
            await self.press_all()

    async def read_thread(self, parent: Locator) -> None:
        """Open the thread of *parent*, try everything in it, and close it."""
        if not await self.page.locator("[data-role=thread]").is_visible():
            await parent.locator("[data-open-thread]").click()
        await self.press_all()
        await self.submit_dialogs()
        await self.press_all()
        await close_thread(self.page)
