import type { AnyActorLogic } from 'xstate';
import { InvalidOptionError } from '../errors.ts';
import { systemRandomness } from '../identity/randomness.ts';
import { LIMITS } from '../limits.ts';
import { planted } from '../planted.ts';
import type { Store } from '../store/contract.ts';
import { createMemoryStore } from '../store/memory.ts';
import { GapWatch } from '../time/gap.ts';
import { LiftedClock } from '../time/lifted-clock.ts';
import { systemClock } from '../time/system-clock.ts';
import { DeadlineWheel, type WheelTick } from '../time/wheel.ts';
import { createRegistry, type Registry } from '../xstate/registry-logic.ts';
import { guardSession, sessionLogic } from '../xstate/session-logic.ts';
import { Census } from './admission/census.ts';
import { IdleSessions } from './admission/eviction.ts';
import { Reservations } from './admission/reservations.ts';
import { checkedBehaviours } from './behaviour/behaviour-options.ts';
import type { SessionHost } from './host.ts';
import { refuseUnknown } from './known-options.ts';
import { crash } from './lifecycle/lifecycle.ts';
import { resolveDeadlines } from './liveness/deadlines.ts';
import { look } from './liveness/liveness.ts';
import { startSweep } from './liveness/sweep.ts';
import { Tombstones } from './liveness/tombstones.ts';
import { checkedSettings } from './options.ts';
import { announce } from './plane/announce.ts';
import { Recent } from './plane/recent-events.ts';
import { SessionReference } from './reference.ts';
import { Away } from './residency/away.ts';
import { Lanes } from './residency/lanes.ts';
import { open, stayAlive } from './residency/opening.ts';
import { Hearing, recordHeardInTime } from './residency/record-heard.ts';
import { StaleReads } from './residency/stale-reads.ts';
import { WakeQueue } from './residency/wake-queue.ts';
import type { Runtime, RuntimeOptions } from './runtime.ts';
import type { Application, Counters, RuntimeContext } from './runtime-context.ts';
import { TrustedRuntime } from './trusted-runtime.ts';

/**
 * Makes a runtime, running. It holds no session yet and never holds the process open; `close` or `drain` it
 * when it has done its service. Throws `InvalidOptionError` for what is not allowed.
 *
 * ```ts
 * const runtime = createRuntime({ deadlines: { idleTimeoutMs: 10 * 60_000 } });
 * const session = await runtime.create({ principal: 'ada' });
 * ```
 */
export const createRuntime = <Data = unknown, Input = Data>(
  options: RuntimeOptions<Data, Input> = {},
): Runtime<Data, Input> =>
  // Inside, the type of the data is nobody's business: the schema and the application agree on it.
  new TrustedRuntime(assembleRuntime(options as RuntimeOptions)) as Runtime<Data, Input>;

/**
 * Puts the parts of a runtime together and starts them.
 *
 * @param chart what a session's actor runs; another one than the chart only in tests of its failure.
 */
export const assembleRuntime = (options: RuntimeOptions, chart?: AnyActorLogic): RuntimeContext => {
  refuseUnknown('createRuntime', options);
  if (options.deadlines !== undefined) refuseUnknown('deadlines', options.deadlines);
  if (options.hooks !== undefined) refuseUnknown('hooks', options.hooks);
  const settings = checkedSettings(options);
  const store = checkedStore(options.store);
  const deadlines = resolveDeadlines(options.deadlines, store.durable);
  const clock = new LiftedClock(options.clock ?? systemClock());
  const randomness = options.randomness ?? systemRandomness;
  const gaps = new GapWatch(deadlines.gapMs);
  const registry = registryFor(options, clock, chart, () => context);
  const wheel = new DeadlineWheel<SessionHost>({
    clock,
    tickMs: deadlines.tickMs,
    look: (host, now) => look(context, host, now),
    onTick: (tick) => ticked(context, gaps, tick),
    onError: (error) => announce(context, { type: 'runtime.error', where: 'the wheel', error }),
  });
  const context: RuntimeContext = {
    clock,
    randomness,
    store,
    deadlines,
    settings,
    application: applicationOf(options),
    reference: (host, viewer) => new SessionReference(context, host, viewer),
    registry,
    wheel,
    ...emptyTables(store, () => context.onQuiet?.()),
    recent: new Recent(settings.maxRecentEvents),
    counters: newCounters(),
    owner: randomness.uuid(),
    endOfLastGap: gaps.endOfLastGap,
    tickedAt: clock.mono(),
    wallOffset: clock.wall() - clock.mono(),
    draining: false,
    hurried: false,
    closed: false,
    storeTrouble: null,
    warned: false,
    lagMs: 0,
    inFlight: 0,
    onQuiet: null,
  };
  registry.start();
  if (store.durable) open(context, () => begin(context, gaps));
  else begin(context, gaps);
  return context;
};

/** A promise of one is the likely mistake: what opens a store on a disk has to wait for it. */
const checkedStore = (store: Store = createMemoryStore()): Store => {
  if (typeof store === 'object' && store !== null && typeof store.create === 'function') {
    return store;
  }
  throw new InvalidOptionError('store', store, 'a store, and no promise of one: await it');
};

/** Who is where, before anybody is anywhere. `onRest`: called when the last step of all lanes is over. */
const emptyTables = (store: Store, onRest: () => void) =>
  ({
    hosts: new Map(),
    perPrincipal: new Map(),
    listeners: [],
    idle: new IdleSessions(store.durable),
    reserved: new Reservations(),
    keyed: new Map(),
    newIds: new Map(),
    rotated: new Map(),
    census: store.durable ? new Census(store) : null,
    lanes: new Lanes(onRest),
    wakes: new WakeQueue(LIMITS.wakesAtOnce),
    away: new Away(),
    hearing: new Hearing(),
    staleReads: new StaleReads(),
    endingAway: new Set(),
    endLater: new Map(),
    opening: null,
    sweptUntil: Number.NEGATIVE_INFINITY,
    overdue: new Set(),
    settling: 0,
    toldUnreadable: new Set(),
    unrestorable: new Map(),
    alive: null,
    takingBack: new Map(),
    whenClosed: new Set(),
    tombstones: new Tombstones(),
    sweep: null,
  }) satisfies Partial<RuntimeContext>;

/** Its sessions run `chart`. What goes wrong in an actor is told; a session of which it was the chart ends. */
const registryFor = (
  { inspect }: RuntimeOptions,
  clock: LiftedClock,
  chart: AnyActorLogic | undefined,
  contextOf: () => RuntimeContext,
): Registry =>
  createRegistry({
    clock,
    ...(inspect === undefined ? {} : { inspect }),
    logic: chart === undefined ? sessionLogic : guardSession(chart),
    onError: (error, where) => announce(contextOf(), { type: 'runtime.error', where, error }),
    onSessionError: (id, error) => {
      const context = contextOf();
      announce(context, { type: 'runtime.error', where: `the actor of ${id}`, error });
      // An actor keeps its name when the id of its session is rotated.
      const host = context.rotated.get(id) ?? context.hosts.get(id);
      if (host !== undefined) crash(context, host);
    },
  });

/** Lets sessions in. Nobody was silent while there was no process: after a start every silence has a fresh window. */
const begin = (context: RuntimeContext, gaps: GapWatch): void => {
  const { clock, store, registry, wheel } = context;
  gaps.observe(clock.mono(), clock.wall(), clock.mono());
  context.tickedAt = clock.mono();
  context.wallOffset = clock.wall() - clock.mono();
  if (store.durable) {
    gaps.mark(clock.mono());
    context.endOfLastGap = gaps.endOfLastGap;
    context.alive = stayAlive(context);
  }
  registry.send({ type: 'registry.ready' });
  wheel.start();
  context.sweep = startSweep(context);
  if (store.durable) context.sweep.now();
};

/** Holds each tick against both axes of time. */
const ticked = (
  context: RuntimeContext,
  gaps: GapWatch,
  { mono, wall, lateMs }: WheelTick,
): void => {
  context.lagMs = Math.max(0, lateMs);
  context.tickedAt = mono;
  context.wallOffset = wall - mono;
  recordHeardInTime(context, mono);
  const gap = gaps.observe(mono, wall, mono - lateMs);
  if (gap === null) return;
  if (!planted('stall-counted-as-silence')) context.endOfLastGap = gaps.endOfLastGap;
  const { kind, gapMs, stepped } = gap;
  announce(context, { type: 'runtime.time-gap', kind, gapMs });
  if (!stepped) return;
  // Wall deadlines are filed by the time that was left on the wall clock before it moved.
  context.wheel.reviewAll();
  if (context.store.durable) context.sweep?.now();
};

const applicationOf = (options: RuntimeOptions): Application => ({
  data: options.data ?? null,
  initialize: options.initialize ?? null,
  cleanup: options.cleanup ?? null,
  hooks: options.hooks ?? {},
  operations: options.operations ?? {},
  onInterrupted: options.onInterrupted ?? null,
  behaviours: checkedBehaviours(options.behaviours ?? {}),
});

const newCounters = (): Counters => ({
  created: 0,
  refused: 0,
  ignored: 0,
  beats: 0,
  misses: 0,
  operationsStarted: 0,
  operationsFinished: 0,
  restarts: 0,
  hibernated: 0,
  woken: 0,
  ended: {},
});
