// Draw Block Kit blocks and legacy attachments.

import { chart } from "./chart.js";
import { h, link, safeUrl, scrollable } from "./dom.js";
import { drawElement, drawImage } from "./elements.js";
import { markdown } from "./markdown.js";
import { drawText, textOf } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { t } from "./words.js";

const STATEFUL = new Set(["section", "actions", "input"]);

function section(block, blockId, form) {
  const { text, fields, accessory } = block;
  return [
    h("div", { class: "section-words" },
      text && h("div", { class: "text" }, drawText(text)),
      fields && h("div", { class: "fields" }, fields.map((field) => h("div", { class: "text" }, drawText(field))))),
    accessory && h("div", { class: `accessory accessory-${accessory.type}` },
      drawElement(accessory, blockId, form, { label: textOf(accessory.placeholder) || textOf(text).slice(0, 80) })),
  ];
}

function input(block, blockId, form) {
  const { label, element, hint, optional, dispatch_action: dispatches } = block;
  const name = textOf(label);
  return [
    h("div", { class: "input-label", "aria-hidden": "true" }, drawText(label), optional && h("span", { class: "quiet" }, ` ${t("optional")}`)),
    drawElement(element, blockId, form, { input: !dispatches, label: name }),
    hint && h("div", { class: "hint" }, drawText(hint)),
  ];
}

function table(block) {
  const settings = block.column_settings ?? [];
  const cell = (content, column, tag) => h(tag, { class: `align-${settings[column]?.align ?? "left"}${settings[column]?.is_wrapped ? " wrapped" : ""}` },
    content.type === "rich_text" ? richText(content) : drawText({ type: "plain_text", text: String(content.text ?? content.value ?? "") }));
  const row = (cells, tag) => h("tr", {}, cells.map((content, column) => cell(content, column, tag)));
  const [head, ...rest] = block.rows;
  return scrollable(h("div", { class: "table-box", role: "region", "aria-label": t("table") },
    h("table", {}, h("thead", {}, row(head, "th")), h("tbody", {}, rest.map((cells) => row(cells, "td"))))));
}

const BLOCKS = {
  header: (block) => h("div", { class: "header-text", role: "heading", "aria-level": 2 }, drawText(block.text)),
  section,
  context: (block) => block.elements.map((element) => (element.type === "image" ? drawImage(element) : h("span", { class: "text" }, drawText(element)))),
  divider: () => h("hr"),
  actions: (block, blockId, form) => block.elements.map((element) => drawElement(element, blockId, form)),
  rich_text: richText,
  image: (block) => [block.title && h("div", { class: "quiet" }, drawText(block.title)), drawImage(block)],
  markdown: (block) => h("div", { class: "markdown" }, markdown(block.text)),
  table,
  data_visualization: chart,
  input,
  video: (block) => [t("video"), ": ", link(block.title_url ?? block.video_url, drawText(block.title))],
  alert: (block) => h("div", { class: `alert-text ${block.level ?? ""}` }, drawText(block.text)),
};

const unknown = (block) => h("div", { class: "unknown-block" }, t("unknownBlock", { type: String(block.type) }));

/** Draw a list of blocks; *form* collects their values and sends their actions. */
export function drawBlocks(blocks, form) {
  return blocks.map((block, index) => {
    const blockId = block.block_id ?? `block-${index}`;
    const draw = BLOCKS[block.type] ?? unknown;
    const optional = block.type === "input" && block.optional ? "yes" : null;
    const data = { blockId: STATEFUL.has(block.type) ? blockId : null, optional };
    return h("div", { class: `block block-${BLOCKS[block.type] ? block.type : "unknown"}`, data }, draw(block, blockId, form));
  });
}

/** Draw legacy attachments; alert bots still send them. */
export function drawAttachments(attachments, form) {
  return attachments.map((attachment) => {
    const { pretext, color, author_name: author, title, title_link: url, text, fields, blocks, footer, fallback } = attachment;
    const drawField = ({ title: name, value }) => h("div", { class: "text" }, h("strong", {}, name), "\n", drawText({ type: "mrkdwn", text: String(value ?? "") }));
    const bar = h("div", { class: "attachment" },
      author && h("div", { class: "quiet" }, author),
      title && h("div", { class: "attachment-title" }, url && safeUrl(url) ? link(url, drawText(title)) : drawText(title)),
      text && h("div", { class: "text" }, drawText({ type: "mrkdwn", text })),
      fields && h("div", { class: "fields" }, fields.map(drawField)),
      blocks && drawBlocks(blocks, form),
      !title && !text && !blocks && !fields && fallback,
      footer && h("div", { class: "quiet" }, footer));
    const hue = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" }[color] ?? color;
    if (/^#?[0-9a-f]{6}$/i.test(hue ?? "")) bar.style.borderLeftColor = `#${hue.replace("#", "")}`;
    return [pretext && h("div", { class: "text" }, drawText({ type: "mrkdwn", text: pretext })), bar];
  });
}
