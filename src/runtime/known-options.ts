import { type Names, refuseOtherNames } from '../errors/known-names.ts';
import { InvalidOptionError } from '../errors.ts';
import type { JournalOptions } from './conversation/conversation.ts';
import type { Hooks } from './lifecycle/hooks.ts';
import type { DeadlineOptions } from './liveness/deadlines.ts';
import type {
  CreateOptions,
  KeyedOptions,
  ListOptions,
  Runtime,
  RuntimeOptions,
} from './runtime.ts';
import type { Session } from './session.ts';
import type { DurableOptions, OperationOptions } from './work/work.ts';

const RUNTIME = {
  store: true,
  clock: true,
  randomness: true,
  deadlines: true,
  maxResident: true,
  maxStored: true,
  maxPerPrincipal: true,
  tombstoneMs: true,
  maxTombstones: true,
  sweepIntervalMs: true,
  maxConcurrentOperations: true,
  maxQueuedOperations: true,
  maxRecentEvents: true,
  journal: true,
  data: true,
  initialize: true,
  initTimeoutMs: true,
  cleanup: true,
  cleanupTimeoutMs: true,
  hooks: true,
  hookTimeoutMs: true,
  operations: true,
  onInterrupted: true,
  behaviours: true,
  inspect: true,
} as const satisfies Names<RuntimeOptions>;

const DEADLINES = {
  idleAfterMs: true,
  idleTimeoutMs: true,
  heartbeatIntervalMs: true,
  heartbeatMissed: true,
  hibernateAfterMs: true,
  pausedTimeoutMs: true,
  maxLifetimeMs: true,
} as const satisfies Names<DeadlineOptions>;

const JOURNAL = {
  maxEntries: true,
  maxBytes: true,
  onFull: true,
} as const satisfies Names<JournalOptions>;

const CREATE = {
  principal: true,
  client: true,
  metadata: true,
  beats: true,
  data: true,
  mcpServers: true,
  behaviour: true,
  input: true,
  idempotencyKey: true,
  id: true,
} as const satisfies Names<CreateOptions & { principal: string | null }>;

const { idempotencyKey: _, id: __, ...KEYED } = { ...CREATE, key: true } as const;
KEYED satisfies Names<KeyedOptions & { principal: string | null }>;

const LIST = {
  principal: true,
  state: true,
  limit: true,
  cursor: true,
} as const satisfies Names<ListOptions & { principal: string | null }>;

const RUN = {
  timeoutMs: true,
  signal: true,
  id: true,
  durable: true,
} as const satisfies Names<OperationOptions & DurableOptions>;

const PAUSE = { abort: true } as const satisfies Names<
  NonNullable<Parameters<Session['pause']>[0]>
>;

const ATTACH = { resident: true } as const satisfies Names<
  NonNullable<Parameters<Session['attach']>[0]>
>;

const WAIT_FOR = {
  timeoutMs: true,
  signal: true,
} as const satisfies Names<NonNullable<Parameters<Session['waitFor']>[1]>>;

const DRAIN = { operationsMs: true } as const satisfies Names<
  NonNullable<Parameters<Runtime['drain']>[0]>
>;

const HOOKS = {
  onCreated: true,
  onStateChanged: true,
  onTerminated: true,
  onError: true,
} as const satisfies Names<Hooks>;

/** The options of a call, known to be an object with none but the names it takes. */
const KNOWN = {
  createRuntime: RUNTIME,
  deadlines: DEADLINES,
  journal: JOURNAL,
  hooks: HOOKS,
  create: CREATE,
  getOrCreate: KEYED,
  list: LIST,
  run: RUN,
  pause: PAUSE,
  attach: ATTACH,
  waitFor: WAIT_FOR,
  drain: DRAIN,
};

/**
 * Refuses an option nobody reads: a misspelt limit would be no limit, and nobody would hear of it. Also one that is there
 * but `undefined`, where that would widen what the caller may see. Throws `InvalidOptionError`.
 */
export const refuseUnknown = (call: keyof typeof KNOWN, options: unknown): void => {
  refuseOtherNames(call, KNOWN[call], options, (name) =>
    call === 'create' && name === 'key' ? 'a key is for getOrCreate' : null,
  );
  const { principal } = options as { readonly principal?: unknown };
  if (principal === undefined && 'principal' in (options as object)) {
    throw new InvalidOptionError('principal', undefined, 'a text, null for nobody, or left out');
  }
};
