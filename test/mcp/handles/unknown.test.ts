import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { createHandles } from '../../../src/mcp/handles/handles.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { cartsUnderTest, MINUTE, noting, type Shopper } from './modern-endpoint.ts';

// A handle that is of no use to whoever gives it: one answer, whatever the reason.

const UNKNOWN =
  'There is no cart of this id: it may have expired, or been closed. Call cart_open to get a new one.';

const TOOLS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['cart_add', { item: 'tea' }],
  ['cart_hold', {}],
  ['cart_extend', {}],
  ['cart_close', {}],
];

/** Everything that is no cart of the shopper's. */
const useless = async () => {
  const { store, calls } = noting(createMemoryStore());
  const under = cartsUnderTest({ runtime: { store } });
  const { runtime, clock } = under;
  const [ada, grace] = [await under.shopper('ada'), await under.shopper('grace')];
  const [closed, expired, graceExpired, graceClosed] = [
    await ada.open(),
    await ada.open(),
    await grace.open(),
    await grace.open(),
  ];
  await ada.call('cart_close', { cart: closed });
  await grace.call('cart_close', { cart: graceClosed });
  await clock.advance(31 * MINUTE);
  const job = await runtime.create({ principal: 'ada', metadata: { handle: 'job' } });
  const mcp = await runtime.create({
    principal: 'ada',
    client: { name: 'client', version: '1', metadata: { mcp: { protocolVersion: '2025-11-25' } } },
  });
  const handles: Record<string, unknown> = {
    'an unknown one': mintSessionId(),
    'an expired one': expired,
    'a closed one': closed,
    "somebody else's": await grace.open(),
    "somebody else's that expired": graceExpired,
    "somebody else's that is closed": graceClosed,
    "an anonymous caller's": (await runtime.create({ metadata: { handle: 'cart' } })).id,
    'one of another kind': job.id,
    'the id of an MCP session': mcp.id,
    'one that nobody minted': 'cart-1',
    'an empty one': '',
    'a long one': 'x'.repeat(10_000),
  };
  return { ...under, ada, grace, calls, handles };
};

const ask = (shopper: Shopper, tool: string, args: object, cart: unknown) =>
  shopper.call(tool, { ...args, cart });

test.each(TOOLS)(
  '%s: the unknown answer, byte for byte, whatever it is given',
  async (tool, args) => {
    const { ada, handles, errors } = await useless();
    const answers: Record<string, string> = {};
    for (const [what, cart] of Object.entries(handles)) {
      const { raw, text, isError } = await ask(ada, tool, args, cart);
      expect({ what, text, isError }).toEqual({ what, text: UNKNOWN, isError: true });
      answers[what] = raw;
    }
    expect(new Set(Object.values(answers)).size).toBe(1);
    expect(errors).toEqual([]);
  },
);

test.each(TOOLS)(
  "%s: somebody else's costs the look-ups an unknown one costs",
  async (tool, args) => {
    const { ada, handles, calls } = await useless();
    const lookups = async (what: string): Promise<string[]> => {
      calls.length = 0;
      await ask(ada, tool, args, handles[what]);
      return [...calls];
    };
    const unknown = await lookups('an unknown one');
    expect(unknown).toEqual(['load']);
    for (const what of Object.keys(handles).filter((one) => one.startsWith("somebody else's"))) {
      expect({ what, calls: await lookups(what) }).toEqual({ what, calls: unknown });
    }
    expect(await lookups("an anonymous caller's")).toEqual(unknown);
    expect(await lookups('a closed one')).toEqual(unknown);
    // What nobody can have minted is not asked for at all.
    expect(await lookups('one that nobody minted')).toEqual([]);
  },
);

test.each(TOOLS)(
  '%s without the handle: told which argument it is, and nothing is looked up',
  async (tool, args) => {
    const { ada, grace, calls, errors } = await useless();
    calls.length = 0;
    const told = async (shopper: Shopper, cart: object) => {
      const { text, isError } = await shopper.call(tool, { ...args, ...cart });
      expect(isError).toBe(true);
      return text;
    };
    expect(await told(ada, {})).toBe(
      'The argument "cart" is missing. It is the id that cart_open gave you.',
    );
    for (const cart of [17, null, ['a'], {}]) {
      expect(await told(grace, { cart })).toBe(
        'The argument "cart" is not a text. It is the id that cart_open gave you.',
      );
    }
    expect(calls).toEqual([]);
    expect(errors).toEqual([]);
  },
);

test('whoever guesses changes nothing of what is not theirs', async () => {
  const { ada, grace, runtime, handles } = await useless();
  const cart = String(handles["somebody else's"]);
  const before = (await runtime.get(cart)).info();
  for (const [tool, args] of TOOLS) await ask(ada, tool, args, cart);
  expect((await runtime.get(cart)).info()).toEqual(before);
  for (const what of ['one of another kind', 'the id of an MCP session']) {
    expect((await runtime.get(String(handles[what]))).state).not.toBe('terminated');
  }
  expect((await grace.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
});

test('a guess at the arguments is refused before the handle is looked at, for any handle', async () => {
  const { ada, handles, calls } = await useless();
  const answers = new Set<string>();
  for (const what of ['an unknown one', "somebody else's"]) {
    calls.length = 0;
    answers.add((await ada.call('cart_add', { cart: handles[what], item: 1 })).raw);
    expect(calls).toEqual([]);
  }
  expect(answers.size).toBe(1);
});

test('two kinds of one runtime are two', async () => {
  const { runtime, carts, clock } = cartsUnderTest();
  const jobs = createHandles({ runtime, name: 'job', describe: 'a job', clock });
  const { id } = await jobs.open('ada', {});
  expect(await carts.find('ada', id)).toBeNull();
  expect((await jobs.find('ada', id))?.id).toBe(id);
});
