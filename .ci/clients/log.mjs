// What a server printed and was asked, in the order it was heard, and what that says of a client.

/** Lines as they came: events have a `type`, requests an `http`; each with the `run` of the server it is of. */
export class Log {
  #lines = [];
  #lookers = new Set();

  add(line) {
    this.#lines.push(line);
    for (const look of this.#lookers) look();
  }

  /** All of it, a line of JSON each. */
  toString() {
    return this.#lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  }

  /** All from now on. */
  mark() {
    const from = this.#lines.length;
    return () => new Stretch(this.#lines.slice(from));
  }

  /** Those of one run of the server. */
  run(run) {
    return new Stretch(this.#lines.filter((line) => line.run === run));
  }

  /** True once `holds()` does, looked at with each line; false when `ms` are over first. */
  until(holds, ms) {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const over = (answer) => {
        clearTimeout(late);
        this.#lookers.delete(look);
        resolve(answer);
      };
      const look = () => holds() && over(true);
      const late = setTimeout(() => over(holds()), ms);
      this.#lookers.add(look);
    });
  }
}

/** A part of a log. */
export class Stretch {
  constructor(lines) {
    this.lines = lines;
  }

  events(type, id) {
    return this.lines.filter((line) => line.type === type && (id === undefined || line.id === id));
  }

  /** Requests for the endpoint itself: a client may look for others beside it. */
  asked(method) {
    return this.lines.filter(
      (line) => line.http === 'asked' && line.method === method && line.path === '/mcp',
    );
  }

  /** Of what was asked: the last that is known of `field`. */
  last(field) {
    return this.lines.findLast((line) => line.http === 'asked' && line[field])?.[field] ?? null;
  }

  /** What was answered to a request, once that is over. */
  answerTo({ run, n }) {
    return this.lines.find((line) => line.http === 'over' && line.run === run && line.n === n);
  }

  /** Streams of a session that the client holds open. */
  openStreams(id) {
    return this.asked('GET').filter((get) => get.session === id && !this.answerTo(get)).length;
  }

  /** What was taken with 202 of a session: its notifications, and what it answers the server. */
  taken(id) {
    return this.asked('POST').filter(
      (post) => post.session === id && this.answerTo(post)?.status === 202,
    ).length;
  }
}
