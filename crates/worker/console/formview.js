// The form without its settings: its parts, what is wrong, and the buttons.

import { pageOf } from "./api.js";
import { arrange, h, newId, setAttribute, setText } from "./dom.js";

/** The part of the form that is always open. */
export const FIRST = "Connector";

/** The form without its settings. */
export function makeView(title, of) {
  const body = h("div");
  const properties = h("ul", { class: "properties" });
  const add = h("button", { type: "button" }, "Add a property");
  const summary = h("div", { class: "summary", tabindex: -1, hidden: true, role: "group", "aria-label": "What is to be corrected" });
  const warnings = h("ul", { class: "warnings", hidden: true });
  const status = h("p", { class: "status", role: "status" });
  const save = h("button", { type: "submit", class: "main" }, of ? "Save" : "Create");
  const states = ["running", "paused", "stopped"].map((one) => h("option", { value: one.toUpperCase() }, one));
  const state = h("select", { id: newId("state") }, states);
  const initial = of ? null : h("label", { class: "initial", for: state.id }, "Start it ", state);
  const cancel = h("a", { class: "button", href: of ? pageOf(of) : "#/" }, "Cancel");
  const buttons = h("div", { class: "buttons" }, save, initial, cancel);
  const previewed = h("div");
  const raw = section("Other properties", h("p", { class: "quiet" }, "Whatever has no field above: transforms.*, predicates.*, converters' settings, producer.override.*."), properties, add);
  const form = h("form", { novalidate: true }, summary, body, raw, previewed, h("div", { class: "foot" }, warnings, buttons, status));
  const parts = new Map();
  const node = h("div", {}, h("p", { class: "path" }, h("a", { href: of ? pageOf(of) : "#/" }, of ?? "Connectors")), h("h1", { tabindex: -1 }, title), form);

  function partOf(name) {
    if (!parts.has(name)) {
      const fields = h("div", { class: "fields" });
      const mark = h("span", { class: "mark-text" });
      const isOpen = name === FIRST;
      const details = isOpen
        ? h("section", { class: "part" }, fields)
        : h("details", { class: "part" }, h("summary", {}, h("h2", {}, name), " ", mark), fields);
      parts.set(name, { fields, mark, node: details });
    }
    return parts.get(name);
  }

  const view = {
    node, form, properties, add, state, previewed, buttons, problems: [],
    showSections(shown) {
      const nodes = shown.map(({ section: name, nodes: fields, wrong, given }) => {
        const part = partOf(name);
        arrange(part.fields, fields);
        setText(part.mark, wrong > 0 ? `${wrong} to correct` : given > 0 ? `${given} given` : "");
        setAttribute(part.mark, "data-tone", wrong > 0 ? "bad" : null);
        if (wrong > 0 && part.node.tagName === "DETAILS") part.node.open = true;
        return part.node;
      });
      arrange(body, nodes);
    },
    /** Shows what is wrong, and leads there if asked; how many there are. */
    showProblems(problems, told, isSent, leads = false) {
      view.problems = problems;
      const number = problems.length;
      setText(status, number === 0 ? "All settings are valid." : `${number} ${number === 1 ? "setting is" : "settings are"} to be completed or corrected.`);
      summary.hidden = number === 0 || !isSent;
      const links = problems.map(({ text, input }) => {
        const lead = () => {
          input.closest("details")?.setAttribute("open", "");
          input.focus();
        };
        return h("li", {}, input ? h("button", { type: "button", class: "link", onclick: lead }, text) : text);
      });
      summary.replaceChildren(h("h2", {}, "To be corrected"), h("ul", {}, links));
      warnings.hidden = told.length === 0;
      warnings.replaceChildren(...told.map((text) => h("li", {}, text)));
      if (leads && number > 0) summary.focus();
      return number;
    },
    showUnasked(error) {
      setText(status, `The worker cannot be asked: ${error.message}`);
    },
    fail(error) {
      summary.hidden = false;
      summary.replaceChildren(h("h2", {}, "That has not worked"), h("p", {}, error.message));
      summary.focus();
    },
    setBusy(busy) {
      save.disabled = busy;
      form.setAttribute("aria-busy", String(busy));
    },
  };
  return view;
}

function section(title, ...children) {
  const id = newId("section");
  return h("details", { class: "part" }, h("summary", {}, h("h2", { id }, title)), h("div", { class: "inner" }, children));
}
