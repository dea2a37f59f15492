import type { Runtime, Session } from '../../src/index.ts';
import type { Chance } from '../simulation/chance.ts';
import { elapsed, tagOf } from './application.ts';
import type { Acknowledged, Ask, Found, Orders } from './protocol.ts';
import { contentOf } from './reading.ts';
import type { Voice } from './voice.ts';

/** Sessions that live at once, about. */
const LIVE = 18;
/** Callers at once. */
const CALLERS = 9;

/** What a caller may hear when others come in between: a session that ends, is paused, or gets another id. */
const EXPECTED = [
  'ERR_HOLDFAST_TERMINATED',
  'ERR_HOLDFAST_PAUSED',
  'ERR_HOLDFAST_NOT_READY',
  'ERR_HOLDFAST_NOT_FOUND',
  'ERR_HOLDFAST_BEHAVIOUR_DOWN',
  'ERR_HOLDFAST_INITIALIZE',
];

/** A session of the load. */
interface Entry {
  session: Session;
  readonly tag: string;
  readonly behaviour: boolean;
  /** It was made in this process: its behaviour may fail once, a later one would begin anew. */
  mayFail: boolean;
  /** Who changes what it is, one at a time: else nobody could say what it is to be. */
  busy: boolean;
}

/** Asks things of a runtime at random, many at once, and says what it asks and what it hears. */
export class Load {
  readonly #runtime: Runtime;
  readonly #mint: () => string;
  readonly #voice: Voice;
  readonly #chance: Chance;
  readonly #round: number;
  readonly #entries = new Map<string, Entry>();
  #asked = 0;
  #marks = 0;
  #stopping = false;

  constructor(
    runtime: Runtime,
    mint: () => string,
    { voice, chance, orders }: { voice: Voice; chance: Chance; orders: Orders },
  ) {
    this.#runtime = runtime;
    this.#mint = mint;
    this.#voice = voice;
    this.#chance = chance;
    this.#round = orders.round;
  }

  /** Takes on the sessions that are there. */
  async adopt(found: readonly Found[]): Promise<void> {
    for (const { id, state } of found) {
      if (state !== 'active' && state !== 'idle' && state !== 'paused') continue;
      this.#keep(await this.#runtime.get(id), false);
    }
  }

  /** Nothing new from now on. */
  stop(): void {
    this.#stopping = true;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CALLERS }, () => this.#call()));
  }

  async #call(): Promise<void> {
    while (!this.#stopping) {
      await this.#something();
      // Now and then long enough for sessions to be put away.
      if (this.#chance.flip(0.5)) await elapsed(this.#chance.between(0, 8));
      if (this.#chance.flip(0.03)) await elapsed(this.#chance.between(60, 120));
    }
  }

  async #something(): Promise<void> {
    const live = [...this.#entries.values()];
    if (live.length < 3 || (live.length < LIVE && this.#chance.flip(0.25))) return this.#create();
    if (this.#chance.flip(0.05)) return this.#create(true);
    const entry = this.#chance.one(live);
    const { tag } = entry;
    const verb = this.#chance.weighted(this.#verbs(entry, live.length));
    if (verb !== null) await verb(tag, entry);
  }

  #verbs(
    entry: Entry,
    live: number,
  ): readonly (readonly [number, ((tag: string, entry: Entry) => Promise<void>) | null])[] {
    const alone = entry.busy ? 0 : 1;
    const behaves = entry.behaviour ? alone : 0;
    return [
      [30, this.#append],
      [14, this.#update],
      [10, this.#run],
      [5, this.#touch],
      [4 * alone, this.#pause],
      [8 * alone, this.#resume],
      [4 * alone, this.#rotate],
      [(live > LIVE ? 12 : 3) * alone, this.#end],
      [16 * behaves, this.#add],
      [entry.mayFail ? 3 * behaves : 0, this.#fail],
    ];
  }

  /** Says that it asks, asks, and says what it hears. */
  async #ask(ask: Ask, call: () => Promise<Acknowledged>): Promise<void> {
    this.#asked += 1;
    const n = this.#asked;
    this.#voice.say({ t: 'ask', n, at: Date.now(), ask });
    let ack: Acknowledged;
    try {
      ack = await call();
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? error);
      this.#voice.say({ t: 'no', n, code });
      if (this.#stopping || EXPECTED.includes(code)) return;
      this.#voice.say({ t: 'problem', text: `${ask.verb} was refused: ${String(error)}` });
      return;
    }
    this.#voice.say({ t: 'ack', n, ack });
  }

  /** The same, while nobody else changes what the session is. */
  async #alone(entry: Entry, ask: Ask, call: () => Promise<Acknowledged>): Promise<void> {
    entry.busy = true;
    try {
      await this.#ask(ask, call);
    } finally {
      entry.busy = false;
    }
  }

  #mark(): string {
    this.#marks += 1;
    return `${this.#round}.${this.#marks}`;
  }

  #keep(session: Session, created: boolean): Entry {
    const info = session.info();
    const tag = tagOf(info);
    const known = this.#entries.get(tag);
    if (known !== undefined) return known;
    const behaviour = info.behaviour !== null;
    const entry: Entry = { session, tag, behaviour, mayFail: created, busy: false };
    this.#entries.set(tag, entry);
    return entry;
  }

  async #create(keyed = this.#chance.flip(0.3)): Promise<void> {
    const tag = `s${this.#mark()}`;
    const behaviour = this.#chance.flip(0.4);
    const init = this.#chance.weighted([
      [6, 'at-once'],
      [5, 'later'],
      [1, 'fail'],
    ]);
    const principal = this.#chance.one(['ada', 'bob', null]);
    const options = {
      principal,
      metadata: { tag, init },
      data: { count: 0, last: '' },
      ...(behaviour ? { behaviour: 'adder' } : {}),
    };
    const name = keyed ? `k${this.#chance.below(4)}` : null;
    // Anonymous callers have none of the second kind.
    const isIdempotent = principal !== null && this.#chance.flip(0.4);
    const [key, idempotencyKey] = isIdempotent ? [null, name] : [name, null];
    const id = keyed ? null : this.#mint();
    const ask = { verb: 'create', tag, id, principal, key, idempotencyKey, behaviour } as const;
    await this.#ask(ask, async () => {
      const session =
        key === null
          ? await this.#runtime.create({
              ...options,
              ...(id === null ? {} : { id }),
              ...(idempotencyKey === null ? {} : { idempotencyKey }),
            })
          : await this.#runtime.getOrCreate({ ...options, key });
      const got = tagOf(session.info());
      this.#keep(session, got === tag);
      return { tag: got, id: session.id };
    });
  }

  readonly #append = (tag: string, { session }: Entry): Promise<void> => {
    const mark = this.#mark();
    const length = Math.floor(
      this.#chance.weighted([
        [80, this.#chance.between(0, 300)],
        [15, this.#chance.between(1_000, 20_000)],
        [5, this.#chance.between(60_000, 200_000)],
      ]),
    );
    return this.#ask({ verb: 'append', tag, mark, length }, async () => {
      const { seq } = await session.append({ role: 'user', content: contentOf(mark, length) });
      return { seq };
    });
  };

  readonly #update = (tag: string, { session }: Entry): Promise<void> => {
    const mark = this.#mark();
    return this.#ask({ verb: 'update', tag, mark }, async () => {
      const data = await session.update((before) => ({
        count: (before as { readonly count: number }).count + 1,
        last: mark,
      }));
      return { count: (data as { readonly count: number }).count };
    });
  };

  readonly #run = (tag: string, { session }: Entry): Promise<void> => {
    const op = `op${this.#mark()}`;
    const ms = this.#chance.between(0, 60);
    return this.#ask({ verb: 'run', tag, op }, async () => {
      await session.run('task', { ms }, { durable: true, id: op });
      return {};
    });
  };

  readonly #touch = (tag: string, { session }: Entry): Promise<void> =>
    this.#ask({ verb: 'touch', tag }, async () => {
      await session.touch();
      return {};
    });

  readonly #pause = (tag: string, entry: Entry): Promise<void> =>
    this.#alone(entry, { verb: 'pause', tag }, async () => {
      await entry.session.pause({ abort: this.#chance.flip(0.2) });
      return {};
    });

  readonly #resume = (tag: string, entry: Entry): Promise<void> =>
    this.#alone(entry, { verb: 'resume', tag }, async () => {
      await entry.session.resume();
      return {};
    });

  readonly #rotate = (tag: string, entry: Entry): Promise<void> =>
    this.#alone(entry, { verb: 'rotate', tag }, async () => {
      const id = await entry.session.rotateId();
      // By its new id, as somebody who comes back asks for it.
      entry.session = await this.#runtime.get(id);
      return { id };
    });

  readonly #end = (tag: string, entry: Entry): Promise<void> => {
    const reason = this.#chance.one(['client', 'operator'] as const);
    this.#entries.delete(tag);
    return this.#alone(entry, { verb: 'end', tag, reason }, async () => ({
      reason: await entry.session.terminate(reason),
    }));
  };

  readonly #add = (tag: string, entry: Entry): Promise<void> => {
    this.#marks += 1;
    const by = this.#round * 100_000 + this.#marks;
    return this.#alone(entry, { verb: 'add', tag, by }, async () => {
      await entry.session.send({ type: 'add', by });
      return {};
    });
  };

  readonly #fail = (tag: string, entry: Entry): Promise<void> => {
    entry.mayFail = false;
    return this.#alone(entry, { verb: 'fail', tag }, async () => {
      await entry.session.send({ type: 'fail' });
      return {};
    });
  };
}
