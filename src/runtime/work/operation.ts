import {
  HoldfastError,
  OperationAbortedError,
  OutcomeUnknown,
  StoreError,
  TimeoutError,
} from '../../errors.ts';
import type { OperationOutcome } from '../../observe/events.ts';
import type { SessionHost } from '../host.ts';
import { fileNext } from '../liveness/filing.ts';
import { tell } from '../plane/plane.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Session } from '../session.ts';
import { onAbort } from './shared-abort.ts';
import type { OperationContext } from './work.ts';
import type { Waiting } from './work-queue.ts';

/** What an operation does. */
export interface Task {
  readonly name: string;
  readonly session: Session;
  /** The work itself: called at most once, when the operation has its place. */
  readonly work: (context: OperationContext) => unknown;
  /** Where a durable one is recorded; `null`: it is volatile. */
  readonly journal: OperationJournal | null;
}

/** The record of one durable operation. */
export interface OperationJournal {
  /**
   * Records its start. `beforehand` is called right before that is queued, which may be later, in a full journal; what it
   * throws refuses it. `numbered` is called with the number of the entry in the moment it is in.
   */
  start(
    operation: string,
    beforehand: () => void,
    numbered: (seq: number) => void,
  ): Promise<unknown>;
  /** The result as it will be recorded. Throws `InvalidOptionError` where it cannot be. */
  checked(result: unknown): unknown;
  /** Puts its outcome into the next commit, at once. Settles with that commit; tried again when that fails. */
  finish(operation: string, outcome: OperationOutcome, value: unknown): Promise<void>;
}

/** How an operation is run, checked. */
export interface OperationPlan {
  readonly id: string;
  /** `Infinity`: none. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
}

const RECORDED = Promise.resolve();

/**
 * One operation, from when it is asked for until its outcome is decided. That is decided once: what work makes of itself
 * after its time-out or its abort is dropped, and its place is given on, whether it heeds its signal or not.
 */
export class RunningOperation implements Waiting {
  readonly id: string;
  readonly name: string;
  readonly durable: boolean;
  readonly since: number;
  readonly askedAt: number;
  readonly timeoutMs: number;
  /** What its caller gets. */
  readonly result: Promise<unknown>;
  state: Waiting['state'] = 'queued';
  startedSeq?: number;
  readonly #context: RuntimeContext;
  readonly #host: SessionHost;
  readonly #task: Task;
  readonly #controller = new AbortController();
  readonly #timeout: { unsubscribe(): void } | null;
  readonly #stopListening: (() => void) | null;
  #resolve: (value: unknown) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  /** Its start may be in the journal: its outcome is to follow. */
  #journalled = false;
  /** Its start was told: its outcome is to follow. */
  #begun = false;
  #over = false;

  constructor(context: RuntimeContext, host: SessionHost, task: Task, plan: OperationPlan) {
    const { id, timeoutMs, signal } = plan;
    this.#context = context;
    this.#host = host;
    this.#task = task;
    this.id = id;
    this.name = task.name;
    this.durable = task.journal !== null;
    this.since = context.clock.wall();
    this.askedAt = context.clock.mono();
    this.timeoutMs = timeoutMs;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timeout = Number.isFinite(timeoutMs)
      ? context.clock.scheduler.schedule(() => this.#timeOut(), timeoutMs)
      : null;
    this.#stopListening = signal === null ? null : onAbort(signal, () => this.abort(signal.reason));
  }

  start(): void {
    this.state = 'running';
    const { journal } = this.#task;
    if (journal === null) {
      this.#begin();
      return;
    }
    const beforehand = (): void => {
      if (this.#over) throw new OperationAbortedError(this.id);
      this.#journalled = true;
    };
    // At once: what waits for room in a full journal must not drop it.
    const numbered = (seq: number): void => {
      this.startedSeq = seq;
      const host = this.#host;
      const { id, name } = this;
      if (host.unfinished.length === 0) return;
      // One that is done again is unfinished as this one from here on; one that was cut short is, from this start on.
      const others = host.unfinished.filter(({ operation }) => operation !== id);
      host.unfinished = this.#over ? [...others, { operation: id, name, seq }] : others;
    };
    journal.start(this.id, beforehand, numbered).then(
      () => this.#begin(),
      (error: unknown) => this.#notRecorded(error),
    );
  }

  abort(reason: unknown): void {
    this.#stop('aborted', reason);
  }

  interrupt(reason: unknown): void {
    if (this.#over) return;
    if (this.#journalled) {
      const { id, name, startedSeq = null } = this;
      this.#host.unfinished = [...this.#host.unfinished, { operation: id, name, seq: startedSeq }];
      this.#journalled = false;
    }
    this.abort(reason);
  }

  #timeOut(): void {
    const what = `The operation ${JSON.stringify(this.name)}`;
    this.#stop('timed-out', new TimeoutError(what, this.timeoutMs));
  }

  #stop(outcome: OperationOutcome, reason: unknown): void {
    if (this.#over) return;
    // Told at once, so that nothing of an operation is told after the end of its session.
    this.#decide(outcome, reason).catch(() => undefined);
    // A microtask later: work that aborts itself and throws in one go is told of its own error.
    void RECORDED.then(() => this.#reject(reason));
    this.#controller.abort(reason);
  }

  /** Calls the work. */
  #begin(): void {
    if (this.#over) return;
    const { id, name } = this;
    this.#begun = true;
    this.#context.counters.operationsStarted += 1;
    const event = { type: 'session.operation-started', operation: id, name } as const;
    tell(this.#context, this.#host, event, false);
    // A listener that heard of its start may have aborted it already.
    if (this.#over) return;
    const { session, work } = this.#task;
    let result: unknown;
    try {
      result = work({ operation: id, signal: this.#controller.signal, session });
    } catch (error) {
      if (this.#over) this.#reject(error);
      else this.#fail(error);
      return;
    }
    Promise.resolve(result).then(
      (value) => this.#succeed(value),
      (error: unknown) => this.#fail(error),
    );
  }

  #succeed(value: unknown): void {
    if (this.#over) return;
    const { journal } = this.#task;
    if (journal === null) {
      void this.#decide('done', value);
      this.#resolve(value);
      return;
    }
    let result: unknown;
    try {
      result = journal.checked(value);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#decide('done', result).then(() => this.#resolve(result), this.#reject);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const recorded = this.#decide('failed', error);
    if (!this.durable) {
      this.#reject(error);
      return;
    }
    // The work's own error is what its caller has to know, whatever became of its record.
    const told = (): void => this.#reject(error);
    recorded.then(told, told);
  }

  /** Its start is not in the journal, or nobody can say: the work is never called. */
  #notRecorded(error: unknown): void {
    if (this.#over) return;
    this.#journalled = error instanceof OutcomeUnknown;
    const failure =
      error instanceof HoldfastError && !(error instanceof OutcomeUnknown)
        ? error
        : new StoreError(`the start of the operation ${this.id} was not recorded`, error);
    this.#decide('failed', failure).catch(() => undefined);
    this.#reject(failure);
  }

  /** Its outcome: it gives up its place and is counted out. Settles with the record of it. */
  #decide(outcome: OperationOutcome, value: unknown): Promise<void> {
    const context = this.#context;
    const host = this.#host;
    const { id, name } = this;
    const { journal } = this.#task;
    this.#over = true;
    this.#timeout?.unsubscribe();
    this.#stopListening?.();
    const { work } = host;
    work?.remove(this);
    if (work?.size === 0) host.work = null;
    host.inFlight -= 1;
    context.inFlight -= 1;
    host.quietSince = context.clock.mono();
    const follows = journal !== null && this.#journalled;
    const recorded = follows ? journal.finish(id, outcome, value) : RECORDED;
    if (this.#begun) {
      context.counters.operationsFinished += 1;
      const event = { type: 'session.operation-finished', operation: id, name, outcome } as const;
      tell(context, host, event, follows);
    }
    // The silence deadlines it held off count from here.
    if (host.inFlight === 0 && host.reason === null) fileNext(context, host);
    work?.fillPlaces();
    if (context.inFlight === 0) context.onQuiet?.();
    return recorded;
  }
}
