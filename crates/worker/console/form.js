// Creating and changing a connector. The form is made of what the worker validates: its settings, their types, their
// defaults and what is wrong with them. It only says what is changed, so that a secret which is not touched stays.

import { connect, own, pageOf, pathOf } from "./api.js";
import { alertUser, announce, h } from "./dom.js";
import { Draft } from "./draft.js";
import { makeField } from "./fields.js";
import { FIRST, makeView } from "./formview.js";
import { makePreview } from "./preview.js";
import { OVERRIDE, makeProperties } from "./properties.js";

const CLASS = "io.conduktor.connect.websocket.WebSocketSourceConnector";
const VALIDATE_AFTER_MS = 350;

/** Where the connector's own settings are in the form, by the beginnings of their names. */
const SECTIONS = [
  ["Connection", /^websocket\.(reconnect|connection|ping|pong|pause)\./],
  ["Messages", /^websocket\.(value|binary|oversize|message\.max)/],
  ["Buffer and spool", /^websocket\.(message\.queue|buffer|spool)\./],
];

/** Where a setting is in the form. */
function sectionOf({ name, group }) {
  if (name === "name") return FIRST;
  if (group !== null) return group;
  return SECTIONS.find(([, names]) => names.test(name))?.[0] ?? FIRST;
}

export function openForm(main, of) {
  const title = of ? `Edit ${of}` : "New connector";
  main.replaceChildren(h("h1", { tabindex: -1 }, title), h("p", { class: "quiet" }, "Reading the settings …"));
  const form = { closed: false };
  start(main, of, title, form).catch((error) => {
    if (!form.closed) main.replaceChildren(h("h1", { tabindex: -1 }, title), h("p", { class: "error" }, error.message));
  });
  return {
    title: `${title} – Connectors`,
    close() {
      form.closed = true;
      clearTimeout(form.timer);
    },
  };
}

async function start(main, of, title, form) {
  const stored = of ? await own("GET", `${pathOf(of)}/config`) : { config: { "connector.class": CLASS }, hidden: {} };
  const draft = new Draft(of, stored);
  const view = makeView(title, of);
  const fields = new Map();
  const touched = new Set();
  let asked = 0;
  let answer = null;
  let isSent = Boolean(of);
  const properties = makeProperties({ draft, changed, list: view.properties, add: view.add });

  async function validate() {
    clearTimeout(form.timer);
    asked += 1;
    const turn = asked;
    const seen = await own("POST", "validate", draft.body());
    // A newer question is on its way.
    if (form.closed || turn !== asked) return null;
    answer = seen;
    render();
    return seen;
  }

  function changed(name) {
    touched.add(name);
    clearTimeout(form.timer);
    form.timer = setTimeout(() => validate().catch(view.showUnasked), VALIDATE_AFTER_MS);
  }

  /** Settings with their section, and the sections in their order. */
  function sections() {
    const found = new Map([FIRST, ...SECTIONS.map(([section]) => section)].map((section) => [section, []]));
    for (const group of answer.validation.groups) found.set(group, []);
    for (const config of answer.validation.configs) {
      const { name } = config.definition;
      if (name === "connector.class" || OVERRIDE.test(name)) continue;
      const section = sectionOf(config.definition);
      if (!found.has(section)) found.set(section, []);
      found.get(section).push(config);
    }
    found.get(FIRST).sort((a, b) => (b.definition.name === "name") - (a.definition.name === "name"));
    return [...found].filter(([, configs]) => configs.length > 0);
  }

  function fieldOf({ definition, value }) {
    const { name } = definition;
    const isSecret = answer.secrets.includes(name);
    const made = JSON.stringify([definition.type, definition.default_value, value.recommended_values, isSecret]);
    if (fields.get(name)?.made !== made) {
      const isFixed = Boolean(of) && name === "name";
      fields.set(name, makeField(definition, value.recommended_values, { draft, changed, isSecret, isFixed }));
    }
    const field = fields.get(name);
    field.sync();
    return field;
  }

  function render() {
    const problems = [];
    const known = new Set(["connector.class"]);
    const parts = sections().map(([section, configs]) => {
      let wrong = 0;
      const nodes = configs.map((config) => {
        const field = fieldOf(config);
        const { name, errors } = config.value;
        known.add(name);
        const shown = isSent || touched.has(name) ? errors : [];
        field.setErrors(shown);
        wrong += shown.length > 0 ? 1 : 0;
        if (errors.length > 0) problems.push({ text: errors.join(" "), input: field.input });
        return field.node;
      });
      const given = configs.filter(({ value }) => draft.has(value.name)).length;
      return { section, nodes, wrong, given };
    });
    for (const name of [...fields.keys()]) if (!known.has(name)) fields.delete(name);
    view.showSections(parts);
    const errors = new Map(answer.validation.configs.map(({ value }) => [value.name, value.errors]));
    problems.push(...properties.render(known, errors));
    const left = answer.validation.configs.filter(({ value }) => value.name === "connector.class");
    problems.push(...left.flatMap(({ value }) => value.errors.map((text) => ({ text, input: null }))));
    if (answer.unstartable) problems.push({ text: answer.unstartable, input: null });
    view.showProblems(problems, answer.warnings, isSent);
  }

  /** Whether everything is valid; if not, its user is led to what is wrong. */
  async function isValid() {
    isSent = true;
    properties.commit();
    // What is typed meanwhile is asked for as well.
    while ((await validate()) === null) if (form.closed) return false;
    return view.showProblems(view.problems, answer.warnings, true, true) === 0;
  }

  function failElsewhere(why) {
    alertUser(`${draft.get("name")} has not been saved: ${why}`);
  }

  async function save() {
    view.setBusy(true);
    try {
      if (await isValid()) {
        const { config } = draft.body();
        if (of) await connect("PATCH", `${pathOf(of)}/config`, config);
        else await connect("POST", "connectors", { name: config.name, config, initial_state: view.state.value });
        announce(of ? `${of} is changed.` : `${config.name} is created.`);
        // Whoever has gone elsewhere meanwhile stays there.
        if (!form.closed) location.hash = pageOf(of ?? config.name.trim());
      } else if (form.closed) {
        failElsewhere("its page was left before it was checked");
      }
    } catch (error) {
      if (form.closed) failElsewhere(error.message);
      else view.fail(error);
    }
    view.setBusy(false);
  }

  view.form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  const preview = makePreview(async () => ((await isValid()) ? draft.body() : null));
  view.previewed.replaceWith(preview.node);
  view.buttons.append(preview.button);
  await validate();
  if (form.closed) return;
  main.replaceChildren(view.node);
  // The heading that had the focus is gone.
  if (document.activeElement === document.body) view.node.querySelector("h1").focus();
}
