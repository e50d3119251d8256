// Which page is shown: the part of the address after the hash says so.

import { settleOnline } from "./api.js";
import { clearAlert, h } from "./dom.js";
import { openDetail } from "./detail.js";
import { openForm } from "./form.js";
import { openList } from "./list.js";
import { openLoggers } from "./loggers.js";

const main = document.getElementById("main");
let page = null;

/** The parts of an address; `null` if it is none. */
function partsOf(hash) {
  try {
    return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** The page of an address: `open(main, ...parameters)`, which gives a title and `close`. */
function pageAt(hash) {
  const parts = partsOf(hash);
  if (!parts) return ["", openNothing];
  const [first, name, last] = parts;
  if (!first) return ["connectors", () => openList(main)];
  if (first === "loggers" && parts.length === 1) return ["loggers", () => openLoggers(main)];
  if (first === "new" && parts.length === 1) return ["connectors", () => openForm(main, null)];
  if (first === "connectors" && parts.length === 2) return ["connectors", () => openDetail(main, name)];
  if (first === "connectors" && last === "edit" && parts.length === 3) return ["connectors", () => openForm(main, name)];
  return ["", openNothing];
}

function openNothing() {
  main.replaceChildren(h("h1", { tabindex: -1 }, "There is no such page"), h("p", {}, h("a", { href: "#/" }, "All connectors")));
  return { title: "No such page", close() {} };
}

/** Shows the page of the present address; whoever moves by keyboard goes on from its heading. */
function show(isFirst) {
  page?.close();
  clearAlert();
  const [menu, open] = pageAt(location.hash);
  page = open();
  settleOnline();
  document.title = page.title;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === menu) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!isFirst) {
    main.querySelector("h1")?.focus();
    scrollTo(0, 0);
  }
}

addEventListener("hashchange", () => {
  if (location.hash === "" || location.hash.startsWith("#/")) show(false);
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
show(true);
