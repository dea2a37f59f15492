import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { call } from '../sessions/endpoint-under-test.ts';
import { AttackedEndpoint, type Caller, type Kept, STORED_MS } from './attacked-endpoint.ts';

// A handle of somebody else's, in both eras: the words for one that was never there, by the same look-ups.

const CALLERS: readonly Caller[] = ['mallory', null];
const KEPT: readonly Kept[] = ['on disk', 'in memory'];
const TOOLS = ['cart_use', 'cart_extend', 'cart_close'];

const LOOKUPS = ['runtime.as', 'caller.get', 'store.load'];
const WORDS =
  'There is no cart of this id: it may have expired, or been closed. Call cart_open to get a new one.';

interface Opened {
  readonly result: { readonly structuredContent: { readonly cart: string } };
}

const openCart = async (under: AttackedEndpoint, caller: Caller): Promise<string> => {
  const { body } = await under.bytesOf(await under.modern(caller, 'cart_open'));
  const json = body.startsWith('{') ? body : (/^data: (\{.*\})$/m.exec(body)?.[1] ?? '');
  return (JSON.parse(json) as Opened).result.structuredContent.cart;
};

/** Where a cart of ada's can be. */
const PLACES: Readonly<Record<string, (under: AttackedEndpoint) => Promise<string>>> = {
  'in use': (under) => openCart(under, 'ada'),
  'at rest': async (under) => {
    const cart = await openCart(under, 'ada');
    await under.bench.advance(STORED_MS);
    return cart;
  },
  paused: async (under) => {
    const cart = await openCart(under, 'ada');
    await (await under.runtime.get(cart)).pause();
    return cart;
  },
  closed: async (under) => {
    const cart = await openCart(under, 'ada');
    await under.bytesOf(await under.modern('ada', 'cart_close', { cart }));
    return cart;
  },
  'a session of hers': (under) => under.open('ada'),
  'never there': async () => mintSessionId(),
};

const cases = CALLERS.flatMap((caller) =>
  KEPT.flatMap((kept) =>
    Object.entries(PLACES).map(([where, prepare]) => ({
      who: caller ?? 'an anonymous caller',
      caller,
      kept,
      where,
      prepare,
    })),
  ),
);

const seen = async (under: AttackedEndpoint, id: string) => {
  const session = await under.runtime.get(id).catch(() => null);
  const told = under.bench.events.filter((event) => 'id' in event && event.id === id).length;
  return { info: session?.info() ?? null, operations: session?.operations() ?? null, told };
};

test.each(cases)(
  '$who gives a handle of ada’s that is $where ($kept)',
  async ({ caller, kept, prepare }) => {
    const under = new AttackedEndpoint(kept);
    const cart = await prepare(under);
    const own = await under.open(caller);
    const before = await seen(under, cart);
    const eras = {
      modern: (tool: string, handle: string) => under.modern(caller, tool, { cart: handle }),
      legacy: (tool: string, handle: string) =>
        under.send(caller, 'POST', { 'mcp-session-id': own }, call(1, tool, { cart: handle })),
    };
    for (const [era, ask] of Object.entries(eras)) {
      for (const tool of TOOLS) {
        const asked = async (handle: string) => {
          under.takeLookups();
          const answer = await under.bytesOf(await ask(tool, handle));
          // Each event has an id of its own, and the request of the legacy era its session's work.
          const body = answer.body.replaceAll(/^id: .*$/gm, 'id: …');
          return { tool, era, ...answer, body, lookups: under.takeLookups() };
        };
        const answer = await asked(cart);
        expect(answer).toEqual(await asked(mintSessionId()));
        expect(answer.body).toContain(WORDS);
        expect(answer.lookups.slice(-3)).toEqual(LOOKUPS);
        expect(await seen(under, cart)).toEqual(before);
      }
    }
    expect(under.errors).toEqual([]);
  },
);

test.each(CALLERS)(
  'a list shows %s nothing of ada’s, also from where hers goes on',
  async (caller) => {
    const under = new AttackedEndpoint('on disk');
    const carts = [await openCart(under, 'ada'), await openCart(under, 'ada')];
    for (const cursor of [undefined, ...carts]) {
      const { body } = await under.bytesOf(await under.modern(caller, 'cart_list', { cursor }));
      for (const cart of carts) expect(body).not.toContain(cart);
      expect(body).toContain(caller === null ? 'isError' : 'There is no cart here.');
    }
  },
);

test.each(CALLERS)(
  'a state that was sealed for ada is refused to %s, as one that nobody sealed',
  async (caller) => {
    const under = new AttackedEndpoint('on disk');
    // Sealing is the platform's own work, and takes real time: so these are read to their end.
    const body = await (await under.modern('ada', 'sealed')).text();
    const state = /"requestState":"([^"]+)"/.exec(body)?.[1] ?? '';
    expect(state).not.toBe('');
    const inputResponses = { sure: { action: 'accept', content: { yes: true } } };
    const again = async (who: Caller, requestState: string) =>
      (await under.modern(who, 'sealed', {}, { requestState, inputResponses })).text();
    expect(await again('ada', state)).toContain('ada’s own');
    const refused = await again(caller, state);
    expect(refused).toContain('Invalid or expired requestState');
    expect(refused).not.toContain('ada’s own');
    expect(refused).toEqual(await again(caller, 'v1.x.y'));
  },
);

test.each(CALLERS)(
  'the id of ada’s session is nothing to %s in the era without sessions',
  async (caller) => {
    for (const kept of KEPT) {
      const under = new AttackedEndpoint(kept);
      const id = await under.open('ada');
      const before = await seen(under, id);
      const asked = async (headers: Readonly<Record<string, string>>) => {
        under.takeLookups();
        const response = await under.modern(caller, 'echo', { text: 'x' }, {}, headers);
        return { ...(await under.bytesOf(response)), lookups: under.takeLookups() };
      };
      const answer = await asked({ 'mcp-session-id': id });
      expect(answer).toEqual(await asked({}));
      expect(answer).toMatchObject({ status: 200, lookups: [] });
      expect(await seen(under, id)).toEqual(before);
    }
  },
);
