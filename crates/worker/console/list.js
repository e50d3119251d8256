// The list of all connectors, and how each of them is.

import { look, pageOf, poll } from "./api.js";
import { announce, h, setAttribute, setText, svg } from "./dom.js";
import { ago, brief, count, health, isProblem, rate } from "./format.js";
import { historyOf, keepOnly } from "./history.js";

const SPARK = { width: 72, height: 20, points: 45 };

const COLUMNS = [
  ["name", "Connector", (a) => a.name],
  ["state", "State", (a) => ["bad", "warn", "busy", "idle", "good"].indexOf(health(a).tone)],
  ["rate", "Messages/s", (a) => -(historyOf(a.name).newest("received") ?? -1)],
  ["queue", "Queue", (a) => -(a.task?.queue ?? -1)],
  ["waiting", "Not in Kafka", (a) => -(a.task?.waiting ?? -1)],
  ["dropped", "Dropped", (a) => -(a.task?.dropped ?? -1)],
  ["reconnects", "Reconnects", (a) => -(a.task?.reconnects ?? -1)],
  ["last", "Last message", (a) => -(a.task?.last_message ?? -1)],
];

const FILTERS = [
  ["All", () => true],
  ["Live", (one) => health(one).tone === "good"],
  ["Problems", isProblem],
  ["Paused or stopped", (one) => health(one).tone === "idle"],
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
function makeRow(name) {
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

/** What was read last, so that coming back shows it at once. */
let latest = null;
const chosen = { sort: "name", reverse: false, filter: 0, text: "" };

export function openList(main) {
  const rows = new Map();
  const told = new Map();
  const body = h("tbody", { role: "rowgroup" });
  const empty = h("div", { class: "empty", hidden: true });
  const heads = new Map(COLUMNS.map(([id, label]) => [id, head(id, label)]));
  const table = h(
    "table",
    { class: "list", role: "table", "aria-label": "Connectors" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, [...heads.values()].map((one) => one.node))),
    body,
  );
  const chips = FILTERS.map(([label], at) => {
    const number = h("span", { class: "number" });
    const button = h("button", { type: "button", class: "chip", onclick: () => choose({ filter: at }) }, label, " ", number);
    return { button, number };
  });
  const search = h("input", {
    type: "search", placeholder: "Filter by name", "aria-label": "Filter by name", value: chosen.text,
    oninput: (event) => choose({ text: event.target.value }),
  });
  main.replaceChildren(
    h("div", { class: "title" }, h("h1", { tabindex: -1 }, "Connectors"), h("a", { class: "button main", href: "#/new" }, "New connector")),
    h("div", { class: "tools" }, h("div", { class: "chips", role: "group", "aria-label": "Show" }, chips.map((one) => one.button)), search),
    table,
    empty,
  );

  function head(id, label) {
    const button = h("button", { type: "button", class: "sort", onclick: () => choose({ sort: id, reverse: chosen.sort === id && !chosen.reverse }) }, label);
    return { node: h("th", { role: "columnheader", scope: "col", class: id }, button) };
  }

  function choose(what) {
    Object.assign(chosen, what);
    if (latest) render();
  }

  function visible() {
    const wanted = chosen.text.trim().toLowerCase();
    const passes = FILTERS[chosen.filter][1];
    const shown = latest.connectors.filter((one) => passes(one) && one.name.toLowerCase().includes(wanted));
    const key = COLUMNS.find(([id]) => id === chosen.sort)[2];
    const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.name < b.name ? -1 : 1);
    shown.sort(order);
    return chosen.reverse ? shown.reverse() : shown;
  }

  function render() {
    const all = latest.connectors;
    chips.forEach(({ button, number }, at) => {
      setText(number, String(all.filter(FILTERS[at][1]).length));
      setAttribute(button, "aria-pressed", String(at === chosen.filter));
    });
    for (const [id, { node }] of heads) {
      setAttribute(node, "aria-sort", id !== chosen.sort ? null : chosen.reverse ? "descending" : "ascending");
    }
    const shown = visible();
    const nodes = shown.map((one) => {
      if (!rows.has(one.name)) rows.set(one.name, makeRow(one.name));
      const row = rows.get(one.name);
      row.show(one, latest.now);
      return row.node;
    });
    // Moving a row takes the focus off its link, so only what differs is touched.
    if (nodes.length !== body.children.length || nodes.some((node, at) => body.children[at] !== node)) {
      body.replaceChildren(...nodes);
    }
    table.hidden = shown.length === 0;
    empty.hidden = shown.length > 0;
    if (!empty.hidden) {
      empty.replaceChildren(
        h("p", {}, all.length === 0 ? "There are no connectors yet." : "No connector is like that."),
        all.length === 0 ? h("a", { class: "button main", href: "#/new" }, "Create the first one") : "",
      );
    }
    const names = new Set(all.map((one) => one.name));
    for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
  }

  /** Changes of state are told to who cannot see them. */
  function tell() {
    const news = [];
    for (const one of latest.connectors) {
      const { label, reason } = health(one);
      if (told.has(one.name) && told.get(one.name) !== label) news.push(`${one.name} is ${label}. ${reason}`);
      told.set(one.name, label);
    }
    if (news.length > 0) announce(news.slice(0, 3).join(" "));
  }

  if (latest) render();
  const polling = poll(async () => {
    const seen = await look("overview");
    for (const one of seen.connectors) historyOf(one.name).look(seen.now, one);
    keepOnly(seen.connectors.map((one) => one.name));
    latest = seen;
    showWorker(seen.worker);
    render();
    tell();
  });
  return { title: "Connectors", close: polling.stop };
}

/** Which worker this is, in the page's head. */
export function showWorker(worker) {
  const cluster = worker.cluster ? `Kafka cluster ${worker.cluster}` : "Kafka is not reached yet";
  setText(document.getElementById("worker"), `${worker.id} · version ${worker.version} · ${cluster}`);
}
