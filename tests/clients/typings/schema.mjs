// Properties in JSON schemas: those of the published validators, and those of doorsign's OpenAPI document.

/** The properties of an object in a schema, of every variant, and of the objects inside: `data.email`, `items[].name`. */
export function* propertiesIn(schema, resolve = (part) => part, prefix = '') {
  const { properties = {}, items, anyOf = [], oneOf = [], allOf = [] } = resolve(schema);
  for (const [name, inside] of Object.entries(properties)) {
    yield prefix + name;
    yield* propertiesIn(inside, resolve, `${prefix}${name}.`);
  }
  if (items && prefix) yield* propertiesIn(items, resolve, prefix.replace(/\.$/, '[].'));
  for (const variant of [...anyOf, ...oneOf, ...allOf]) yield* propertiesIn(variant, resolve, prefix);
}

/** A value that has everything a schema requires. */
export function sample(schema, resolve = (part) => part) {
  const { type, enum: words, properties = {}, required = [], anyOf = [], oneOf = [], allOf = [], minimum = 1 } = resolve(schema);
  if (words) return words[0];
  const parts = [...allOf, ...[...anyOf, ...oneOf].slice(0, 1)].map((part) => sample(part, resolve));
  const objects = parts.filter((part) => part && typeof part === 'object');
  if (type === 'object' || Object.keys(properties).length || objects.length) {
    return Object.assign({}, ...objects, Object.fromEntries(required.map((name) => [name, sample(properties[name] ?? {}, resolve)])));
  }
  if (parts.length) return parts[0];
  return { integer: minimum, number: minimum, boolean: false, array: [] }[type] ?? 'probe';
}
