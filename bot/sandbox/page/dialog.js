// Build dialogs as native modals, so that the browser keeps the focus inside; also the confirmation dialog.

import { h, iconButton } from "./dom.js";
import { drawText } from "./mrkdwn.js";
import { t } from "./words.js";

let lastId = 0;

/** Build a dialog with a title, *body* and *footer*; *onclose* is called on Escape and ×. */
export function frame({ title, body, footer, onclose, role = "modal", small = false }) {
  const id = `dialog-${++lastId}`;
  const leave = () => onclose();
  const dialog = h("dialog", { class: small ? "dialog small" : "dialog", "aria-labelledby": id, data: { role }, oncancel: (event) => {
    event.preventDefault();
    leave();
  } },
  h("header", { class: "dialog-head" }, h("h2", { id }, title), iconButton("close", t("close"), leave)),
  h("div", { class: "dialog-body" }, body), h("footer", { class: "dialog-foot" }, footer));
  return dialog;
}

/** Show a Block Kit confirm object; resolve to true if the person agrees. */
export function confirmed(confirm) {
  return new Promise((resolve) => {
    const answer = (value) => () => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    const yes = h("button", { class: `button ${confirm.style === "danger" ? "danger" : "primary"}`, data: { role: "confirm" }, onclick: answer(true) }, drawText(confirm.confirm));
    const no = h("button", { class: "button", data: { role: "deny" }, onclick: answer(false) }, drawText(confirm.deny));
    const dialog = frame({ title: drawText(confirm.title), body: drawText(confirm.text), footer: [no, yes], onclose: answer(false), role: "confirmation", small: true });
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}
