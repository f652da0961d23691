// Draw the sidebar: channels, direct messages, the theme and the current person.

import { h, icon, iconButton, recall, redraw, remember } from "./dom.js";
import { avatarOf } from "./messages.js";
import { openMenu } from "./menu.js";
import { imName, me, nameOf, state } from "./state.js";
import { t } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const THEME_ICONS = { auto: "half", light: "sun", dark: "moon" };

const theme = () => (THEMES.includes(recall("theme")) ? recall("theme") : "auto");

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

/** Draw the sidebar; call *openChannel* or *switchPerson* on a click. */
export function drawSidebar(place, { openChannel, switchPerson }) {
  const signature = [state.team, state.me, state.channel, state.channels, [...state.unread], [...state.users.values()], theme(), document.documentElement.lang];
  redraw(place, signature, () => [
    h("header", { class: "sidebar-head" }, h("strong", {}, state.team.name), drawTheme(() => drawSidebar(place, { openChannel, switchPerson }))),
    h("div", { class: "sidebar-body" },
      group(t("channels"), state.channels.filter((channel) => !channel.is_im), openChannel), group(t("direct"), state.channels.filter((channel) => channel.is_im), openChannel)),
    drawPerson(switchPerson),
  ]);
}

function group(name, channels, openChannel) {
  return channels.length > 0 && [h("h2", {}, name), h("ul", {}, channels.map((channel) => h("li", {}, drawChannel(channel, openChannel))))];
}

function drawChannel(channel, openChannel) {
  const unread = state.unread.get(channel.id) ?? 0;
  const name = channel.is_im ? imName(channel) : channel.name;
  const sign = channel.is_im ? avatarOf(state.app.user, "tiny") : icon("hash");
  return h("button", {
    class: `channel ${unread ? "unread" : ""}`, "aria-current": channel.id === state.channel ? "page" : null, data: { channel: channel.id, key: channel.id },
    "aria-label": unread ? t("newIn", { n: unread, place: name }) : null, onclick: () => openChannel(channel.id),
  }, sign, h("span", { class: "channel-name" }, name), channel.is_im && h("span", { class: "app-badge" }, t("app")), unread > 0 && h("span", { class: "count" }, String(unread)));
}

function drawTheme(redrawSidebar) {
  const now = theme();
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  return iconButton(THEME_ICONS[now], t("theme", { name: t(now) }), () => {
    remember("theme", next);
    applyTheme();
    redrawSidebar();
  }, { data: { key: "theme", role: "theme" } });
}

function drawPerson(switchPerson) {
  const people = [...state.users.values()].filter((user) => !user.is_bot);
  const items = people.map((user) => ({
    label: user.real_name || user.name, hint: user.locale, icon: avatarOf(user.id, "small"), checked: user.id === state.me, data: { user: user.id }, run: () => switchPerson(user.id),
  }));
  const open = (event) => openMenu(event.currentTarget, t("people"), [t("people"), ...items]);
  return h("button", { class: "person", "aria-haspopup": "menu", data: { role: "person", key: "person", user: state.me }, onclick: open },
    avatarOf(state.me, "small"), h("span", { class: "person-words" }, h("strong", {}, nameOf(state.me)), h("small", {}, me().locale)), h("span", { class: "visually-hidden" }, t("people")), icon("down"));
}
