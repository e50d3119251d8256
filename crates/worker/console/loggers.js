// Levels of the worker's log, until its next start.

import { connect, look, poll } from "./api.js";
import { alertUser, announce, clearAlert, h, setText } from "./dom.js";
import { time } from "./format.js";

const LEVELS = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"];

export function openLoggers(main) {
  const body = h("tbody");
  const heads = ["Logger", "Level", "Given"].map((label) => h("th", { scope: "col" }, label));
  const table = h("table", { class: "loggers" }, h("thead", {}, h("tr", {}, heads)), body);
  table.hidden = true;
  const none = h("p", {}, "Reading the loggers …");
  let asking = null;
  let closed = false;
  main.replaceChildren(
    h("div", { class: "title" }, h("h1", { tabindex: -1 }, "Loggers")),
    h("p", { class: "quiet" }, "A level counts at once, for a logger and those below it, until the worker's next start."),
    none,
    table,
  );

  /** Asks until there is an answer; not longer, since a list that is open must not be made anew. */
  function load() {
    asking?.stop();
    const polling = poll(async () => {
      const loggers = await read();
      // Another one asks by now, or nobody wants to know.
      if (polling !== asking) return;
      polling.stop();
      show(loggers);
    });
    asking = polling;
  }

  async function read() {
    try {
      return await look("loggers");
    } catch (error) {
      if (error.status !== 404) throw error;
      return null;
    }
  }

  function show(loggers) {
    table.hidden = !loggers;
    none.hidden = Boolean(loggers);
    setText(none, "This listener has no loggers: admin.listeners has them elsewhere, or nowhere.");
    if (!loggers) return;
    // What all others inherit from comes first.
    loggers.sort((a, b) => (b.name === "root") - (a.name === "root"));
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.logger : null;
    body.replaceChildren(...loggers.map(row));
    if (focused) [...body.querySelectorAll("select")].find((one) => one.dataset.logger === focused)?.focus();
  }

  function row({ name, component, level, own: isOwn, last_modified: modified }) {
    const options = LEVELS.map((one) => h("option", { value: one, selected: one === level }, one));
    const select = h("select", { "aria-label": `Level of ${name}`, "data-logger": name, onchange: () => set(name, select.value) }, options);
    const given = modified ? time(modified) : isOwn ? "" : "inherited";
    const what = component ? h("span", { class: "quiet" }, `[${component}] `) : null;
    return h("tr", {}, h("th", { scope: "row" }, what, h("code", {}, name)), h("td", {}, select), h("td", { class: "quiet" }, given));
  }

  async function set(name, level) {
    clearAlert();
    try {
      await connect("PUT", `admin/loggers/${encodeURIComponent(name)}`, { level });
      announce(`${name} is at ${level}.`);
    } catch (error) {
      alertUser(`The level of ${name} has not been changed: ${error.message}`);
    }
    if (!closed) load();
  }

  load();
  return {
    title: "Loggers",
    close() {
      closed = true;
      asking.stop();
    },
  };
}
