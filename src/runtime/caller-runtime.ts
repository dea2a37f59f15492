import type { EndReason } from '../../machines/index.ts';
import { ForbiddenError } from '../errors.ts';
import { create, createKeyed } from './doors.ts';
import type { Validation } from './health/health.ts';
import { validate } from './health/validate.ts';
import { terminateAll } from './lifecycle/terminate-all.ts';
import { getSession, listSessions } from './lookup.ts';
import { checkedReason } from './options.ts';
import type {
  BoundRuntime,
  CreateOptions,
  KeyedOptions,
  ListOptions,
  SessionPage,
} from './runtime.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session } from './session.ts';

/** The runtime as one caller sees it. */
export class CallerRuntime implements BoundRuntime {
  readonly principal: string | null;
  readonly #context: RuntimeContext;

  constructor(context: RuntimeContext, principal: string | null) {
    this.#context = context;
    this.principal = principal;
  }

  async create(options: CreateOptions = {}): Promise<Session> {
    if (options.idempotencyKey !== undefined) this.#named('create with an idempotency key');
    return create(this.#context, this.principal, options, 'principal');
  }

  async getOrCreate(options: KeyedOptions): Promise<Session> {
    const principal = this.#named('have sessions by key');
    return createKeyed(this.#context, principal, options, 'principal');
  }

  async get(id: string): Promise<Session> {
    return getSession(this.#context, { principal: this.principal }, id);
  }

  async list(options: ListOptions = {}): Promise<SessionPage> {
    const principal = this.#named('list sessions');
    return listSessions(this.#context, { principal }, options, 'principal');
  }

  async terminate(id: string, reason: 'client' | 'operator' = 'client'): Promise<EndReason> {
    const session = await this.get(id);
    return session.terminate(reason);
  }

  async terminateAll(reason: 'client' | 'operator' = 'client'): Promise<number> {
    const principal = this.#named('end sessions in bulk');
    return terminateAll(this.#context, principal, checkedReason(reason));
  }

  async validate(id: string): Promise<Validation> {
    return validate(this.#context, { principal: this.principal }, id);
  }

  /** The principal, where there is one: nothing tells anonymous callers apart. */
  #named(what: string): string {
    if (this.principal !== null) return this.principal;
    throw new ForbiddenError(`An anonymous caller may not ${what}: nothing tells whose they are.`);
  }
}
