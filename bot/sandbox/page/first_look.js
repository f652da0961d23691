// Show answers that a newcomer would miss: open a thread at the first look and for an example, scroll to the reply to a press.

import { mainline, publicRepliesTo, set, state } from "./state.js";

const HAS_ROOM = matchMedia("(width > 1000px)"); // for the thread beside the channel
const seen = new Set();
let example = null; // {channel, ts}: the message of a clicked example, once it is there

/** At the first look at a channel, open its newest thread in which the app has answered. */
export function openNewestThread() {
  if (!HAS_ROOM.matches || seen.has(state.channel)) return;
  seen.add(state.channel);
  const answered = mainline(state.channel).findLast((message) => publicRepliesTo(state.channel, message.ts).some((reply) => reply.bot_id));
  if (answered) open(answered.ts);
}

/** Open the thread of the person's next message in *channel* once the app answers there. */
export function expectAnswer(channel) {
  example = { channel, ts: null };
}

/** Note the message of the clicked example when it arrives, and open its thread when the answer does. */
export function followExample({ channel, message }) {
  if (example?.channel !== channel) return;
  if (!example.ts && message.user === state.me && !message.thread_ts) example.ts = message.ts;
  else if (example.ts && message.thread_ts === example.ts && message.bot_id) {
    open(example.ts);
    example = null;
  }
}

const REPLY_MS = 10_000;
let pressedAt = -Infinity;

/** Note that the person has pressed a button or submitted a modal: its reply may come out of view. */
export function expectReply() {
  pressedAt = performance.now();
}

/** Let the pane of a new message scroll to its end if the message is the reply to a press. */
export function followReply({ message }) {
  if (performance.now() - pressedAt > REPLY_MS || message.user === state.me) return;
  pressedAt = -Infinity;
  state.atEnd[message.thread_ts ? "thread" : "channel"] = true;
}

function open(ts) {
  set({ thread: ts, takesFocus: false });
}
