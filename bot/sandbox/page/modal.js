// Draw the app's views: modals with their validation and submission, and the Home tab.

import { drawBlocks } from "./blocks.js";
import { frame } from "./dialog.js";
import { h, redraw } from "./dom.js";
import { Form } from "./elements.js";
import { expectReply } from "./first_look.js";
import { requestOptions, send } from "./live.js";
import { drawText, textOf } from "./mrkdwn.js";
import { set, state } from "./state.js";
import { t } from "./words.js";

const formOf = (view, previous) => new Form({
  dispatch: (action) => send({ type: "action", view_id: view.id, ...action }),
  suggest: (query) => requestOptions({ view_id: view.id, ...query }),
  previous,
});

let open = null; // {sign, view, form, dialog}

/** Open, update or close the modal to match the state. */
export function drawModal() {
  const { view, viewErrors } = state;
  if (!view) return close();
  const sign = JSON.stringify(view);
  if (open?.sign !== sign) show(view, sign);
  open.submit?.removeAttribute("aria-busy");
  if (viewErrors && open.errors !== viewErrors) showErrors(open.errors = viewErrors); // once: it moves the focus
}

function close() {
  const anchor = open?.anchor;
  open?.dialog.close();
  open?.dialog.remove();
  open = null;
  if (anchor?.isConnected) anchor.focus();
}

function show(view, sign) {
  const before = open?.view.id === view.id ? open : null;
  const focused = before && document.activeElement?.dataset.key;
  const anchor = open?.anchor ?? document.activeElement;
  const form = formOf(view, before?.form.values());
  const leave = () => {
    send({ type: "close_view", view_id: view.id });
    set({ view: null });
  };
  const submit = view.submit && h("button", { type: "submit", class: "button primary", data: { role: "submit" } }, drawText(view.submit));
  const cancel = h("button", { class: "button", data: { role: "cancel" }, onclick: leave }, view.close ? drawText(view.close) : t(view.submit ? "cancel" : "close"));
  const body = h("form", { class: "blocks", novalidate: true, id: "view-form", onsubmit: (event) => {
    event.preventDefault();
    submitView(view, form, submit);
  } }, drawBlocks(view.blocks ?? [], form));
  submit?.setAttribute("form", "view-form");
  const dialog = frame({ title: drawText(view.title), body, footer: [cancel, submit], onclose: leave });
  if (before) before.dialog.remove();
  else if (open) open.dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  open = { sign, view, form, dialog, submit, anchor };
  const first = (focused && dialog.querySelector(`[data-key="${CSS.escape(focused)}"]`)) || dialog.querySelector(".dialog-body :is(input, select, textarea, button)") || cancel;
  first.focus();
}

function submitView(view, form, submit) {
  const errors = validate(form);
  if (Object.keys(errors).length) return showErrors(errors);
  showErrors({});
  submit.setAttribute("aria-busy", "true");
  expectReply();
  send({ type: "submit", view_id: view.id, state: { values: form.values() } });
}

/** Return error messages by block; Slack validates inputs before it asks the app. */
function validate(form) {
  const errors = {};
  for (const block of open.dialog.querySelectorAll(".block-input")) {
    const { blockId, optional } = block.dataset;
    const elementState = Object.values(form.values()[blockId] ?? {})[0] ?? {};
    const [, value] = Object.entries(elementState).find(([name]) => name !== "type") ?? [];
    const { minimum, maximum } = block.querySelector("[data-action-id]")?.dataset ?? {};
    const isEmpty = value === null || value === undefined || value.length === 0;
    if (isEmpty && !optional) errors[blockId] = t("required");
    else if (!isEmpty && value.length < Number(minimum)) errors[blockId] = t("tooShort", { n: minimum });
    else if (!isEmpty && value.length > Number(maximum)) errors[blockId] = t("tooLong", { n: maximum });
  }
  return errors;
}

function showErrors(errors) {
  open?.dialog.querySelectorAll(".block-error").forEach((node) => node.remove());
  open?.dialog.querySelectorAll("[aria-invalid]").forEach((node) => node.removeAttribute("aria-invalid"));
  let first = null;
  for (const [blockId, words] of Object.entries(errors)) {
    const block = open?.dialog.querySelector(`[data-block-id="${CSS.escape(blockId)}"]`);
    const control = block?.querySelector("[data-action-id]");
    if (!block) continue;
    block.append(h("div", { class: "block-error", role: "alert", id: `error-${blockId}` }, words));
    control?.setAttribute("aria-invalid", "true");
    control?.setAttribute("aria-describedby", `error-${blockId}`);
    first ??= control;
  }
  first?.focus();
}

let homeForm = null;

/** Draw the app's Home tab into *place*. */
export function drawHome(place) {
  const view = state.home;
  redraw(place, [view, document.documentElement.lang], () => {
    if (!view) return h("p", { class: "quiet" }, t("noHome"));
    homeForm = formOf(view, homeForm?.values());
    return h("div", { class: "home-sheet blocks", "aria-label": textOf(view.title) || t("home") }, drawBlocks(view.blocks ?? [], homeForm));
  });
}
