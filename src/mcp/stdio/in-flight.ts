import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/server';
import type { Session } from '../../runtime/session.ts';
import type { OperationOptions } from '../../runtime/work/work.ts';
import { methodNameOf } from '../sessions/json-rpc.ts';

/** What the requests of one connection need of it. */
export interface Wire {
  /** Gives a message of the client to the server. */
  deliver(message: JSONRPCMessage): void;
  /** Tells the client that a request failed. */
  refuse(id: RequestId, error: unknown): void;
}

interface Open {
  /** Aborted when nobody wants the answer any more. */
  readonly unwanted: AbortController;
  /** The answer is written. */
  answered: () => void;
}

/** Ends a request whose client has withdrawn it, or is gone: it is answered with nothing. */
class Unwanted extends Error {}

/**
 * The requests of one connection that await their answers: each is an operation of the session, so that work holds off
 * its deadlines, is waited for by a drain, and is aborted at its end.
 */
export class InFlight {
  readonly #wire: Wire;
  readonly #timeoutMs: NonNullable<OperationOptions['timeoutMs']>;
  readonly #open = new Map<RequestId, Open>();
  readonly #running = new Set<Promise<void>>();

  constructor(wire: Wire, timeoutMs: NonNullable<OperationOptions['timeoutMs']>) {
    this.#wire = wire;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a request of that id awaits its answer. */
  has(id: RequestId): boolean {
    return this.#open.has(id);
  }

  /** Has a request answered. Returns at once. */
  begin(session: Session, request: JSONRPCRequest): void {
    const open: Open = { unwanted: new AbortController(), answered: () => undefined };
    this.#open.set(request.id, open);
    const running = this.#run(session, request, open).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** The server has answered. */
  answered(id: RequestId): void {
    this.#open.get(id)?.answered();
  }

  /** The client does not want the answer any more. False: there is no such request. */
  cancel(id: RequestId, why: string): boolean {
    const open = this.#open.get(id);
    open?.unwanted.abort(new Unwanted(why));
    return open !== undefined;
  }

  /** Nobody is there to be answered. */
  abandon(): void {
    for (const id of this.#open.keys()) this.cancel(id, 'The client has gone.');
  }

  /** Resolves once all there are now have been answered, or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(session: Session, request: JSONRPCRequest, open: Open): Promise<void> {
    const { id, method } = request;
    try {
      await session.run(methodNameOf(method), ({ signal }) => this.#answer(request, open, signal), {
        timeoutMs: this.#timeoutMs,
        signal: open.unwanted.signal,
      });
    } catch (error) {
      if (!(error instanceof Unwanted)) this.#wire.refuse(id, error);
    } finally {
      if (this.#open.get(id) === open) this.#open.delete(id);
    }
  }

  /** Resolves when the server has answered. Aborted, the handler gets its signal, and answers no more. */
  #answer(request: JSONRPCRequest, open: Open, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const onAbort = (): void => {
        const reason = signal.reason instanceof Error ? signal.reason.message : 'aborted';
        const params = { requestId: request.id, reason };
        this.#wire.deliver({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      open.answered = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#wire.deliver(request);
    });
  }
}
