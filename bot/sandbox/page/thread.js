// Draw the thread panel: one message, its replies and a composer.

import { Composer, acceptDrops } from "./composer.js";
import { h, iconButton } from "./dom.js";
import { Following } from "./following.js";
import { MessageList } from "./messages.js";
import { mainline, messageOf, placeName, publicRepliesTo, repliesTo, set, state } from "./state.js";
import { t } from "./words.js";

const place = document.getElementById("thread");
let list = null;
let composer = null;
let shown = null;
let following = null;
let anchor = null;

/** Build the panel in the person's language. */
export function setUpThread() {
  const rows = h("ol", { class: "messages" });
  const box = h("div", { class: "composer-place" });
  const scroller = h("div", { class: "scroller" }, rows);
  const close = iconButton("close", t("closeThread"), () => set({ thread: null }), { data: { do: "close-thread" } });
  place.setAttribute("aria-label", t("thread"));
  place.replaceChildren(
    h("header", { class: "thread-head" }, h("h2", {}, t("thread")), h("span", { class: "quiet", id: "thread-place" }), close), scroller, box, h("div", { class: "drop-note", "aria-hidden": "true" }, t("dropHere")));
  list = new MessageList(rows, { inThread: true });
  following = new Following("thread", scroller);
  composer = new Composer(box, { takesCommands: false, target: () => ({ channel: state.channel, thread_ts: state.thread }), editLast: () => {}, label: () => t("writeReply") });
  composer.build();
  acceptDrops(place, composer);
  shown = null;
}

/** Show the open thread, or hide the panel. */
export function drawThread() {
  place.hidden = !state.thread;
  if (!state.thread) return leave();
  const parent = messageOf(state.channel, state.thread) ?? { ts: state.thread, subtype: "tombstone", user: state.app.user };
  const replies = repliesTo(state.channel, state.thread);
  const { length: n } = publicRepliesTo(state.channel, state.thread);
  const words = n === 1 ? t("reply") : t("replies", { n });
  const line = list.keep("count", words, () => h("li", { class: "day reply-count" }, h("span", {}, words)));
  const isNew = shown !== state.thread;
  if (isNew && shown === null) anchor = document.activeElement;
  list.draw(state.channel, [parent, ...replies], replies.length ? [line] : []);
  document.getElementById("thread-place").textContent = placeName(state.channel);
  composer.draw();
  if (isNew) following.toStart();
  else following.keep();
  if (isNew && state.takesFocus) (matchMedia("(hover: hover)").matches ? composer : place.querySelector("[data-do=close-thread]")).focus();
  shown = state.thread;
  state.takesFocus = true;
}

function leave() {
  if (shown === null) return;
  const ts = shown;
  shown = null;
  list.draw(state.channel, []);
  const back = anchor?.isConnected ? anchor : document.querySelector(`#messages [data-ts="${CSS.escape(ts)}"]`);
  if (mainline(state.channel).length) back?.focus({ preventScroll: true });
}
