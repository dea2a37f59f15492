/**
 * A value as the JavaScript that makes it, on one line: for what a test prints to be pasted. Data only; of what has no
 * literal, an instance of a class or a function, a comment says that it is there.
 */
export const asCode = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : objectAsCode(value);
    case 'function':
    case 'symbol':
      return `undefined /* ${typeof value} */`;
    default:
      return String(value);
  }
};

const objectAsCode = (value: object): string => {
  if (Array.isArray(value)) return `[${value.map(asCode).join(', ')}]`;
  if (value instanceof Date) return `new Date(${asCode(value.getTime())})`;
  if (value instanceof Map) return `new Map(${asCode([...value])})`;
  if (value instanceof Set) return `new Set(${asCode([...value])})`;
  if (value instanceof Error) return `new Error(${quoted(value.message)})`;
  const fields = Object.entries(value).map(([key, item]) => `${keyAsCode(key)}: ${asCode(item)}`);
  const literal = fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain ? literal : `${literal} /* ${value.constructor.name} */`;
};

const keyAsCode = (key: string): string => {
  // As a plain key it would set the prototype.
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
};

const quoted = (text: string): string => {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside}'`;
};
