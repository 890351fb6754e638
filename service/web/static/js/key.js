// The API key of this tab, and the dialog that asks for it.

import { tell } from "./bus.js";
import { button, byId, el } from "./dom.js";
import { openDialog } from "./dialog.js";

// Several services may share one origin, each below its own path.
const PLACE = `api key of ${new URL(".", document.baseURI).pathname}`;

export const apiKey = () => sessionStorage.getItem(PLACE);

/** @type {import("./dialog.js").Dialog | null} */
let asking = null;

/**
 * Asks for a key once, however many calls were refused; `reason` is the service's sentence.
 * @param {string} reason
 */
export function askForKey(reason) {
  byId("key-button").hidden = false;
  asking ??= open(reason);
}

export function installKeyButton() {
  const shown = byId("key-button");
  shown.hidden = apiKey() === null;
  shown.addEventListener("click", () => askForKey("A key for this tab. It is forgotten when the tab closes."));
}

/** @param {string} reason */
function open(reason) {
  const input = el("input", {
    id: "key", type: "password", required: true, autocomplete: "off", spellcheck: false,
    pattern: "[\\x21-\\x7e]+", title: "Letters, digits and signs of ASCII, without spaces",
    "aria-describedby": "key-reason",
  });
  const dialog = openDialog("API key", [
    el("p", { id: "key-reason" }, reason),
    el("div", { className: "field" }, el("label", { htmlFor: "key" }, "Key"), input),
    el("p", { className: "hint" }, "Kept in this tab only, until it is closed."),
    el("div", { className: "dialog-actions" },
      button("Not now", () => dialog.close(), { className: "quiet" }),
      el("button", { type: "submit", className: "primary" }, "Use this key")),
  ], {
    onSubmit: () => {
      sessionStorage.setItem(PLACE, input.value);
      dialog.close();
      tell("key");
    },
  });
  dialog.onClose(() => { asking = null; });
  return dialog;
}
