import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HoldfastError, HoldfastErrorCode } from '../../src/errors.ts';
import * as errors from '../../src/errors.ts';
import { ROOT } from './entries.ts';

// docs/errors.md is what people read, src/errors.ts is what they get.

/** One of each; two where it depends whether the same call may succeed later. */
const SAMPLES: Readonly<Record<HoldfastErrorCode, readonly HoldfastError[]>> = {
  ERR_HOLDFAST_INVALID_OPTION: [new errors.InvalidOptionError('port', -1, 'at least 0')],
  ERR_HOLDFAST_INVALID_ID: [new errors.InvalidSessionIdError()],
  ERR_HOLDFAST_INVALID_EVENT: [new errors.InvalidEventError({ type: 'a' }, ['b'])],
  ERR_HOLDFAST_NOT_FOUND: [new errors.SessionNotFoundError()],
  ERR_HOLDFAST_TERMINATED: [new errors.SessionTerminatedError('client')],
  ERR_HOLDFAST_UNREADABLE: [new errors.SessionUnreadableError('It is newer.')],
  ERR_HOLDFAST_PAUSED: [new errors.SessionPausedError()],
  ERR_HOLDFAST_NOT_READY: [new errors.SessionNotReadyError()],
  ERR_HOLDFAST_NOT_ENDED: [new errors.SessionNotEndedError()],
  ERR_HOLDFAST_CAPACITY: [new errors.CapacityError('maxResident', 1, 1_000)],
  ERR_HOLDFAST_BUSY: [new errors.SessionBusyError(64, 1_000)],
  ERR_HOLDFAST_JOURNAL_FULL: [new errors.JournalFullError('maxEntries', 1)],
  ERR_HOLDFAST_INVALID_DATA: [new errors.InvalidDataError([{ path: 'a', message: 'is wrong' }])],
  ERR_HOLDFAST_UPDATE_CONFLICT: [new errors.UpdateConflictError(100)],
  ERR_HOLDFAST_INITIALIZE: [new errors.InitializeError(new Error('no'))],
  ERR_HOLDFAST_BEHAVIOUR_DOWN: [
    new errors.BehaviourDownError({ type: 'a' }, 'restarting'),
    new errors.BehaviourDownError({ type: 'a' }, 'stored'),
    new errors.BehaviourDownError({ type: 'a' }, 'done'),
  ],
  ERR_HOLDFAST_DRAINING: [new errors.DrainingError(1_000)],
  ERR_HOLDFAST_FORBIDDEN: [new errors.ForbiddenError('no')],
  ERR_HOLDFAST_TIMEOUT: [new errors.TimeoutError('it', 1)],
  ERR_HOLDFAST_ABORTED: [new errors.OperationAbortedError('op')],
  ERR_HOLDFAST_STORE: [
    new errors.StoreError('no', null),
    new errors.StoreError('never', null, false),
  ],
  ERR_HOLDFAST_FENCED: [new errors.Fenced('ses_a')],
  ERR_HOLDFAST_OUTCOME_UNKNOWN: [new errors.OutcomeUnknown('it')],
  ERR_HOLDFAST_ALREADY_EXISTS: [new errors.AlreadyExistsError('it')],
  ERR_HOLDFAST_STORE_OPEN: [
    new errors.StoreOpenError('in-use', 'no'),
    new errors.StoreOpenError('newer-schema', 'no'),
  ],
  ERR_HOLDFAST_MISSING_PACKAGE: [new errors.MissingPackageError('it', ['a'], null)],
};

interface Row {
  readonly code: string;
  readonly name: string;
  readonly retryable: string;
}

const ROWS: readonly Row[] = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, code = '', name = '', , retryable = ''] = line.split(/\s*\|\s*/);
    return { code: code.replaceAll('`', ''), name: name.replaceAll('`', ''), retryable };
  });

/** The codes of the union, as the source has them: what the compiler knows is gone at run time. */
const inSource = (): string[] => {
  const source = readFileSync(join(ROOT, 'src/errors/holdfast-error.ts'), 'utf8');
  const union = /type HoldfastErrorCode =([^;]+);/.exec(source)?.[1] ?? '';
  return [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code);
};

test('the table has every code there is, in the order of the source', () => {
  expect(ROWS.map(({ code }) => code)).toEqual(inSource());
  expect(Object.keys(SAMPLES).sort()).toEqual(inSource().sort());
});

test('every error class has its row', () => {
  const classes = Object.values(errors)
    .map(({ name }) => name)
    .filter((name) => name !== 'HoldfastError');
  expect(ROWS.map(({ name }) => name).sort()).toEqual(classes.sort());
});

describe.each(Object.entries(SAMPLES))('%s', (code, samples) => {
  const row = ROWS.find((one) => one.code === code);

  test('is thrown by the class its row names', () => {
    for (const sample of samples) expect(sample).toMatchObject({ code, name: row?.name });
  });

  test('may be tried again when its row says so', () => {
    const known = { yes: [true], no: [false] }[row?.retryable ?? ''] ?? [true, false];
    expect([...new Set(samples.map(({ retryable }) => retryable))]).toEqual(known);
  });
});
