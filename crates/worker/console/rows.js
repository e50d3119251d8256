// A row of the list for each connector, and what else says how a connector is.

import { pageOf } from "./api.js";
import { h, setAttribute, setText, svg } from "./dom.js";
import { ago, brief, count, health, rate } from "./format.js";
import { historyOf } from "./history.js";

const SPARK = { width: 72, height: 20, points: 45 };

/** Identifiers, headings, and what rows are sorted by. */
export const COLUMNS = [
  ["name", "Connector", (a) => a.name],
  ["state", "State", (a) => ["bad", "warn", "busy", "idle", "good"].indexOf(health(a).tone)],
  ["rate", "Messages/s", (a) => -(historyOf(a.name).newest("received") ?? -1)],
  ["queue", "Queue", (a) => -(a.task?.queue ?? -1)],
  ["waiting", "Not in Kafka", (a) => -(a.task?.waiting ?? -1)],
  ["dropped", "Dropped", (a) => -(a.task?.dropped ?? -1)],
  ["reconnects", "Reconnects", (a) => -(a.task?.reconnects ?? -1)],
  ["last", "Last message", (a) => -(a.task?.last_message ?? -1)],
];

/** How a connector is, as a word with a mark. */
export function badge() {
  const label = h("span");
  const node = h("span", { class: "badge" }, h("span", { class: "mark", "aria-hidden": "true" }), label);
  return {
    node,
    show(state) {
      setText(label, state.label);
      setAttribute(node, "data-tone", state.tone);
    },
  };
}

function cell(column, ...children) {
  return h("td", { role: "cell", class: column, "data-label": COLUMNS.find(([id]) => id === column)[1] }, ...children);
}

/** A row, which is changed and not made anew. */
export function makeRow(name) {
  const state = badge();
  const reason = h("div", { class: "reason" });
  const texts = Object.fromEntries(COLUMNS.map(([id]) => [id, h("span")]));
  const line = svg("polyline", { fill: "none" });
  const size = `0 0 ${SPARK.width} ${SPARK.height}`;
  const spark = svg("svg", { class: "spark", viewBox: size, "aria-hidden": "true" }, line);
  const fill = h("span");
  const bar = h("span", { class: "fill", "aria-hidden": "true" }, fill);
  const node = h(
    "tr",
    { role: "row" },
    h("th", { role: "rowheader", scope: "row", class: "name" }, h("a", { href: pageOf(name) }, name), reason),
    cell("state", state.node),
    cell("rate", texts.rate, spark),
    cell("queue", texts.queue, bar),
    cell("waiting", texts.waiting),
    cell("dropped", texts.dropped),
    cell("reconnects", texts.reconnects),
    cell("last", texts.last),
  );
  const show = (one, now) => {
    const how = health(one);
    const task = one.task;
    state.show(how);
    setText(reason, how.reason);
    setText(texts.rate, rate(historyOf(name).newest("received")));
    setText(texts.queue, task ? `${brief(task.queue)} / ${brief(task.capacity)}` : "–");
    for (const id of ["waiting", "dropped", "reconnects"]) setText(texts[id], count(task?.[id]));
    setText(texts.last, task?.last_message ? `${ago(task.last_message, now)} ago` : "–");
    setAttribute(node, "data-tone", how.tone);
    setAttribute(texts.dropped, "class", task?.dropped > 0 ? "attention" : null);
    const share = task?.capacity ? task.queue / task.capacity : 0;
    fill.style.width = `${Math.min(100, share * 100)}%`;
    setAttribute(fill, "class", share >= 0.7 ? "high" : null);
    draw(line, historyOf(name).points.received.slice(-SPARK.points));
  };
  return { node, show };
}

function draw(line, all) {
  const values = all.filter((value) => value !== null);
  const largest = Math.max(1, ...values);
  const step = SPARK.width / (SPARK.points - 1);
  const from = SPARK.width - step * (values.length - 1);
  const points = values.map((value, at) => {
    const y = SPARK.height - 1 - (value / largest) * (SPARK.height - 2);
    return `${(from + at * step).toFixed(1)},${y.toFixed(1)}`;
  });
  setAttribute(line, "points", points.join(" "));
}

/** Which worker this is, in the page's head. */
export function showWorker(worker) {
  const cluster = worker.cluster ? `Kafka cluster ${worker.cluster}` : "Kafka is not reached yet";
  setText(document.getElementById("worker"), `${worker.id} · version ${worker.version} · ${cluster}`);
}
