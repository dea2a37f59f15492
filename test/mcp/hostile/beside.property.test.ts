import fc from 'fast-check';
import { expect, test } from 'vitest';
import { call, INITIALIZE } from '../sessions/endpoint-under-test.ts';
import { Reading } from '../sessions/reading.ts';
import { AttackedEndpoint, type Caller, STORED_MS } from './attacked-endpoint.ts';
import { type Learnt, REFUSED, VERBS } from './verbs.ts';

// Whatever others ask for between her requests, and whenever: what ada is answered and told is what she is without them.

const CALL_ID = 'hers';
const ATTACKS: Readonly<Record<string, (learnt: Learnt) => (typeof REFUSED)[string]>> = {
  ...VERBS,
  ...Object.fromEntries(Object.entries(REFUSED).map(([name, attack]) => [name, () => attack])),
  'an initialize': () => ({ method: 'POST', body: INITIALIZE }),
};

/** What ada does, one after another. */
const STEPS = [
  'echo',
  'ping',
  'notice',
  'hold',
  'release',
  'cancel',
  'listen',
  'resume',
  'leave',
  'ask',
  'announce',
  'rest',
  'delete',
] as const;
type Step = (typeof STEPS)[number];

interface Hostile {
  readonly caller: Caller;
  readonly verb: string;
  /** Waits until everything of it is over, or comes at the same time as her next request. */
  readonly waits: boolean;
}

interface Turn {
  readonly step: Step;
  readonly hostile: readonly Hostile[];
}

const hostile = fc.record<Hostile>({
  caller: fc.constantFrom('mallory', null),
  verb: fc.constantFrom(...Object.keys(ATTACKS)),
  waits: fc.boolean(),
});

const turns = fc.array(
  fc.record<Turn>({
    step: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...STEPS.filter((one) => one !== 'delete')) },
      { weight: 1, arbitrary: fc.constant<Step>('delete') },
    ),
    hostile: fc.array(hostile, { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Her client: what it was answered and told, without what is drawn anew in each run. */
class Ada {
  readonly #under: AttackedEndpoint;
  readonly #answers: string[] = [];
  readonly #streams: Reading[] = [];
  readonly #ids = new Map<string, string>();
  #standing: Reading | null = null;
  #n = 0;
  id = '';

  constructor(under: AttackedEndpoint) {
    this.#under = under;
  }

  async open(): Promise<void> {
    this.id = await this.#under.open('ada');
  }

  get learnt(): Learnt {
    const eventIds = this.#streams.flatMap((stream) => stream.eventIds);
    return {
      ofPost: eventIds.findLast((id) => id.startsWith('p')) ?? 'pA_1',
      ofStanding: eventIds.findLast((id) => id.startsWith('s')) ?? 'sA_1',
      callId: CALL_ID,
      pingId: this.#standing?.pings.at(-1) ?? 'holdfast-ping-1',
      questionId: this.#standing?.messages.at(-1)?.['id'] ?? 0,
    };
  }

  async step(step: Step): Promise<void> {
    const { held } = this.#under;
    this.#n += 1;
    switch (step) {
      case 'echo':
        return this.#post(call(this.#n, 'echo', { text: `${this.#n}` }));
      case 'ping':
        return this.#post({ jsonrpc: '2.0', id: this.#n, method: 'ping' });
      case 'notice':
        return this.#post({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
      case 'hold':
        return this.#post(call(CALL_ID, 'hold'));
      case 'ask':
        return this.#post(call(this.#n, 'ask_later'));
      case 'announce':
        return this.#post(call(this.#n, 'announce'));
      case 'release':
        for (const one of held.splice(0)) one.answer(`released at ${this.#n}`);
        return;
      case 'cancel': {
        const params = { requestId: CALL_ID };
        return this.#post({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
      }
      case 'listen':
        this.#standing = await this.#get({});
        return;
      case 'resume':
        await this.#get({ 'last-event-id': this.learnt.ofPost });
        return;
      case 'leave':
        return this.#standing?.leave();
      case 'rest':
        return this.#under.bench.advance(STORED_MS);
      case 'delete':
        this.#note((await this.#send('DELETE')).status);
    }
  }

  /** All of it: ids of events and of the session stand for themselves, in the order they came. */
  async told(): Promise<readonly unknown[]> {
    const session = await this.#under.runtime.get(this.id).catch(() => null);
    const info = session === null ? null : { ...session.info(), id: '' };
    const streams = this.#streams.map(({ text, ended }) => ({ text: this.#plain(text), ended }));
    return [...this.#answers, ...streams, info, session?.operations().map(({ name }) => name)];
  }

  async #post(body: unknown): Promise<void> {
    const response = await this.#send('POST', {}, body);
    this.#note(response.status);
    if (response.body !== null) this.#streams.push(new Reading(response));
  }

  async #get(headers: Readonly<Record<string, string>>): Promise<Reading | null> {
    const response = await this.#send('GET', headers);
    this.#note(response.status);
    if (response.body === null) return null;
    const reading = new Reading(response);
    this.#streams.push(reading);
    return reading;
  }

  #send(method: string, headers: Readonly<Record<string, string>> = {}, body?: unknown) {
    const version = { 'mcp-session-id': this.id, 'mcp-protocol-version': '2025-11-25' };
    return this.#under.send('ada', method, { ...version, ...headers }, body);
  }

  #note(status: number): void {
    this.#answers.push(`${this.#n}: ${status}`);
  }

  #plain(text: string): string {
    const named = (whole: string): string => {
      const known = this.#ids.get(whole) ?? `<${this.#ids.size}>`;
      this.#ids.set(whole, known);
      return known;
    };
    return (
      text
        .replaceAll(/ses_[\w-]+/g, named)
        .replaceAll(/(?<=^id: )[ps][\w-]+(?=_\d+$)/gm, named)
        // Counted for all streams of the endpoint together.
        .replaceAll(/holdfast-ping-\d+/g, 'holdfast-ping')
        // Those of a server that was made again are drawn.
        .replaceAll(/(?<="id":)\d{7,}/g, 'drawn')
    );
  }
}

const run = async (turns: readonly Turn[], isAttacked: boolean): Promise<readonly unknown[]> => {
  const under = new AttackedEndpoint('on disk');
  const ada = new Ada(under);
  await ada.open();
  for (const turn of turns) {
    for (const { caller, verb, waits } of isAttacked ? turn.hostile : []) {
      const { method, headers, body } = ATTACKS[verb]?.(ada.learnt) ?? { method: 'PUT' };
      const asking = under
        .send(caller, method, { 'mcp-session-id': ada.id, ...headers }, body)
        .then((response) => under.bytesOf(response));
      if (waits) await asking;
    }
    await ada.step(turn.step);
    await under.bench.settle();
  }
  const told = await ada.told();
  await under.close();
  return told;
};

test('whatever others ask for beside her, ada is answered and told what she is without them', async () => {
  await fc.assert(
    fc.asyncProperty(turns, async (drawn) => {
      expect(await run(drawn, true)).toEqual(await run(drawn, false));
    }),
    { numRuns: 60 },
  );
});
