// What can be done with a connector, each by Kafka Connect's own request.

import { connect, pageOf, pathOf } from "./api.js";
import { confirmed } from "./dialog.js";
import { alertUser, announce, clearAlert, h } from "./dom.js";

const ACTIONS = [
  {
    label: "Pause",
    done: "paused",
    request: ["PUT", "/pause"],
    isFor: (one) => one.state === "RUNNING",
    text: "Its task hands no more messages to Kafka. The connection stays open and the buffer fills, by websocket.buffer.overflow; with websocket.pause.mode=disconnect the connection is closed.",
  },
  { label: "Resume", done: "resumed", request: ["PUT", "/resume"], isFor: (one) => one.state !== "RUNNING" },
  {
    label: "Stop",
    done: "stopped",
    request: ["PUT", "/stop"],
    isFor: (one) => one.state !== "STOPPED",
    text: "Its connection is closed, and what has been received is delivered. Its settings and offsets stay; messages that the server sends meanwhile are missed.",
  },
  {
    label: "Restart",
    done: "restarted",
    request: ["POST", "/restart?includeTasks=true"],
    isFor: (one) => one.state !== "STOPPED",
    text: "Its task delivers what it has, ends, and is started anew. Messages that the server sends meanwhile are missed.",
  },
  {
    label: "Delete",
    done: "deleted",
    request: ["DELETE", ""],
    isFor: () => true,
    isDanger: true,
    text: "Its connection is closed, what has been received is delivered, and its settings are gone. Records in Kafka and offsets stay.",
  },
];

/** Buttons for what can be done now: a node and `show(connector)`. `changed` is called after each success. */
export function makeActions(name, changed) {
  const edit = h("a", { class: "button", href: pageOf(name, "/edit") }, "Edit");
  const buttons = ACTIONS.map((action) => {
    const button = h("button", { type: "button", class: action.isDanger ? "danger quiet" : "", hidden: true }, action.label);
    button.addEventListener("click", () => run(action));
    return { action, button };
  });
  const node = h("div", { class: "actions", role: "group", "aria-label": `Actions on ${name}` }, buttons.slice(0, -1).map((one) => one.button), edit, buttons.at(-1).button);

  async function run(action) {
    const question = { title: `${action.label} ${name}?`, text: action.text, yes: action.label, isDanger: action.isDanger };
    if (action.text && !(await confirmed(question))) return;
    const [method, path] = action.request;
    setBusy(true);
    clearAlert();
    try {
      await connect(method, pathOf(name) + path);
      announce(`${name} is ${action.done}.`);
      changed(action.done);
    } catch (error) {
      alertUser(`${action.label} of ${name} has failed: ${error.message}`);
    }
    setBusy(false);
  }

  function setBusy(busy) {
    node.setAttribute("aria-busy", String(busy));
    for (const { button } of buttons) button.disabled = busy;
  }

  function show(connector) {
    for (const { action, button } of buttons) {
      const hides = !action.isFor(connector);
      // A button that goes away must not take the focus with it.
      if (hides && document.activeElement === button) edit.focus();
      button.hidden = hides;
    }
  }

  return { node, show };
}
