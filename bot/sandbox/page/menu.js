// Open and place popups: menus, the emoji grid and suggestion lists.

import { h } from "./dom.js";
import { emoji, REACTIONS } from "./emoji.js";
import { t } from "./words.js";

let current = null;

/** Close the open popup, if any, and return the focus to its anchor. */
export function closePopup(refocus = true) {
  if (!current) return;
  const { node, anchor } = current;
  current = null;
  const hadFocus = node.contains(document.activeElement);
  node.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (refocus && hadFocus && anchor.isConnected) anchor.focus();
}

export const isPopupOpen = () => current !== null;

function openPopup(anchor, node) {
  const again = current?.anchor === anchor;
  closePopup();
  if (again) return false;
  current = { node, anchor };
  // A modal dialog makes the rest of the page inert, so its popups must be inside it; others belong to a landmark.
  (anchor.closest("dialog") ?? document.getElementById("main")).append(node);
  anchor.setAttribute("aria-expanded", "true");
  place(node, anchor.getBoundingClientRect());
  return true;
}

/** Place *node* below *box*, or above it if there is no space; keep it inside the window. */
export function place(node, box) {
  const { offsetWidth: width, offsetHeight: height } = node;
  const below = box.bottom + 4 + height <= innerHeight || box.top < height + 8;
  node.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  node.style.top = `${Math.max(8, below ? Math.min(box.bottom + 4, innerHeight - height - 8) : box.top - height - 4)}px`;
}

addEventListener("pointerdown", (event) => {
  if (current && !current.node.contains(event.target) && !current.anchor.contains(event.target)) closePopup(false);
});
addEventListener("resize", () => closePopup(false));

function moveBy(event, items, columns) {
  const steps = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: columns > 1 ? 1 : 0, ArrowLeft: columns > 1 ? -1 : 0 };
  const at = items.indexOf(document.activeElement);
  if (event.key === "Escape" || event.key === "Tab") closePopup();
  else if (event.key === "Home") items[0]?.focus();
  else if (event.key === "End") items.at(-1)?.focus();
  else if (steps[event.key]) items[(at + steps[event.key] + items.length) % items.length]?.focus();
  else return;
  if (event.key !== "Tab") event.preventDefault();
  event.stopPropagation();
}

function withKeys(node, columns = 1) {
  const items = () => [...node.querySelectorAll("[role^=menuitem]")];
  node.addEventListener("keydown", (event) => moveBy(event, items(), columns));
  return () => items()[0]?.focus();
}

/** Open a menu of `{label, hint?, icon?, danger?, checked?, data?, run}`; a null item is a separator, a string is a heading. */
export function openMenu(anchor, label, items) {
  const node = h("div", { class: "popup menu", role: "menu", "aria-label": label }, items.map(drawItem));
  const focusFirst = withKeys(node);
  if (openPopup(anchor, node)) focusFirst();
}

function drawItem(item) {
  if (item === null) return h("hr", { role: "separator" });
  if (typeof item === "string") return h("div", { class: "menu-heading", role: "presentation" }, item);
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  const run = () => {
    closePopup();
    item.run();
  };
  const props = { role, tabindex: -1, class: item.danger ? "danger" : null, data: item.data, onclick: run };
  if (item.checked !== undefined) props["aria-checked"] = String(item.checked);
  return h("button", props, item.icon, h("span", { class: "menu-words" }, h("span", {}, item.label), item.hint && h("small", {}, item.hint)));
}

/** Open the grid of reactions; *pick* is called with the emoji's name. */
export function openEmoji(anchor, pick) {
  const choose = (name) => () => {
    closePopup();
    pick(name);
  };
  const draw = (name) => h("button", { role: "menuitem", tabindex: -1, title: `:${name}:`, "aria-label": name, data: { emoji: name }, onclick: choose(name) }, emoji(name));
  const node = h("div", { class: "popup emoji-grid", role: "menu", "aria-label": t("emojis") }, REACTIONS.map(draw));
  const focusFirst = withKeys(node, 6);
  if (openPopup(anchor, node)) focusFirst();
}
