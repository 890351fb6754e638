// The filter: a control for each attribute that products have, with the number of products by value.

import { call, withQuery } from "./api.js";
import { hear } from "./bus.js";
import { byId } from "./dom.js";
import { controlFor } from "./filter-controls.js";
import { notifyError } from "./notices.js";

const MOST_ATTRIBUTES = 12;

export class Filters {
  constructor(query) {
    this.query = query;
    this.controls = [];
    for (const event of ["catalogue", "key", "recovered"]) hear(event, () => this.#load());
    this.#load();
  }

  async #load() {
    try {
      const { attributes } = await call("GET", "attributes");
      const shown = attributes.slice(0, MOST_ATTRIBUTES);
      const counted = shown.filter(({ types }) => types.some((type) => ["string", "list", "boolean"].includes(type)));
      const facets = await this.#facets(counted.map(({ name }) => name), {});
      const chosen = new Map(this.controls.map((control) => [control.name, control.condition]));
      this.controls = shown.map((attribute) =>
        controlFor(attribute, facets[attribute.name] ?? [], chosen.get(attribute.name) ?? null, () => this.#changed()));
      byId("filter-fields").replaceChildren(...this.controls.map(({ element }) => element));
      byId("filters").hidden = this.controls.length === 0;
      // What is chosen may have gone, with the last product that had it.
      if (this.query.filter !== null) await this.#changed();
    } catch (error) {
      // Without a key or a service, other parts say so.
      if (error.status !== 401 && !error.passes) notifyError("filters", error);
    }
  }

  async #changed() {
    const filter = this.#filter();
    const active = this.controls.filter(({ condition }) => condition !== null).length;
    byId("filter-count").hidden = active === 0;
    byId("filter-count").textContent = active;
    this.query.change({ filter: active === 0 ? null : filter });
    try {
      await this.#recount();
    } catch (error) {
      notifyError("filters", error);
    }
  }

  /** Counts anew; what is chosen of an attribute does not shrink its own counts. */
  async #recount() {
    const asked = this.query.filter;
    const idle = this.controls.filter(({ condition, recount }) => condition === null && recount);
    const active = this.controls.filter(({ condition, recount }) => condition !== null && recount);
    const groups = [[idle, this.#filter()], ...active.map((control) => [[control], this.#filter(control)])];
    await Promise.all(groups.map(async ([controls, filter]) => {
      const facets = await this.#facets(controls.map(({ name }) => name), filter);
      if (this.query.filter !== asked) return;
      for (const control of controls) control.recount(facets[control.name] ?? []);
    }));
  }

  #filter(without = null) {
    // The prefix keeps an attribute called "not" from being read as the word.
    return Object.fromEntries(this.controls
      .filter((control) => control !== without && control.condition !== null)
      .map(({ name, condition }) => [`attributes.${name}`, condition]));
  }

  async #facets(names, filter) {
    if (names.length === 0) return {};
    return (await call("GET", withQuery("products", { limit: 1, facets: names, filter }))).facets;
  }
}
