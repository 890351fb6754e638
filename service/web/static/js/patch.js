// What an edited product's form changes.

/**
 * A merge patch (RFC 7396) of what has changed: null takes an attribute away.
 * @param {{ name: string, description: string, attributes: Api.Attributes }} product
 * @param {{ name: string, description: string, attributes: Api.Attributes }} entered
 */
export function patchOf(product, { name, description, attributes }) {
  const changed = Object.entries(attributes).filter(([key, value]) => !Object.hasOwn(product.attributes, key) || differ(product.attributes[key], value));
  const gone = Object.keys(product.attributes).filter((key) => !Object.hasOwn(attributes, key));
  const patch = Object.fromEntries([...changed, ...gone.map((key) => [key, null])]);
  return {
    ...(name === product.name ? {} : { name }),
    ...(description === product.description ? {} : { description }),
    ...(Object.keys(patch).length === 0 ? {} : { attributes: patch }),
  };
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);
