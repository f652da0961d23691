// Start the page, switch person, channel and tab, and draw all parts after each change.

import { Composer, acceptDrops } from "./composer.js";
import { h, icon, iconButton, recall, redraw, remember } from "./dom.js";
import { followExample, followReply, openNewestThread } from "./first_look.js";
import { Following } from "./following.js";
import { connect, send } from "./live.js";
import { closePopup, isPopupOpen } from "./menu.js";
import { MessageList, announcement } from "./messages.js";
import { drawHome, drawModal } from "./modal.js";
import { applyTheme, drawSidebar } from "./sidebar.js";
import { channelOf, mainline, me, messageOf, placeName, receive, set, state, watch } from "./state.js";
import { drawThread, setUpThread } from "./thread.js";
import { announce, toast } from "./toast.js";
import { drawWelcome, isFirstOpen, toggleWelcome } from "./welcome.js";
import { setLocale, t } from "./words.js";

const FIRST_PERSON = "U0ANN";

const $ = (id) => document.getElementById(id);
const list = new MessageList($("messages"));
let composer = null;
let following = null;
let drawnChannel = null;

/** Open a channel; on a phone, also close the sidebar. */
function openChannel(channel, { focus = true } = {}) {
  if (!channelOf(channel)) return;
  state.unread.delete(channel);
  set({ channel, thread: channel === state.channel ? state.thread : null, tab: "messages", drawer: false, editing: null });
  if (location.hash !== `#${channel}`) history.pushState(null, "", `#${channel}`);
  openNewestThread();
  if (focus && matchMedia("(hover: hover)").matches) composer.focus();
}

/** Switch to another person; the server sends that person's whole state. */
function switchPerson(user) {
  remember("user", user);
  $("toasts").replaceChildren();
  set({ view: null, thread: null, drawer: false, editing: null, tab: "messages", unread: new Map() });
  start(user);
}

function start(user) {
  let failures = 0;
  const status = (connected) => {
    failures = connected ? -Infinity : failures + 1;
    set({ connected });
    // The person in the browser's storage may not exist in this workspace.
    if (failures === 2 && user !== FIRST_PERSON) switchPerson(FIRST_PERSON);
  };
  connect(user, { frame: handle, status });
}

function handle(frame) {
  if (frame.type === "error") return showError(frame.text);
  const isNew = (frame.type === "message" && !messageOf(frame.channel, frame.message.ts)) || frame.type === "ephemeral";
  if (isNew) followReply(frame);
  receive(frame);
  if (frame.type === "state") applyState();
  if (isNew) followExample(frame);
  if (isNew && frame.message.user !== state.me) announce(announcement(frame.channel, frame.message));
}

function showError(text) {
  toast(text);
  set({});
}

function applyState() {
  const before = document.documentElement.lang;
  setLocale(me().locale);
  document.title = state.team.name;
  if (before !== document.documentElement.lang || !composer.area) {
    $("skip").textContent = t("skip");
    $("pane").querySelector(":scope > .drop-note").textContent = t("dropHere");
    composer.build();
    setUpThread();
  }
  const wanted = location.hash.slice(1);
  if (channelOf(wanted)) set({ channel: wanted });
  openNewestThread();
}

function editLast() {
  const own = mainline(state.channel).filter((message) => message.user === state.me && !message.bot_id && !message.ephemeral).at(-1);
  if (own) set({ editing: own.ts });
}

function drawHeader() {
  const channel = channelOf(state.channel);
  redraw($("header"), [channel, state.app, state.tab, state.welcome, state.drawer, document.documentElement.lang], () => {
    const tab = (name) => h("button", {
      role: "tab", "aria-selected": String(state.tab === name), data: { tab: name, key: `tab ${name}` }, onclick: () => openTab(name),
    }, t(name));
    return [
      iconButton("menu", t("menu"), () => set({ drawer: !state.drawer }), {
        class: "icon-button drawer-button", "aria-expanded": String(state.drawer), "aria-controls": "sidebar", data: { key: "drawer", role: "drawer" },
      }),
      h("div", { class: "place" }, h("h1", {}, placeName(channel.id)), channel.topic && h("p", { class: "topic" }, channel.topic)),
      channel.is_im && state.app.has_home !== false && h("div", { class: "tabs", role: "tablist", "aria-label": t("tabs") }, tab("home"), tab("messages")),
      state.examples.length > 0 && h("button", {
        class: "button examples-button", "aria-label": t("examples"), "aria-expanded": String(Boolean(state.welcome)), "aria-controls": "welcome",
        data: { key: "examples", role: "examples" }, onclick: () => toggleWelcome(!state.welcome),
      }, icon("bulb"), h("span", {}, t("examples"))),
    ];
  });
}

function openTab(name) {
  if (name === "home") send({ type: "open_home" });
  set({ tab: name });
}

function drawMessages() {
  const messages = mainline(state.channel);
  list.draw(state.channel, messages);
  if (drawnChannel !== state.channel) state.atEnd.channel = true;
  drawnChannel = state.channel;
  following.keep();
  redraw($("to-newest"), document.documentElement.lang, () => [icon("down"), t("newest")]);
  if (!messages.length) $("messages").replaceChildren(h("li", { class: "empty" }, t("empty")));
}

function draw() {
  const banner = $("banner");
  banner.hidden = state.connected && state.ready;
  banner.textContent = state.ready ? t("lost") : t("loading");
  banner.classList.toggle("lost", state.ready);
  if (!state.ready) return;
  $("workspace").classList.toggle("drawer-open", state.drawer);
  $("workspace").classList.toggle("thread-open", Boolean(state.thread));
  drawSidebar($("sidebar"), { openChannel, switchPerson });
  drawHeader();
  $("pane").hidden = state.tab === "home";
  $("home").hidden = state.tab !== "home";
  drawHome($("home"));
  drawWelcome($("welcome"), openChannel);
  composer.draw();
  drawMessages();
  drawThread();
  drawModal();
}

function setUp() {
  applyTheme();
  state.welcome = isFirstOpen();
  composer = new Composer($("composer"), {
    takesCommands: true, target: () => ({ channel: state.channel }), editLast, label: () => t("write", { place: placeName(state.channel) }),
  });
  acceptDrops($("pane"), composer);
  const scroller = $("scroller");
  following = new Following("channel", scroller, () => ($("to-newest").hidden = state.atEnd.channel));
  $("to-newest").addEventListener("click", () => scroller.scrollTo({ top: scroller.scrollHeight }));
  $("scrim").addEventListener("click", () => set({ drawer: false }));
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    (list.rows().at(-1) ?? $("main")).focus();
  });
  addEventListener("popstate", () => openChannel(location.hash.slice(1), { focus: false }));
  addEventListener("keydown", closeOnEscape);
  watch(draw);
  draw();
  start(new URLSearchParams(location.search).get("user") ?? recall("user") ?? FIRST_PERSON);
}

function closeOnEscape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (isPopupOpen()) closePopup();
  else if (state.drawer) set({ drawer: false });
  else if (state.thread) set({ thread: null });
}

setUp();
