// Draw Slack's mrkdwn and text objects.

import { codeBox, h, link, safeUrl } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { channelOf, nameOf, state } from "./state.js";
import { slackDate } from "./words.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

// In Slack a style begins and ends at word boundaries only; Chinese characters are word characters.
const styled = (mark) => `(?<![\\p{L}\\p{N}${mark}])[${mark}](?=[^\\s${mark}])([^\\n]*?[^\\s])[${mark}](?![\\p{L}\\p{N}${mark}])`;
const INLINE = new RegExp(
  ["<([^<>\\n]+)>", "(?<![\\p{L}\\p{N}`])`([^`\\n]+)`(?![\\p{L}\\p{N}`])", styled("*"), styled("_"), styled("~"), ":([a-z0-9_+'-]+):(?::skin-tone-\\d:)?"].join("|"), "u",
);

/** Draw mrkdwn: fences, quotes and inline styles. */
export function mrkdwn(text) {
  const nodes = [];
  text.split(/```\n?([\s\S]*?)\n?```/).forEach((part, index) => {
    if (index % 2) nodes.push(codeBox(plainOf(part)));
    else if (part) nodes.push(...quoted(nodes.length ? part.replace(/^\n/, "") : part));
  });
  return nodes;
}

function quoted(text) {
  const nodes = [];
  const [before, rest] = text.split(/^(?:&gt;|>){3}/m, 2);
  for (const run of before.split(/((?:^(?:&gt;|>) ?.*(?:\n|$))+)/m)) {
    if (!run) continue;
    if (/^(?:&gt;|>)/.test(run)) nodes.push(quote(run.replace(/^(?:&gt;|>) ?/gm, "").replace(/\n$/, "")));
    else nodes.push(...inline(run));
  }
  if (rest) nodes.push(quote(rest.trim()));
  return nodes;
}

const quote = (text) => h("blockquote", {}, inline(text));

/** Draw the inline part of mrkdwn. */
function inline(text) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const [whole, reference, code, bold, italic, strike, name] = match;
    nodes.push(unescape(rest.slice(0, match.index)));
    if (reference !== undefined) nodes.push(drawReference(reference));
    else if (code !== undefined) nodes.push(h("code", {}, plainOf(code)));
    else if (bold !== undefined) nodes.push(h("strong", {}, inline(bold)));
    else if (italic !== undefined) nodes.push(h("em", {}, inline(italic)));
    else if (strike !== undefined) nodes.push(h("s", {}, inline(strike)));
    else nodes.push(emoji(name));
    rest = rest.slice(match.index + whole.length);
  }
  nodes.push(unescape(rest));
  return nodes;
}

function drawReference(reference) {
  const [target, label] = splitOnce(reference, "|");
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!date^")) return dateReference(target, label);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, unescape(label ?? "@group"));
  if (target.startsWith("!")) return h("span", { class: "mention mention-all" }, `@${target.slice(1)}`);
  const url = unescape(target);
  if (!safeUrl(url)) return `<${unescape(reference)}>`;
  return link(url, unescape(label ?? url));
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function dateReference(target, label) {
  const [, ts, format, url] = target.split("^");
  const shown = Number(ts) ? slackDate(ts, format ?? "") : unescape(label ?? "");
  return url ? link(unescape(url), shown) : h("time", {}, shown);
}

/** Draw a mention of a user; a mention of the visitor is highlighted. */
export function mention(id, label) {
  const name = state.users.has(id) ? nameOf(id) : label || id;
  return h("span", { class: id === state.me ? "mention mention-me" : "mention" }, `@${name}`);
}

export function channelMention(id, label) {
  return h("a", { class: "mention", href: `#${id}` }, `#${channelOf(id)?.name || label || id}`);
}

/** Return mrkdwn as plain text, for code, labels and screen readers. */
export function plainOf(text) {
  return unescape(text.replace(/<([^<>\n]+)>/g, (_, reference) => {
    const [target, label] = splitOnce(reference, "|");
    if (target.startsWith("@")) return `@${label ?? nameOf(target.slice(1))}`;
    if (target.startsWith("#")) return `#${label ?? channelOf(target.slice(1))?.name ?? target.slice(1)}`;
    return label ?? target;
  }));
}

/** Draw a text object (`plain_text` or `mrkdwn`), or a bare string as plain text. */
export function drawText(object) {
  if (!object) return [];
  if (typeof object === "string") return [withEmoji(object)];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : [object.emoji === false ? object.text : withEmoji(object.text)];
}

/** Return a text object as a string, for options and labels. */
export const textOf = (object) => (!object ? "" : object.type === "mrkdwn" ? withEmoji(plainOf(object.text)) : withEmoji(object.text ?? ""));
