// Draw the messages of a channel or thread: groups, days, each message and its toolbar.

import { drawAttachments, drawBlocks } from "./blocks.js";
import { confirmed } from "./dialog.js";
import { codeBox, h, icon, iconButton } from "./dom.js";
import { Form } from "./elements.js";
import { emoji } from "./emoji.js";
import { expectReply } from "./first_look.js";
import { requestOptions, send } from "./live.js";
import { openEmoji, openMenu } from "./menu.js";
import { mrkdwn, plainOf } from "./mrkdwn.js";
import { authorOf, changed, linkTo, nameOf, placeName, publicRepliesTo, set, state } from "./state.js";
import { toast } from "./toast.js";
import { clock, dayName, fullTime, moment, size, t } from "./words.js";

const GROUP_S = 300;
const LONG_CHARACTERS = 1800;
const LONG_LINES = 24;
const SYSTEM = new Set(["channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"]);

function avatar(author, extra = "") {
  const node = h("span", { class: `avatar ${author.isApp ? "is-app" : ""} ${extra}`, "aria-hidden": "true" }, author.initials);
  const color = String(author.color ?? "").replace("#", "");
  if (/^[0-9a-f]{6}$/i.test(color)) node.style.setProperty("--avatar", `#${color}`);
  return node;
}

export const avatarOf = (id, extra) => avatar(authorOf({ user: id }), extra);

/** A list that keeps the nodes of unchanged messages, so that focus and open fields stay. */
export class MessageList {
  constructor(list, { inThread = false } = {}) {
    Object.assign(this, { list, inThread, drawn: new Map(), toolbar: null });
    const hasKeyboard = () => list.querySelector(".message:focus-visible") !== null; // then the pointer moves nothing
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && !hasKeyboard() && this.showToolbar(event.target.closest(".message[data-ts]")));
    list.addEventListener("pointerleave", () => hasKeyboard() || this.hideToolbar());
    list.addEventListener("focusin", (event) => this.showToolbar(event.target.closest(".message[data-ts]"), true));
    list.addEventListener("keydown", (event) => this.step(event));
  }

  /** Draw *messages*, oldest first; *lines* are nodes after the first message (the reply count of a thread). */
  draw(channel, messages, lines = []) {
    let previous = null;
    const wanted = messages.flatMap((message) => {
      const newDay = !previous || moment(previous.ts).toDateString() !== moment(message.ts).toDateString();
      const grouped = !newDay && continuesGroup(previous, message);
      const first = previous === null;
      previous = message;
      const node = this.node(channel, message, grouped);
      return [newDay && !this.inThread ? this.day(message.ts) : null, node, ...(first ? lines : [])].filter(Boolean);
    });
    for (const [key, { node }] of this.drawn) if (!wanted.includes(node)) this.forget(key, node);
    wanted.forEach((node, at) => this.list.children[at] === node || this.list.insertBefore(node, this.list.children[at] ?? null));
    while (this.list.children.length > wanted.length) this.list.lastChild.remove();
    const rows = this.rows();
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows.at(-1).tabIndex = 0;
  }

  rows() {
    return [...this.list.querySelectorAll(":scope > .message[data-ts]")];
  }

  forget(key, node) {
    if (node.contains(this.toolbar)) this.hideToolbar(true);
    this.drawn.delete(key);
    node.remove();
  }

  day(ts) {
    return this.keep(`day ${moment(ts).toDateString()}`, dayName(ts), () => h("li", { class: "day" }, h("span", {}, dayName(ts))));
  }

  keep(key, signature, build) {
    const sign = JSON.stringify(signature);
    const before = this.drawn.get(key);
    if (before?.sign === sign) return before.node;
    const made = build(before?.form);
    const { node = made, form } = made instanceof Node ? {} : made;
    if (before?.node.isConnected) this.replace(before.node, node);
    this.drawn.set(key, { sign, node, form });
    return node;
  }

  replace(old, node) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const hadToolbar = old.contains(this.toolbar);
    if (hadToolbar) this.hideToolbar(true);
    node.tabIndex = old.tabIndex;
    old.replaceWith(node);
    if (hadToolbar) this.showToolbar(node);
    if (!focused) return;
    const again = focused === old ? node : node.querySelector(`[data-key="${CSS.escape(focused.dataset.key ?? "")}"]`);
    (again ?? node).focus({ preventScroll: true });
  }

  node(channel, message, grouped) {
    const replies = this.inThread || message.ephemeral ? [] : publicRepliesTo(channel, message.ts);
    const isEditing = state.editing === message.ts;
    const lastReply = replies.at(-1);
    const signature = [message, grouped, isEditing, replies.map((reply) => reply.ts), lastReply && dayName(lastReply.ts), document.documentElement.lang, state.me];
    return this.keep(`${channel} ${message.ts}`, signature, (form) => drawMessage(channel, message, { grouped, isEditing, replies, previous: form?.values() }));
  }

  /** Show the toolbar at *row*; the pointer does not move it while it has the keyboard focus. */
  showToolbar(row, byFocus = false) {
    if (row && byFocus) this.rows().forEach((each) => (each.tabIndex = each === row ? 0 : -1));
    if (!row || row.contains(this.toolbar) || row.classList.contains("system") || state.editing === row.dataset.ts) return;
    if (!byFocus && (this.toolbar?.contains(document.activeElement) || document.querySelector(".popup"))) return;
    this.hideToolbar(true);
    this.toolbar = drawToolbar(row.dataset.channelId, row.dataset.ts, row.classList.contains("ephemeral"), this.inThread);
    if (this.toolbar) row.prepend(this.toolbar);
  }

  hideToolbar(always = false) {
    if (!always && (this.toolbar?.contains(document.activeElement) || document.querySelector(".popup"))) return;
    this.toolbar?.remove();
    this.toolbar = null;
  }

  step(event) {
    if (!event.target.matches(".message[data-ts]")) return;
    const rows = this.rows();
    const at = rows.indexOf(event.target);
    const next = { ArrowUp: rows[at - 1], ArrowDown: rows[at + 1], Home: rows[0], End: rows.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

function continuesGroup(previous, message) {
  if (previous.ephemeral || message.ephemeral || message.command || SYSTEM.has(previous.subtype) || SYSTEM.has(message.subtype)) return false;
  return authorOf(previous).name === authorOf(message).name && Number(message.ts) - Number(previous.ts) < GROUP_S;
}

function drawMessage(channel, message, { grouped, isEditing, replies, previous }) {
  const { ts, ephemeral } = message;
  const author = authorOf(message);
  const target = { channel, ts, ...(ephemeral ? { ephemeral: true } : {}) };
  const dispatch = (action) => {
    expectReply();
    send({ type: "action", ...target, ...action });
  };
  const form = new Form({ dispatch, suggest: (query) => requestOptions({ ...target, ...query }), previous });
  const time = h("time", { class: "time", title: fullTime(ts) }, clock(ts));
  const kind = [ephemeral && "ephemeral", grouped && "grouped", SYSTEM.has(message.subtype) && "system"].filter(Boolean).join(" ");
  const label = `${author.name}, ${clock(ts)}${ephemeral ? `, ${t("onlyYou")}` : ""}`;
  const node = h("li", { class: `message ${kind}`, data: { ts, channelId: channel, by: author.isApp ? "app" : "person", key: ts }, tabindex: -1, "aria-label": label },
    ephemeral && h("div", { class: "only-you" }, icon("eye"), t("onlyYou")),
    message.command && drawCommand(message.command),
    h("div", { class: "gutter" }, grouped ? time : avatar(author)),
    h("div", { class: "content" },
      !grouped && h("div", { class: "byline" }, h("span", { class: "author" }, author.name), author.isApp && h("span", { class: "app-badge" }, t("app")), time),
      isEditing ? drawEditor(channel, message) : drawBody(message, form),
      message.files?.map(drawFile), message.reactions?.length > 0 && drawReactions(channel, message),
      replies.length > 0 && drawThreadLine(ts, replies),
      ephemeral && h("button", { class: "text-button", onclick: () => dismiss(channel, ts) }, t("dismiss"))));
  return { node, form };
}

function drawCommand({ user, text }) {
  const typed = text.startsWith("/") ? text : `${state.commands[0]?.command ?? ""} ${text}`;
  return h("div", { class: "command-line" }, avatarOf(user, "tiny"), h("strong", {}, nameOf(user)), ` ${t("used")} `, h("code", {}, typed));
}

function drawBody(message, form) {
  if (message.subtype === "tombstone") return h("div", { class: "quiet" }, t("gone"));
  const drawn = message.blocks?.length ? drawBlocks(message.blocks, form) : message.text && h("div", { class: "text" }, mrkdwn(message.text));
  const body = h("div", { class: "body" }, drawn, message.attachments && drawAttachments(message.attachments, form));
  if (message.edited) lastLine(body).append(h("span", { class: "quiet" }, ` ${t("edited")}`));
  const lines = (message.text ?? "").split("\n").length;
  return !message.bot_id && (lines > LONG_LINES || (message.text ?? "").length > LONG_CHARACTERS) ? folded(body, lines) : body;
}

function lastLine(node) {
  const last = node.lastElementChild;
  return last?.matches("div") && !last.matches(".table-box") ? lastLine(last) : node;
}

function folded(body, lines) {
  const wrap = h("div", { class: "folded" }, body);
  const words = () => (wrap.classList.contains("open") ? t("showLess") : `${t("showMore")} · ${t("lines", { n: lines })}`);
  const toggle = h("button", { class: "text-button", "aria-expanded": "false", onclick: () => {
    toggle.setAttribute("aria-expanded", String(wrap.classList.toggle("open")));
    toggle.textContent = words();
  } }, words());
  return [wrap, toggle];
}

function drawFile(file) {
  const words = h("div", {}, h("div", { class: "file-name" }, file.name ?? t("fileGone")), file.size !== undefined && h("div", { class: "quiet" }, size(file.size)));
  const head = h("div", { class: "file-head" }, h("span", { class: "file-icon" }, icon("file")), words);
  return h("div", { class: "file" }, head, file.preview && codeBox(file.preview));
}

function drawReactions(channel, message) {
  const react = (name, add) => send({ type: "react", channel, ts: message.ts, name, add });
  const draw = ({ name, count, users = [] }) => {
    const mine = users.includes(state.me);
    const label = t("reactedBy", { names: users.map(nameOf).join(", "), name });
    const props = { class: "reaction", "aria-pressed": String(mine), title: label, "aria-label": `${label} (${count})`, data: { reaction: name, key: `reaction ${name}` } };
    return h("button", { ...props, onclick: () => react(name, !mine) }, h("span", {}, emoji(name)), h("span", {}, String(count)));
  };
  const pick = (event) => openEmoji(event.currentTarget, (name) => react(name, true));
  const more = h("button", { class: "reaction add", "aria-label": t("react"), title: t("react"), "aria-haspopup": "menu", onclick: pick }, icon("smile"));
  return h("div", { class: "reactions" }, message.reactions.map(draw), more);
}

function drawThreadLine(ts, replies) {
  const authors = [...new Map(replies.map((reply) => [authorOf(reply).name, authorOf(reply)])).values()].slice(0, 4);
  const last = replies.at(-1).ts;
  const count = replies.length === 1 ? t("reply") : t("replies", { n: replies.length });
  return h("button", { class: "thread-line", data: { key: `thread ${ts}`, openThread: ts }, onclick: () => set({ thread: ts }) },
    h("span", { class: "faces" }, authors.map((author) => avatar(author, "tiny"))), h("strong", {}, count),
    h("span", { class: "quiet" }, t("lastReply", { when: `${dayName(last)} ${clock(last)}` })));
}

function dismiss(channel, ts) {
  state.ephemerals.get(channel)?.delete(ts);
  changed();
}

/** Return the typed text of a message: `@name` for a mention, the URL for a link. */
function typedText(text) {
  const byName = (text ?? "").replace(/<@(\w+)(?:\|[^>]*)?>/g, (whole, id) => (state.users.has(id) ? `@${state.users.get(id).name}` : whole));
  return plainOf(byName.replace(/<([^@#!|>][^|>]*)(?:\|[^>]*)?>/g, "$1"));
}

function drawEditor(channel, message) {
  const before = typedText(message.text);
  const save = () => {
    const text = area.value.trim();
    if (text && text !== before) send({ type: "edit", channel, ts: message.ts, text });
    set({ editing: null });
  };
  const key = (event) => {
    if (event.key === "Escape") set({ editing: null });
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const rows = Math.min(12, before.split("\n").length + 1);
  const area = h("textarea", { class: "field", rows, value: before, "aria-label": t("edit"), onkeydown: key, data: { role: "editor" } });
  queueMicrotask(() => area.focus());
  const cancel = h("button", { class: "button", onclick: () => set({ editing: null }) }, t("cancel"));
  return h("div", { class: "editor" }, area, h("div", { class: "row" }, cancel, h("button", { class: "button primary", onclick: save }, t("save"))));
}

async function copyLink(channel, message) {
  const link = linkTo(channel, message);
  try {
    await navigator.clipboard.writeText(link);
    toast(t("linkCopied"));
  } catch {
    toast(t("notCopied", { link }));
  }
}

async function remove(channel, ts) {
  const agreed = await confirmed({ title: t("removeTitle"), text: t("removeText"), confirm: t("removeYes"), deny: t("cancel"), style: "danger" });
  if (agreed) send({ type: "delete", channel, ts });
}

function drawToolbar(channel, ts, ephemeral, inThread) {
  const message = state.messages.get(channel)?.get(ts);
  if (ephemeral || !message) return null;
  const react = (name) => send({ type: "react", channel, ts, name, add: true });
  const own = message.user === state.me && !message.bot_id;
  const shortcuts = state.shortcuts.filter((shortcut) => shortcut.type === "message");
  const items = [
    !inThread && { label: t("replyInThread"), icon: icon("reply"), run: () => set({ thread: message.thread_ts ?? ts }) },
    { label: t("copyLink"), icon: icon("link"), data: { do: "copy-link" }, run: () => copyLink(channel, message) },
    own && { label: t("edit"), icon: icon("edit"), data: { do: "edit" }, run: () => set({ editing: ts }) },
    own && { label: t("remove"), icon: icon("trash"), danger: true, data: { do: "delete" }, run: () => remove(channel, ts) },
    shortcuts.length > 0 && state.app.name,
    ...shortcuts.map(({ name, description, callback_id }) => ({
      label: name, hint: description, icon: icon("bolt"), data: { shortcut: callback_id }, run: () => send({ type: "shortcut", callback_id, channel, ts }),
    })),
  ].filter(Boolean);
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": t("moreActions") },
    h("button", { class: "icon-button quick", "aria-label": ":eyes:", title: ":eyes:", onclick: () => react("eyes") }, emoji("eyes")),
    iconButton("smile", t("react"), (event) => openEmoji(event.currentTarget, react), { "aria-haspopup": "menu", data: { do: "react" } }),
    !inThread && iconButton("reply", t("replyInThread"), () => set({ thread: message.thread_ts ?? ts }), { data: { do: "reply" } }),
    items.length > 0 && iconButton("more", t("moreActions"), (event) => openMenu(event.currentTarget, t("moreActions"), items), { "aria-haspopup": "menu", data: { do: "more" } }));
}

/** Return the text that screen readers read for a new message. */
export const announcement = (channel, message) => `${placeName(channel)}, ${authorOf(message).name}: ${plainOf(message.text ?? "").slice(0, 240)}`;
