/** The keys that lead to a value. */
export type Path = readonly (string | number)[];

/** A delayed event of a behaviour that waits to be delivered. JSON. */
export interface KeptTimer {
  /** Ids of the actors from the behaviour down to the one that sent it; empty: the behaviour itself. */
  readonly from: readonly string[];
  /** The same, of the one it is for. */
  readonly to: readonly string[];
  readonly event: { readonly type: string; readonly [field: string]: unknown };
  /** Its id, by which it can be cancelled; `null` for none. */
  readonly id: string | null;
  /** Wall time at which it is delivered, ms since the epoch. */
  readonly at: number;
}

/**
 * What is stored of a behaviour, so that it can go on later, here or in another process, with this version of its logic
 * or a later one. JSON all through: it is the `snapshot` of the session's record. A change of its shape is a new
 * `RECORD_SCHEMA`.
 */
export interface Envelope {
  /** The id of the machine whose snapshot this is; `null`: its logic has none, or nobody noted it. */
  readonly machineId: string | null;
  /** The `version` of the behaviour that wrote it, from 1 up. */
  readonly machineVersion: number;
  readonly incarnation: number;
  /** Wall time at which it was made, ms since the epoch. */
  readonly savedAt: number;
  /** What it had sent with a delay, `after` included, in the order in which it is due. */
  readonly timers: readonly KeptTimer[];
  /** What `create` was given for it. */
  readonly input: unknown;
  /** `done` and `failed` ones are not started again. */
  readonly status: 'running' | 'done' | 'failed';
  /** Incarnations in a row that failed, and how many of them failed early. */
  readonly failures: { readonly inARow: number; readonly early: number };
  /** Where it goes on from; `null`: it begins anew, from its input. */
  readonly checkpoint: {
    /** As the logic's `getPersistedSnapshot` gave it: state, context and children are in it, whole. */
    readonly snapshot: unknown;
    /** Where in it the reference to the session itself was. */
    readonly session: readonly Path[];
  } | null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;

const isTimer = (value: unknown): boolean =>
  isObject(value) &&
  Array.isArray(value['from']) &&
  Array.isArray(value['to']) &&
  isObject(value['event']) &&
  typeof value['event']['type'] === 'string' &&
  Number.isFinite(value['at']);

const isCheckpoint = (value: unknown): boolean =>
  value === null || (isObject(value) && 'snapshot' in value && Array.isArray(value['session']));

/** Whether a stored value is an envelope, by all that a restart relies on. What is inside its snapshot is not looked at. */
export const isEnvelope = (value: unknown): value is Envelope => {
  if (!isObject(value)) return false;
  const { machineId, machineVersion, incarnation, savedAt, timers, status, failures } = value;
  return (
    (machineId === null || typeof machineId === 'string') &&
    isCount(machineVersion) &&
    machineVersion > 0 &&
    isCount(incarnation) &&
    Number.isFinite(savedAt) &&
    Array.isArray(timers) &&
    timers.every(isTimer) &&
    (status === 'running' || status === 'done' || status === 'failed') &&
    isObject(failures) &&
    isCount(failures['inARow']) &&
    isCount(failures['early']) &&
    isCheckpoint(value['checkpoint'])
  );
};
