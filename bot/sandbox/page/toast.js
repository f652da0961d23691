// Show short notes, and announce texts to screen readers.

import { h, iconButton } from "./dom.js";
import { t } from "./words.js";

const SHOWN_MS = 8000;

/** Show *text* for 8 s; screen readers read it at once because it is an alert. */
export function toast(text) {
  const note = h("div", { class: "toast" }, h("span", {}, text), iconButton("close", t("close"), () => note.remove()));
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}

/** Announce *text* to screen readers without interrupting them. */
export function announce(text) {
  const place = document.getElementById("live");
  place.append(h("p", {}, text));
  while (place.children.length > 5) place.firstChild.remove();
}
