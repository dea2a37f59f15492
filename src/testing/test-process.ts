import type { LifecycleEvent } from '../observe/events.ts';
import { assembleRuntime } from '../runtime/create-runtime.ts';
import { contactOf, holdings } from '../runtime/health/holdings.ts';
import type { Contact } from '../runtime/residency/contact.ts';
import type { Runtime, RuntimeOptions } from '../runtime/runtime.ts';
import type { RuntimeContext } from '../runtime/runtime-context.ts';
import { TrustedRuntime } from '../runtime/trusted-runtime.ts';
import type { Store } from '../store/contract.ts';
import type { ScheduledAction, VirtualClock } from '../time/virtual-clock.ts';
import { RunningActors } from '../xstate/running-actors.ts';
import type { Found } from './leaks.ts';
import { ProcessClock } from './process-clock.ts';
import { type WatchedStore, watchedStore } from './watched-store.ts';

/** One life of a runtime under test: it has a clock, a connection to its store and actors that are over with it. */
export class TestProcess<Data, Input> {
  readonly runtime: Runtime<Data, Input>;
  readonly #clock: ProcessClock;
  readonly #store: WatchedStore;
  readonly #actors = new RunningActors();
  readonly #context: RuntimeContext;
  /** Contacts of sessions that had a stream attached: it may outlive them. */
  readonly #attached = new Set<Contact>();
  #alive = true;

  /**
   * @param test whose process it is
   * @param options of the runtime, without its clock
   * @param hear told each event of the runtime while it lives
   */
  constructor(
    test: object,
    clock: VirtualClock,
    store: Store,
    options: RuntimeOptions<Data, Input>,
    hear: (event: LifecycleEvent) => void,
  ) {
    this.#clock = new ProcessClock(clock, test);
    this.#store = watchedStore(store);
    this.#context = assembleRuntime({
      // Inside, the type of the data is nobody's business: the schema and the application agree on it.
      ...(options as RuntimeOptions),
      clock: this.#clock,
      store: this.#store.store,
      inspect: this.#actors.inspector(options.inspect),
    });
    this.runtime = new TrustedRuntime(this.#context) as Runtime as Runtime<Data, Input>;
    this.runtime.subscribe((event) => {
      if (!this.#alive) return;
      if (event.type === 'session.attached') this.#noteStream(event.id);
      hear(event);
    });
  }

  /** The process is gone: nothing of it acts any more, whatever of its code still runs. */
  die(): void {
    this.#alive = false;
    this.#clock.die();
  }

  /** What there is of it, and of all else on the clock. */
  found(scheduled: readonly ScheduledAction[]): Found {
    for (const one of this.#attached) if (one.presences === 0) this.#attached.delete(one);
    const held = holdings(this.#context, this.#attached);
    const isOwn = (one: ScheduledAction): boolean => ProcessClock.ownerOf(one) === this.#clock;
    return {
      // One listener is ours.
      holdings: { ...held, listeners: held.listeners - 1 },
      ownTimers: scheduled.filter(isOwn),
      otherTimers: scheduled.filter((one) => !isOwn(one)),
      actors: this.#actors.paths(),
      storeCalls: this.#store.unanswered(),
      storeIsClosed: this.#store.isClosed,
    };
  }

  #noteStream(id: string): void {
    const contact = contactOf(this.#context, id);
    if (contact !== null) this.#attached.add(contact);
  }
}
