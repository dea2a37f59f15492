import assert from 'node:assert/strict';
import { newRecord, type StoreCase } from './case.ts';

/** What some database cuts off, and what has no UTF-8. */
const UNSTORABLE = ['a\0', '\0', 'a\ud83e', '\uddf5a', '\uddf5\ud83e'];

const INVALID = { code: 'ERR_HOLDFAST_INVALID_OPTION' };

/** The texts that a record is found by. */
export const TEXTS: readonly StoreCase[] = [
  {
    name: 'text that not every store can keep is refused wherever a record is found by it, and nothing is changed',
    async run(store) {
      const held = await store.create(newRecord('a', { key: 'k' }));
      for (const text of UNSTORABLE) {
        const calls = {
          'create, id': () => store.create(newRecord(text)),
          'create, principal': () => store.create(newRecord('b', { principal: text })),
          'create, key': () => store.create(newRecord('b', { key: text })),
          'create, owner': () => store.create(newRecord('b', { owner: text })),
          load: () => store.load(text),
          'find, principal': () => store.find(text, 'k'),
          'find, key': () => store.find('alice', text),
          'commit, held': () => store.commit({ ...held, id: text }, { append: [1] }),
          'commit, new id': () => store.commit(held, { id: text, state: 'idle', append: [1] }),
          'claim, id': () => store.claim(text, 'p1'),
          'claim, owner': () => store.claim('a', text),
          release: () => store.release({ ...held, id: text }),
          readJournal: () => store.readJournal(text, { after: 0, limit: 1 }),
          'list, principal': () => store.list({ principal: text, limit: 1 }),
          'list, cursor': () => store.list({ cursor: text, limit: 1 }),
          dueBefore: () => store.dueBefore(1, 1, { at: 0, id: text }),
          count: () => store.count({ principal: text }),
          remove: () => store.remove({ ...held, id: text }),
        };
        for (const [name, call] of Object.entries(calls)) {
          await assert.rejects(call(), INVALID, `${name} of ${JSON.stringify(text)}`);
        }
      }
      assert.deepEqual((await store.list({ limit: 9 })).records, [held]);
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 1 }), []);
    },
  },
  {
    name: 'any other text is kept to the letter',
    async run(store) {
      for (const text of [
        'é',
        'e\u0301',
        '🧵',
        '\u0001',
        '\ufeffa',
        '\uffff',
        ' a ',
        '\u{10ffff}',
      ]) {
        const made = await store.create(newRecord(text, { principal: text, key: text }));
        assert.deepEqual(await store.load(text), made);
        assert.deepEqual(await store.find(text, text), made);
        assert.deepEqual((await store.list({ principal: text, limit: 2 })).records, [made]);
        assert.equal((await store.claim(text, text))?.owner, text);
      }
    },
  },
];
