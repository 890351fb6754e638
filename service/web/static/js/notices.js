// Notices above the content, and sentences for screen readers.

import { hear } from "./bus.js";
import { button, byId, el, icon, iconButton } from "./dom.js";

/**
 * Shows a notice until it is closed or another of the same `about` takes its place.
 * @param {{ about: string, kind?: "info" | "caution" | "error", title: string, text?: string | null, extra?: Node[] }} notice
 */
export function notify({ about, kind = "info", title, text = null, extra = [] }) {
  withdraw(about);
  /** @type {HTMLElement} */
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

/** @param {string} about */
export function withdraw(about) {
  for (const notice of byId("notices").querySelectorAll(".notice")) {
    if (notice instanceof HTMLElement && notice.dataset.about === about) notice.remove();
  }
}

/**
 * @param {string} about
 * @param {unknown} error
 * @param {(() => unknown) | null} [retry]
 */
export function notifyError(about, error, retry = null) {
  const trouble = troubleOf(error);
  const extra = [...placesOf(trouble), ...(retry === null || !trouble.passes ? [] : [button("Try again", () => {
    withdraw(about);
    retry();
  })])];
  notify({ about, kind: "error", title: trouble.title ?? "This page has a bug", text: trouble.message, extra });
}

/**
 * The places of an error that its sentence does not name already.
 * @param {Trouble} error
 */
export function placesOf(error) {
  const places = (error.errors ?? []).filter((place) => place.detail !== error.message);
  if (places.length === 0) return [];
  return [el("ul", {}, ...places.map((place) => el("li", {}, `${place.pointer}: ${place.detail}`)))];
}

/** @param {string} sentence */
export function announce(sentence) {
  byId("announcer").textContent = sentence;
}

// Another key may do what was refused.
hear("key", () => {
  for (const notice of byId("notices").querySelectorAll(".error")) notice.remove();
});

/**
 * What was thrown, as far as a notice can tell of it.
 * @param {unknown} thrown
 * @returns {Trouble}
 */
export const troubleOf = (thrown) => (thrown instanceof Error ? thrown : { message: String(thrown) });
