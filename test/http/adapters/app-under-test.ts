import { once } from 'node:events';
import type { Fetchable, FetchContext } from '../../../src/http/fetch.ts';
import type { BodyWriter, Sink } from '../../../src/http/written-response.ts';

/** What the app was asked, as it saw it. */
export interface Seen {
  readonly request: Request;
  readonly context: FetchContext;
}

/** A promise that the test settles. */
export const deferred = <T>() => {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};

/** A writer that keeps its sink for the test. */
export class KeptWriter implements BodyWriter {
  readonly calls: string[] = [];
  readonly #first: string;
  #sink: Sink | null = null;
  #heard: (() => void) | null = null;

  constructor(first = '') {
    this.#first = first;
  }

  get sink(): Sink {
    if (this.#sink === null) throw new Error('It has not begun.');
    return this.#sink;
  }

  begin(sink: Sink): void {
    this.calls.push('begin');
    this.#sink = sink;
    sink.write(this.#first);
    this.#heard?.();
  }

  gone(): void {
    this.calls.push('gone');
    this.#heard?.();
  }

  /** Resolves once this has been called. */
  async called(name: 'begin' | 'gone'): Promise<void> {
    while (!this.calls.includes(name)) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

type Answer = (request: Request, context: FetchContext) => Response | Promise<Response>;

/** An app with one answer that the test sets, and a list of what it was asked. */
export class AppUnderTest implements Fetchable {
  readonly seen: Seen[] = [];
  answer: Answer;
  readonly #asked = new EventTarget();

  constructor(answer: Answer) {
    this.answer = answer;
  }

  async fetch(request: Request, context: FetchContext = {}): Promise<Response> {
    this.seen.push({ request, context });
    this.#asked.dispatchEvent(new Event('asked'));
    return this.answer(request, context);
  }

  /** Resolves once it was asked so often. */
  async asked(times: number): Promise<void> {
    while (this.seen.length < times) await once(this.#asked, 'asked');
  }
}

/** The body, whoever has parsed it. */
export const bodyOf = async (request: Request, context: FetchContext): Promise<string> =>
  context.parsedBody === undefined ? request.text() : JSON.stringify(context.parsedBody);

/** Answers with the body it was sent. */
export const echo: Answer = async (request, context) =>
  new Response(await bodyOf(request, context), { headers: { 'content-type': 'text/plain' } });
