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

const isText = (value: unknown): value is string => typeof value === 'string';

const isTimer = (value: unknown): boolean =>
  isObject(value) &&
  isActorPath(value['from']) &&
  isActorPath(value['to']) &&
  isObject(value['event']) &&
  isText(value['event']['type']) &&
  (value['id'] === null || isText(value['id'])) &&
  Number.isFinite(value['at']);

const isActorPath = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const isPath = (value: unknown): value is Path =>
  Array.isArray(value) && value.every((key) => isText(key) || isCount(key));

const isCheckpoint = (value: unknown): boolean => {
  if (value === null) return true;
  if (!isObject(value) || !('snapshot' in value)) return false;
  const { snapshot, session } = value;
  // The session is put there: only where it was taken out.
  return (
    Array.isArray(session) &&
    session.every((path) => isPath(path) && valueAt(snapshot, path) === null)
  );
};

/**
 * What stands where that path leads, by own properties only: no data that was stored leads to what all objects share.
 * `undefined`: it leads nowhere.
 */
export const valueAt = (root: unknown, path: Path): unknown => {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
};

/**
 * Whether a stored value is an envelope, by all that a restart relies on. What is inside its snapshot is not looked at, but
 * for the places that the session is put back to.
 */
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
