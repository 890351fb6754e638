// The state of the service: asked again and again, shown in words.

import { hear, tell } from "./bus.js";
import { byId, el, icon } from "./dom.js";

/** @typedef {Partial<Omit<Api.Health, "status">> & { status: string }} Unready A service that may not answer. */

const ASK_AGAIN_MS = 15_000;
const ASK_AGAIN_IN_TROUBLE_MS = 1_500;

/** @type {Record<string, [string, string | null]>} */
const WORDS = {
  ready: ["Ready", null],
  starting: ["Starting", "The service is starting."],
  filling: ["Filling", "The index is being filled. Searches see only the products that are in it already."],
  unavailable: ["Unavailable", "A part of the service does not answer. It heals by itself when that part is back."],
  failed: ["Failed", "The service could not start."],
  draining: ["Stopping", "The service is stopping."],
  unreachable: ["Unreachable", "The service does not answer. This page notices when it is back."],
};

/** @type {Record<string, string>} */
const CHECKS = {
  encoders: "Encoders", batcher: "Queue", vector_store: "Vector store", blob_store: "Picture store",
};

let state = "asking";
/** @type {number | undefined} */
let timer;
let signals = "[]";

export function watchHealth() {
  hear("trouble", () => {
    // Not at once: what is retried when it is ready would fail as fast as it is asked.
    if (state === "ready") askIn(ASK_AGAIN_IN_TROUBLE_MS);
    state = "troubled";
  });
  ask();
}

/** @param {number} ms */
function askIn(ms) {
  clearTimeout(timer);
  timer = setTimeout(ask, ms);
}

async function ask() {
  const health = await fetchHealth();
  show(health);
  tellSignals(health.signals ?? []);
  const wasTroubled = state !== "ready" && state !== "asking";
  state = health.status;
  if (state === "ready" && wasTroubled) tell("recovered");
  askIn(state === "ready" ? ASK_AGAIN_MS : ASK_AGAIN_IN_TROUBLE_MS);
}

/**
 * They change with the service's settings, so that a restart may bring others.
 * @param {Api.Signal[]} found
 */
function tellSignals(found) {
  const text = JSON.stringify(found);
  if (found.length === 0 || text === signals) return;
  signals = text;
  tell("signals", found);
}

/** @returns {Promise<Unready>} */
async function fetchHealth() {
  try {
    const health = await (await fetch("health", { cache: "no-store" })).json();
    return health.status in WORDS ? health : { status: "unreachable" };
  } catch {
    return { status: "unreachable" };
  }
}

/** @param {Unready} health */
function show(health) {
  const [word, sentence] = WORDS[health.status] ?? [health.status, null];
  byId("state").dataset.state = health.status;
  byId("state-word").textContent = word;
  const sentences = [sentence, health.detail, ...failed(health), ...warnings(health)].filter(Boolean);
  const banner = byId("banner");
  const text = sentences.join(" ");
  if (banner.textContent !== text) banner.replaceChildren(...(text === "" ? [] : [icon("warning"), el("p", {}, text)]));
  banner.dataset.state = health.status;
  byId("facts").replaceChildren(...facts(health, word));
}

/** @param {Unready} health */
function failed(health) {
  return Object.entries(health.checks ?? {})
    .filter(([, check]) => !check.ok)
    .map(([name, check]) => `${CHECKS[name] ?? name}: ${check.detail ?? "does not answer."}`);
}

/** @param {Unready} health */
function warnings(health) {
  const standIns = Object.values(health.encoders ?? {}).filter((name) => name.startsWith("compact-"));
  const said = health.warnings ?? [];
  if (standIns.length === 0 || said.some((warning) => warning.includes("compact"))) return said;
  return [`Small built-in encoders (${standIns.join(", ")}) stand in for CLIP and ResNet50: fine for a try, weaker on photos.`, ...said];
}

/**
 * @param {Unready} health
 * @param {string} word
 */
function facts(health, word) {
  const rows = [
    ["State", word],
    ["Version", health.version],
    ["Products", health.products],
    ...Object.entries(health.encoders ?? {}).map(([signal, name]) => [`Encoder, ${signal}`, name]),
    ["Collection", health.collection],
    ...Object.entries(health.checks ?? {}).map(([name, check]) =>
      [CHECKS[name] ?? name, check.ok ? `answers in ${Math.max(1, Math.round(check.took_ms))} ms` : "does not answer"]),
  ].filter(([, value]) => value !== null && value !== undefined);
  const list = rows.flatMap(([name, value]) => [el("dt", {}, String(name)), el("dd", {}, String(value))]);
  return [el("h2", {}, "The service"), el("dl", {}, ...list)];
}
