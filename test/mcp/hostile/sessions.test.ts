import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { call, INITIALIZE, messagesOf } from '../sessions/endpoint-under-test.ts';
import { AttackedEndpoint, type Caller } from './attacked-endpoint.ts';
import { POSITIONS } from './positions.ts';
import { type Attack, REFUSED, VERBS } from './verbs.ts';

// Somebody names the session of somebody else: the answer is that of an id that was never there, byte for byte, by the
// same look-ups; and nothing of it reaches the session.

const UNKNOWN = {
  status: 404,
  headers: [['content-type', 'application/json']],
  body: '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
};

/** Well-formed: the caller's view, and one look into the store. */
const LOOKUPS = ['runtime.as', 'caller.get', 'store.load'];

const CALLERS: readonly Caller[] = ['mallory', null];

const cases = CALLERS.flatMap((caller) =>
  Object.entries(POSITIONS).flatMap(([where, position]) =>
    position.kept.map((kept) => ({
      who: caller ?? 'an anonymous caller',
      caller,
      where,
      kept,
      position,
    })),
  ),
);

const attack = async (
  under: AttackedEndpoint,
  caller: Caller,
  id: string,
  { method, headers = {}, body }: Attack,
) => {
  under.takeLookups();
  const response = await under.send(caller, method, { 'mcp-session-id': id, ...headers }, body);
  const bytes = await under.bytesOf(response);
  await under.bench.settle();
  return { ...bytes, lookups: under.takeLookups() };
};

/** All that can be seen of a session from inside. */
const seen = async (under: AttackedEndpoint, id: string) => {
  const session = await under.runtime.get(id).catch(() => null);
  const { connections, streams } = under.endpoint;
  const told = under.bench.events.filter((event) => 'id' in event && event.id === id).length;
  const { beats, woken } = under.runtime.stats();
  return {
    info: session?.info() ?? null,
    operations: session?.operations() ?? null,
    notes: session?.frontEnd('mcp').value ?? null,
    made: under.made.length,
    connections,
    streams,
    told,
    beats,
    woken,
  };
};

test.each(cases)(
  '$who names a session of ada’s that is $where ($kept)',
  async ({ caller, kept, position }) => {
    const under = new AttackedEndpoint(kept);
    await under.open(caller);
    const { id, learnt, streams } = await position.prepare(under, 'ada');
    const text = streams.map((stream) => stream.text);
    const before = await seen(under, id);
    const expected = { ...UNKNOWN, lookups: position.malformed ? LOOKUPS.slice(0, 2) : LOOKUPS };
    for (const [verb, make] of Object.entries(VERBS)) {
      const asked = make(learnt);
      expect({ verb, ...(await attack(under, caller, id, asked)) }).toEqual({ verb, ...expected });
      const never = { ...UNKNOWN, lookups: LOOKUPS };
      const other = await attack(under, caller, mintSessionId(), asked);
      expect({ verb, ...other }).toEqual({ verb, ...never });
      expect({ verb, ...(await seen(under, id)) }).toEqual({ verb, ...before });
    }
    expect(streams.map(({ ended }) => ended)).toEqual(streams.map(() => false));
    expect(streams.map((stream) => stream.text)).toEqual(text);
    expect(under.errors).toEqual([]);
    // Her call runs on, and is answered.
    if (under.held.length === 0) return;
    expect(under.held.map(({ signal }) => signal.aborted)).toEqual([false]);
    under.held[0]?.answer('hers');
    await under.bench.settle();
    expect(streams.at(-1)?.messages.at(-1)).toMatchObject({
      result: { content: [{ text: 'hers' }] },
    });
  },
);

test.each(cases)(
  '$who is refused, or opens a session, alike with the id of one that is $where ($kept)',
  async ({ caller, kept, position }) => {
    const under = new AttackedEndpoint(kept);
    // The first of a principal has the store count what it has there.
    await under.open(caller);
    const { id } = await position.prepare(under, 'ada');
    const before = await seen(under, id);
    for (const [what, asked] of Object.entries(REFUSED)) {
      const refused = await attack(under, caller, id, asked);
      expect({ what, ...refused }).toEqual({
        what,
        ...(await attack(under, caller, mintSessionId(), asked)),
      });
      expect({ what, lookups: refused.lookups }).toEqual({ what, lookups: [] });
    }
    expect(await seen(under, id)).toEqual(before);

    const opening = { method: 'POST', body: INITIALIZE };
    const blank = ({ status, headers, body, lookups }: Awaited<ReturnType<typeof attack>>) => ({
      status,
      headers: headers.map(([name, value]) => [name, name === 'mcp-session-id' ? '' : value]),
      body,
      lookups,
    });
    const idIn = ({ headers }: Awaited<ReturnType<typeof attack>>) =>
      headers.find(([name]) => name === 'mcp-session-id')?.[1];
    const opened = await attack(under, caller, id, opening);
    const never = await attack(under, caller, mintSessionId(), opening);
    const creating = ['runtime.as', 'caller.create', 'store.create'];
    expect(opened.status).toBe(200);
    expect(never.lookups.slice(0, 6)).toEqual([...LOOKUPS, ...creating]);
    const fewer = position.malformed
      ? never.lookups.filter((one) => one !== 'store.load')
      : never.lookups;
    expect(blank(opened)).toEqual({ ...blank(never), lookups: fewer });
    expect([idIn(opened), idIn(never)]).not.toContain(id);
    const { principal } = await under.runtime.get(idIn(opened) ?? '');
    expect(principal).toBe(caller);
    const { info, operations, notes, told } = before;
    expect(await seen(under, id)).toMatchObject({ info, operations, notes, told });
  },
);

test.each(CALLERS)(
  'event ids of hers on a session of one’s own give %s nothing of hers',
  async (caller) => {
    for (const where of ['at work, its stream open', 'idle', 'stored', 'stored, its stream open']) {
      const under = new AttackedEndpoint('on disk');
      const position = POSITIONS[where];
      const target = await position?.prepare(under, 'ada');
      if (target === undefined) throw new Error(`There is no ${where}.`);
      const { ofPost, ofStanding } = target.learnt;
      const text = target.streams.map((stream) => stream.text);
      const own = await under.open(caller);
      // It has events of its own, so that there is something to give.
      await under.bytesOf(
        await under.send(caller, 'POST', { 'mcp-session-id': own }, call('own', 'announce')),
      );
      const from = async (eventId: string) => {
        const headers = { 'mcp-session-id': own, 'last-event-id': eventId };
        return under.bytesOf(await under.send(caller, 'GET', headers));
      };
      // An event of a stream that nobody has, of the same kind.
      const of = (eventId: string) => eventId.replace(/^(.).+_/, '$1AAAAAAAAAAAAAAAA_');
      expect(await from(ofPost)).toEqual(await from(of(ofPost)));
      expect((await from(ofPost)).status).toBe(204);
      expect(await from(ofStanding)).toEqual(await from(of(ofStanding)));
      expect((await from(ofStanding)).body).toBe(': open\n\n');
      expect(target.streams.map((stream) => stream.text)).toEqual(text);
      expect(target.streams.map(({ ended }) => ended)).toEqual(text.map(() => false));
    }
  },
);

test('what was refused to everybody else is there for its owner', async () => {
  for (const kept of ['on disk', 'in memory'] as const) {
    const under = new AttackedEndpoint(kept);
    const id = await under.open('ada');
    for (const caller of CALLERS) await attack(under, caller, id, { method: 'DELETE' });
    const told = await under.send(
      'ada',
      'POST',
      { 'mcp-session-id': id },
      call(1, 'echo', { text: 'still hers' }),
    );
    expect(JSON.stringify(await messagesOf(told))).toContain('still hers');
  }
});
