import { type EndReason, registryMachine } from '../../machines/index.ts';
import { ForbiddenError, InvalidOptionError } from '../errors.ts';
import { checkedPrincipal } from '../identity/principal.ts';
import type { LifecycleEvent, Listener, Unsubscribe } from '../observe/events.ts';
import { createSession } from './create-session.ts';
import type { Deadlines } from './deadlines.ts';
import { checkedPlan, drain } from './drain.ts';
import { getSession, listSessions } from './lookup.ts';
import { checkedCreate } from './options.ts';
import { SessionReference } from './reference.ts';
import type {
  BoundRuntime,
  CreateOptions,
  DrainReport,
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
    const principal = checkedPrincipal(options.principal);
    return create(this.#context, principal, options);
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
    return listSessions(this.#context, scope, options);
  }

  async terminate(id: string, reason: 'client' | 'operator' = 'operator'): Promise<EndReason> {
    const session = await this.get(id);
    return session.terminate(reason);
  }

  as(principal: string | null): BoundRuntime {
    return new CallerRuntime(this.#context, checkedPrincipal(principal));
  }

  subscribe(listener: Listener<LifecycleEvent>): Unsubscribe {
    const { listeners } = this.#context;
    // A listener given twice is heard twice: each subscription is its own.
    const own: Listener<LifecycleEvent> = (event) => listener(event);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  stats(): RuntimeStats {
    const { registry, hosts, counters } = this.#context;
    return {
      state: registry.actor.getSnapshot().value,
      resident: hosts.size,
      created: counters.created,
      refused: counters.refused,
      ended: { ...counters.ended },
      ignored: counters.ignored,
    };
  }

  async drain(options: { readonly operationsMs?: number } = {}): Promise<DrainReport> {
    const plan = checkedPlan(options);
    this.#drained ??= drain(this.#context, plan);
    return this.#drained;
  }

  close(): Promise<DrainReport> {
    return this.drain({ operationsMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The runtime as one caller sees it. */
class CallerRuntime implements BoundRuntime {
  readonly principal: string | null;
  readonly #context: RuntimeContext;

  constructor(context: RuntimeContext, principal: string | null) {
    this.#context = context;
    this.principal = principal;
  }

  async create(options: CreateOptions = {}): Promise<Session> {
    return create(this.#context, this.principal, options);
  }

  async get(id: string): Promise<Session> {
    return getSession(this.#context, { principal: this.principal }, id);
  }

  async list(options: ListOptions = {}): Promise<SessionPage> {
    if (this.principal === null) {
      throw new ForbiddenError(
        'An anonymous caller may not list sessions: nothing tells whose they are.',
      );
    }
    return listSessions(this.#context, { principal: this.principal }, options);
  }

  async terminate(id: string, reason: 'client' | 'operator' = 'client'): Promise<EndReason> {
    if (reason !== 'client' && reason !== 'operator') {
      throw new InvalidOptionError('reason', reason, "'client' or 'operator'");
    }
    const session = await this.get(id);
    return session.terminate(reason);
  }
}

const create = async (
  context: RuntimeContext,
  principal: string | null,
  options: CreateOptions,
): Promise<Session> =>
  new SessionReference(context, await createSession(context, principal, checkedCreate(options)));
