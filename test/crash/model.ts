import { Broken, hold } from './broken.ts';
import { KnownSession } from './known-session.ts';
import type { Acknowledged, Ask, Found, Report, Said } from './protocol.ts';

/** All that is known of a folder, from what its processes said. Throws `Broken` where they say what cannot be. */
export class Model {
  readonly #sessions = new Map<string, KnownSession>();
  /** Whom a key leads to. */
  readonly #holders = new Map<string, string>();
  #open = new Map<number, Ask>();
  /** Acknowledgements that changed something, and how often one was looked for in what was found. */
  acknowledged = 0;
  checked = 0;

  /** Takes one line. */
  hear(said: Said): void {
    switch (said.t) {
      case 'ask':
        this.#open.set(said.n, said.ask);
        this.#asked(said.ask, said.at);
        return;
      case 'ack':
        this.#answered(said.n, said.ack);
        return;
      case 'no':
        this.#answered(said.n, null);
        return;
      case 'init':
        this.#session(said.tag).initializing(said.id);
        return;
      case 'cleanup':
        this.#session(said.tag).cleaned(said.reason);
        return;
      case 'terminated':
        this.#session(said.tag).terminated(said.reason);
        return;
      case 'handler':
        this.#session(said.tag).operations.begun(said.op);
        return;
      case 'interrupted':
        this.#session(said.tag).operations.interrupted(said.op, said.again);
        return;
      case 'adds':
        this.#session(said.tag).writes.foundAdds(said.adds);
        return;
      case 'report':
        this.#found(said.report);
        return;
      case 'rested':
        this.#rested(said.report);
        return;
      case 'checked':
        for (const session of this.#sessions.values()) session.operations.checked();
        return;
      case 'problem':
        throw new Broken('process', said.text);
      case 'drained':
        hold('process', said.left.length === 0, () => `A drain left ${said.left}.`);
        return;
      default:
    }
  }

  /** Its process is gone. */
  processGone(): void {
    this.#open = new Map();
    for (const session of this.#sessions.values()) session.processGone();
  }

  /** Ids that sessions had, the last ones of each. */
  oldIds(): readonly string[] {
    return [...this.#sessions.values()].flatMap(({ oldIds }) => oldIds.slice(-3)).slice(-60);
  }

  #asked(ask: Ask, at: number): void {
    if (ask.verb === 'create') {
      this.#sessions.set(ask.tag, new KnownSession(ask, at));
      return;
    }
    const session = this.#session(ask.tag);
    const { writes } = session;
    switch (ask.verb) {
      case 'append':
        writes.appendAsked(ask.mark, ask.length);
        return;
      case 'update':
        writes.updateAsked(ask.mark);
        return;
      case 'add':
        writes.addAsked(ask.by);
        return;
      case 'run':
        session.operations.asked(ask.op);
        return;
      case 'end':
        session.endAsked(ask.reason, at);
        return;
      case 'rotate':
        session.rotationAsked();
        return;
      case 'pause':
      case 'resume':
        session.courseAsked(ask.verb === 'pause' ? 'paused' : 'running');
        return;
      default:
    }
  }

  /** `null`: it was refused. */
  #answered(n: number, ack: Acknowledged | null): void {
    const ask = this.#open.get(n);
    if (ask === undefined) throw new Broken('process', `Nobody asked what is answered as ${n}.`);
    this.#open.delete(n);
    if (ask.verb === 'create') {
      if (ack !== null) this.#given(ask, ack);
      return;
    }
    const session = this.#session(ask.tag);
    if (ack !== null && ask.verb !== 'touch' && ask.verb !== 'fail') this.acknowledged += 1;
    if (ask.verb === 'rotate') session.rotationAnswered(ack?.id ?? null);
    if (ask.verb === 'pause' || ask.verb === 'resume') {
      const course = ask.verb === 'pause' ? 'paused' : 'running';
      session.courseAnswered(ack === null ? null : course);
    }
    if (ack !== null) this.#written(session, ask, ack);
  }

  #written(session: KnownSession, ask: Ask, { seq = 0, count = 0, reason }: Acknowledged): void {
    switch (ask.verb) {
      case 'append':
        session.writes.appended(ask.mark, seq);
        return;
      case 'update':
        session.writes.updated(ask.mark, count);
        return;
      case 'add':
        session.writes.added(ask.by);
        return;
      case 'run':
        session.operations.finished(ask.op);
        return;
      case 'end':
        if (reason !== undefined) session.endAcknowledged(reason);
        return;
      default:
    }
  }

  #given(ask: Extract<Ask, { verb: 'create' }>, { tag = '', id = '' }: Acknowledged): void {
    const session = this.#session(tag);
    if (tag === ask.tag) this.acknowledged += 1;
    session.given(id);
    if (ask.key === null && ask.idempotencyKey === null) {
      hold('ids', tag === ask.tag && id === ask.id, () => `${ask.tag} was made as ${tag}, ${id}.`);
      return;
    }
    const same =
      session.principal === ask.principal &&
      session.key === ask.key &&
      session.idempotencyKey === ask.idempotencyKey;
    hold('keys', same, () => {
      return `${ask.key ?? ask.idempotencyKey} of ${ask.principal} leads to ${tag}.`;
    });
    this.#holds(session);
  }

  /** It is the one that its key leads to. */
  #holds({ tag, key, idempotencyKey, principal }: KnownSession): void {
    if (key === null && idempotencyKey === null) return;
    const name = JSON.stringify([principal, key, idempotencyKey]);
    const before = this.#sessions.get(this.#holders.get(name) ?? '');
    const mayBe = before === undefined || before.tag === tag || before.mayHaveEnded;
    hold('keys', mayBe, () => `${name} leads to ${tag}, and ${before?.tag} has not ended.`);
    this.#holders.set(name, tag);
  }

  #found({ at, found, led }: Report): void {
    const tags = new Set<string>();
    for (const one of found) {
      hold('unasked', !tags.has(one.tag), () => `${one.tag} is there twice.`);
      tags.add(one.tag);
    }
    for (const session of this.#sessions.values()) {
      if (!tags.has(session.tag)) session.missing(at);
    }
    for (const one of found) {
      const session = this.#session(one.tag);
      session.found(one);
      this.checked += 1 + (one.messages?.length ?? 0);
    }
    for (const one of found) this.#foundKey(one);
    hold('ids', led.length === 0, () => `These ids were given up, and lead somewhere: ${led}.`);
  }

  #foundKey({ tag, state }: Found): void {
    // A tombstone shows its key, but the key is free.
    if (state !== 'terminated') this.#holds(this.#session(tag));
  }

  /** Nothing was asked since the report, and nothing is under way any more. */
  #rested(report: Report): void {
    this.processGone();
    this.#found(report);
    for (const { tag, state } of report.found) {
      const isOver = state === 'terminated' || state === 'terminating' || state === 'initializing';
      hold('decided', !isOver, () => `${tag} is ${state}, and will not be anything else.`);
    }
  }

  #session(tag: string): KnownSession {
    const session = this.#sessions.get(tag);
    if (session === undefined) throw new Broken('unasked', `Nobody asked for ${tag}.`);
    return session;
  }
}
