/** One server-sent event, as a client sees it. */
export interface Event {
  readonly id: string | null;
  readonly retryMs: number | null;
  /** The message; `null` for an event without data. */
  readonly message: unknown;
}

/** A client that reads a response. */
export interface Listening {
  /** All that was read, comments included. */
  text(): string;
  /** The events of it, oldest first. */
  events(): Event[];
  /** The messages of it, oldest first. */
  messages(): unknown[];
  /** The id it would resume from; `null`: it has had none. */
  lastId(): string | null;
  /** Whether the response is over. */
  ended(): boolean;
  /** It goes away, with what it has not read. */
  leave(): Promise<void>;
}

const fieldOf = (block: string, name: string): string | null =>
  block
    .split('\n')
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2) ?? null;

/** The events of a text. */
export const eventsOf = (text: string): Event[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => block.split('\n').some((line) => !line.startsWith(':')))
    .map((block) => {
      const data = fieldOf(block, 'data');
      const retry = fieldOf(block, 'retry');
      return {
        id: fieldOf(block, 'id'),
        retryMs: retry === null ? null : Number(retry),
        message: data === null || data === '' ? null : JSON.parse(data),
      };
    });

/** Reads a response as it comes. Nothing is read before the next turn of the loop. */
export const listen = (response: Response): Listening => {
  if (response.body === null) throw new Error('A stream has a body.');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let ended = false;
  const pump = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    ended = true;
  };
  void pump();
  const events = (): Event[] => eventsOf(text);
  return {
    text: () => text,
    events,
    messages: () => events().flatMap(({ message }) => (message === null ? [] : [message])),
    lastId: () => events().findLast(({ id }) => id !== null)?.id ?? null,
    ended: () => ended,
    leave: () => reader.cancel(),
  };
};

/** Lets everything that is under way come to rest. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
