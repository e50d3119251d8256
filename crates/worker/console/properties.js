// Settings that no definition has: names which their users give, each with a value.
//
// Invariant: a name counts once it is given and not while it is typed, since what is typed may on its way be the name of
// another setting; and it never takes the place of one that is there.

import { arrange, h, newId, setAttribute, setText } from "./dom.js";

/** They have a definition of the worker's and no field. */
export const OVERRIDE = /^(producer|admin)\.override\./;

/** A name and a value; `isField(name)` is whether a field has that name. */
function makeProperty(key, { draft, changed, removed, isField }) {
  let name = key;
  let refusal = "";
  const kept = draft.kept(key);
  const id = newId("property");
  const plain = { spellcheck: "false", autocapitalize: "off", "aria-describedby": `${id}-error` };
  const named = h("input", { ...plain, type: "text", "aria-label": "Property name", value: key, readonly: Boolean(kept), autocomplete: "off", placeholder: "transforms.name.type" });
  const value = h("input", {
    ...plain, type: kept ? "password" : "text", value: draft.get(key), autocomplete: kept ? "new-password" : "off", placeholder: kept ? "unchanged (hidden)" : "",
  });
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const remove = h("button", { type: "button" }, "Remove");
  const node = h("li", { class: "property" }, h("div", { class: "entry" }, named, value, remove), error);

  function label() {
    const what = named.value.trim() || "the property";
    value.setAttribute("aria-label", `Value of ${what}`);
    remove.setAttribute("aria-label", `Remove ${what}`);
  }

  function setErrors(errors) {
    setText(error, errors.join(" "));
    error.hidden = errors.length === 0;
    setAttribute(named, "aria-invalid", refusal ? "true" : null);
    setAttribute(value, "aria-invalid", errors.length > 0 && !refusal ? "true" : null);
  }

  /** Takes the name that stands there. */
  function commit() {
    const wanted = named.value.trim();
    if (wanted === name && !refusal) return;
    refusal = wanted !== name && (isField(wanted) || draft.has(wanted)) ? `${wanted} is in this form already: change it there.` : "";
    setErrors(refusal ? [refusal] : []);
    if (!refusal && wanted !== name) {
      // What has become a field's is the field's.
      if (!isField(name)) draft.drop(name);
      name = wanted;
      if (name) draft.put(name, value.value);
    }
    changed(wanted);
  }

  label();
  named.addEventListener("input", label);
  named.addEventListener("change", commit);
  value.addEventListener("input", () => {
    if (!name) return;
    if (kept && value.value === "") draft.set(name, "");
    else draft.put(name, value.value);
    changed(name);
  });
  remove.addEventListener("click", () => {
    if (!isField(name)) draft.drop(name);
    removed();
    changed(name);
  });
  return {
    node,
    named,
    commit,
    get name() {
      return name;
    },
    /** Shows what is wrong with its value, or before that with its name; what is to be corrected, and where. */
    show(errors) {
      setErrors(refusal ? [refusal] : errors);
      return { text: error.textContent, input: refusal ? named : value };
    },
  };
}

/** All of them, in `list`; `add` is the button for another one. */
export function makeProperties({ draft, changed, list, add }) {
  let properties = [];
  let fields = new Set();

  function addProperty(name) {
    const removed = () => {
      properties = properties.filter((one) => one !== property);
      property.node.remove();
      commit();
      add.focus();
    };
    const property = makeProperty(name, { draft, changed, removed, isField: (one) => fields.has(one) });
    properties.push(property);
    return property;
  }

  function commit() {
    for (const property of properties) property.commit();
  }

  add.addEventListener("click", () => {
    const property = addProperty("");
    list.append(property.node);
    property.named.focus();
  });
  return {
    /** Takes names that are still being typed. */
    commit,
    /** Shows what none of the fields has, with the errors of names; gives what is to be corrected. */
    render(known, errors) {
      fields = known;
      const isActive = (property) => property.node.contains(document.activeElement);
      properties = properties.filter((property) => !known.has(property.name) || isActive(property));
      const there = new Set(properties.map((property) => property.name));
      for (const name of draft.names()) if (!known.has(name) && !there.has(name)) addProperty(name);
      const shown = properties.map((property) => property.show((OVERRIDE.test(property.name) && errors.get(property.name)) || []));
      arrange(list, properties.map((property) => property.node));
      return shown.filter(({ text }) => text !== "");
    },
  };
}
