/**
 * A value as the JavaScript that makes it, on one line: for what a test prints to be pasted. Data only; of what has no
 * literal, an instance of a class or a function, a comment says that it is there.
 */
export const asCode = (value: unknown): string => coded(value, Infinity);

/** As `asCode`, for a sentence: what lies deep, what an instance of a class has in it, and what is long is left out. */
export const asShortCode = (value: unknown): string => {
  const code = coded(value, SHORT_DEPTH);
  return code.length > SHORT_LENGTH ? `${code.slice(0, SHORT_LENGTH)}…` : code;
};

const SHORT_DEPTH = 4;
const SHORT_LENGTH = 300;

/** Whether a value is data that `asCode` says all of. */
export const isData = (value: unknown, within: readonly object[] = []): boolean => {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null || value instanceof Date) return true;
  if (within.includes(value) || !(Array.isArray(value) || isPlain(value))) return false;
  const around = [...within, value];
  return Object.values(value).every((item) => isData(item, around));
};

/** So many levels of objects deep. */
const coded = (value: unknown, depth: number): string => {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : objectAsCode(value, depth);
    case 'function':
    case 'symbol':
      return `undefined /* ${typeof value} */`;
    default:
      return String(value);
  }
};

const objectAsCode = (value: object, depth: number): string => {
  if (value instanceof Date) return `new Date(${asCode(value.getTime())})`;
  if (value instanceof Error) return `new Error(${quoted(value.message)})`;
  if (depth === 0) return Array.isArray(value) ? '[…]' : '{…}';
  const inner = (item: unknown): string => coded(item, depth - 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof Map) return `new Map(${coded([...value], depth)})`;
  if (value instanceof Set) return `new Set(${coded([...value], depth)})`;
  if (isPlain(value)) return fieldsAsCode(value, inner);
  const literal = depth === Infinity ? fieldsAsCode(value, inner) : '{…}';
  return `${literal} /* ${value.constructor.name} */`;
};

const fieldsAsCode = (value: object, inner: (item: unknown) => string): string => {
  const fields = Object.entries(value).map(([key, item]) => `${keyAsCode(key)}: ${inner(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
};

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
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
