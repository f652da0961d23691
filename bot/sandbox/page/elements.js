// Draw the interactive elements of Block Kit, keep their values and send their actions.

import { confirmed } from "./dialog.js";
import { h, icon, link, safeUrl } from "./dom.js";
import { ExternalSelect } from "./external_select.js";
import { openMenu } from "./menu.js";
import { drawText, textOf } from "./mrkdwn.js";
import { nameOf, placeName, state } from "./state.js";
import { t } from "./words.js";

const BUSY_MS = 1200;
let lastId = 0;

/** The values and actions of one surface: a message, a modal or the Home tab. */
export class Form {
  /** *dispatch* sends an action frame, *suggest* requests options, *previous* has the values from before a redraw. */
  constructor({ dispatch, suggest, previous = {} }) {
    Object.assign(this, { dispatch, suggest, previous, readers: new Map() });
  }

  register(blockId, element, read) {
    this.readers.set(`${blockId}\n${element.action_id}`, { blockId, element, read });
  }

  /** Return the value of an element from before the redraw. */
  previousValue(blockId, element) {
    const value = this.previous[blockId]?.[element.action_id];
    return value?.type === element.type ? value : undefined;
  }

  /** Return Slack's `state.values`. */
  values() {
    const values = {};
    for (const { blockId, element, read } of this.readers.values()) {
      (values[blockId] ??= {})[element.action_id] = { type: element.type, ...read() };
    }
    return values;
  }

  async act(blockId, element, payload) {
    if (element.confirm && !(await confirmed(element.confirm))) return;
    this.dispatch({ block_id: blockId, action_id: element.action_id, element_type: element.type, ...payload, state: { values: this.values() } });
  }
}

/** Draw an element of block *blockId*; an *input* sends no action, its value is sent with the submission. */
export function drawElement(element, blockId, form, { input = false, label = null } = {}) {
  const draw = ELEMENTS[element.type];
  if (!draw) return h("span", { class: "unknown-block" }, t("unknownBlock", { type: element.type }));
  const act = (payload) => !input && form.act(blockId, element, payload);
  const register = (read) => form.register(blockId, element, read);
  return draw({ element, form, blockId, act, register, previous: form.previousValue(blockId, element), label: label ?? textOf(element.placeholder) });
}

const dataOf = (element) => ({ actionId: element.action_id, key: element.action_id });

function drawButton({ element, act }) {
  const press = (event) => {
    const button = event.currentTarget;
    button.setAttribute("aria-busy", "true");
    setTimeout(() => button.removeAttribute("aria-busy"), BUSY_MS);
    act({ value: element.value });
  };
  const props = { class: `button ${element.style ?? ""}`, data: dataOf(element), "aria-label": element.accessibility_label, onclick: press };
  if (element.url && safeUrl(element.url)) return link(element.url, drawText(element.text), props);
  return h("button", { ...props }, drawText(element.text));
}

function drawOverflow({ element, act }) {
  const items = element.options.map((option) => ({
    label: textOf(option.text), hint: textOf(option.description), data: { value: option.value },
    run: () => {
      if (option.url && safeUrl(option.url)) window.open(option.url, "_blank", "noopener,noreferrer");
      act({ selected_option: option });
    },
  }));
  const open = (event) => openMenu(event.currentTarget, t("options"), items);
  return h("button", { class: "button overflow", "aria-label": t("options"), "aria-haspopup": "menu", data: dataOf(element), onclick: open }, icon("more"));
}

function drawSelect({ element, act, register, previous, label }, groups, initial, field) {
  const options = groups.flatMap((group) => group.options);
  let picked = previous?.[field]?.value ?? previous?.[field] ?? initial;
  const read = () => {
    const option = options.find(({ value }) => value === picked) ?? null;
    return { [field]: field === "selected_option" ? option : (option?.value ?? null) };
  };
  const drawOption = (option) => h("option", { value: option.value, selected: option.value === picked }, textOf(option.text));
  const drawGroup = (group) => (group.label ? h("optgroup", { label: textOf(group.label) }, group.options.map(drawOption)) : group.options.map(drawOption));
  const choose = (event) => {
    picked = event.target.value;
    act(read());
  };
  register(read);
  const nothing = h("option", { value: "", disabled: true, hidden: true, selected: !options.some(({ value }) => value === picked) }, textOf(element.placeholder) || t("choose"));
  return h("select", { class: "select", "aria-label": label || t("choose"), data: dataOf(element), onchange: choose }, nothing, groups.map(drawGroup));
}

const asOption = (value, text) => ({ value, text: { type: "plain_text", text } });

const drawStatic = (part) =>
  drawSelect(part, part.element.option_groups ?? [{ options: part.element.options ?? [] }], part.element.initial_option?.value, "selected_option");

const drawPicker = (list, field, initial) => (part) =>
  drawSelect(part, [{ options: list() }], part.element[initial] ?? currentOf(part.element, list()), field);
const currentOf = (element, options) =>
  element.default_to_current_conversation && options.some((option) => option.value === state.channel) ? state.channel : undefined;

const people = () => [...state.users.values()].filter((user) => !user.is_bot).map((user) => asOption(user.id, nameOf(user.id)));
const channels = () => state.channels.filter((channel) => !channel.is_im).map((channel) => asOption(channel.id, placeName(channel.id)));

function drawChoices({ element, act, register, previous, label }, type) {
  const one = type === "radio";
  const field = one ? "selected_option" : "selected_options";
  const start = previous?.[field] ?? element[one ? "initial_option" : "initial_options"] ?? [];
  const chosen = new Set([start].flat().map((option) => option.value));
  const options = element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
  const group = `choice-${++lastId}`;
  const read = () => {
    const picked = options.filter((option) => chosen.has(option.value));
    return { [field]: one ? (picked[0] ?? null) : picked };
  };
  const toggle = (option) => (event) => {
    if (one) chosen.clear();
    if (event.target.checked) chosen.add(option.value);
    else chosen.delete(option.value);
    act(read());
  };
  register(read);
  return h("div", { class: "choices", role: one ? "radiogroup" : "group", "aria-label": label, data: dataOf(element) }, options.map((option) =>
    h("label", {}, h("input", { type, name: group, value: option.value, checked: chosen.has(option.value), onchange: toggle(option) }),
      h("span", {}, drawText(option.text), option.description && h("small", {}, drawText(option.description))))));
}

const FIELD = {
  plain_text_input: { type: "text", field: "value", initial: "initial_value" },
  email_text_input: { type: "email", field: "value", initial: "initial_value" },
  url_text_input: { type: "url", field: "value", initial: "initial_value" },
  number_input: { type: "number", field: "value", initial: "initial_value" },
  datepicker: { type: "date", field: "selected_date", initial: "initial_date" },
  timepicker: { type: "time", field: "selected_time", initial: "initial_time" },
};

function drawField({ element, act, register, previous, label }) {
  const { type, field, initial } = FIELD[element.type];
  const read = () => ({ [field]: control.value || null });
  const byCharacter = element.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered");
  const isText = field === "value";
  const props = {
    class: "field", "aria-label": label, placeholder: isText ? textOf(element.placeholder) : null, data: { ...dataOf(element), minimum: element.min_length, maximum: element.max_length },
    value: previous?.[field] ?? element[initial] ?? "", min: element.min_value, max: element.max_value, step: element.is_decimal_allowed ? "any" : null,
    oninput: () => byCharacter && act(read()), onchange: () => !isText && act(read()),
    onkeydown: (event) => isText && event.key === "Enter" && !event.isComposing && !element.multiline && act(read()),
  };
  const control = element.multiline ? h("textarea", { rows: 4, ...props }) : h("input", { type, ...props });
  register(read);
  return control;
}

function drawDateTime({ element, act, register, previous, label }) {
  const start = previous?.selected_date_time ?? element.initial_date_time;
  const local = (seconds) => new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const read = () => ({ selected_date_time: control.value ? Math.round(new Date(control.value).getTime() / 1000) : null });
  const control = h("input", { type: "datetime-local", class: "field", "aria-label": label, data: dataOf(element), value: start ? local(start) : "", onchange: () => act(read()) });
  register(read);
  return control;
}

export const drawImage = (element) => {
  const alt = h("span", { class: "image-alt" }, t("imageBlocked", { alt: element.alt_text }));
  const url = element.image_url ?? element.slack_file?.url ?? "";
  // The Content-Security-Policy of the page blocks images of other sites.
  if (!url.startsWith("data:image/") && !url.startsWith(`${location.origin}/`)) return alt;
  const image = h("img", { alt: element.alt_text, src: url, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(alt));
  return image;
};

const ELEMENTS = {
  button: drawButton, workflow_button: drawButton, overflow: drawOverflow, image: ({ element }) => drawImage(element),
  static_select: drawStatic, external_select: (part) => new ExternalSelect(part).node,
  users_select: drawPicker(people, "selected_user", "initial_user"),
  channels_select: drawPicker(channels, "selected_channel", "initial_channel"),
  conversations_select: drawPicker(channels, "selected_conversation", "initial_conversation"),
  radio_buttons: (part) => drawChoices(part, "radio"), checkboxes: (part) => drawChoices(part, "checkbox"), multi_static_select: (part) => drawChoices(part, "checkbox"),
  plain_text_input: drawField, email_text_input: drawField, url_text_input: drawField, number_input: drawField,
  datepicker: drawField, timepicker: drawField, datetimepicker: drawDateTime,
};
