/** A client that reads a stream as it comes. A stream that nobody reads is taken for one whose client has left. */
export class Reading {
  /** What has come so far. */
  text = '';
  /** Nothing more comes. */
  ended = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(response: Response) {
    if (response.body === null) throw new Error('There is no body.');
    this.#reader = response.body.getReader();
    void this.#read();
  }

  /** The JSON-RPC messages that have come, without the pings of the endpoint. */
  get messages(): { readonly [field: string]: unknown }[] {
    return this.#all.filter(({ id }) => !isPing(id));
  }

  /** The ids of the pings that have come. */
  get pings(): string[] {
    return this.#all.map(({ id }) => id).filter(isPing);
  }

  /** The ids of the events that have come, in order. */
  get eventIds(): string[] {
    return [...this.text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? '');
  }

  /** The client leaves. */
  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  get #all(): { readonly [field: string]: unknown }[] {
    return [...this.text.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json ?? ''));
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.text += decoder.decode(value, { stream: true });
    }
    this.ended = true;
  }
}

const isPing = (id: unknown): id is string =>
  typeof id === 'string' && id.startsWith('holdfast-ping-');
