/** The requests that are being answered: so that whoever goes down can let them finish. */
export class Exchanges {
  #open = 0;
  #waiting: (() => void)[] = [];

  /** Requests whose answer is not whole yet. */
  get open(): number {
    return this.#open;
  }

  /** Counts a request until its answer is whole, or nobody wants it any more. */
  async follow(answering: Promise<Response>): Promise<Response> {
    this.#open += 1;
    try {
      const response = await answering;
      const { body } = response;
      const streams = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (body === null || !streams) {
        this.#over();
        return response;
      }
      return new Response(this.#followed(body), response);
    } catch (error) {
      this.#over();
      throw error;
    }
  }

  /** Resolves once there are none. */
  async settled(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #over(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The same body. It is pulled through unchanged: what waits, waits in the source. */
  #followed(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = source.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            this.#over();
            controller.close();
          } catch (error) {
            this.#over();
            controller.error(error);
          }
        },
        cancel: (reason) => {
          this.#over();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }
}
