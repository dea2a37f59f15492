import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { StoredSession } from '../../store/contract.ts';
import { jsonCopy } from '../../store/json-copy.ts';

/** What all front-ends keep of a session, by their names. */
export type Notes = StoredSession['frontEnds'];

/** Nothing is kept. */
export const NO_NOTES: Notes = Object.freeze({});

const NAME = /^[a-z0-9-]{1,64}$/;

/** A front-end's name. Throws `InvalidOptionError`. */
export const checkedName = (name: unknown): string => {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new InvalidOptionError('name', name, '1 to 64 of a to z, 0 to 9 and -');
};

/** What the front-end of that name keeps; `null`: nothing. */
export const noteOf = (notes: Notes, name: string): unknown =>
  // A name may be one that all objects have: `constructor`.
  Object.hasOwn(notes, name) ? notes[name] : null;

/** A value that is to be kept, copied: nothing is shared with the caller. Throws `InvalidOptionError` for what is no JSON. */
export const checkedNote = (value: unknown): unknown => jsonCopy(value, 'value');

/** The notes with this value, which was checked, under that name. Throws `InvalidOptionError` where that is too much. */
export const withNote = (notes: Notes, name: string, value: unknown): Notes => {
  const { [name]: _old, ...others } = notes;
  if (value === null) return Object.freeze(others);
  const after = Object.freeze({ ...others, [name]: value });
  const bytes = Buffer.byteLength(JSON.stringify(after));
  if (bytes <= LIMITS.frontEndBytes) return after;
  const allowed = `at most ${LIMITS.frontEndBytes} bytes of JSON, with those of the session's other front-ends`;
  throw new InvalidOptionError('value', `${bytes} bytes`, allowed);
};
