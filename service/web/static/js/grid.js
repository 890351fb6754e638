// The hits as a grid of cards, which move to their new places when the ranking changes.

import { thumbnailPath } from "./api.js";
import { attributeLine } from "./attributes.js";
import { tell } from "./bus.js";
import { button, el } from "./dom.js";
import { openExplanation } from "./explanation.js";
import { picture } from "./pictures.js";
import { percent } from "./results-head.js";
import { scoreLines } from "./score.js";

const AT_FIRST = 24;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @typedef {{ hit: Api.Hit, rank: HTMLElement, score: HTMLElement, element: HTMLElement }} Card */

export class Grid {
  /** @param {import("./query.js").Query} query */
  constructor(query) {
    this.query = query;
    /** @type {Api.SearchAnswer | null} */
    this.answer = null;
    /** @type {Map<string, Card>} */
    this.cards = new Map();
    this.visible = AT_FIRST;
    this.list = el("ol", { className: "hits", "aria-label": "Products found" });
    this.more = button("Show more", () => {
      this.visible = Infinity;
      if (this.answer !== null) this.show(this.answer);
      this.list.children[AT_FIRST]?.querySelector("button")?.focus();
    }, { className: "more" });
    this.element = el("div", {}, this.list, this.more);
  }

  /** @param {Api.SearchAnswer} answer */
  show(answer) {
    this.answer = answer;
    const before = this.#places();
    const cards = new Map();
    for (const hit of answer.hits.slice(0, this.visible)) {
      const key = JSON.stringify([hit.image.image_id, hit.product]);
      const card = this.cards.get(key) ?? this.#card(hit);
      this.#fill(card, hit);
      cards.set(key, card);
    }
    this.cards = cards;
    arrange(this.list, [...cards.values()].map(({ element }) => element));
    this.more.hidden = answer.hits.length <= this.visible;
    if (!calm.matches) this.#glide(before);
  }

  /** @param {Api.Hit} hit */
  #card(hit) {
    const { product, image } = hit;
    const as = { productId: product.product_id, imageId: image.image_id, name: product.name };
    /** @type {Card} */
    const card = { hit, rank: el("span", { className: "rank" }), score: el("div", { className: "hit-score" }), element: el("li") };
    const why = button("Why?", () => openExplanation(this.query, card.hit, this.answer?.query.encoders ?? {}), { "aria-label": `Why ${product.name}?` });
    card.element = el("li", { className: "hit" },
      el("div", { className: "hit-picture" }, picture(thumbnailPath(as.productId, as.imageId)), card.rank),
      el("div", { className: "hit-body" },
        el("h3", { dir: "auto" }, product.name),
        attributeLine(product.attributes),
        card.score,
        el("div", { className: "hit-actions" },
          button("Similar", () => tell("similar", as), { "aria-label": `More like ${product.name}` }),
          why,
          button("Add", () => tell("add", as), { "aria-label": `Add ${product.name} to the query` }))));
    return card;
  }

  /**
   * @param {Card} card
   * @param {Api.Hit} hit
   */
  #fill(card, hit) {
    card.hit = hit;
    card.rank.replaceChildren(el("span", { className: "unseen" }, "Rank "), String(hit.rank));
    card.score.replaceChildren(...scoreLines(hit),
      ...(hit.confidence === null ? [] : [el("p", { className: "sure" }, `confidence ${percent(hit.confidence)}`)]));
  }

  #places() {
    return new Map([...this.cards.values()].map(({ element }) => [element, element.getBoundingClientRect()]));
  }

  /** @param {Map<HTMLElement, DOMRect>} before */
  #glide(before) {
    for (const { element } of this.cards.values()) {
      const [from, to] = [before.get(element), element.getBoundingClientRect()];
      if (from === undefined || from.width === 0) continue;
      const [dx, dy] = [from.left - to.left, from.top - to.top];
      if (dx === 0 && dy === 0) continue;
      element.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: "none" }], { duration: 280, easing: "ease-out" });
    }
  }
}

/**
 * Brings children into an order, moving as few as it can: a moved element loses its focus.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
export function arrange(parent, wanted) {
  /** @type {Set<Element>} */
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const element of wanted) {
    if (element === at) at = element.nextElementSibling;
    else parent.insertBefore(element, at);
  }
}
