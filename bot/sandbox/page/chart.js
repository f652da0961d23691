// Draw `data_visualization` blocks: the plot as an image, its labels as text that screen readers can read.

import { h, svg } from "./dom.js";

const WIDTH = 100;
const HEIGHT = 100;
const MAX_LABELS = 4;

const sum = (values) => values.reduce((total, value) => total + value, 0);
const hue = (index) => `hue-${index % 12}`;

function lines(series, top, isFilled) {
  return series.map((values, index) => {
    const step = WIDTH / (values.length - 1);
    const points = values.map((value, at) => `${at * step},${HEIGHT - (value / top) * HEIGHT}`);
    if (isFilled) return svg("polygon", { class: `area ${hue(index)}`, points: [`0,${HEIGHT}`, ...points, `${WIDTH},${HEIGHT}`].join(" ") });
    return svg("polyline", { class: `line ${hue(index)}`, points: points.join(" ") });
  });
}

function bars(series, top) {
  const step = WIDTH / series[0].length;
  const width = (step * 0.8) / series.length;
  return series.flatMap((values, index) => values.map((value, at) => {
    const height = (value / top) * HEIGHT;
    return svg("rect", { class: `bar ${hue(index)}`, x: at * step + step * 0.1 + index * width, y: HEIGHT - height, width, height });
  }));
}

function plot(type, series) {
  const top = Math.max(1, ...series.flat());
  const grid = [0, 0.5, 1].map((part) => svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: part * HEIGHT, y2: part * HEIGHT }));
  const isBar = type === "bar" || series[0].length < 2;
  return [
    h("div", { class: "chart-tops" }, [top, top / 2, 0].map((value) => h("span", {}, Number.isInteger(value) ? value.toLocaleString() : ""))),
    svg("svg", { class: "chart-plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      ...grid, ...(isBar ? bars(series, top) : lines(series, top, type === "area"))),
  ];
}

const legend = (items) => h("ul", { class: "chart-legend" }, items.map(([name, value], index) =>
  h("li", {}, h("span", { class: `swatch ${hue(index)}` }), name, " ", h("span", { class: "quiet" }, value.toLocaleString()))));

function axisChart({ type, series, axis_config: axes }) {
  const { categories, x_label: below, y_label: beside } = axes;
  const every = Math.ceil(categories.length / MAX_LABELS);
  // Slack draws the points in the order of the categories, not in their own.
  const values = series.map(({ data }) => categories.map((category) => data.find(({ label }) => label === category)?.value ?? 0));
  return [
    beside && h("div", { class: "quiet" }, beside),
    h("div", { class: "chart-frame" }, plot(type, values)),
    h("div", { class: "chart-labels" }, categories.filter((_, index) => index % every === 0).map((label) => h("span", {}, label))),
    below && h("div", { class: "quiet chart-below" }, below),
    legend(series.map(({ name }, index) => [name, sum(values[index])])),
  ];
}

/** Draw a data_visualization block. */
export function chart({ title, chart: drawn }) {
  const inner = drawn.type === "pie" ? legend(drawn.segments.map(({ label, value }) => [label, value])) : axisChart(drawn);
  return h("figure", { class: "chart", "aria-label": title }, h("figcaption", {}, title), inner);
}
