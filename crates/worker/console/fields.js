// One setting of the form: its label, its input as its definition asks for it, what it does and what is wrong with it.

import { h, newId, setAttribute, setText } from "./dom.js";

const TRUTH = ["true", "false"];

/** What an input's empty state means. */
function placeholder(definition, kept) {
  if (kept) return kept.hint ? `unchanged: ${kept.hint} (the rest is hidden)` : "unchanged (hidden)";
  return definition.default_value ? String(definition.default_value) : "";
}

function makeSelect(definition, choices, attributes) {
  const unset = definition.default_value === null ? "not set" : `default: ${definition.default_value}`;
  const options = choices.map((choice) => h("option", { value: choice }, choice));
  return h("select", attributes, h("option", { value: "" }, unset), options);
}

/** The input for a definition; a secret is never one that can be read over a shoulder. */
function makeInput(definition, recommended, { isSecret, kept, ...attributes }) {
  const choices = definition.type === "BOOLEAN" ? TRUTH : recommended;
  if (choices.length > 0 && !isSecret && definition.type !== "CLASS" && definition.type !== "LIST") {
    return { input: makeSelect(definition, choices, attributes), extra: [] };
  }
  const isNumber = ["INT", "LONG", "SHORT", "DOUBLE"].includes(definition.type);
  const input = h("input", {
    ...attributes,
    type: isSecret ? "password" : "text",
    inputmode: isNumber ? "numeric" : null,
    autocomplete: isSecret ? "new-password" : "off",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: placeholder(definition, kept),
  });
  if (isSecret) return { input, extra: [makeReveal(input, definition.name)] };
  if (choices.length === 0) return { input, extra: [] };
  const list = h("datalist", { id: newId("choices") }, choices.map((choice) => h("option", { value: choice })));
  input.setAttribute("list", list.id);
  return { input, extra: [list] };
}

/** Shows what is being typed; what is stored is never here to be shown. */
function makeReveal(input, name) {
  const button = h("button", { type: "button", class: "reveal", "aria-pressed": "false", "aria-label": `Show what is typed for ${name}` }, "Show");
  button.addEventListener("click", () => {
    const shows = input.type === "password";
    input.type = shows ? "text" : "password";
    button.setAttribute("aria-pressed", String(shows));
  });
  return button;
}

/** Takes a stored secret away, and thinks better of it. */
function makeRemove(name, changed) {
  const button = h("button", { type: "button", "aria-pressed": "false" }, "Remove");
  button.setAttribute("aria-label", `Remove ${name}`);
  button.addEventListener("click", () => {
    const removes = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(removes));
    setText(button, removes ? "Removed" : "Remove");
    changed(removes);
  });
  return button;
}

/**
 * A setting. `draft` has its value; `changed(name)` is called when it has another one; `kept` is `{hint}` if it has a
 * value that is not shown.
 */
export function makeField(definition, recommended, { draft, changed, isSecret, isFixed }) {
  const { name } = definition;
  const id = newId("setting");
  const kept = draft.kept(name);
  const { input, extra } = makeInput(definition, recommended, {
    id, isSecret, kept, name, "aria-describedby": `${id}-doc ${id}-error`, "aria-required": definition.required ? "true" : null,
    readonly: isFixed,
  });
  input.value = draft.get(name);
  input.addEventListener(input.tagName === "SELECT" ? "change" : "input", () => {
    draft.set(name, input.value);
    changed(name);
  });
  if (kept) {
    extra.push(makeRemove(name, (removes) => {
      draft.remove(name, removes);
      input.disabled = removes;
      changed(name);
    }));
  }
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const meta = [definition.required ? "required" : "", definition.type.toLowerCase()].filter(Boolean).join(" · ");
  const node = h(
    "div",
    { class: "field", "data-setting": name },
    h("div", { class: "what" }, h("label", { for: id }, h("code", {}, name)), h("span", { class: "meta" }, meta)),
    h(
      "div",
      { class: "how" },
      h("div", { class: "entry" }, input, extra),
      error,
      h("p", { class: "doc", id: `${id}-doc` }, definition.documentation ?? ""),
    ),
  );
  return {
    node,
    input,
    /** What it was made of: another definition is another field. */
    made: JSON.stringify([definition.type, definition.default_value, recommended, isSecret]),
    setErrors(errors) {
      setText(error, errors.join(" "));
      error.hidden = errors.length === 0;
      setAttribute(input, "aria-invalid", errors.length > 0 ? "true" : null);
    },
    /** Takes a value that was given elsewhere. */
    sync() {
      if (document.activeElement !== input && input.value !== draft.get(name)) input.value = draft.get(name);
    },
  };
}
