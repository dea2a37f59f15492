import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../../src/store/sqlite/thread/database.ts';
import { Engine } from '../../../../src/store/sqlite/thread/engine.ts';
import { DRIVERS, inFolder } from './drivers.ts';
import { ask, create, journalOf, load, rowsOf, shortOf } from './sample-calls.ts';

describe.each(DRIVERS)('a quota with $name', (driver) => {
  test('fills up and loses nothing; what is removed makes room again', () =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      const maxBytes = 512 * 1024;
      const engine = new Engine(openDatabase(driver, path, { maxBytes }), driver);
      const session = JSON.stringify('x'.repeat(10_000));
      const made: string[] = [];
      const failed: string[] = [];
      for (let group = 0; group < 12; group += 1) {
        const ids = Array.from({ length: 8 }, (_, n) => `${group}-${n}`);
        engine.run(ids.map((id) => create(id, { session }))).forEach((answer, n) => {
          const told = shortOf(answer);
          expect(['done', 'failed 13']).toContain(told);
          (told === 'done' ? made : failed).push(ids[n] ?? '');
        });
      }
      expect(made.length).toBeGreaterThan(10);
      expect(failed.length).toBeGreaterThan(10);
      // The group in which it filled up: what had room is there.
      expect(made.length % 8).not.toBe(0);
      expect(rowsOf(engine).map(({ id }) => id)).toEqual([...made].sort());
      expect(ask(engine, load(made.at(-1) ?? ''))).toMatchObject({ session });
      // What needs no new page still works, and so does what makes room.
      expect(engine.run([{ op: 'alive', at: 1 }]).map(shortOf)).toEqual(['done']);
      const first = made[0] ?? '';
      // Eight make room for six: not every page they had is free at once.
      engine.run(made.slice(1, 9).map((id) => ({ op: 'remove', id, token: `${id}-0` })));
      const again = Array.from({ length: 6 }, (_, n) => create(`again-${n}`, { session }));
      expect(engine.run(again).map(shortOf)).toEqual(again.map(() => 'done'));
      engine.close();
      const reopened = new Engine(openDatabase(driver, path), driver);
      expect(rowsOf(reopened)).toHaveLength(made.length - 2);
      expect(journalOf(reopened, first)).toEqual([]);
      reopened.close();
    }));
});
