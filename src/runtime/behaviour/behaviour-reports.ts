import type { EventObject } from 'xstate';
import type { SessionHost } from '../host.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** What goes wrong with a behaviour and does not stop it, as it is reported: that of one kind once. */
export class BehaviourReports {
  readonly #context: RuntimeContext;
  readonly #host: SessionHost;
  readonly #name: string;
  readonly #told = new Set<'unkept' | 'stray'>();

  constructor(context: RuntimeContext, host: SessionHost, name: string) {
    this.#context = context;
    this.#host = host;
    this.#name = name;
  }

  /** Its snapshot cannot be kept. */
  unkept(cause: unknown): void {
    this.#once('unkept', () => {
      const what = `The snapshot of the behaviour "${this.#name}" cannot be kept`;
      return new Error(`${what}: it would be restarted from its input.`, { cause });
    });
  }

  /** It sent its session an event. */
  stray({ type }: EventObject): void {
    this.#once('stray', () => {
      const what = `The behaviour "${this.#name}" sent its session an event`;
      return new Error(`${what} (${JSON.stringify(type)}), which was dropped: use emit.`);
    });
  }

  #once(kind: 'unkept' | 'stray', error: () => Error): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    reportError(this.#context, this.#host, 'behaviour', error());
  }
}
