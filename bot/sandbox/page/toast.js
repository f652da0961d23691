// Owns the short notes that rise and go: errors, and what is said to screen readers only.

import { h, iconButton } from "./dom.js";
import { t } from "./words.js";

const SHOWN_MS = 8000;

/** Show *text* for a while; it is an alert, so it is read aloud at once. */
export function toast(text) {
  const note = h("div", { class: "toast" }, h("span", {}, text), iconButton("close", t("close"), () => note.remove()));
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}

/** Say *text* to screen readers when they have a pause. */
export function say(text) {
  const place = document.getElementById("live");
  place.append(h("p", {}, text));
  while (place.children.length > 5) place.firstChild.remove();
}
