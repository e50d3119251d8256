// Levels of the worker's log, until its next start.

import { connect, own } from "./api.js";
import { alertUser, announce, clearAlert, h } from "./dom.js";
import { time } from "./format.js";

const LEVELS = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"];

export function openLoggers(main) {
  const body = h("tbody");
  const heads = ["Logger", "Level", "Given"].map((label) => h("th", { scope: "col" }, label));
  const table = h("table", { class: "loggers" }, h("thead", {}, h("tr", {}, heads)), body);
  const none = h("p", { hidden: true });
  main.replaceChildren(
    h("div", { class: "title" }, h("h1", { tabindex: -1 }, "Loggers")),
    h("p", { class: "quiet" }, "A level counts at once, for a logger and those below it, until the worker's next start."),
    none,
    table,
  );

  async function load(focused) {
    try {
      const loggers = await own("GET", "loggers");
      // What all others inherit from comes first.
      loggers.sort((a, b) => (b.name === "root") - (a.name === "root"));
      body.replaceChildren(...loggers.map(row));
      if (focused) [...body.querySelectorAll("select")].find((one) => one.dataset.logger === focused)?.focus();
    } catch (error) {
      table.hidden = true;
      none.hidden = false;
      none.textContent =
        error.status === 404 ? "This listener has no loggers: admin.listeners has them elsewhere, or nowhere." : `The loggers cannot be read: ${error.message}`;
    }
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
    await load(name);
  }

  load();
  return { title: "Loggers", close() {} };
}
