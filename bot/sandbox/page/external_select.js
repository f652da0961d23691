// Draw an external select: the app finds its options while a person types.

import { h } from "./dom.js";
import { place } from "./menu.js";
import { drawText, textOf } from "./mrkdwn.js";
import { t } from "./words.js";

const SEARCH_PAUSE_MS = 200;
const MIN_QUERY_LENGTH = 3; // Slack's default
let lastId = 0;

export class ExternalSelect {
  constructor({ element, form, blockId, act, register, previous, label }) {
    const picked = previous?.selected_option ?? element.initial_option ?? null;
    const ask = (value) => form.suggest({ block_id: blockId, action_id: element.action_id, value });
    Object.assign(this, { picked, ask, act, options: [], active: -1, timer: 0, asked: 0, minLength: element.min_query_length ?? MIN_QUERY_LENGTH });
    this.list = h("ul", { class: "suggestions", role: "listbox", id: `list-${++lastId}`, hidden: true });
    this.input = h("input", {
      type: "text", class: "field external", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
      "aria-label": label || t("search"), placeholder: textOf(element.placeholder) || t("search"), value: textOf(picked?.text),
      data: { actionId: element.action_id, key: element.action_id },
      oninput: () => this.later(), onkeydown: (event) => this.onKey(event), onblur: () => this.hide(), onfocus: () => this.minLength === 0 && this.later(),
    });
    this.node = h("span", { class: "combo" }, this.input, this.list);
    register(() => ({ selected_option: this.picked }));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(this.input.value.trim()), SEARCH_PAUSE_MS);
  }

  async search(query) {
    const request = ++this.asked;
    this.options = [];
    this.active = -1;
    if ([...query].length < this.minLength) return this.show([this.note(t("keepTyping", { n: this.minLength }))]);
    this.show([this.note(t("searching"))]);
    const answer = await this.ask(query);
    if (request !== this.asked || document.activeElement !== this.input) return;
    const groups = answer.option_groups?.length ? answer.option_groups : [{ options: answer.options ?? [] }];
    this.options = groups.flatMap((group) => group.options);
    const drawn = groups.flatMap((group) => [...(group.label ? [this.note(textOf(group.label))] : []), ...group.options.map((option) => this.draw(option))]);
    this.show(this.options.length ? drawn : [this.note(t("noMatch"))]);
  }

  note(words) {
    return h("li", { class: "suggestion-note", role: "presentation" }, words);
  }

  draw(option) {
    const take = (event) => {
      event.preventDefault();
      this.pick(option);
    };
    const id = `${this.list.id}-${this.options.indexOf(option)}`;
    const words = [h("span", {}, drawText(option.text)), option.description && h("small", {}, drawText(option.description))];
    return h("li", { role: "option", id, "aria-selected": "false", data: { value: option.value }, onpointerdown: take }, words);
  }

  show(nodes) {
    this.list.replaceChildren(...nodes);
    this.list.hidden = false;
    this.list.style.minWidth = `${this.input.offsetWidth}px`;
    place(this.list, this.input.getBoundingClientRect());
    this.input.setAttribute("aria-expanded", "true");
  }

  hide() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.input.value = textOf(this.picked?.text);
  }

  pick(option) {
    this.picked = option;
    this.hide();
    this.act({ selected_option: option });
  }

  mark(index) {
    this.active = (index + this.options.length) % this.options.length;
    const nodes = [...this.list.querySelectorAll("[role=option]")];
    nodes.forEach((node, at) => node.setAttribute("aria-selected", String(at === this.active)));
    nodes[this.active].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", nodes[this.active].id);
  }

  onKey(event) {
    if (this.list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown" && this.options.length) this.mark(this.active + 1);
    else if (event.key === "ArrowUp" && this.options.length) this.mark(this.active < 0 ? -1 : this.active - 1);
    else if (event.key === "Enter") this.options[Math.max(0, this.active)] && this.pick(this.options[Math.max(0, this.active)]);
    else if (event.key === "Escape") this.hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
