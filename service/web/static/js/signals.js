// The signals of the score: what the service says of them, and their weights.

/** How many signals have colours of their own in the style sheets; further ones start over. */
const COLOURS = 6;

/**
 * The class that gives an element the colours of the signal at this place of their order.
 * @param {number} place
 */
export const signalClass = (place) => `signal signal-${(place % COLOURS) + 1}`;

/**
 * A signal's name as a title.
 * @param {string} name
 */
export const titled = (name) => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * Names in a sentence: "a", "a and b", "a, b and c".
 * @param {string[]} names
 */
export const listed = (names) => new Intl.ListFormat("en").format(names);

/**
 * The weights that have effect, their sum 1: as given, but 0 for a signal that is not `usable`.
 * @param {Weights} weights
 * @param {string[]} usable
 * @returns {Weights}
 */
export function effective(weights, usable) {
  const kept = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, usable.includes(name) ? weight : 0]));
  const total = Object.values(kept).reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(Object.entries(kept).map(([name, weight]) =>
    [name, total > 0 ? weight / total : Number(usable.includes(name)) / Math.max(1, usable.length)]));
}

/**
 * The weights by which one signal alone ranks.
 * @param {string[]} names
 * @param {string} only
 * @returns {Weights}
 */
export const alone = (names, only) => Object.fromEntries(names.map((name) => [name, Number(name === only)]));

/**
 * The signals in their order with the place of the mixture, null, in the middle.
 * @param {string[]} names
 * @returns {(string | null)[]}
 */
export function aroundMixture(names) {
  const middle = Math.ceil(names.length / 2);
  return [...names.slice(0, middle), null, ...names.slice(middle)];
}
