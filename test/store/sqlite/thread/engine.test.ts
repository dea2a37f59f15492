import { describe, expect, test } from 'vitest';
import type { Call } from '../../../../src/store/sqlite/calls.ts';
import { openDatabase } from '../../../../src/store/sqlite/thread/database.ts';
import { Engine } from '../../../../src/store/sqlite/thread/engine.ts';
import { lastOpening } from '../../../../src/store/sqlite/thread/record-calls.ts';
import { DRIVERS, withEngine } from './drivers.ts';
import { faultyDriver, type Use } from './faulty-driver.ts';
import {
  ask,
  commit,
  create,
  journalOf,
  LIST,
  load,
  readJournal,
  rowsOf,
  shortOf,
} from './sample-calls.ts';

const claim = (id: string, owner: string, next: string): Call => ({ op: 'claim', id, owner, next });
const find = (principal: string | null, key: string): Call => ({ op: 'find', principal, key });

describe.each(DRIVERS)('the engine with $name', (driver) => {
  test('does a group in its order, each call on what those before it did', () =>
    withEngine(driver, (engine) => {
      const answers = engine.run([
        load('a'),
        create('a'),
        commit('a', 0, { state: 'idle', append: ['1', '2'] }),
        load('a'),
        commit('a', 0, { state: 'paused' }),
        commit('a', 1, { append: ['3'], session: '{"n":2}', snapshot: '[2]' }),
        readJournal('a'),
        { op: 'release', id: 'a', token: 'a-2', next: 'a-3' },
        { op: 'remove', id: 'a', token: 'a-2' },
        { op: 'remove', id: 'a', token: 'a-3' },
        load('a'),
        readJournal('a'),
      ]);
      const row = {
        id: 'a',
        principal: null,
        key: null,
        epoch: 1,
        owner: null,
        due: null,
        schema: 1,
      };
      const kept = { session: '{"of":"a"}', snapshot: 'null' };
      const idle = { ...row, ...kept, token: 'a-1', state: 'idle', journalSeq: 2 };
      const given = { session: null, snapshot: null };
      expect(answers).toEqual([
        { value: null },
        { value: null },
        { value: idle },
        { value: idle },
        { refused: 'fenced' },
        { value: { ...row, ...given, token: 'a-2', state: 'idle', journalSeq: 3 } },
        { value: [1, 2, 3].map((seq) => ({ seq, epoch: 1, data: String(seq) })) },
        { value: null },
        { refused: 'fenced' },
        { value: null },
        { value: null },
        { value: [] },
      ]);
    }));

  test('a refused call keeps none of its group back, and leaves no journal entry', () =>
    withEngine(driver, (engine) => {
      const answers = engine.run([
        create('a', { key: 'k' }),
        create('b', { key: 'k' }),
        create('a'),
        create('b', { key: 'k', principal: '' }),
        create('c', { key: 'k', state: 'terminated' }),
        commit('c', 0, { state: 'active', append: ['"lost"'] }),
        commit('c', 0, { id: 'a', state: 'active', append: ['"lost"'] }),
        commit('c', 9, { id: 'a', state: 'active', append: ['"lost"'] }),
        commit('a', 0, { id: 'a', append: ['"kept"'] }),
      ]);
      expect(answers.map(shortOf)).toEqual(
        ['done', 'key-taken', 'id-taken', 'done', 'done', 'key-taken', 'id-taken', 'fenced'].concat(
          'done',
        ),
      );
      expect(rowsOf(engine).map(({ id, token, journalSeq }) => [id, token, journalSeq])).toEqual([
        ['a', 'a-1', 1],
        ['b', 'b-0', 0],
        ['c', 'c-0', 0],
      ]);
      expect(['a', 'b', 'c'].map((id) => journalOf(engine, id))).toEqual([['"kept"'], [], []]);
    }));

  test('a key is unique for each principal, the anonymous one and the empty text too, until its session ends', () =>
    withEngine(driver, (engine) => {
      for (const principal of [null, '', 'p']) {
        const id = `of ${principal}`;
        const other = `${id} again`;
        expect(engine.run([create(id, { principal, key: 'k' })]).map(shortOf)).toEqual(['done']);
        expect(ask(engine, find(principal, 'k'))).toMatchObject({ id });
        const second = create(other, { principal, key: 'k' });
        const ended = commit(id, 0, { state: 'terminated' });
        expect(engine.run([second, ended, second]).map(shortOf)).toEqual([
          'key-taken',
          'done',
          'done',
        ]);
        expect(ask(engine, find(principal, 'k'))).toMatchObject({ id: other });
        const count: Call = { op: 'count', principal };
        expect([ask(engine, count), ask(engine, { op: 'count', principal: undefined })]).toEqual([
          1,
          [null, '', 'p'].indexOf(principal) + 1,
        ]);
      }
    }));

  test('nobody holds a record in a later opening, and whoever claims it then does', () =>
    withEngine(driver, (first, path) => {
      const session = { owner: 'old', due: { at: 0.25, deadline: 'delay' } } as const;
      first.run([create('a', session), create('b', session), create('c')]);
      expect(first.run([claim('a', 'new', 'a-1')]).map(shortOf)).toEqual(['fenced']);
      expect(ask(first, claim('a', 'old', 'a-1'))).toMatchObject({ owner: 'old', epoch: 2 });
      first.close();
      const database = openDatabase(driver, path);
      const engine = new Engine(database, driver);
      expect(lastOpening(database)).toBe(2);
      expect(rowsOf(engine).map(({ owner }) => owner)).toEqual([null, null, null]);
      // A commit with the token that is there claims nothing.
      expect(ask(engine, commit('b', 0, { append: ['1'] }))).toMatchObject({
        owner: null,
        epoch: 1,
      });
      const claimed = { owner: 'new', epoch: 3, token: 'a-2', due: session.due };
      expect(ask(engine, claim('a', 'new', 'a-2'))).toMatchObject(claimed);
      expect(ask(engine, load('a'))).toMatchObject(claimed);
      expect(engine.run([claim('a', 'old', 'a-3')]).map(shortOf)).toEqual(['fenced']);
      expect(ask(engine, claim('nobody', 'new', 'x'))).toBeNull();
      expect(ask(engine, commit('a', 2, { append: ['2'] }))).toMatchObject({ journalSeq: 1 });
      expect(ask(engine, readJournal('a'))).toEqual([{ seq: 1, epoch: 3, data: '2' }]);
      engine.close();
    }));

  test('the highest wall time is kept over openings', () =>
    withEngine(driver, (first, path) => {
      const alive = (at: number): Call => ({ op: 'alive', at });
      const noted = [-3, -2.5, -9, 7.25, 1].map((at) => ask(first, alive(at)));
      expect(noted).toEqual([null, -3, -2.5, -2.5, 7.25]);
      first.close();
      const engine = new Engine(openDatabase(driver, path), driver);
      expect(ask(engine, alive(8))).toBe(7.25);
      engine.close();
    }));

  test('a new id takes the journal along, and the old one is free', () =>
    withEngine(driver, (engine) => {
      const renamed = commit('a', 0, { id: 'z', append: ['1'], trimBefore: 0 });
      expect(
        engine
          .run([create('a'), renamed, create('a'), commit('a', 0, { append: ['2'] })])
          .map(shortOf),
      ).toEqual(['done', 'done', 'done', 'done']);
      expect([journalOf(engine, 'a'), journalOf(engine, 'z')]).toEqual([['2'], ['1']]);
    }));

  test('entries are trimmed, those of the same commit too, and their numbers are not given out again', () =>
    withEngine(driver, (engine) => {
      engine.run([create('a'), commit('a', 0, { append: ['1', '2', '3'], trimBefore: 3 })]);
      expect(journalOf(engine, 'a')).toEqual(['3']);
      engine.run([
        commit('a', 1, { trimBefore: 99 }),
        commit('a', 2, { append: ['4', '5'], trimBefore: 5 }),
      ]);
      expect(ask(engine, readJournal('a'))).toEqual([{ seq: 5, epoch: 1, data: '5' }]);
      engine.run([
        commit('a', 3, { append: ['6', '7'], trimBefore: 99 }),
        commit('a', 4, { append: ['8'] }),
      ]);
      expect(ask(engine, readJournal('a'))).toEqual([{ seq: 8, epoch: 1, data: '8' }]);
    }));

  test('a session that takes the place of a removed one has nothing of its journal', () =>
    withEngine(driver, (engine, path) => {
      engine.run([
        create('a'),
        commit('a', 0, { append: ['1'] }),
        { op: 'remove', id: 'a', token: 'a-1' },
      ]);
      engine.run([create('a')]);
      expect(journalOf(engine, 'a')).toEqual([]);
      engine.close();
      const database = openDatabase(driver, path);
      expect(database.prepare('SELECT count(*) AS n FROM journal').get()?.['n']).toBe(0);
      database.close();
    }));

  test('what only reads, and what changes nothing, writes nothing', () => {
    const uses: Use[] = [];
    const watched = faultyDriver(driver, (use) => {
      uses.push(use);
      return null;
    });
    withEngine(watched, (engine) => {
      engine.run([create('a'), create('b')]);
      const wrote = () =>
        uses.splice(0).filter(({ how, sql }) => how === 'exec' && sql !== 'COMMIT');
      expect(wrote().at(-1)?.sql).toBe('BEGIN IMMEDIATE');
      engine.run([load('a'), LIST, find(null, 'k'), readJournal('a')]);
      engine.run([
        { op: 'count', principal: 'p' },
        { op: 'dueBefore', at: 1, limit: 1, after: null },
      ]);
      expect(wrote()).toEqual([]);
    });
  });

  test('a group is one transaction', () => {
    const uses: Use[] = [];
    const watched = faultyDriver(driver, (use) => {
      uses.push(use);
      return null;
    });
    withEngine(watched, (engine) => {
      engine.run([create('warm')]);
      uses.length = 0;
      engine.run([create('a'), load('a'), create('b'), create('b')]);
      expect(uses.filter(({ how }) => how === 'exec').map(({ sql }) => sql)).toEqual([
        'BEGIN IMMEDIATE',
        'COMMIT',
      ]);
      // One statement a call, and one more to say what is taken.
      expect(uses.filter(({ how }) => how !== 'exec' && how !== 'prepare')).toHaveLength(5);
    });
  });

  test('an empty group has no answers', () =>
    withEngine(driver, (engine) => expect(engine.run([])).toEqual([])));

  test('closed, it answers that it failed, and closing twice is closing once', () =>
    withEngine(driver, (engine) => {
      engine.close();
      engine.close();
      expect(engine.run([load('a'), create('a')]).map((answer) => 'failed' in answer)).toEqual([
        true,
        true,
      ]);
      expect(engine.run([load('a')]).map((answer) => 'failed' in answer)).toEqual([true]);
    }));
});
