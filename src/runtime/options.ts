import { SESSION_STATES } from '../../machines/index.ts';
import { InvalidOptionError } from '../errors.ts';
import { isSessionId } from '../identity/session-id.ts';
import { LIMITS } from '../limits.ts';
import type { JournalOptions } from './conversation/conversation.ts';
import { refuseUnknown } from './known-options.ts';
import { checkedCount, checkedDuration } from './liveness/deadlines.ts';
import type { ListOptions, RuntimeOptions } from './runtime.ts';
import type { RuntimeSettings } from './runtime-context.ts';

/** The numeric settings of a runtime. Throws `InvalidOptionError` with the option, its value and what is allowed. */
export const checkedSettings = (options: RuntimeOptions): RuntimeSettings => ({
  maxResident: count('maxResident', options.maxResident, LIMITS.maxResident),
  maxStored: count('maxStored', options.maxStored, LIMITS.maxStored),
  maxPerPrincipal: count('maxPerPrincipal', options.maxPerPrincipal, LIMITS.maxPerPrincipal),
  tombstoneMs: finite('tombstoneMs', options.tombstoneMs, LIMITS.tombstoneMs),
  maxTombstones: count('maxTombstones', options.maxTombstones, LIMITS.maxTombstones),
  sweepIntervalMs: finite('sweepIntervalMs', options.sweepIntervalMs, LIMITS.sweepIntervalMs),
  maxConcurrentOperations: count(
    'maxConcurrentOperations',
    options.maxConcurrentOperations,
    LIMITS.concurrentOperations,
  ),
  maxQueuedOperations: count(
    'maxQueuedOperations',
    options.maxQueuedOperations,
    LIMITS.queuedOperations,
  ),
  maxRecentEvents: count('maxRecentEvents', options.maxRecentEvents, LIMITS.recentEvents),
  initTimeoutMs: duration('initTimeoutMs', options.initTimeoutMs, LIMITS.initTimeoutMs),
  cleanupTimeoutMs: duration('cleanupTimeoutMs', options.cleanupTimeoutMs, LIMITS.cleanupTimeoutMs),
  hookTimeoutMs: duration('hookTimeoutMs', options.hookTimeoutMs, LIMITS.hookTimeoutMs),
  journal: checkedJournal(options.journal),
});

// A default stands for what was left out, and for nothing else: `null` is a value that is not allowed.
const count = (option: string, value: unknown, otherwise: number): number =>
  checkedCount(option, value === undefined ? otherwise : value);

const duration = (option: string, value: unknown, otherwise: number): number =>
  checkedDuration(option, value === undefined ? otherwise : value);

const checkedJournal = (options: JournalOptions = {}): RuntimeSettings['journal'] => {
  refuseUnknown('journal', options);
  const { maxEntries, maxBytes, onFull = 'refuse' } = options;
  if (onFull !== 'refuse' && onFull !== 'drop-oldest') {
    throw new InvalidOptionError('journal.onFull', onFull, "'refuse' or 'drop-oldest'");
  }
  return {
    maxEntries: count('journal.maxEntries', maxEntries, LIMITS.journalEntries),
    maxBytes: count('journal.maxBytes', maxBytes, LIMITS.journalBytes),
    dropOldest: onFull === 'drop-oldest',
  };
};

/** Checks the page of a `list`. Throws `InvalidOptionError`. */
export const checkedPage = (options: ListOptions): { limit: number; cursor: string | null } => {
  refuseUnknown('list', options);
  const limit = count('limit', options.limit, LIMITS.listPage);
  if (limit > LIMITS.listPage) {
    throw new InvalidOptionError('limit', limit, `at most ${LIMITS.listPage}`);
  }
  const cursor = options.cursor ?? null;
  if (cursor !== null && !isSessionId(cursor)) {
    throw new InvalidOptionError('cursor', cursor, 'the cursor of the page before, or null');
  }
  const { state } = options;
  if (state !== undefined && !SESSION_STATES.includes(state)) {
    throw new InvalidOptionError('state', state, SESSION_STATES.join(', '));
  }
  return { limit, cursor };
};

const finite = (option: string, given: unknown, otherwise: number): number => {
  const value = given === undefined ? otherwise : given;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 1) return value;
  throw new InvalidOptionError(option, value, 'a finite number of milliseconds of at least 1');
};

/** A reason that a caller may give. Throws `InvalidOptionError`. */
export const checkedReason = (reason: unknown): 'client' | 'operator' => {
  if (reason === 'client' || reason === 'operator') return reason;
  throw new InvalidOptionError('reason', reason, "'client' or 'operator'");
};
