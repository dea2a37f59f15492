import { type EndReason, registryMachine } from '../../machines/index.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkedPrincipal } from '../identity/principal.ts';
import type { LifecycleEvent, Listener, Unsubscribe } from '../observe/events.ts';
import { CallerRuntime } from './caller-runtime.ts';
import { create, createKeyed } from './doors.ts';
import type { Problem, Reaped, RuntimeHealth, Validation } from './health/health.ts';
import { runtimeHealth } from './health/runtime-health.ts';
import { stats } from './health/stats.ts';
import { validate } from './health/validate.ts';
import { validateAll } from './health/validate-all.ts';
import { checkedPlan, drain, hurry } from './lifecycle/drain.ts';
import { purge } from './lifecycle/purge.ts';
import { terminateAll } from './lifecycle/terminate-all.ts';
import type { Deadlines } from './liveness/deadlines.ts';
import { awakeSince } from './liveness/filing.ts';
import { reap } from './liveness/reap.ts';
import { getSession, listSessions } from './lookup.ts';
import { checkedReason } from './options.ts';
import type {
  BoundRuntime,
  CreateOptions,
  DrainReport,
  KeyedOptions,
  ListOptions,
  Runtime,
  RuntimeStats,
  SessionPage,
} from './runtime.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session } from './session.ts';

/** The runtime as its owner holds it: it sees everything. */
export class TrustedRuntime implements Runtime {
  readonly #context: RuntimeContext;
  #drained: Promise<DrainReport> | null = null;

  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  get deadlines(): Deadlines {
    return this.#context.deadlines;
  }

  get awakeSince(): number {
    return awakeSince(this.#context);
  }

  get registry(): Runtime['registry'] {
    const { actor } = this.#context.registry;
    return {
      logic: registryMachine,
      getSnapshot: () => actor.getSnapshot(),
    };
  }

  async create(
    options: CreateOptions & { readonly principal?: string | null } = {},
  ): Promise<Session> {
    return create(this.#context, checkedPrincipal(options.principal), options, 'operator');
  }

  async getOrCreate(
    options: KeyedOptions & { readonly principal?: string | null },
  ): Promise<Session> {
    return createKeyed(this.#context, checkedPrincipal(options.principal), options, 'operator');
  }

  async get(id: string): Promise<Session> {
    return getSession(this.#context, 'everybody', id);
  }

  async list(
    options: ListOptions & { readonly principal?: string | null } = {},
  ): Promise<SessionPage> {
    const scope =
      options.principal === undefined
        ? 'everybody'
        : { principal: checkedPrincipal(options.principal) };
    return listSessions(this.#context, scope, options, 'operator');
  }

  async terminate(id: string, reason: 'client' | 'operator' = 'operator'): Promise<EndReason> {
    const session = await this.get(id);
    return session.terminate(reason);
  }

  async terminateAll(
    principal: string,
    reason: 'client' | 'operator' = 'operator',
  ): Promise<number> {
    return terminateAll(this.#context, checkedPrincipal(principal), checkedReason(reason));
  }

  async purge(id: string): Promise<void> {
    return purge(this.#context, id);
  }

  async validate(id: string, caller?: { readonly principal: string | null }): Promise<Validation> {
    const scope =
      caller === undefined ? 'everybody' : { principal: checkedPrincipal(caller.principal) };
    return validate(this.#context, scope, id);
  }

  as(principal: string | null): BoundRuntime {
    // `undefined` is a caller somebody forgot to look up, not an anonymous one.
    if (principal === undefined)
      throw new InvalidOptionError('principal', principal, 'a text or null');
    return new CallerRuntime(this.#context, checkedPrincipal(principal));
  }

  subscribe(listener: Listener<LifecycleEvent>): Unsubscribe {
    const context = this.#context;
    // A listener given twice is heard twice: each subscription is its own.
    const own: Listener<LifecycleEvent> = (event) => listener(event);
    context.listeners = [...context.listeners, own];
    return () => {
      context.listeners = context.listeners.filter((one) => one !== own);
    };
  }

  recentEvents(): readonly LifecycleEvent[] {
    return this.#context.recent.list();
  }

  stats(): RuntimeStats {
    return stats(this.#context);
  }

  health(): RuntimeHealth {
    return runtimeHealth(this.#context);
  }

  validateAll(): readonly Problem[] {
    return validateAll(this.#context);
  }

  async reap(): Promise<readonly Reaped[]> {
    return reap(this.#context);
  }

  async drain(options: { readonly operationsMs?: number } = {}): Promise<DrainReport> {
    const plan = checkedPlan(options);
    if (this.#drained !== null) return this.#drained;
    let begin = (): void => undefined;
    // There before it begins: who hears of it may ask for it again.
    this.#drained = new Promise((resolve) => {
      begin = () => resolve(drain(this.#context, plan));
    });
    begin();
    return this.#drained;
  }

  close(): Promise<DrainReport> {
    hurry(this.#context);
    return this.drain({ operationsMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
