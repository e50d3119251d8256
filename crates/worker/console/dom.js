// Nodes without markup: whatever comes from a server is text, never HTML.

const SVG = "http://www.w3.org/2000/svg";

function give(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
}

/** An element with attributes (`onclick` and the like are listeners) and children. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  give(node, attributes);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** The same for drawings. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  give(node, attributes);
  node.append(...children);
  return node;
}

/** Changes a text only if it is another one, so that nothing is drawn or told again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute only if it is another one; `null` takes it away. */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Nodes in their order, touching only those that are elsewhere: moving one takes the focus off it. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  // Others are moved around what goes if it is still there.
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  let at = parent.firstChild;
  for (const node of nodes) {
    if (at === node) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
}

/** Tells screen readers something that the page shows anyway. */
export function announce(text) {
  const place = document.getElementById("announce");
  // The same words again are told again, too.
  place.textContent = "";
  setTimeout(() => setText(place, text), 50);
}

/** Shows what went wrong until it is put away or something else happens. */
export function alertUser(text) {
  const close = h("button", { type: "button", class: "plain", onclick: clearAlert, "aria-label": "Dismiss" }, "×");
  document.getElementById("alert").replaceChildren(h("div", { class: "alert" }, h("p", {}, text), close));
}

export function clearAlert() {
  document.getElementById("alert").replaceChildren();
}

let ids = 0;

/** A new id. */
export function newId(what) {
  ids += 1;
  return `${what}-${ids}`;
}
