import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
import type { Session } from '../../runtime/session.ts';
import { RPC, type RpcError } from '../sessions/answers.ts';
import { onBehalfOf } from './connection-caller.ts';
import { InFlight } from './in-flight.ts';

/** What an accounted transport is made of. */
export interface AccountedOptions {
  /** What reads and writes the messages. */
  readonly wire: Transport;
  /** Whose connection it is. */
  readonly principal: string | null;
  /** Gives the session of the connection, made for the first message. */
  readonly session: (opening: JSONRPCMessage) => Promise<Session>;
  /** What the client is told of what a request was refused with. */
  readonly told: (error: unknown) => RpcError;
  /** The longest a request may take, ms. */
  readonly requestTimeoutMs: number | 'off';
  /** The connection is over, from either side. Called once. */
  readonly onOver: () => void;
}

const isJson = (message: JSONRPCMessage): boolean => {
  try {
    JSON.stringify(message);
    return true;
  } catch {
    return false;
  }
};

/** Answered at the end of the subscription, which may be that of the connection. */
const STANDING = 'subscriptions/listen';

/**
 * A transport that accounts to the session for what passes: requests are its operations, pings are beats, everything else
 * of the client is activity. Messages reach the server in the order they came, but for requests the session has no place
 * for yet.
 */
export class AccountedTransport implements Transport {
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];
  readonly #options: AccountedOptions;
  readonly #inFlight: InFlight;
  /** Messages that came before there was a session. */
  readonly #early: JSONRPCMessage[] = [];
  #session: Session | null = null;
  #over = false;

  constructor(options: AccountedOptions) {
    this.#options = options;
    this.#inFlight = new InFlight(
      {
        deliver: (message) => this.#deliver(message),
        refuse: (id, error) => this.#fail(id, error),
      },
      options.requestTimeoutMs,
    );
    const { wire } = options;
    wire.onmessage = (message) => this.#receive(message);
    wire.onerror = (error) => this.onerror?.(error);
    wire.onclose = () => this.#closed();
  }

  start(): Promise<void> {
    return this.#options.wire.start();
  }

  send(message: JSONRPCMessage): Promise<void> {
    const answer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
    // The write is on its way, and what is written after it comes after it.
    const written = this.#options.wire.send(message);
    if (!answer || message.id === undefined) return written;
    const { id } = message;
    this.#inFlight.answered(id);
    return written.catch((error: unknown) => {
      // The wire may be closed as well: then nobody is there to be told.
      if (!isJson(message)) this.#fail(id, error);
      throw error;
    });
  }

  close(): Promise<void> {
    return this.#options.wire.close();
  }

  /** Resolves once every request that is in flight has its answer. */
  settled(): Promise<void> {
    return this.#inFlight.settled();
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#inFlight.abandon();
    this.onclose?.();
    this.#options.onOver();
  }

  #receive(message: JSONRPCMessage): void {
    if (this.#session !== null) {
      this.#account(this.#session, message);
      return;
    }
    this.#early.push(message);
    if (this.#early.length === 1) void this.#open(message);
  }

  /** What comes meanwhile waits. Where there is no session to be had, it is refused, and the next message asks again. */
  async #open(opening: JSONRPCMessage): Promise<void> {
    try {
      this.#session = await this.#options.session(opening);
    } catch (error) {
      for (const message of this.#early.splice(0)) {
        if (isJSONRPCRequest(message)) this.#fail(message.id, error);
      }
      return;
    }
    for (const message of this.#early.splice(0)) this.#account(this.#session, message);
  }

  #account(session: Session, message: JSONRPCMessage): void {
    if (this.#over) return;
    if (isJSONRPCRequest(message)) {
      this.#request(session, message);
      return;
    }
    // Its end is on its way, and closes the connection.
    session.touch().catch(() => {});
    if (isJSONRPCNotification(message) && this.#isCancel(message)) return;
    this.#deliver(message);
  }

  #request(session: Session, request: JSONRPCRequest): void {
    const { id, method } = request;
    if (method === 'ping') {
      if (!session.signal.aborted) session.beat();
      this.#deliver(request);
    } else if (method === STANDING) {
      session.touch().catch(() => {});
      this.#deliver(request);
    } else if (this.#inFlight.has(id)) {
      const message = 'Invalid Request: a request with this id is in flight';
      this.#reply(id, { code: RPC.invalidRequest, message });
    } else this.#inFlight.begin(session, request);
  }

  /** Gives a message to the server, whose tools are to know whose it is. */
  #deliver(message: JSONRPCMessage): void {
    onBehalfOf(this.#options.principal, () => this.onmessage?.(message));
  }

  /** Whether this withdraws a request that is an operation: then its abort tells the server. */
  #isCancel({ method, params }: JSONRPCNotification): boolean {
    if (method !== 'notifications/cancelled') return false;
    const id = params?.['requestId'];
    const why = params?.['reason'];
    if (typeof id !== 'string' && typeof id !== 'number') return false;
    return this.#inFlight.cancel(
      id,
      typeof why === 'string' ? why : 'The client has cancelled it.',
    );
  }

  #fail(id: RequestId, error: unknown): void {
    this.#reply(id, this.#options.told(error));
  }

  #reply(id: RequestId, error: RpcError): void {
    // The wire may be closed by now.
    this.#options.wire.send({ jsonrpc: '2.0', id, error: { ...error } }).catch(() => {});
  }
}
