import type { Runtime, SessionState, Store } from '../../src/index.ts';
import { assembleRuntime } from '../../src/runtime/create-runtime.ts';
import type { RuntimeContext } from '../../src/runtime/runtime-context.ts';
import { TrustedRuntime } from '../../src/runtime/trusted-runtime.ts';
import { type FaultyStore, faultyStore } from '../../src/testing/faulty-store.ts';
import { applicationOf } from './application.ts';
import { Connection } from './connection.ts';
import { moved, told } from './hearing.ts';
import { watchSlots } from './limits-reached.ts';
import { TICK_MS } from './numbers.ts';
import { ProcessClock } from './process-clock.ts';
import type { Data } from './slot.ts';
import type { World } from './world.ts';

/** One life of the server: a runtime with a clock and a connection to the store that die with it. */
export class SimProcess {
  readonly number: number;
  readonly clock: ProcessClock;
  /** What the host application waits on: the same time, and no business of the runtime's. */
  readonly appClock: ProcessClock;
  readonly faulty: FaultyStore;
  readonly connection: Connection;
  readonly context: RuntimeContext;
  readonly runtime: Runtime<Data>;
  readonly startedAt: number;
  /** The state of each actor of a session that it has, by the actor's name. */
  readonly actors = new Map<string, SessionState>();
  alive = true;
  /** It takes nothing new any more. */
  draining = false;
  readonly #holdUps: { readonly until: number; readonly ms: number }[] = [];

  constructor(world: World, number: number, store: Store) {
    this.number = number;
    this.startedAt = world.clock.mono();
    this.clock = new ProcessClock(world.clock);
    this.appClock = new ProcessClock(world.clock);
    const { store: kind, latencyMs } = world.setup;
    const chance = world.chance.fork(`store ${number}`);
    this.faulty = faultyStore(store, {
      clock: this.clock,
      random: () => chance.number(),
      onFault: (_method, fault) => world.coverage.met(`store: ${fault}`),
      ...(latencyMs > 0 ? { delayMs: [0, latencyMs / 2] as const } : {}),
      ...(kind === 'calm' ? {} : { failRate: 0.06, lostAnswerRate: 0.04, lostRequestRate: 0.02 }),
    });
    this.connection = new Connection(this.faulty, () => world.coverage.met('disk full'));
    this.context = assembleRuntime({
      ...applicationOf(world, this),
      clock: this.clock,
      store: this.connection,
      randomness: world.randomnessOf(number),
      inspect: (event) => {
        if (this.alive && event.type === '@xstate.snapshot') moved(world, this, event);
      },
    });
    watchSlots(this.context, () => world.limits.look(world.truth, this));
    this.runtime = new TrustedRuntime(this.context) as Runtime as Runtime<Data>;
    this.runtime.subscribe((event) => {
      if (this.alive) told(world, this, event);
    });
  }

  /** Its loop was held up, until now. */
  wasHeldUp(ms: number): void {
    this.#holdUps.push({ until: this.clock.mono(), ms });
  }

  /** For how long it could look at nothing since then (mono), ms: after a hold-up it hears its clients for a tick first. */
  heldUpSince(mono: number): number {
    const since = this.#holdUps.filter(({ until }) => until > mono);
    return since.reduce((sum, { ms }) => sum + ms + TICK_MS, 0);
  }

  /** From here on nothing of it acts on the world, whatever of its code still runs. */
  die(): void {
    this.alive = false;
    this.clock.die();
    this.appClock.die();
    this.connection.die();
  }
}
