// The filter: a control for each attribute that products have, with the number of products by value.

import { call, withQuery } from "./api.js";
import { hear } from "./bus.js";
import { byId } from "./dom.js";
import { Choices, controlFor } from "./filter-controls.js";
import { notifyError, troubleOf } from "./notices.js";

const MOST_ATTRIBUTES = 12;

export class Filters {
  /** @param {import("./query.js").Query} query */
  constructor(query) {
    this.query = query;
    /** @type {ReturnType<typeof controlFor>[]} */
    this.controls = [];
    for (const event of /** @type {const} */ (["catalogue", "key", "recovered"])) hear(event, () => this.#load());
    this.#load();
  }

  async #load() {
    try {
      /** @type {{ attributes: Api.Attribute[] }} */
      const { attributes } = await call("GET", "attributes");
      const shown = attributes.slice(0, MOST_ATTRIBUTES);
      const counted = shown.filter(({ types }) => types.some((type) => ["string", "list", "boolean"].includes(type)));
      const facets = await this.#facets(counted.map(({ name }) => name), {});
      const chosen = new Map(this.controls.map((control) => [control.name, control.condition]));
      this.controls = shown.map((attribute) =>
        controlFor(attribute, facets?.[attribute.name] ?? [], chosen.get(attribute.name) ?? null, () => this.#changed()));
      byId("filter-fields").replaceChildren(...this.controls.map(({ element }) => element));
      byId("filters").hidden = this.controls.length === 0;
      // What is chosen may have gone, with the last product that had it.
      if (this.query.filter !== null) await this.#changed();
    } catch (error) {
      // Without a key or a service, other parts say so.
      const { status, passes } = troubleOf(error);
      if (status !== 401 && !passes) notifyError("filters", error);
    }
  }

  async #changed() {
    const filter = this.#filter();
    const active = this.controls.filter(({ condition }) => condition !== null).length;
    byId("filter-count").hidden = active === 0;
    byId("filter-count").textContent = String(active);
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
    const counting = this.controls.filter((control) => control instanceof Choices);
    const idle = counting.filter(({ condition }) => condition === null);
    const active = counting.filter(({ condition }) => condition !== null);
    const groups = [
      { controls: idle, filter: this.#filter() },
      ...active.map((control) => ({ controls: [control], filter: this.#filter(control) })),
    ];
    await Promise.all(groups.map(async ({ controls, filter }) => {
      const facets = await this.#facets(controls.map(({ name }) => name), filter);
      if (this.query.filter !== asked) return;
      for (const control of controls) control.recount(facets?.[control.name] ?? []);
    }));
  }

  /**
   * @param {ReturnType<typeof controlFor> | null} [without]
   * @returns {Record<string, Condition>}
   */
  #filter(without = null) {
    // The prefix keeps an attribute called "not" from being read as the word.
    return Object.fromEntries(this.controls
      .filter((control) => control !== without)
      .flatMap(({ name, condition }) => (condition === null ? [] : [[`attributes.${name}`, condition]])));
  }

  /**
   * @param {string[]} names
   * @param {Record<string, Condition>} filter
   * @returns {Promise<Api.ProductPage["facets"]>}
   */
  async #facets(names, filter) {
    if (names.length === 0) return {};
    /** @type {Api.ProductPage} */
    const page = await call("GET", withQuery("products", { limit: 1, facets: names, filter }));
    return page.facets;
  }
}
