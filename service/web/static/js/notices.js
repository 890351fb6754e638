// Notices above the content, and sentences for screen readers.

import { hear } from "./bus.js";
import { button, byId, el, icon, iconButton } from "./dom.js";

/** Shows a notice until it is closed or another of the same `about` takes its place. */
export function notify({ about, kind = "info", title, text = null, extra = [] }) {
  withdraw(about);
  const notice = el("div", { className: `notice ${kind}`, role: kind === "error" ? "alert" : "status" },
    kind === "error" ? icon("warning") : null,
    el("div", { className: "notice-body" },
      el("p", { className: "notice-title" }, title),
      text === null ? null : el("p", {}, text),
      ...extra),
    iconButton("Dismiss", "close", () => notice.remove()));
  notice.dataset.about = about;
  byId("notices").append(notice);
  if (kind === "error") notice.scrollIntoView({ block: "nearest" });
}

export function withdraw(about) {
  for (const notice of byId("notices").children) {
    if (notice.dataset.about === about) notice.remove();
  }
}

export function notifyError(about, error, retry = null) {
  const extra = [...placesOf(error), ...(retry === null || !error.passes ? [] : [button("Try again", () => {
    withdraw(about);
    retry();
  })])];
  notify({ about, kind: "error", title: error.title ?? "This page has a bug", text: error.message, extra });
}

/** The places of an error that its sentence does not name already. */
export function placesOf(error) {
  const places = (error.errors ?? []).filter((place) => place.detail !== error.message);
  if (places.length === 0) return [];
  return [el("ul", {}, ...places.map((place) => el("li", {}, `${place.pointer}: ${place.detail}`)))];
}

export function announce(sentence) {
  byId("announcer").textContent = sentence;
}

// Another key may do what was refused.
hear("key", () => {
  for (const notice of byId("notices").querySelectorAll(".error")) notice.remove();
});
