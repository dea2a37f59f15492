import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sessionMachine } from '../../machines/index.ts';
import { createRuntime } from '../../src/index.ts';
import { resolveDeadlines } from '../../src/runtime/liveness/deadlines.ts';
import { arbitraries, createVirtualClock } from '../../src/testing/index.ts';

const { deadlines, createOptions, json, journal, registryEvent, sessionEvent } = arbitraries(fc);

test('deadlines never contradict each other, durable or not, and none is always the same', () => {
  const names = new Set<string>();
  let off = 0;
  fc.assert(
    fc.property(deadlines(), fc.boolean(), (options, durable) => {
      resolveDeadlines(options, durable);
      for (const [name, value] of Object.entries(options)) {
        names.add(name);
        if (value === 'off') off += 1;
      }
    }),
    { numRuns: 1_000 },
  );
  expect(names.size).toBe(7);
  expect(off).toBeGreaterThan(0);
});

test('a runtime takes what is drawn for it: sessions, conversations, data', async () => {
  await fc.assert(
    fc.asyncProperty(
      deadlines(),
      createOptions(),
      journal(),
      json(),
      async (limits, options, said, data) => {
        const runtime = createRuntime({ clock: createVirtualClock(), deadlines: limits });
        const session = await runtime.create({ ...options, data });
        for (const message of said) await session.append(message);
        expect((await session.messages()).messages).toHaveLength(said.length);
        expect(session.data).toEqual(data);
        await runtime.close();
      },
    ),
    { numRuns: 50 },
  );
});

test('the events of the charts are all drawn', () => {
  const known = (chart: { readonly events: readonly string[] }) => [...chart.events].sort();
  const drawn = (events: readonly { readonly type: string }[]) =>
    [...new Set(events.map(({ type }) => type))].sort();
  expect(drawn(fc.sample(sessionEvent(), { numRuns: 500, seed: 1 }))).toEqual(
    known(sessionMachine),
  );
  expect(drawn(fc.sample(registryEvent(), { numRuns: 500, seed: 1 }))).toHaveLength(6);
});
