// Draw the Markdown of a `markdown` block, with the syntax that Slack supports.

import { codeBox, h, link, scrollable } from "./dom.js";
import { emoji } from "./emoji.js";

const INLINE = new RegExp(
  [
    "\\\\([\\\\`*_~[\\]()#+.!|>-])", "(`+)(.+?)\\2", "!?\\[([^\\]\\n]*)\\]\\(([^)\\s]+)(?:\\s+\"[^\"]*\")?\\)", "\\*\\*(?=\\S)(.+?)\\*\\*", "__(?=\\S)(.+?)__",
    "~~(?=\\S)(.+?)~~", "\\*(?=[^\\s*])([^*\\n]+?)\\*", "(?<![\\p{L}\\p{N}])_(?=[^\\s_])([^_\\n]+?)_(?![\\p{L}\\p{N}])",
    "(https?://[^\\s<>)\\]，。；、）]+)", ":([a-z0-9_+'-]+):",
  ].join("|"), "u",
);

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const [whole, escaped, , code, label, url, bold, bold2, strike, italic, italic2, bare, name] = match;
    nodes.push(rest.slice(0, match.index));
    if (escaped) nodes.push(escaped);
    else if (code) nodes.push(h("code", {}, code.trim()));
    else if (url) nodes.push(link(url, inline(label || url)));
    else if (bold || bold2) nodes.push(h("strong", {}, inline(bold || bold2)));
    else if (strike) nodes.push(h("s", {}, inline(strike)));
    else if (italic || italic2) nodes.push(h("em", {}, inline(italic || italic2)));
    else if (bare) nodes.push(link(bare, bare));
    else nodes.push(emoji(name));
    rest = rest.slice(match.index + whole.length);
  }
  nodes.push(rest);
  return nodes;
}

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

/** Draw *text* as a list of block-level nodes. */
export function markdown(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const nodes = [];
  while (lines.length) nodes.push(...takeBlock(lines));
  return nodes;
}

function takeBlock(lines) {
  const line = lines[0];
  const heading = line.match(/^(#{1,6})\s+(.*?)\s*#*$/);
  if (!line.trim() || heading || RULE.test(line)) lines.shift();
  if (!line.trim()) return [];
  if (heading) return [h("div", { class: `heading heading-${heading[1].length}`, role: "heading", "aria-level": 2 }, inline(heading[2]))];
  if (RULE.test(line)) return [h("hr")];
  if (/^\s*```/.test(line)) return [takeFence(lines)];
  if (line.startsWith(">")) return [h("blockquote", {}, markdown(takeWhile(lines, (each) => each.startsWith(">")).map((each) => each.replace(/^> ?/, "")).join("\n")))];
  if (line.includes("|") && /^[\s|:-]*-[\s|:-]*$/.test(lines[1] ?? "")) return [takeTable(lines)];
  if (ITEM.test(line)) return [takeList(lines)];
  const prose = [lines.shift(), ...takeWhile(lines, (each) => each.trim() && !ITEM.test(each) && !/^(#{1,6}\s|>|\s*```)/.test(each))];
  return [h("p", {}, inline(prose.join("\n")))];
}

function takeWhile(lines, wanted) {
  const end = lines.findIndex((line) => !wanted(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function takeFence(lines) {
  lines.shift();
  const body = takeWhile(lines, (line) => !/^\s*```/.test(line));
  lines.shift();
  return codeBox(body.join("\n"));
}

function takeTable(lines) {
  const head = cells(lines.shift());
  const align = cells(lines.shift()).map((mark) => (/^:-+:$/.test(mark) ? "center" : /-:$/.test(mark) ? "right" : "left"));
  const rows = takeWhile(lines, (line) => line.includes("|")).map(cells);
  const row = (tag, values) => h("tr", {}, values.map((value, column) => h(tag, { class: `align-${align[column]}` }, inline(value))));
  return scrollable(h("div", { class: "table-box" }, h("table", {}, h("thead", {}, row("th", head)), h("tbody", {}, rows.map((values) => row("td", values))))));
}

function takeList(lines) {
  const [, indent, mark] = lines[0].match(ITEM);
  const ordered = /\d/.test(mark);
  const list = h(ordered ? "ol" : "ul", ordered ? { start: Number.parseInt(mark, 10) } : {});
  while (lines.length) {
    const item = lines[0].match(ITEM);
    if (!item || item[1].length < indent.length || (item[1].length === indent.length && /\d/.test(item[2]) !== ordered)) break;
    if (item[1].length > indent.length) (list.lastChild ?? list).append(takeList(lines));
    else list.append(h("li", {}, inline([lines.shift() && item[3], ...takeWhile(lines, (line) => /^\s+\S/.test(line) && !ITEM.test(line))].join("\n"))));
  }
  return list;
}
