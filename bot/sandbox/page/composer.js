// Draw the message composer: sending, commands, suggestions, files and drafts.

import { h, icon, iconButton } from "./dom.js";
import { send, upload } from "./live.js";
import { openMenu } from "./menu.js";
import { set, state } from "./state.js";
import { toast } from "./toast.js";
import { size, t } from "./words.js";

const LONG_CHARACTERS = 4000;

/** Split `/name rest` into command and text; return null if *text* is not a command. */
function parseCommand(text) {
  const match = text.match(/^(\/[a-z][\w-]*)(?:\s+([\s\S]*))?$/i);
  return match && { command: match[1], text: match[2] ?? "" };
}

/** One composer; *target* returns `{channel, thread_ts?}`, *editLast* is called on ↑ in an empty field. */
export class Composer {
  constructor(place, { target, editLast, takesCommands, label }) {
    Object.assign(this, { place, target, editLast, takesCommands, label, drafts: new Map(), files: [], hints: [], active: 0, key: null, area: null });
  }

  /** Build the field in the person's language; keep its draft. */
  build() {
    const draft = this.area?.value ?? "";
    this.id = `hints-${this.takesCommands ? "main" : "thread"}`;
    this.area = h("textarea", {
      rows: 1, "aria-autocomplete": "list", "aria-controls": this.id, title: t("keys"), oninput: () => this.onInput(),
      onkeydown: (event) => this.onKey(event), onpaste: (event) => this.onPaste(event), onblur: () => this.hint([]),
    });
    this.picker = h("input", {
      type: "file", multiple: true, class: "visually-hidden", tabindex: -1, "aria-label": t("attach"), onchange: () => this.attach([...this.picker.files]),
    });
    this.hintList = h("ul", { class: "hints", role: "listbox", id: this.id, hidden: true, "aria-label": t("commands") });
    this.chips = h("div", { class: "chips" });
    this.note = h("div", { class: "composer-note", role: "status" });
    this.sendButton = iconButton("send", t("send"), () => this.send(), { class: "icon-button send", data: { do: "send" } });
    const clip = iconButton("clip", t("attach"), () => this.picker.click());
    const bolt = this.takesCommands && iconButton("bolt", t("shortcuts"), () => this.openShortcuts(bolt), { "aria-haspopup": "menu", data: { do: "shortcuts" } });
    const tools = h("div", { class: "composer-tools" }, clip, bolt, this.picker, this.note, this.sendButton);
    const data = this.takesCommands ? { role: "composer" } : {};
    this.place.replaceChildren(h("div", { class: "composer", data }, this.hintList, this.area, this.chips, tools));
    this.area.value = draft;
    this.onInput();
  }

  /** Show the draft and the label of the current channel or thread. */
  draw() {
    const { channel, thread_ts: thread } = this.target();
    const key = `${channel} ${thread ?? ""}`;
    const label = this.label();
    if (label !== this.area.placeholder) Object.assign(this.area, { placeholder: label, ariaLabel: label });
    if (key === this.key) return;
    if (this.key) this.drafts.set(this.key, this.area.value);
    this.key = key;
    this.area.value = this.drafts.get(key) ?? "";
    this.attach([], true);
    this.onInput();
  }

  focus() {
    this.area.focus();
  }

  onInput() {
    const { value } = this.area;
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(this.area.scrollHeight, innerHeight * 0.4)}px`;
    this.sendButton.disabled = !value.trim() && !this.files.length;
    this.note.replaceChildren();
    if (value.length > LONG_CHARACTERS) this.note.append(h("button", { class: "text-button", onclick: () => this.textToFile() }, t("asFile")));
    this.hint(document.activeElement === this.area ? this.suggestions() : []);
  }

  suggestions() {
    const { value, selectionStart: at } = this.area;
    const asHint = ({ command, usage_hint: more, description: about }) => ({ text: command, insert: `${command} `, from: 0, more, about });
    if (this.takesCommands && /^\/[\w-]*$/.test(value)) return state.commands.filter(({ command }) => command.startsWith(value)).map(asHint);
    const parsed = this.takesCommands && parseCommand(value);
    const known = parsed && state.commands.find(({ command }) => command === parsed.command);
    if (known) return [{ ...asHint(known), from: -1 }]; // only shown; it can't be selected
    const word = value.slice(0, at).match(/(?:^|\s)@([\p{L}\p{N}_.-]*)$/u)?.[1];
    if (word === undefined) return [];
    const fits = (user) => [user.name, user.real_name].some((name) => name?.toLowerCase().startsWith(word.toLowerCase()));
    return [...state.users.values()].filter(fits).slice(0, 6).map((user) => ({ text: `@${user.name}`, insert: `@${user.name} `, from: at - word.length - 1, about: user.real_name }));
  }

  hint(hints) {
    this.hints = hints;
    this.active = 0;
    this.hintList.hidden = !hints.length;
    this.hintList.replaceChildren(...hints.map((each, at) => this.drawHint(each, at)));
    if (hints.length && hints[0].from >= 0) this.area.setAttribute("aria-activedescendant", `${this.id}-0`);
    else this.area.removeAttribute("aria-activedescendant");
  }

  drawHint(each, at) {
    const take = (event) => {
      event.preventDefault();
      this.take(each);
    };
    const isFixed = each.from < 0;
    const props = { role: "option", id: `${this.id}-${at}`, class: isFixed ? "fixed" : null, "aria-selected": String(at === 0 && !isFixed), data: { hint: each.text } };
    return h("li", { ...props, onpointerdown: take }, h("strong", {}, each.text), each.more && h("code", {}, each.more), each.about && h("small", {}, each.about));
  }

  mark(at) {
    this.active = (at + this.hints.length) % this.hints.length;
    [...this.hintList.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === this.active)));
    this.area.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
  }

  take(each) {
    if (each.from < 0) return;
    this.area.setRangeText(each.insert, each.from, this.area.selectionStart, "end");
    this.onInput();
  }

  onKey(event) {
    if (event.isComposing) return;
    const choosing = this.hints.length > 0 && this.hints[0].from >= 0;
    const { insert, from } = this.hints[this.active] ?? {};
    const exact = choosing && insert.trim() === this.area.value.slice(from, this.area.selectionStart);
    if (choosing && event.key === "ArrowDown") this.mark(this.active + 1);
    else if (choosing && event.key === "ArrowUp") this.mark(this.active - 1);
    else if (choosing && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !exact))) this.take(this.hints[this.active]);
    else if (choosing && event.key === "Escape") this.hint([]);
    else if (event.key === "Enter" && !event.shiftKey) this.send();
    else if (event.key === "ArrowUp" && !this.area.value) this.editLast();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  onPaste(event) {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    this.attach(files);
  }

  textToFile() {
    const file = new File([this.area.value], "pasted.log", { type: "text/plain" });
    this.area.value = "";
    this.attach([file]);
    this.onInput();
  }

  /** Add files to the next message; with *replace*, instead of the files so far. */
  attach(files, replace = false) {
    this.files = [...(replace ? [] : this.files), ...files];
    this.picker.value = "";
    this.chips.replaceChildren(...this.files.map((file) => h("span", { class: "chip" }, icon("file"), h("span", {}, file.name), h("small", {}, size(file.size)),
      iconButton("close", t("detach", { name: file.name }), () => this.attach(this.files.filter((other) => other !== file), true)))));
    this.sendButton.disabled = !this.area.value.trim() && !this.files.length;
    if (files.length) this.focus();
  }

  async send() {
    const text = this.area.value.trim();
    if (!text && !this.files.length) return;
    const files = this.files;
    if (!(await deliver({ ...this.target(), text, raw: this.area.value, files, inThread: !this.takesCommands }))) return;
    this.area.value = "";
    this.attach([], true);
    this.onInput();
  }

  openShortcuts(anchor) {
    const shortcuts = state.shortcuts.filter((shortcut) => shortcut.type === "global");
    const run = (shortcut) => () => send({ type: "shortcut", callback_id: shortcut.callback_id, channel: this.target().channel });
    const items = shortcuts.map((shortcut) => ({ label: shortcut.name, hint: shortcut.description, icon: icon("bolt"), data: { shortcut: shortcut.callback_id }, run: run(shortcut) }));
    const commands = state.commands.map(({ command, usage_hint: usage }) => ({ label: command, hint: usage, run: () => {
      this.area.value = `${command} `;
      this.focus();
      this.onInput();
    } }));
    openMenu(anchor, t("shortcuts"), [state.app.name, ...(items.length ? items : [t("noShortcuts")]), ...(commands.length ? [null, t("commands"), ...commands] : [])]);
  }
}

/** Send a command, a message or files; if that fails, show why and return false. */
export async function deliver({ channel, thread_ts, text, raw = text, files = [], inThread = false }) {
  const parsed = raw.startsWith("/") && !files.length ? parseCommand(text) : null;
  const known = parsed && state.commands.some(({ command }) => command === parsed.command);
  if (parsed && !known) return refuse(t("notCommand", { name: parsed.command }));
  if (known && inThread) return refuse(t("noThreadCommand"));
  set({ welcome: state.welcome && "short" }); // leave space for the messages
  state.atEnd[thread_ts ? "thread" : "channel"] = true;
  if (files.length) {
    try {
      await upload({ channel, thread_ts, text, files });
      return true;
    } catch {
      return refuse(t("uploadFailed"));
    }
  }
  const sent = known ? send({ type: "command", channel, ...parsed }) : send({ type: "send", channel, text, ...(thread_ts ? { thread_ts } : {}) });
  if (!sent) return refuse(t("notConnected"));
  set({ editing: null });
  return true;
}

function refuse(words) {
  toast(words);
  return false;
}

/** Attach files that are dropped on *area* to the next message of *composer*. */
export function acceptDrops(area, composer) {
  let depth = 0;
  const mark = (step) => (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    depth = Math.max(0, depth + step);
    area.classList.toggle("dropping", depth > 0);
  };
  area.addEventListener("dragenter", mark(1));
  area.addEventListener("dragover", mark(0));
  area.addEventListener("dragleave", mark(-1));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    area.classList.remove("dropping");
    composer.attach([...event.dataTransfer.files]);
  });
}
