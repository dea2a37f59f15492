import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { InvalidOptionError, LIMITS, type Session } from '../../../src/index.ts';
import { quietRuntime } from '../fixture.ts';
import { after, crash, durableRuntime, processOver, REST_MS } from '../residency/fixture.ts';
import { errorsIn } from '../residency/newer-record.ts';

// What a front-end is asked for as its session is put away.

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // What the flag brings.

const STORED_MS = 10_000 + REST_MS + 600;
const LONG = { deadlines: { idleTimeoutMs: 600_000 } };

const noted = (session: Session): unknown => session.frontEnd('mcp').value;

test.each([
  [
    'for its rest',
    async ({ clock }: ReturnType<typeof durableRuntime>) => clock.advance(STORED_MS),
  ],
  [
    'to make room',
    async ({ clock, runtime }: ReturnType<typeof durableRuntime>) => {
      await clock.advance(11_000);
      await after(clock, runtime.create());
    },
  ],
  [
    'by a drain',
    async ({ clock, runtime }: ReturnType<typeof durableRuntime>) => {
      await after(clock, runtime.drain(), 200);
    },
  ],
])(
  'it is asked as the session is put away %s, and what it returns is recorded with that',
  async (_how, putAway) => {
    const process = durableRuntime({ ...LONG, maxResident: 1 });
    const { clock, disk, runtime } = process;
    const session = await after(clock, runtime.create());
    let asked = 0;
    session.frontEnd('mcp').atRest(() => {
      asked += 1;
      expect(session.info().residency).toBe('hibernating');
      return { asked };
    });
    await putAway(process);
    expect(asked).toBe(1);
    const record = disk.records().find(({ id }) => id === session.id);
    expect(record?.session).toMatchObject({ putAway: true, frontEnds: { mcp: { asked: 1 } } });
    crash(process);
    const again = await after(clock, processOver(process).runtime.get(session.id));
    expect(noted(again)).toEqual({ asked: 1 });
  },
);

test('nothing returned leaves what was set, null removes it', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  await after(clock, session.frontEnd('mcp').set('set'));
  session.frontEnd('mcp').atRest(() => undefined);
  await clock.advance(STORED_MS);
  expect(session.info().residency).toBe('stored');
  expect(noted(session)).toBe('set');
  await after(clock, session.touch());
  session.frontEnd('mcp').atRest(() => null);
  await clock.advance(STORED_MS);
  expect(noted(session)).toBeNull();
});

test('where it throws, or returns too much or no JSON, that is told, the value stays, and the session is put away', async () => {
  const { clock, runtime, events } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  await after(clock, session.frontEnd('mcp').set('set'));
  const failure = new Error('on purpose');
  const wrong = [
    () => {
      throw failure;
    },
    () => 'x'.repeat(LIMITS.frontEndBytes),
    () => new Map(),
  ];
  for (const collect of wrong) {
    session.frontEnd('mcp').atRest(collect);
    session.frontEnd('other').atRest(() => 'fine');
    await clock.advance(STORED_MS);
    expect(session.info().residency).toBe('stored');
    expect([noted(session), session.frontEnd('other').value]).toEqual(['set', 'fine']);
    await after(clock, session.touch());
  }
  const where = `what the front-end mcp keeps of ${session.id}`;
  expect(errorsIn(events)).toMatchObject([
    { where, error: failure },
    { where, error: { option: 'value' } },
    { where, error: { option: 'value' } },
  ]);
});

test('one by a name: the newest is asked, and only its own end ends it', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  const first = session.frontEnd('mcp').atRest(() => 'first');
  const second = (await after(clock, runtime.get(session.id)))
    .frontEnd('mcp')
    .atRest(() => 'second');
  first();
  await clock.advance(STORED_MS);
  expect(noted(session)).toBe('second');
  second();
  await after(clock, session.touch());
  session.frontEnd('mcp').atRest(() => 'third')();
  await clock.advance(STORED_MS);
  expect(noted(session)).toBe('second');
  expect(() => session.frontEnd('mcp').atRest('it' as never)).toThrow(InvalidOptionError);
});

test('it is over once the session was put away; one that comes while it is stored waits for the wake', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  let asked = 0;
  session.frontEnd('mcp').atRest(() => {
    asked += 1;
    return asked;
  });
  await clock.advance(STORED_MS);
  await after(clock, session.touch());
  await clock.advance(STORED_MS);
  expect([asked, noted(session)]).toEqual([1, 1]);
  session.frontEnd('mcp').atRest(() => 'waited');
  expect(noted(session)).toBe(1);
  await after(clock, session.touch());
  await clock.advance(STORED_MS);
  expect(noted(session)).toBe('waited');
});

test('one that the session is needed after stays in memory, with the new value, and is asked again', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  let asked = 0;
  session.frontEnd('mcp').atRest(() => {
    asked += 1;
    if (asked === 1) void Promise.resolve().then(() => session.beat());
    return asked;
  });
  for (let ms = 0; ms < STORED_MS && asked === 0; ms += 50) await clock.advance(50);
  expect(session.info().residency).toBe('resident');
  expect(noted(session)).toBe(1);
  await clock.advance(REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  expect(noted(session)).toBe(2);
});

test('where nothing is durable it is never asked', async () => {
  const { clock, runtime } = quietRuntime();
  const session = await runtime.create();
  session.frontEnd('mcp').atRest(() => {
    throw new Error('asked');
  });
  await session.frontEnd('mcp').set(1);
  await clock.advance(50_000);
  await runtime.close();
  expect(noted(session)).toBe(1);
});

test('who has its end holds nothing of a stored session', async () => {
  const { clock, context, runtime } = durableRuntime(LONG);
  const ends: (() => void)[] = [];
  const begun = async (): Promise<string> => {
    const session = await after(clock, runtime.create());
    ends.push(session.frontEnd('mcp').atRest(() => 1));
    return session.id;
  };
  const id = await begun();
  await clock.advance(STORED_MS);
  for (let turn = 0; turn < 5 && context.away.get(id) !== undefined; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  expect(context.away.get(id)).toBeUndefined();
  for (const end of ends) end();
});
