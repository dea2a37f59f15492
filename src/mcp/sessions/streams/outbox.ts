import { LIMITS } from '../../../limits.ts';
import type { DelayLine, Tick } from './tick.ts';

/** What a message is: answers and requests are never left out, notifications are where the client does not read. */
export type MessageKind = 'answer' | 'request' | 'notification';

/** The stream whose messages wait. */
export interface Outlet {
  /** Whether its client has read enough to be sent more. */
  readonly hasRoom: boolean;
  /** Calls back when the client has read on; the same callback twice is once. It may never come. */
  whenRead(callback: () => void): void;
  /** Nothing waits any more. */
  emptied(): void;
}

/** What one costs beside its text: an object, a closure, a promise. Short ones would otherwise be free. */
const WAITING_COST_BYTES = 1_024;

interface Waiting {
  readonly mayBeLeftOut: boolean;
  readonly cost: number;
  readonly goOut: () => void;
  readonly settle: (isSent: boolean) => void;
}

/**
 * Messages that wait for a client to read on, in order. That a stream is full says nothing of its client while whoever
 * fills it lets no I/O happen: so what comes then waits, and whoever awaits its sending goes at the client's pace. A client
 * that takes nothing for `LIMITS.unreadPatienceMs` is given up: notifications are left out from then on, until it has read
 * on. So long, and no longer, a client that does not read costs what waits here, too: `LIMITS.waitingBytes` at most.
 */
export class Outbox {
  readonly #line: DelayLine<Outbox>;
  readonly #outlet: Outlet;
  readonly #goOn = (): void => this.#run(false);
  #waiting: Waiting[] = [];
  #cost = 0;
  #hasGivenUp = false;
  #wasLookedAt = false;

  constructor(line: DelayLine<Outbox>, outlet: Outlet) {
    this.#line = line;
    this.#outlet = outlet;
  }

  /** Whether something waits: then what comes has to wait behind it. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether as much waits as may. */
  get isFull(): boolean {
    return this.#cost >= LIMITS.waitingBytes;
  }

  /** Whether the client was given up, and no room was seen since. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** Waits until it may go out; resolves with false where it is left out. Never rejects. */
  wait(mayBeLeftOut: boolean, bytes: number, goOut: () => void): Promise<boolean> {
    return new Promise((settle) => {
      const isFirst = !this.waits;
      const cost = bytes + WAITING_COST_BYTES;
      this.#waiting.push({ mayBeLeftOut, cost, goOut, settle });
      this.#cost += cost;
      if (isFirst) this.#ask();
    });
  }

  /** For whoever has seen room: a client that was given up reads again. */
  sawRoom(): void {
    this.#hasGivenUp = false;
  }

  /** Sends what there is room for: another client may have come. */
  goOn(): void {
    this.#run(false);
  }

  /** Waits no more: what there is no room for is left out, if it may be. */
  giveUp(): void {
    this.#run(true);
  }

  /**
   * For its line: the client has had half of its time. Any room at all says that it reads. Without any it is given up the
   * second time only: where the process stood still for so long, no I/O has happened before the first.
   */
  look(): void {
    if (this.#outlet.hasRoom || this.#wasLookedAt) {
      this.#run(!this.#outlet.hasRoom);
      return;
    }
    this.#wasLookedAt = true;
    this.#line.push(this);
  }

  #run(givesUp: boolean): void {
    if (!this.waits) return;
    if (givesUp) this.#hasGivenUp = true;
    const all = this.#waiting;
    this.#waiting = [];
    let at = 0;
    for (const one of all) {
      const hasRoom = this.#outlet.hasRoom;
      if (!hasRoom && !givesUp) break;
      at += 1;
      this.#cost -= one.cost;
      const goes = hasRoom || !one.mayBeLeftOut;
      if (goes) one.goOut();
      one.settle(goes);
    }
    this.#waiting = at === 0 ? all : all.slice(at);
    if (this.waits) {
      this.#ask();
      return;
    }
    this.#line.delete(this);
    this.#outlet.emptied();
  }

  #ask(): void {
    this.#wasLookedAt = false;
    this.#line.push(this);
    this.#outlet.whenRead(this.#goOn);
  }
}

/** The line on which the full streams of an endpoint wait for their clients. */
export const patience = (tick: Tick): DelayLine<Outbox> =>
  tick.line<Outbox>(LIMITS.unreadPatienceMs / 2, (one) => one.look());
