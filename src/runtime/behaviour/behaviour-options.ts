import type { AnyActorLogic } from 'xstate';
import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { isInternal, knownEvents } from '../../xstate/behaviour-events.ts';
import { checkedCount, checkedDuration } from '../liveness/deadlines.ts';
import type { BehaviourSpec, RestartOptions } from './behaviour.ts';
import type { RestartPlan } from './restart-plan.ts';

/** A registered behaviour, checked. */
export interface CheckedBehaviour {
  readonly name: string;
  readonly logic: AnyActorLogic;
  readonly input: NonNullable<BehaviourSpec['input']>;
  /** Descriptors of the event types it takes; `null`: all that may come from outside. */
  readonly events: readonly string[] | null;
  readonly plan: RestartPlan;
  /** The id of its machine; `null` for other logic. */
  readonly machineId: string | null;
  readonly version: number;
  /** By the version they lead on from. */
  readonly migrate: NonNullable<BehaviourSpec['migrate']>;
}

/** The behaviours of a runtime. Throws `InvalidOptionError` with the option, its value and what is allowed. */
export const checkedBehaviours = (
  specs: Readonly<Record<string, BehaviourSpec>>,
): Readonly<Record<string, CheckedBehaviour>> => {
  if (typeof specs !== 'object' || specs === null || Array.isArray(specs)) {
    throw new InvalidOptionError('behaviours', specs, 'an object of behaviours by name');
  }
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, checkedBehaviour(name, spec)]),
  );
};

const KNOWN = {
  logic: true,
  input: true,
  events: true,
  version: true,
  migrate: true,
  policy: true,
  backoffMs: true,
  maxBackoffMs: true,
  maxFailures: true,
  healthyAfterMs: true,
} as const satisfies Record<keyof BehaviourSpec, true>;

const checkedBehaviour = (name: string, spec: BehaviourSpec): CheckedBehaviour => {
  const at = `behaviours.${name}`;
  if (name === '') throw new InvalidOptionError('the name of a behaviour', name, 'not empty');
  if (typeof spec !== 'object' || spec === null) {
    throw new InvalidOptionError(at, spec, 'an object with a logic');
  }
  for (const option of Object.keys(spec)) {
    if (Object.hasOwn(KNOWN, option)) continue;
    throw new InvalidOptionError(`an option of ${at}`, option, Object.keys(KNOWN).join(', '));
  }
  const { logic, input = (given) => given } = spec;
  if (!isLogic(logic)) {
    throw new InvalidOptionError(`${at}.logic`, logic, 'an XState logic: a machine, a promise …');
  }
  if (typeof input !== 'function') {
    throw new InvalidOptionError(`${at}.input`, input, 'a function that returns the input');
  }
  const events = spec.events === undefined ? knownEvents(logic) : checkedEvents(at, spec.events);
  const version = checkedCount(`${at}.version`, spec.version === undefined ? 1 : spec.version);
  const migrate = checkedMigrate(
    `${at}.migrate`,
    version,
    spec.migrate === undefined ? {} : spec.migrate,
  );
  const plan = checkedPlan(at, spec);
  return { name, logic, input, events, plan, machineId: machineIdOf(logic), version, migrate };
};

const machineIdOf = (logic: AnyActorLogic): string | null => {
  const id: unknown = Reflect.get(logic, 'id');
  return typeof id === 'string' ? id : null;
};

const checkedMigrate = (
  at: string,
  version: number,
  migrate: unknown,
): CheckedBehaviour['migrate'] => {
  const allowed = 'an object of functions by the version they lead on from';
  if (typeof migrate !== 'object' || migrate === null || Array.isArray(migrate)) {
    throw new InvalidOptionError(at, migrate, allowed);
  }
  for (const [from, step] of Object.entries(migrate)) {
    if (!/^[1-9]\d*$/.test(from) || Number(from) >= version) {
      const below = `a whole number from 1 up, below the version (${version})`;
      throw new InvalidOptionError(`a key of ${at}`, from, below);
    }
    if (typeof step !== 'function')
      throw new InvalidOptionError(`${at}[${from}]`, step, 'a function');
  }
  // A copy, so that what was checked stays as it was.
  return { ...(migrate as CheckedBehaviour['migrate']) };
};

const isLogic = (logic: unknown): logic is AnyActorLogic =>
  typeof logic === 'object' &&
  logic !== null &&
  ['transition', 'getInitialSnapshot', 'getPersistedSnapshot'].every(
    (method) => typeof Reflect.get(logic, method) === 'function',
  );

const checkedEvents = (at: string, events: unknown): readonly string[] => {
  const allowed =
    'an array of event types, which may end in ".*", without session.restored and those of XState';
  if (!Array.isArray(events)) throw new InvalidOptionError(`${at}.events`, events, allowed);
  return events.map((type: unknown) => {
    const stars = typeof type === 'string' ? type.replace(/(^|\.)\*$/, '') : '*';
    if (typeof type === 'string' && type !== '' && !stars.includes('*') && !isInternal(type)) {
      return type;
    }
    throw new InvalidOptionError(`${at}.events`, type, allowed);
  });
};

const checkedPlan = (at: string, options: RestartOptions): RestartPlan => {
  const { policy = 'transient', maxFailures = LIMITS.restartFailures } = options;
  if (policy !== 'permanent' && policy !== 'transient' && policy !== 'temporary') {
    throw new InvalidOptionError(`${at}.policy`, policy, "'permanent', 'transient', 'temporary'");
  }
  const wait = (name: 'backoffMs' | 'maxBackoffMs', otherwise: number): number => {
    const value: unknown = options[name] === undefined ? otherwise : options[name];
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
    throw new InvalidOptionError(`${at}.${name}`, value, 'a finite number of ms, above 0');
  };
  const { restartBackoffMs, restartBackoffMaxMs } = LIMITS;
  // One left unset yields to the set one.
  const mostMs = wait('maxBackoffMs', restartBackoffMaxMs);
  const backoffMs = wait('backoffMs', Math.min(restartBackoffMs, mostMs));
  const maxBackoffMs = options.maxBackoffMs === undefined ? Math.max(mostMs, backoffMs) : mostMs;
  if (maxBackoffMs < backoffMs) {
    throw new InvalidOptionError(`${at}.maxBackoffMs`, maxBackoffMs, `at least ${backoffMs}`);
  }
  return {
    policy,
    backoffMs,
    maxBackoffMs,
    maxFailures:
      maxFailures === Number.POSITIVE_INFINITY
        ? maxFailures
        : checkedCount(`${at}.maxFailures`, maxFailures),
    healthyAfterMs: checkedDuration(
      `${at}.healthyAfterMs`,
      options.healthyAfterMs ?? LIMITS.restartHealthyMs,
    ),
  };
};
