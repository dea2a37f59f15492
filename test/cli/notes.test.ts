import { expect, test } from 'vitest';
import { NOTE_LIMITS, Notes } from '../../src/cli/notes.ts';
import { StoreError } from '../../src/errors.ts';
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { createTestRuntime } from '../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { durableEndpoint } from '../mcp/sessions/durable-endpoint.ts';
import { call, messagesOf } from '../mcp/sessions/endpoint-under-test.ts';

const runtimeOverDisk = async () => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock });
  const bench = createTestRuntime({ clock, disk });
  return { disk, bench, session: await bench.runtime.create() };
};

test('notes are kept in order, and no more than there is room for', async () => {
  const { session } = await runtimeOverDisk();
  const notes = new Notes(session);
  expect(notes.list()).toEqual([]);
  for (let n = 1; n <= NOTE_LIMITS.notes; n += 1) {
    expect(await notes.add(`note ${n}`)).toEqual({ notes: n });
  }
  expect(await notes.add('one too many')).toEqual({ full: 'notes' });
  expect(notes.list()).toHaveLength(NOTE_LIMITS.notes);
  expect(notes.list()[0]).toBe('note 1');
});

test('many that come at once are all kept, and none is one too many', async () => {
  const { session } = await runtimeOverDisk();
  const notes = new Notes(session);
  const texts = Array.from({ length: NOTE_LIMITS.notes + 20 }, (_, n) => `note ${n}`);
  const kept = await Promise.all(texts.map((text) => notes.add(text)));
  expect(kept.filter((one) => 'notes' in one)).toHaveLength(NOTE_LIMITS.notes);
  expect(kept.filter((one) => 'full' in one)).toHaveLength(20);
  expect(new Set(notes.list()).size).toBe(NOTE_LIMITS.notes);
});

// A control character is six bytes of JSON.
test.each(['語', '\u0001', '😀'])(
  'the longest notes of wide characters (%j): what does not fit is said, and what fits stays',
  async (character) => {
    const { session } = await runtimeOverDisk();
    const notes = new Notes(session);
    const long = character.repeat(NOTE_LIMITS.characters / character.length);
    for (let n = 0; n < NOTE_LIMITS.notes; n += 1) await notes.add(long);
    const { length } = notes.list();
    expect(length).toBeGreaterThan(20);
    expect(length).toBeLessThan(NOTE_LIMITS.notes);
    expect(await notes.add(long)).toEqual({ full: 'bytes' });
    expect(await notes.add('short')).toEqual({ notes: length + 1 });
  },
);

test('other data of the session is left as it is', async () => {
  const { session } = await runtimeOverDisk();
  await session.update(() => ({ turns: 3, notes: 'not a list' }));
  expect(await new Notes(session).add('first')).toEqual({ notes: 1 });
  expect(session.data).toEqual({ turns: 3, notes: ['first'] });
});

test('a note that the disk has no room for is not said to be kept', async () => {
  const { session, disk } = await runtimeOverDisk();
  disk.full(true);
  await expect(new Notes(session).add('lost?')).rejects.toThrow(StoreError);
});

test('a note that was not recorded keeps those after it from nothing', async () => {
  const { session, disk, bench } = await runtimeOverDisk();
  const notes = new Notes(session);
  disk.full(true);
  await expect(notes.add('first')).rejects.toThrow(StoreError);
  disk.full(false);
  await bench.advance(60_000);
  expect(await notes.add('second')).toEqual({ notes: 2 });
  expect(notes.list()).toEqual(['first', 'second']);
});

test.each([null, [1], 'text'])(
  'data that holds no notes (%j) makes way for the first',
  async (data) => {
    const { session } = await runtimeOverDisk();
    await session.update(() => data);
    expect(new Notes(session).list()).toEqual([]);
    expect(await new Notes(session).add('first')).toEqual({ notes: 1 });
    expect(session.data).toEqual({ notes: ['first'] });
  },
);

test('what is no note among the notes is left out', async () => {
  const { session } = await runtimeOverDisk();
  await session.update(() => ({ notes: [1, 'kept', null] }));
  expect(new Notes(session).list()).toEqual(['kept']);
  expect(await new Notes(session).add('next')).toEqual({ notes: 2 });
});

test('the tool takes a note of as many characters as may be, and not one more', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  const asked = async (length: number) => {
    const answer = await under.post(call(1, 'note_add', { text: 'x'.repeat(length) }), id);
    return JSON.stringify(await messagesOf(answer));
  };
  expect(await asked(NOTE_LIMITS.characters)).toContain('Notes in this session: 1.');
  expect(await asked(NOTE_LIMITS.characters + 1)).toContain('"isError":true');
  expect(await asked(0)).toContain('"isError":true');
  expect(await asked(1)).toContain('Notes in this session: 2.');
});
