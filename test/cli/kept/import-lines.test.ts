import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { broken, brought, exported, recordOf, SESSION } from './sample-export.ts';

const trimmed = recordOf({ key: null, session: { ...SESSION, journal: { first: 2, bytes: 5 } } });
const empty = recordOf({
  principal: null,
  state: 'terminated',
  due: { at: 9, deadline: 'tombstone' },
  journalSeq: 4,
  session: { ...SESSION, endedAt: 3, reason: 'client', journal: { first: 5, bytes: 0 } },
});
const LINES = exported([recordOf(), trimmed, empty]);

test('an export brings what went into it, without tokens and owners', async () => {
  const found = await brought(LINES);
  const records = found.flatMap((one) => ('record' in one ? [one.record] : []));
  const { token: _, owner: __, ...rest } = trimmed;
  expect(records[1]).toEqual(rest);
  expect(found.filter((one) => 'entry' in one)).toHaveLength(3);
  expect(found.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6, 7]);
});

test('one from which a line was taken, doubled or moved, or that was cut anywhere, is no export', async () => {
  const place = fc.nat(LINES.length - 1);
  const change = fc.oneof(
    fc.record({ how: fc.constant('take' as const), at: place, to: place }),
    fc.record({ how: fc.constant('double' as const), at: place, to: place }),
    fc.record({ how: fc.constant('cut' as const), at: place, to: fc.nat(40) }),
  );
  await fc.assert(
    fc.asyncProperty(change, async ({ how, at, to }) => {
      const lines = [...LINES];
      const line = lines[at] ?? '';
      if (how === 'take') lines.splice(at, 1);
      else if (how === 'double') lines.splice(to, 0, line);
      else {
        const left = line.slice(0, Math.min(to, line.length - 1));
        lines.splice(at, lines.length, ...(left === '' ? [] : [left]));
      }
      // A session without a journal may come twice for all that is known here: who takes it in looks for that.
      if (how === 'double' && JSON.parse(line).record?.id === empty.id) return;
      await expect(brought(lines)).rejects.toThrow(/^line \d+: /);
    }),
  );
});

describe('a record is refused', () => {
  test.each([
    ['id', 'ses_x'],
    ['id', undefined],
    ['principal', 'a\0b'],
    ['principal', '\ud800'],
    ['principal', ''],
    ['principal', undefined],
    ['key', 'a\0b'],
    ['key', 5],
    ['epoch', 0],
    ['epoch', 1.5],
    ['epoch', Number.MAX_SAFE_INTEGER],
    ['journalSeq', Number.MAX_SAFE_INTEGER],
    ['session.eventSeq', 2 ** 48 + 1],
    ['state', 'gone'],
    ['due', { at: 'x', deadline: 'idleTimeout' }],
    ['due', { at: 1, deadline: 'never' }],
    ['due', undefined],
    ['journalSeq', -1],
    ['schema', '2'],
    ['schema', 1_000],
    ['session', []],
    ['snapshot', undefined],
    ['snapshot', { any: 'thing' }],
    ['session.createdAt', null],
    ['session.expiresAt', 'x'],
    ['session.beats', 'often'],
    ['session.watched', 1],
    ['session.eventSeq', -1],
    ['session.operations', [{ operation: 'x' }]],
    ['session.putAway', false],
    ['session.reason', 'boredom'],
    ['session.client', 'chat'],
    ['session.metadata', null],
    ['session.mcpServers', {}],
    ['session.data', undefined],
    ['session.behaviour', 1],
    ['session.journal', { first: 0, bytes: 0 }],
    ['session.journal', { first: 4, bytes: 0 }],
  ])('whose %s is %j', async (path, value) => {
    await expect(brought(broken(path.split('.'), value))).rejects.toThrow(/^line 2: /);
  });

  test('that ended, and says not when or why', async () => {
    await expect(brought(broken(['state'], 'terminated'))).rejects.toThrow(
      'line 2: has a session that ended, and not when or why.',
    );
  });

  test('that is paused, and says not since when', async () => {
    await expect(brought(broken(['state'], 'paused'))).rejects.toThrow('line 2: has a session');
  });

  test.each([
    ['idle', 'tombstone'],
    ['active', 'unfinished'],
    ['terminating', 'tombstone'],
  ])('that is %s, with the deadline %s', async (state, deadline) => {
    const lines = broken(['due'], { at: 1, deadline }).map((line) =>
      line.replace('"state":"idle"', `"state":"${state}"`),
    );
    await expect(brought(lines)).rejects.toThrow(
      `line 2: has a session that is ${state}, and whose deadline is ${deadline}.`,
    );
  });

  test('that is deeper than anything that is stored', async () => {
    const deep = JSON.parse(`${'['.repeat(1_200)}${']'.repeat(1_200)}`);
    await expect(brought(broken(['session', 'data'], deep))).rejects.toThrow('line 2: is deeper');
  });
});

describe('a session that only another version can read', () => {
  const newer = (change: object = {}): string[] => {
    const lines = exported([recordOf({ schema: RECORD_SCHEMA + 1 }), recordOf({ key: null })]);
    const line = JSON.parse(lines[1] ?? '');
    Object.assign(line.record, { state: 'archived', due: { at: 1, deadline: 'never' }, ...change });
    lines[1] = JSON.stringify(line);
    return lines;
  };

  test('is refused, and that it can be left out is told', async () => {
    await expect(brought(newer())).rejects.toThrow(
      `line 2: cannot be read. It is of schema ${RECORD_SCHEMA + 1}, and this version of Holdfast knows 1 to ${RECORD_SCHEMA}. With --skip-unreadable it is left out.`,
    );
  });

  test('is left out with its journal where that was asked for, and the rest is taken in', async () => {
    const found = await brought(newer(), true);
    expect(found.map((one) => Object.keys(one)[1])).toEqual([
      'leftOut',
      'record',
      'entry',
      'entry',
    ]);
    expect(found[0]).toEqual({ number: 2, leftOut: expect.stringMatching(/^ses_/) });
    expect((await brought(newer({ id: '\u001b[2J' }), true))[0]).toEqual({
      number: 2,
      leftOut: null,
    });
  });

  test.each([
    [['state'], 'archived', 'is in the state "archived"'],
    [['session', 'createdAt'], null, 'createdAt'],
  ])('may also be one whose %j is none that is known here', async (path, value, why) => {
    await expect(brought(broken(path, value))).rejects.toThrow(why);
    const found = await brought(broken(path, value), true);
    expect(found).toEqual([{ number: 2, leftOut: expect.stringMatching(/^ses_/) }]);
  });

  test('is still counted: a line that is missing shows', async () => {
    const lines = newer();
    lines.splice(2, 1);
    await expect(brought(lines, true)).rejects.toThrow('lines are missing');
  });

  test('is another thing than one that is broken, which is refused all the same', async () => {
    await expect(brought(broken(['session'], []), true)).rejects.toThrow('line 2: has a record');
    await expect(brought(broken(['schema'], '3'), true)).rejects.toThrow('line 2: has a record');
  });
});

test('what is told of a file is neither long nor an object in its own words', async () => {
  const header = { kind: 'header', format: 'holdfast-export', version: 'x'.repeat(100_000) };
  const error: unknown = await brought([JSON.stringify(header)]).catch((one: unknown) => one);
  expect(String(error).length).toBeLessThan(2_000);
  const end = { kind: 'end', sessions: { toString: 1 }, entries: 0 };
  await expect(brought([LINES[0] ?? '', JSON.stringify(end)])).rejects.toThrow(
    'line 2: is an end without its counts.',
  );
});

test('an export stays JSON with the same meaning, and commands no terminal', async () => {
  const evil = 'a\u009b31m\u202e\u007f\u2028\\';
  const lines = exported([recordOf({ session: { ...SESSION, data: evil } })]);
  expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
  expect((await brought(lines))[0]).toMatchObject({ record: { session: { data: evil } } });
});

test('one of an older schema is taken in as it is', async () => {
  const [found] = await brought(broken(['schema'], 1));
  expect(found).toMatchObject({ record: { schema: 1 } });
});

test.each([
  [['{"kind":"header","format":"other","version":1}'], 'line 1: is no header'],
  [['{"kind":"header","format":"holdfast-export","version":2}'], 'says format version 2'],
  [['[]'], 'line 1: is no line of an export.'],
  [[LINES[0] ?? '', '{"kind":"more"}'], 'line 2: is no line of an export.'],
  [[LINES[0] ?? '', '{"kind":"entry","seq":1,"epoch":1,"data":1}'], 'is an entry of no session'],
  [[LINES[0] ?? '', '{"kind":"end","sessions":1,"entries":0}'], 'there were 0 and 0'],
  [
    [LINES[0] ?? '', LINES[1] ?? '', '{"kind":"entry","seq":1,"epoch":4,"data":1}'],
    'line 3: is an entry that nobody can have written',
  ],
  [
    [LINES[0] ?? '', LINES[1] ?? '', '{"kind":"entry","seq":1,"epoch":1}'],
    'line 3: is an entry without its data',
  ],
  [[...LINES.slice(0, 2), '{"kind":"end","sessions":1,"entries":0}'], 'line 3: comes too early'],
  [[...LINES.slice(0, 2), LINES[4] ?? ''], 'line 3: comes too early: entries 1 to 2'],
  [
    [...LINES.slice(0, 4), '{"kind":"entry","seq":3,"epoch":1,"data":1}'],
    'line 5: is entry 3 of its journal',
  ],
  [[...LINES.slice(0, 4), '{"kind":"end","sessions":1,"entries":3}'], 'there were 1 and 2'],
])('%j is told as what it is', async (lines, what) => {
  await expect(brought(lines)).rejects.toThrow(what);
});
