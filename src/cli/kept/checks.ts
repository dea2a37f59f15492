/** Whether a value out of a file is what it should be. Never throws. */
export type Check = (value: unknown) => boolean;

/** The fields of an object out of a file. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether it is an object of JSON, and no array. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether it is a text. */
export const isText: Check = (value) => typeof value === 'string';

/** Whether it is `true` or `false`. */
export const isFlag: Check = (value) => typeof value === 'boolean';

/** Whether it can be a time: a number that is finite. */
export const isTime: Check = (value) => typeof value === 'number' && Number.isFinite(value);

/** Whether it is one of these. */
export const oneOf =
  (names: readonly unknown[]): Check =>
  (value) =>
    names.includes(value);

/** Whether it is `null`, or passes the check. */
export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** Whether it was left out, or passes the check. */
export const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** Whether it is an array of which each item passes the check. */
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** Whether it is an object of which each of these fields passes its check. Others are not looked at. */
export const fieldsOf =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isFields(value) && Object.entries(checks).every(([name, check]) => check(value[name]));
