// One connector: how it is, its charts, what happened to it, where its messages are.

import { makeActions } from "./actions.js";
import { look, pathOf, poll } from "./api.js";
import { makeCharts } from "./charts.js";
import { announce, h, setAttribute, setText } from "./dom.js";
import { health } from "./format.js";
import { historyOf } from "./history.js";
import { makeConfig, makeFacts, makeLedger, makeMessages, makeTimeline } from "./panels.js";
import { badge, showWorker } from "./rows.js";

export function openDetail(main, name) {
  const state = badge();
  const reason = h("p", { class: "reason" });
  const trace = h("details", { class: "trace", hidden: true }, h("summary", {}, "Trace"), h("pre", { tabindex: 0 }));
  const charts = makeCharts();
  const [facts, timeline, ledger] = [makeFacts(), makeTimeline(), makeLedger()];
  const [messages, config] = [makeMessages(name), makeConfig(name)];
  const history = historyOf(name);
  let isFirst = true;
  let gone = false;
  let closed = false;
  let label = "";
  const actions = makeActions(name, (done) => {
    if (done !== "deleted") {
      polling.now();
      return;
    }
    gone = true;
    // Whoever has gone elsewhere meanwhile stays there.
    if (!closed) location.hash = "#/";
  });
  main.replaceChildren(
    h("p", { class: "path" }, h("a", { href: "#/" }, "Connectors")),
    h("div", { class: "title" }, h("h1", { tabindex: -1 }, name), state.node, actions.node),
    reason,
    trace,
    facts.node,
    h("section", { "aria-label": "Charts" }, h("h2", {}, "The last ten minutes"), charts.node),
    h("div", { class: "columns" }, timeline.node, ledger.node),
    messages.node,
    config.node,
  );

  function show(one) {
    const how = health(one);
    state.show(how);
    setText(reason, how.reason);
    setAttribute(reason, "data-tone", how.tone);
    trace.hidden = !one.trace;
    setText(trace.lastChild, one.trace ?? "");
    actions.show(one);
    if (one.history) history.begin(one.history);
    history.look(one.now, one);
    charts.draw(history);
    facts.show(one);
    timeline.show(one.timeline);
    ledger.show(one.ledger);
    messages.show(one.messages);
    showWorker(one.worker);
    if (label !== "" && label !== how.label) announce(`${name} is ${how.label}. ${how.reason}`);
    label = how.label;
  }

  function showGone() {
    main.replaceChildren(
      h("h1", { tabindex: -1 }, name),
      h("p", {}, "There is no such connector on this worker. "),
      h("p", {}, h("a", { href: "#/" }, "All connectors")),
    );
  }

  const polling = poll(async () => {
    if (gone) return;
    try {
      // What was not seen here, on the first look or while nobody looked, the worker has.
      const asks = isFirst || history.isStale();
      show(await look(pathOf(name) + (asks ? "?history=true" : "")));
      isFirst = false;
    } catch (error) {
      if (error.status !== 404) throw error;
      gone = true;
      showGone();
    }
  });
  return {
    title: `${name} – Connectors`,
    close() {
      closed = true;
      polling.stop();
      charts.close();
    },
  };
}
