// The parts of a connector's page that are made of text.

import { own, pathOf } from "./api.js";
import { h, newId, setText } from "./dom.js";
import { ago, bytes, count, time } from "./format.js";

/** A part of the page with a heading. */
function panel(title, ...children) {
  const id = newId("panel");
  return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

const FACTS = [
  ["Address", (one) => one.session?.url],
  ["State since", (one) => (one.task?.since ? `${time(one.task.since)} (${ago(one.task.since, one.now)})` : null)],
  ["Next attempt", (one) => (one.session?.next_attempt_at ? time(one.session.next_attempt_at) : null)],
  ["Failed attempts", (one) => (one.session?.failed_attempts ? count(one.session.failed_attempts) : null)],
  ["Connections", (one) => (one.session ? count(one.session.connections) : null)],
  ["Received", (one) => (one.task ? `${count(one.task.received)} · ${bytes(one.task.bytes)}` : null)],
  ["In Kafka", (one) => (one.task ? count(one.task.written) : null)],
  ["Dropped", (one) => (one.task ? count(one.task.dropped) : null)],
  ["Last message", (one) => (one.task?.last_message ? `${ago(one.task.last_message, one.now)} ago` : null)],
  ["Topics", (one) => (one.topics.length > 0 ? one.topics.join(", ") : null)],
  ["Spool", (one) => (one.session?.spool ? `${count(one.session.spool.messages)} messages · ${bytes(one.session.spool.bytes)}` : null)],
  ["Spool fault", (one) => one.session?.spool?.fault],
];

export function makeFacts() {
  const facts = FACTS.map(([label, value]) => {
    const text = h("dd");
    return { value, text, node: h("div", {}, h("dt", {}, label), text) };
  });
  return {
    node: h("dl", { class: "facts" }, facts.map((fact) => fact.node)),
    show(one) {
      for (const { value, text, node } of facts) {
        const shown = value(one) ?? "";
        node.hidden = shown === "";
        setText(text, shown);
      }
    },
  };
}

const KINDS = {
  connecting: ["Connecting", "busy"],
  connected: ["Connected", "good"],
  failed: ["Not connected", "bad"],
  lost: ["Lost", "warn"],
  paused: ["Paused", "idle"],
  resumed: ["Resumed", "idle"],
  stopped: ["Stopped", "idle"],
  spool: ["Spool", "warn"],
  task_failed: ["Task failed", "bad"],
};

/** What happened to the connection, the newest first. */
export function makeTimeline() {
  const list = h("ol", { class: "timeline", tabindex: 0, "aria-label": "Connection events, the newest first" });
  const none = h("p", { class: "quiet" }, "Nothing yet.");
  let seen = "";
  return {
    node: panel("Connection", none, list),
    show(moments) {
      const key = JSON.stringify(moments);
      if (key === seen) return;
      seen = key;
      none.hidden = moments.length > 0;
      list.hidden = moments.length === 0;
      const entries = moments.map(({ at, kind, text }) => {
        const [label, tone] = KINDS[kind] ?? [kind, "idle"];
        const when = h("time", { datetime: new Date(at).toISOString() }, time(at));
        return h("li", { "data-tone": tone }, h("span", { class: "mark", "aria-hidden": "true" }), when, h("strong", {}, label), h("span", { class: "words" }, text));
      });
      list.replaceChildren(...entries.reverse());
    },
  };
}

const REASONS = {
  overflow: "Dropped: buffer full",
  binary: "Dropped: binary",
  stop: "Dropped: task ended",
  spool: "Dropped: spool damaged",
  error: "Dropped: refused (errors.tolerance)",
  oversize: "Dropped: too large",
  filter: "Removed by a transform",
};

/** Where every message is. */
export function makeLedger() {
  const body = h("tbody");
  const foot = h("tfoot");
  const none = h("p", { class: "quiet" }, "No task.");
  const table = h("table", { class: "ledger" }, body, foot);
  const row = (label, value) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, count(value)));
  return {
    node: panel("Delivery ledger", none, table),
    show(ledger) {
      none.hidden = Boolean(ledger);
      table.hidden = !ledger;
      if (!ledger) return;
      const lost = Object.entries({ ...ledger.dropped, ...ledger.removed });
      const places = [
        ["In Kafka (acknowledged)", ledger.acknowledged],
        ["In memory", ledger.in_flight],
        ["On disk (spool)", ledger.spooled],
        ...lost.filter(([, value]) => value > 0).map(([reason, value]) => [REASONS[reason] ?? reason, value]),
      ];
      const came = ledger.received + ledger.replayed;
      const there = places.reduce((sum, [, value]) => sum + value, 0);
      const inputs = [["Received", ledger.received]];
      if (ledger.replayed > 0) inputs.push(["Found in the spool", ledger.replayed]);
      body.replaceChildren(...inputs.map(([label, value]) => row(label, value)), ...places.map(([label, value]) => row(`… ${label}`, value)));
      const balance = came === there ? "Every message is accounted for" : `${count(came - there)} messages are not accounted for`;
      foot.replaceChildren(h("tr", {}, h("td", { colspan: 2, "data-tone": came === there ? "good" : "bad" }, balance)));
    },
  };
}

/** What the newest records look like, if the worker shows that. */
export function makeMessages(name) {
  const shown = h("div", { "aria-live": "polite" });
  const off = h("p", { class: "quiet" }, "Not shown on this worker. ", h("code", {}, "console.messages=redacted"), " in its file shows what messages are made of, without their values.");
  const read = h("button", { type: "button", onclick: load }, "Read the newest from Kafka");
  const tools = h("p", {}, read, h("span", { class: "quiet" }, " Structure only; values are never shown."));

  async function load() {
    read.disabled = true;
    shown.replaceChildren(h("p", { class: "quiet" }, "Reading …"));
    try {
      const { topic, records } = await own("POST", `${pathOf(name)}/messages`);
      const entries = records.map(({ partition, offset, at, key, value, headers }) => {
        const place = `${topic}-${partition} @ ${offset}${at ? ` · ${time(at)}` : ""}`;
        const parts = [["key", key], ["value", value], ...headers.map((header) => [`header ${header.name}`, header.value])];
        const made = parts.filter(([, part]) => part.kind !== "none").map(([label, part]) => h("div", {}, h("span", { class: "quiet" }, `${label}: `), describe(part)));
        return h("li", {}, h("p", { class: "quiet" }, place), made);
      });
      shown.replaceChildren(entries.length > 0 ? h("ol", { class: "records" }, entries) : h("p", {}, `${topic} has no records.`));
    } catch (error) {
      shown.replaceChildren(h("p", { class: "error" }, error.message));
    }
    read.disabled = false;
  }

  function describe(part) {
    if (part.kind === "json") return showShape(part.shape);
    if (part.kind === "text") return `text, ${count(part.characters)} characters`;
    return `${count(part.bytes)} bytes`;
  }

  function showShape(shape) {
    const line = JSON.stringify(shape).replace(/[:,](?=["[{])/g, "$& ");
    return line.length <= 160 ? h("code", {}, line) : h("pre", { tabindex: 0 }, JSON.stringify(shape, null, 2));
  }

  return {
    node: panel("Recent messages", off, tools, shown),
    show(enabled) {
      off.hidden = enabled;
      tools.hidden = !enabled;
    },
  };
}

/** The settings that may be shown, when somebody wants to see them. */
export function makeConfig(name) {
  const shown = h("div");
  const details = h("details", {}, h("summary", {}, "Show the settings"), shown);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      const { config, hidden } = await own("GET", `${pathOf(name)}/config`);
      const all = [...Object.entries(config), ...Object.entries(hidden).map(([key, hint]) => [key, hint ? `${hint} (the rest is hidden)` : "hidden"])];
      all.sort(([a], [b]) => (a < b ? -1 : 1));
      const rows = all.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, key)), h("td", { class: key in config ? "" : "quiet" }, value)));
      shown.replaceChildren(h("table", { class: "settings" }, h("tbody", {}, rows)));
    } catch (error) {
      shown.replaceChildren(h("p", { class: "error" }, error.message));
    }
  });
  return { node: panel("Settings", details) };
}
