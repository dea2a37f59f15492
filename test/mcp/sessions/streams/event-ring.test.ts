import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import { EventRing, streamKindOf } from '../../../../src/mcp/sessions/streams/event-ring.ts';

const json = (n: number): string => JSON.stringify({ n });
const ring = (pushed = 0): { ring: EventRing; start: string; ids: string[] } => {
  const made = new EventRing('standing');
  const start = made.mark();
  return { ring: made, start, ids: Array.from({ length: pushed }, (_, n) => made.push(json(n))) };
};
const big = (bytes: number): string => JSON.stringify({ text: 'x'.repeat(bytes) });
const ALL = 1_000_000;

test('ids are visible ASCII, never twice, and say what their stream is for', () => {
  const { ids, start } = ring(300);
  const other = new EventRing('post');
  const all = [start, ...ids, other.mark(), other.push(json(1))];
  expect(new Set(all).size).toBe(all.length);
  for (const id of all) expect(id).toMatch(/^[\x21-\x7e]+$/);
  expect(ids.every((id) => streamKindOf(id) === 'standing')).toBe(true);
  expect(streamKindOf(other.mark())).toBe('post');
  for (const id of [
    '',
    '7',
    'x_1',
    'p_',
    'pabc_01',
    'pabc_-1',
    'pabc_1e3',
    `pabc_${'9'.repeat(40)}`,
  ]) {
    expect(streamKindOf(id), id).toBeNull();
  }
});

test('what came after an event is given, and nothing of it where it was the newest', () => {
  const { ring: made, start, ids } = ring(3);
  expect(made.after(start)?.events.map(({ id }) => id)).toEqual(ids);
  expect(made.after(ids[1] ?? '')).toEqual({ events: [{ id: ids[2], json: json(2) }], gap: false });
  expect(made.after(made.mark())).toEqual({ events: [], gap: false });
});

test('who had nothing is given all there is by every standing stream, and by no other', () => {
  const { start } = ring();
  expect(streamKindOf(start)).toBe('standing');
  const { ring: made, ids } = ring(2);
  expect(made.after(start)).toEqual({
    events: ids.map((id, n) => ({ id, json: json(n) })),
    gap: false,
  });
  // Who comes when something was said already had nothing of that, and is told nothing of it.
  expect(made.mark()).toBe(ids[1]);
  expect(EventRing.of(made.keep(ALL), 'standing')?.after(start)?.events).toHaveLength(2);
  const shortened = EventRing.of(made.keep(0), 'standing');
  expect(shortened?.after(start)).toEqual({ events: [], gap: true });
  const full = ring(LIMITS.streamEvents + 1).ring.after(start);
  expect(full).toMatchObject({ gap: true, events: { length: LIMITS.streamEvents } });
  const post = new EventRing('post');
  post.push(json(1));
  expect(post.after(start)).toBeNull();
});

test('a standing stream on which nothing was said is not worth keeping; one whose messages were left out is', () => {
  const { ring: made } = ring();
  made.mark();
  expect(made.isUnused).toBe(true);
  made.push(json(1));
  expect(made.isUnused).toBe(false);
  expect(EventRing.of(made.keep(0), 'standing')?.isUnused).toBe(false);
});

test('an event of another stream, one that never was and rubbish are unknown', () => {
  const { ring: made, ids, start } = ring(3);
  const stream = start.slice(0, start.lastIndexOf('_'));
  for (const id of [
    ring(3).ids[0] ?? '',
    `${stream}_4`,
    `${stream}_01`,
    stream,
    '',
    'x',
    '__proto__',
  ]) {
    expect(made.after(id), id).toBeNull();
  }
  expect(ids.every((id) => made.after(id) !== null)).toBe(true);
});

test('the oldest is pushed out by count, and a replay from before that says so', () => {
  const { ring: made, start, ids } = ring(LIMITS.streamEvents + 3);
  const replay = made.after(start);
  expect(replay?.gap).toBe(true);
  expect(replay?.events.map(({ id }) => id)).toEqual(ids.slice(3));
  expect(made.after(ids[1] ?? '')?.gap).toBe(true);
  // It has had the last of those that are gone: nothing is missing.
  expect(made.after(ids[2] ?? '')).toEqual({ events: replay?.events, gap: false });
});

test('and by bytes; one that is longer than all is not kept, and that is a gap', () => {
  const made = new EventRing('post');
  const start = made.mark();
  const half = big(LIMITS.streamBytes / 2);
  const first = made.push(half);
  const second = made.push(json(2));
  made.push(half);
  expect(made.after(start)).toMatchObject({ gap: true, events: [{ id: second }, {}] });
  expect(made.bytes).toBeLessThanOrEqual(LIMITS.streamBytes);
  const long = made.push(big(LIMITS.streamBytes));
  expect(made.bytes).toBe(0);
  expect(made.after(first)).toEqual({ events: [], gap: true });
  expect(made.after(long)).toEqual({ events: [], gap: false });
  const next = made.push(json(4));
  expect(made.after(second)).toEqual({ events: [{ id: next, json: json(4) }], gap: true });
});

test('a ring that was kept replays what it would have, and what is pushed then has ids of its own', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(5), fc.nat(300), (before, after, from) => {
      const { ring: made, start, ids } = ring(before);
      const kept: unknown = JSON.parse(JSON.stringify(made.keep(ALL)));
      const one = EventRing.of(kept, 'standing');
      const crashed = EventRing.of(kept, 'standing');
      if (one === null || crashed === null) throw new Error('A ring that was kept comes again.');
      const asked = [start, ...ids][Math.min(from, before)] ?? start;
      expect(one.after(asked)).toEqual(made.after(asked));
      // Two lives that come from one keeping, as where a process crashes after the first of them.
      const lost = Array.from({ length: after }, (_, n) => one.push(json(-n)));
      const later = Array.from({ length: after }, (_, n) => crashed.push(json(-n)));
      expect(new Set([...ids, ...lost, ...later]).size).toBe(ids.length + 2 * after);
      expect(crashed.after(made.mark())?.events.map(({ id }) => id)).toEqual(later);
      for (const id of lost) expect(crashed.after(id)).toBeNull();
    }),
    { numRuns: 50 },
  );
});

test('kept several times it still knows each of its events', () => {
  let made = ring(2).ring;
  const ids = [made.mark()];
  for (let life = 0; life < 5; life += 1) {
    made = EventRing.of(made.keep(ALL), 'standing') ?? made;
    ids.push(made.push(json(life)), made.push(json(life)));
  }
  ids.forEach((id, at) => {
    expect(made.after(id)?.events.map((event) => event.id)).toEqual(ids.slice(at + 1));
  });
});

test('kept is what fits, newest first; what does not is a gap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000 }), fc.nat(60), (bytes, count) => {
      const made = new EventRing('post');
      const start = made.mark();
      const ids = Array.from({ length: count }, (_, n) =>
        made.push(JSON.stringify({ t: '"é'.repeat(n) })),
      );
      const kept = made.keep(bytes);
      if (kept.events.length > 0) {
        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(bytes);
      }
      const again = EventRing.of(kept, 'post');
      const left = ids.slice(count - kept.events.length);
      expect(again?.after(start)).toMatchObject({ gap: left.length < count });
      expect(again?.after(start)?.events.map(({ id }) => id)).toEqual(left);
    }),
  );
});

test('whatever a store gives: it is a ring or null, never an error, and never an event that is two', () => {
  const rubbish = (kept: unknown): void => {
    const made = EventRing.of(kept, 'post');
    for (const { json: text } of made?.after(made.mark())?.events ?? [])
      expect(text).not.toMatch(/[\r\n]/);
  };
  fc.assert(fc.property(fc.anything(), rubbish));
  const id = fc.oneof(fc.constantFrom('pabc_0', 'pabc_1', 'pabc_2', 'sabc_1'), fc.string());
  const text = fc.oneof(fc.json(), fc.constantFrom('{}', '{"a":\n1}', '[]', 'null', '{'));
  fc.assert(
    fc.property(
      fc.record({ before: id, events: fc.array(fc.oneof(fc.tuple(id, text), fc.anything())) }),
      rubbish,
    ),
  );
  const sound = { before: 'pabc_0', events: [['pabc_1', '{}']] };
  expect(EventRing.of(sound, 'post')?.after('pabc_0')?.events).toEqual([
    { id: 'pabc_1', json: '{}' },
  ]);
  expect(EventRing.of(sound, 'standing')).toBeNull();
  for (const event of [
    ['pabc_1', '{"a":\n1}'],
    ['pabc_0', '{}'],
    ['pabc_1', '[]'],
    ['pabc_1', '{'],
    ['pabc_1'],
    ['a\nb', '{}'],
  ]) {
    expect(EventRing.of({ ...sound, events: [event] }, 'post'), String(event)).toBeNull();
  }
  const many = Array.from({ length: LIMITS.streamEvents + 1 }, (_, n) => [`pabc_${n + 1}`, '{}']);
  expect(EventRing.of({ ...sound, events: many }, 'post')).toBeNull();
});
