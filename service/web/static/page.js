"use strict";

const WORDS = {
  ready: "The service is ready.",
  unavailable: "The service runs, but a part of it does not answer.",
  starting: "The service is starting.",
  failed: "The service could not start.",
  draining: "The service is shutting down.",
};

function show(health) {
  const state = [WORDS[health.status], health.detail, ...health.warnings];
  document.getElementById("state").textContent = state.filter(Boolean).join(" ");
  const facts = { Version: health.version, Products: health.products };
  for (const [signal, encoder] of Object.entries(health.encoders)) {
    facts[`Encoder, ${signal}`] = encoder;
  }
  const list = document.getElementById("facts");
  list.replaceChildren();
  for (const [name, value] of Object.entries(facts)) {
    if (value === null) continue;
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    list.append(term, description);
  }
  if (health.status === "starting") setTimeout(ask, 1000);
}

async function ask() {
  try {
    show(await (await fetch("health")).json());
  } catch {
    document.getElementById("state").textContent = "The service does not answer.";
  }
}

ask();
