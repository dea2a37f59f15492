import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  InvalidDataError,
  InvalidOptionError,
  TimeoutError,
  UpdateConflictError,
} from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { jsonCopy } from '../../store/json-copy.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import { commit } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { afterTurn, assertOpen } from '../lifecycle/lifecycle.ts';
import { within } from '../lifecycle/within.ts';
import { touch } from '../liveness/liveness.ts';
import { tell } from '../plane/plane.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** The data a session starts with: what was given, as the schema makes it. Rejects with `InvalidDataError`, `TimeoutError`. */
export const initialData = async (context: RuntimeContext, given: unknown): Promise<unknown> => {
  const start = given === undefined && context.application.data === null ? {} : given;
  return validated(context, start);
};

/** Changes the data. See `Session.update`. */
export const update = async (
  context: RuntimeContext,
  host: SessionHost,
  change: (data: unknown) => unknown,
): Promise<unknown> => {
  if (typeof change !== 'function') throw new InvalidOptionError('change', change, 'a function');
  if (isReceiving(host.actor)) await afterTurn(host);
  touch(context, host);
  host.updating += 1;
  try {
    return await changed(context, host, change);
  } finally {
    host.updating -= 1;
  }
};

/** Applies a change to the newest data, as often as another one comes in between. */
const changed = async (
  context: RuntimeContext,
  host: SessionHost,
  change: (data: unknown) => unknown,
): Promise<unknown> => {
  for (let tries = 0; tries < LIMITS.updateTries; tries++) {
    assertOpen(host);
    const before = host.data;
    const after = await validated(context, await change(before));
    // Its end, or another update, may have come in between.
    assertOpen(host);
    if (host.data !== before) continue;
    host.data = after;
    host.sessionDirty = true;
    tell(context, host, { type: 'session.updated' }, true);
    await commit(context, host);
    return after;
  }
  throw new UpdateConflictError(LIMITS.updateTries);
};

/** Data as the schema makes it: frozen, JSON all through, and shared with nobody. */
const validated = async (context: RuntimeContext, value: unknown): Promise<unknown> => {
  const { data: schema } = context.application;
  if (schema === null) return checked(value);
  const answer = schema['~standard'].validate(value);
  // One that answers at once costs no timer.
  const result = isLater(answer) ? await inTime(context, answer) : answer;
  // Its types say so, but it is somebody else's code.
  if (typeof result !== 'object' || result === null) throw invalid('the schema gave no result');
  if (result.issues === undefined) return checked(result.value);
  if (!Array.isArray(result.issues)) throw invalid('the schema gave no list of issues');
  const issues = result.issues.map(({ message, path }) => ({ message, path: pathOf(path) }));
  throw new InvalidDataError(value === undefined ? [NOTHING_GIVEN, ...issues] : issues);
};

/** Only `create` validates nothing at all: where no data was given. */
const NOTHING_GIVEN = {
  message: 'no `data` was given, and the schema makes nothing of that: give it',
  path: '',
};

type Result = StandardSchemaV1.Result<unknown>;

const isLater = (answer: Result | Promise<Result>): answer is Promise<Result> =>
  typeof (answer as { then?: unknown } | null)?.then === 'function';

/** A schema that never answers would hold a slot for ever. */
const inTime = (context: RuntimeContext, answer: Promise<Result>): Promise<Result> => {
  const { initTimeoutMs } = context.settings;
  const late = (): Error => new TimeoutError('Validating the data', initTimeoutMs);
  return within(context.clock, initTimeoutMs, () => answer, late);
};

const pathOf = (path: StandardSchemaV1.Issue['path']): string =>
  (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');

const checked = (value: unknown): unknown => {
  const copy = plain(value);
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes <= LIMITS.dataBytes) return copy;
  throw invalid(`it is ${bytes} bytes of JSON, but must be at most ${LIMITS.dataBytes}`);
};

const plain = (value: unknown): unknown => {
  try {
    return jsonCopy(value, 'it');
  } catch (error) {
    throw error instanceof InvalidOptionError ? invalid(error.message.replace(/\.$/, '')) : error;
  }
};

const invalid = (message: string): InvalidDataError =>
  new InvalidDataError([{ message, path: '' }]);
