// The score, as the service computes it, for other weights: instant, and exact for the hits at hand.

/**
 * Hits ranked anew: score = Σ weight · similarity. Equal scores go by id, as in the service.
 * @param {Api.Hit[]} hits
 * @param {Weights} weights
 * @returns {Api.Hit[]}
 */
export function rerank(hits, weights) {
  return hits
    .map((hit) => weigh(hit, weights))
    .sort((a, b) => b.score - a.score || (a.product.product_id < b.product.product_id ? -1 : 1))
    .map((hit, index) => ({ ...hit, rank: index + 1 }));
}

/**
 * @param {Api.Hit} hit
 * @param {Weights} weights
 * @returns {Api.Hit}
 */
function weigh(hit, weights) {
  const scores = Object.fromEntries(Object.entries(hit.scores).map(([signal, { similarity }]) => {
    const weight = weights[signal] ?? 0;
    return [signal, { similarity, weight, contribution: weight * similarity }];
  }));
  const score = Object.values(scores).reduce((sum, { contribution }) => sum + contribution, 0);
  return { ...hit, scores, score };
}
