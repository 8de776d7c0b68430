import uPlot from "../vendor/uplot.js";

const DAY = 24 * 3600;
const drawn = new Map();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function axis(extra = {}) {
  return {
    stroke: colour("--rl-muted"),
    font: `11px ${colour("--font-sans") || "sans-serif"}`,
    grid: { stroke: colour("--rl-line"), width: 1 },
    ticks: { show: false },
    ...extra,
  };
}

const whole = (_, splits) => splits.map((split) => (Number.isInteger(split) ? split.toLocaleString("en-GB") : ""));

function frame(box, height, scales, axes, series) {
  const cursor = { drag: { x: false, y: false } };
  return { width: box.clientWidth, height, scales, axes, series, cursor, tzDate: utc, legend: { show: false } };
}

const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC");

function moment(seconds, step) {
  const at = new Date(seconds * 1e3);
  const write = (options) => at.toLocaleString("en-GB", { timeZone: "UTC", ...options });
  if (step < DAY) return write({ hour: "2-digit", minute: "2-digit" });
  return step < 28 * DAY ? write({ day: "numeric", month: "short" }) : write({ month: "short", year: "2-digit" });
}

const times = (_, splits, __, ___, step) => splits.map((split) => moment(split, step));

function below(isTime) {
  return axis({ grid: { show: false }, size: 26, space: 56, ...(isTime ? { values: times } : {}) });
}

function bars(stroke) {
  const paths = uPlot.paths.bars({ size: [0.76, 48] });
  return { fill: stroke, stroke, width: 0, paths, points: { show: false } };
}

function columns(box, data) {
  const isTime = data.kind === "columns";
  const last = data.x.length - 1;
  const isNow = (place) => !isTime || place === last;
  const half = last > 0 ? (data.x[1] - data.x[0]) / 2 : isTime ? DAY / 2 : 0.5;
  const scales = {
    x: { time: isTime, range: () => [data.x[0] - half, data.x[last] + half] },
    y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] },
  };
  const series = [{}, bars(colour("--ch-2")), bars(colour("--ch-1"))];
  const values = [
    data.x,
    data.y.map((count, place) => (isNow(place) ? null : count)),
    data.y.map((count, place) => (isNow(place) ? count : null)),
  ];
  return [frame(box, 110, scales, [below(isTime), axis({ values: whole, size: 44 })], series), values];
}

function line(box, data) {
  const last = data.x.length - 1;
  const x = data.finish && data.finish > data.x[last] ? [...data.x, data.finish] : data.x;
  const pad = x.length - data.x.length;
  const soFar = [...data.y, ...Array(pad).fill(null)];
  const expected = x.map((_, place) => (place < last || !pad ? null : place === last ? data.y[last] : data.goal));
  const goal = x.map(() => data.goal || null);
  const series = [
    {},
    { stroke: colour("--ch-1"), width: 1.75, points: { show: data.x.length < 2 } },
    { stroke: colour("--ch-1"), width: 1.75, dash: [4, 3], points: { show: false }, spanGaps: true },
    { stroke: colour("--ch-2"), width: 1, dash: [4, 3], points: { show: false } },
  ];
  const scales = { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } };
  return [frame(box, 160, scales, [below(true), axis({ values: whole, size: 44 })], series), [x, soFar, expected, goal]];
}

function forget(element) {
  drawn.get(element)?.destroy();
  drawn.delete(element);
}

function draw(element) {
  forget(element);
  const box = element.querySelector("[data-plot-here]");
  const data = JSON.parse(element.dataset.plot);
  const [options, values] = data.kind === "line" ? line(box, data) : columns(box, data);
  drawn.set(element, new uPlot(options, values, box));
}

function drawAll() {
  for (const element of [...drawn.keys()]) element.isConnected ? draw(element) : forget(element);
}

new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

/** Draws the chart of a figure whose data stands in data-plot; the drawing of the server goes. */
export default function plot(element) {
  const box = element.querySelector("[data-plot-here]");
  box.hidden = false;
  draw(element);
  element.querySelector("[data-drawn]").setAttribute("hidden", "");
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (!element.isConnected || box.clientWidth === width || !drawn.has(element)) return;
    width = box.clientWidth;
    drawn.get(element).setSize({ width, height: drawn.get(element).height });
  }).observe(box);
}
