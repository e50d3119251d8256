// Charts of a connector's last ten minutes. What a chart shows is in words beside it, for who cannot see it.

import { h, setText } from "./dom.js";
import { brief, count, milliseconds, rate } from "./format.js";

const HEIGHT = 132;
const WINDOW_S = 600;
const LEAST_S = 60;

const CHARTS = [
  ["Throughput", rate, [["received", "Received"], ["written", "In Kafka"]]],
  ["Queue", count, [["queue", "Messages waiting"]]],
  ["Lag", count, [["waiting", "Received, not in Kafka"]]],
  ["Drops", rate, [["dropped", "Dropped"]]],
  ["Latency", milliseconds, [["p50", "Half within"], ["p99", "99 % within"]]],
  ["Reconnects", count, [["reconnects", "Since the task's start"]]],
];

const dark = matchMedia("(prefers-color-scheme: dark)");

/** A colour of the style sheet, which a canvas cannot ask for itself. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

class Chart {
  constructor([title, format, series]) {
    this.format = format;
    this.series = series;
    this.values = series.map(() => h("span", { class: "value" }));
    const keys = series.map(([id, label], at) =>
      h("span", { class: `key s${at}` }, h("span", { class: "line", "aria-hidden": "true" }), `${label} `, this.values[at]),
    );
    // What is drawn is said in the caption.
    this.canvas = h("div", { class: "canvas", "aria-hidden": "true" });
    this.node = h("figure", { class: "chart" }, h("figcaption", {}, h("h3", {}, title), h("p", { class: "keys" }, keys)), this.canvas);
    this.node.dataset.chart = title.toLowerCase();
    this.at = null;
  }

  draw(data) {
    this.data = data;
    const now = data[0].at(-1);
    this.range = [Math.min(now - LEAST_S, Math.max(data[0][0], now - WINDOW_S)), now];
    if (!this.plot) this.begin();
    else this.plot.setData(data);
    this.tell();
  }

  begin() {
    const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const times = { ...axis, grid: { show: false }, size: 24, space: 90, values: [[60, "{HH}:{mm}"], [1, "{HH}:{mm}:{ss}"]] };
    const amounts = { ...axis, size: 44, space: 28, values: (_, splits) => splits.map((value) => (value === null ? "" : brief(value))) };
    const line = (at) => ({ stroke: colour(`series-${at}`), width: 1.5, points: { size: 3 }, spanGaps: false });
    this.plot = new uPlot(
      {
        width: this.canvas.clientWidth || 320,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { x: { time: true, range: () => this.range }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.15 : 1] } },
        axes: [times, amounts],
        series: [{}, ...this.series.map((_, at) => line(at))],
        hooks: { setCursor: [(plot) => this.point(plot.cursor.idx)] },
      },
      this.data,
      this.canvas,
    );
  }

  /** Values under the pointer, or the newest. */
  point(at) {
    this.at = at ?? null;
    this.tell();
  }

  tell() {
    this.values.forEach((node, number) => {
      const values = this.data[number + 1];
      setText(node, this.format(this.at === null ? values.at(-1) : values[this.at]));
    });
  }

  resize() {
    this.plot?.setSize({ width: this.canvas.clientWidth, height: HEIGHT });
  }

  close() {
    this.plot?.destroy();
    this.plot = null;
  }
}

/** All charts of a connector: a node, `draw(history)` and `close`. */
export function makeCharts() {
  const charts = CHARTS.map((chart) => new Chart(chart));
  const node = h("div", { class: "charts" }, charts.map((chart) => chart.node));
  const sizes = new ResizeObserver(() => charts.forEach((chart) => chart.resize()));
  sizes.observe(node);
  // A canvas keeps the colours that it was drawn with.
  const recolour = () => charts.forEach((chart) => {
    chart.close();
    if (chart.data) chart.draw(chart.data);
  });
  dark.addEventListener("change", recolour);
  return {
    node,
    draw(history) {
      for (const chart of charts) chart.draw([history.times, ...chart.series.map(([id]) => history.points[id])].map((values) => [...values]));
    },
    close() {
      sizes.disconnect();
      dark.removeEventListener("change", recolour);
      charts.forEach((chart) => chart.close());
    },
  };
}
