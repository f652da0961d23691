// Create elements: text only as text nodes, URLs only through `link`.

const AS_PROPERTY = new Set(["value", "checked", "disabled", "selected", "hidden", "multiple"]);
const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);
const SVG = "http://www.w3.org/2000/svg";

/** Create an element; `data` fills the dataset, `on…` props are event listeners, children are nodes or text. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  if (tag === "button") node.type = "button";
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "data") setData(node, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (AS_PROPERTY.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

function setData(node, values) {
  for (const [key, value] of Object.entries(values)) if (value !== undefined && value !== null) node.dataset[key] = value;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

/** Return *url* if its scheme is safe, otherwise null. */
export function safeUrl(url) {
  try {
    return SAFE_SCHEMES.has(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Create a link to another site; an unsafe URL becomes plain text. */
export function link(url, content, props = {}) {
  const address = safeUrl(url);
  if (!address) return h("span", props, content);
  return h("a", { ...props, href: address, target: "_blank", rel: "noopener noreferrer" }, content);
}

const PATHS = {
  hash: "M6.5 3 5 17M15 3l-1.5 14M3.5 7.5h14M2.5 12.5h14",
  eye: "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zM10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  close: "M5 5l10 10M15 5 5 15",
  more: "M10 4.5v.01M10 10v.01M10 15.5v.01",
  reply: "M4 4h12v9H9l-3.5 3.5V13H4z",
  smile: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM7.5 8v.01M12.5 8v.01M6.8 11.8c1.5 2.3 4.9 2.3 6.4 0",
  bolt: "M11 2 4.5 11.5H9.5L9 18l6.5-9.5H10.5z",
  clip: "M14.5 9.5l-5.3 5.3a3.2 3.2 0 0 1-4.5-4.5l6.3-6.3a2.1 2.1 0 0 1 3 3l-6.1 6.1a1 1 0 0 1-1.5-1.5l5.2-5.2",
  send: "M3.5 3.5 17 10 3.5 16.5 5.5 10zM5.5 10H11",
  file: "M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4M7.5 10h5.5M7.5 13h5.5",
  sun: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  half: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 3v14M12 5v10M14 6v8M16 8v4",
  bulb: "M7.5 14.5h5M8 17.5h4M7.5 14.5c0-2-2.5-3-2.5-6a5 5 0 0 1 10 0c0 3-2.5 4-2.5 6",
  down: "M5.5 8l4.5 4.5L14.5 8",
  right: "M8 5.5 12.5 10 8 14.5",
  edit: "M4 16l.8-3.5L13.5 3.8l2.7 2.7-8.7 8.7zM12 5.5l2.5 2.5",
  link: "M8.5 11.5l3-3M9 6.5l2-2a3.2 3.2 0 0 1 4.5 4.5l-2 2M11 13.5l-2 2A3.2 3.2 0 0 1 4.5 11l2-2",
  trash: "M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.8 11.5h7.4l.8-11.5M8.5 8.5v5.5M11.5 8.5v5.5",
};

/** Create an SVG element. */
export function svg(tag, props, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Create an icon; it is hidden from screen readers because its button has the label. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}

/** Create a button with an icon only. */
export function iconButton(name, label, onclick, props = {}) {
  return h("button", { class: "icon-button", "aria-label": label, title: label, onclick, ...props }, icon(name));
}

const overflow = new ResizeObserver((entries) => {
  for (const { target: node } of entries) {
    if (node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  }
});

/** Let the keyboard reach *node*, and so scroll it, while its content is larger than the node. */
export function scrollable(node) {
  overflow.observe(node);
  return node;
}

/** Create a box of code or log lines. */
export const codeBox = (...content) => scrollable(h("pre", {}, h("code", {}, content)));

/** Rebuild *container* with *build* if *signature* has changed; keep the focus on the same `data-key`. */
export function redraw(container, signature, build) {
  const sign = JSON.stringify(signature);
  if (container.drawnAs === sign) return;
  container.drawnAs = sign;
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  container.replaceChildren(...present([build()]));
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

/** Read a choice from the browser's storage; return null if storage is not available. */
export function recall(key) {
  try {
    return localStorage.getItem(`sandbox.${key}`);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`sandbox.${key}`, value);
  } catch {
    // Private windows may refuse storage; the choice then lasts until the page is closed.
  }
}
