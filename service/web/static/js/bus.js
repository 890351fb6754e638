// What parts of the page tell each other: "key" (another API key), "trouble" (it does not
// answer), "recovered" (it does again), "catalogue" (products have changed: one is `written` or has
// the `deletedId`, or any may be others), "similar" and "add" (a product for the query).

const target = new EventTarget();

export const tell = (name, detail) => target.dispatchEvent(new CustomEvent(name, { detail }));

export const hear = (name, react) =>
  target.addEventListener(name, (event) => react(event.detail));
