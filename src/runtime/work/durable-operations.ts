import { Fenced, InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { jsonCopy } from '../../store/json-copy.ts';
import { newAppend, queueAppends } from '../commits/appends.ts';
import { settled } from '../commits/commits.ts';
import { appendBounded } from '../conversation/journal-bounds.ts';
import { entryBytes } from '../conversation/journal-entries.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Session } from '../session.ts';
import type { OperationJournal } from './operation.ts';
import type { OperationFinished, OperationStarted } from './operation-entries.ts';
import { checkedPlan, submit } from './operations.ts';
import type { DurableOptions, OperationHandler } from './work.ts';

/** Runs a registered handler. See `Session.run`. */
export const runDurable = async (
  context: RuntimeContext,
  host: SessionHost,
  session: Session,
  name: string,
  input: unknown,
  options: DurableOptions,
): Promise<unknown> => {
  const handler = handlerOf(context, name);
  const plan = checkedPlan(context, name, options);
  const given = checkedJson('input', input);
  const journal = journalOf(context, host, name, given);
  return submit(
    context,
    host,
    { name, session, work: (own) => handler(given, own), journal },
    plan,
  );
};

const handlerOf = ({ application }: RuntimeContext, name: string): OperationHandler => {
  const { operations } = application;
  const handler = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (typeof handler === 'function') return handler;
  const known = Object.keys(operations);
  const allowed =
    known.length === 0 ? 'registered: no operations are' : `one of ${known.join(', ')}`;
  throw new InvalidOptionError('name', name, allowed);
};

/** A copy of what goes into the journal; nothing (`undefined`) stays nothing. */
const checkedJson = (option: string, value: unknown): unknown => {
  if (value === undefined) return undefined;
  const copy = jsonCopy(value, option);
  const bytes = entryBytes(copy);
  if (bytes <= LIMITS.messageBytes) return copy;
  throw new InvalidOptionError(
    option,
    `${bytes} bytes`,
    `at most ${LIMITS.messageBytes} bytes of JSON`,
  );
};

const journalOf = (
  context: RuntimeContext,
  host: SessionHost,
  name: string,
  input: unknown,
): OperationJournal => ({
  start: (operation, beforehand, numbered) => {
    const at = context.clock.wall();
    const entry: OperationStarted = {
      kind: 'operation',
      phase: 'started',
      operation,
      name,
      input,
      at,
    };
    return appendBounded(context, host, entry, { told: false, beforehand, numbered });
  },
  checked: (result) => checkedJson('result', result),
  finish: (operation, outcome, value) => {
    const at = context.clock.wall();
    const made = outcome === 'done' ? { result: value } : { error: messageOf(value) };
    const entry: OperationFinished = {
      kind: 'operation',
      phase: 'finished',
      operation,
      name,
      outcome,
      ...made,
      at,
    };
    return recordOutcome(context, host, entry);
  },
});

/**
 * Puts an outcome into the next commit. That commit is begun a microtask later: where the outcome is a part of
 * something larger, such as the end of the session, the whole of it is recorded together.
 */
const recordOutcome = async (
  context: RuntimeContext,
  host: SessionHost,
  entry: OperationFinished,
): Promise<void> => {
  const append = newAppend(host, entry, true);
  const row = queueAppends(host, [append]);
  await Promise.resolve();
  // Its new owner finds it unfinished, and says what became of it.
  if (host.released) throw new Fenced(host.id);
  // Otherwise an attempt has it; where that failed by now, it has seen to the next one.
  if (host.appends === row) host.dirty = true;
  try {
    await settled(context, host);
  } catch (error) {
    if (append.seq === 0) throw error;
  }
};

const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : error;
  const told = typeof message === 'string' ? message : `what was thrown is a ${typeof message}`;
  return told.slice(0, LIMITS.errorMessageLength);
};
