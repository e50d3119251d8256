// The first messages of a connector that is not saved yet, as they would be produced. Nothing goes to Kafka.

import { own } from "./api.js";
import { h } from "./dom.js";
import { count } from "./format.js";

const ENDS = {
  full: "These are the first ones.",
  failed: "The connection has failed.",
};

/** A button and the place of its answer; `ask` gives what to try, or null if that is not valid. */
export function makePreview(ask) {
  const shown = h("div", { "aria-live": "polite" });
  const node = h("section", { class: "preview", "aria-label": "Preview", hidden: true }, h("h2", {}, "Preview"), shown);
  const button = h("button", { type: "button", onclick: run }, "Preview messages");

  async function run() {
    button.disabled = true;
    try {
      const body = await ask();
      if (body) {
        node.hidden = false;
        node.scrollIntoView({ block: "center" });
        shown.replaceChildren(h("p", { class: "quiet" }, "Connecting and waiting for messages, ten seconds at the most …"));
        show(await own("POST", "preview", body));
        node.scrollIntoView({ block: "nearest" });
      }
    } catch (error) {
      node.hidden = false;
      shown.replaceChildren(h("p", { class: "error" }, error.message));
    }
    button.disabled = false;
  }

  function show({ records, left_out: leftOut, ended, reason, wait_ms: waited }) {
    const missing = records.length === 0 ? "No message has come" : `${count(records.length)} came`;
    const end = ENDS[ended] ?? `${missing} within ${count(waited / 1000)} s.`;
    const parts = [h("p", { class: ended === "failed" ? "error" : "quiet" }, reason ? `${end} ${reason}` : end)];
    if (records.length > 0) parts.push(h("ol", { class: "records" }, records.map(entry)));
    if (leftOut.length > 0) parts.push(h("ul", { class: "warnings" }, leftOut.map((fate) => h("li", {}, fate))));
    shown.replaceChildren(...parts);
  }

  function entry({ topic, partition, key, value, headers }) {
    const place = partition === null || partition === undefined ? topic : `${topic}, partition ${partition}`;
    const more = [["key", key], ...(headers ?? []).map((header) => [`header ${header.name}`, header.value])];
    const lines = more.filter(([, part]) => part).map(([label, part]) => h("p", {}, h("span", { class: "quiet" }, `${label}: `), h("code", {}, text(part))));
    return h("li", {}, h("p", { class: "quiet" }, place), lines, h("pre", { tabindex: 0 }, value ? text(value) : "null"));
  }

  function text(part) {
    return part.cut ? `${part.text}… (${count(part.bytes)} bytes)` : part.text;
  }

  return { node, button };
}
