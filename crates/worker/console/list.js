// The list of all connectors, and how each of them is.

import { look, poll } from "./api.js";
import { announce, arrange, h, setAttribute, setText } from "./dom.js";
import { health, isProblem } from "./format.js";
import { historyOf, keepOnly } from "./history.js";
import { COLUMNS, makeRow, showWorker } from "./rows.js";

const FILTERS = [
  ["All", () => true],
  ["Live", (one) => health(one).tone === "good"],
  ["Problems", isProblem],
  ["Paused or stopped", (one) => health(one).tone === "idle"],
];

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

  /** Whether a row would move under a pointer that is down, or with a link that has the focus. */
  function isHeld() {
    return body.matches(":active") || body.contains(document.activeElement);
  }

  /** Rows that are there stay where they are, before those that have come. */
  function inPlace(nodes) {
    const wanted = new Set(nodes);
    return [...new Set([...body.children].filter((node) => wanted.has(node)).concat(nodes))];
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
    arrange(body, isHeld() ? inPlace(nodes) : nodes);
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
