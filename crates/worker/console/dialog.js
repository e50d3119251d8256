// A question before what cannot be undone at once. The browser keeps the focus in it and gives it back.

import { h, newId } from "./dom.js";

/** Asks; gives whether the answer was yes. */
export function confirmed({ title, text, yes, isDanger }) {
  const [titleId, textId] = [newId("dialog"), newId("dialog")];
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": titleId, "aria-describedby": textId });
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const no = h("button", { type: "button", onclick: () => close(false) }, "Cancel");
    const go = h("button", { type: "button", class: isDanger ? "danger" : "main", onclick: () => close(true) }, yes);
    dialog.append(h("h2", { id: titleId }, title), h("p", { id: textId }, text), h("div", { class: "buttons" }, no, go));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(false);
    });
    document.body.append(dialog);
    dialog.showModal();
    // What is safe is what Enter does.
    no.focus();
  });
}
