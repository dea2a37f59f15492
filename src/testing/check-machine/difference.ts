import { asCode } from '../as-code.ts';

/**
 * The first place at which two values of JSON differ, as a sentence with both values; `null` if they are equal. The order
 * of properties does not count.
 */
export const difference = (uninterrupted: unknown, restored: unknown, path = ''): string | null => {
  if (!isObject(uninterrupted) || !isObject(restored)) {
    if (uninterrupted === restored) return null;
    return `${path} is ${told(restored)}, where the uninterrupted run has ${told(uninterrupted)}`;
  }
  const keys = new Set([...Object.keys(uninterrupted), ...Object.keys(restored)]);
  for (const key of keys) {
    const at = path === '' ? key : `${path}.${key}`;
    const found = difference(uninterrupted[key], restored[key], at);
    if (found !== null) return found;
  }
  return null;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const told = (value: unknown): string => (value === undefined ? 'nothing' : asCode(value));
