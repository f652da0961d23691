// Draw `rich_text` blocks of people's messages and of the app.

import { codeBox, h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { channelMention, mention } from "./mrkdwn.js";
import { slackDate } from "./words.js";

const STYLES = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"], ["highlight", "mark"]];

function withStyle(node, style = {}) {
  return STYLES.reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), node);
}

const fromHex = (codes) => String.fromCodePoint(...codes.split("-").map((code) => Number.parseInt(code, 16)));

const INLINE = {
  text: (element) => element.text,
  link: (element) => link(element.url, element.text || element.url),
  emoji: (element) => (/^[0-9a-f]+(-[0-9a-f]+)*$/i.test(element.unicode ?? "") ? fromHex(element.unicode) : emoji(element.name)),
  user: (element) => mention(element.user_id),
  channel: (element) => channelMention(element.channel_id),
  usergroup: (element) => h("span", { class: "mention" }, `@${element.usergroup_id}`),
  team: (element) => h("span", { class: "mention" }, `@${element.team_id}`),
  broadcast: (element) => h("span", { class: "mention mention-all" }, `@${element.range}`),
  date: (element) => {
    const time = h("time", {}, slackDate(element.timestamp, element.format));
    return element.url ? link(element.url, time) : time;
  },
  color: (element) => h("code", {}, element.value),
};

const inline = (elements) => (elements ?? []).map((element) => withStyle(INLINE[element.type]?.(element) ?? element.text ?? "", element.style));

const PARTS = {
  rich_text_section: (part) => h("div", { class: "rich-section" }, inline(part.elements)),
  rich_text_preformatted: (part) => codeBox(inline(part.elements)),
  rich_text_quote: (part) => h("blockquote", {}, inline(part.elements)),
  rich_text_list: (part) => {
    const ordered = part.style === "ordered";
    const props = { class: `rich-list indent-${Math.min(part.indent ?? 0, 5)}`, start: ordered && part.offset ? part.offset + 1 : null };
    return h(ordered ? "ol" : "ul", props, part.elements.map((item) => h("li", {}, drawPart(item))));
  },
};

const drawPart = (part) => (PARTS[part.type] ? PARTS[part.type](part) : inline([part]));

/** Draw a rich_text block. */
export const richText = (block) => h("div", { class: "rich-text" }, block.elements.map(drawPart));
