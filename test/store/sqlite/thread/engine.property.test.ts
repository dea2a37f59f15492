import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlreadyExistsError, Fenced } from '../../../../src/errors.ts';
import type { NewRecord, SessionRecord } from '../../../../src/store/contract.ts';
import { RecordTable } from '../../../../src/store/record-table.ts';
import type {
  Answer,
  Call,
  Row,
  RowChange,
  RowPage,
  Values,
} from '../../../../src/store/sqlite/calls.ts';
import { openDatabase } from '../../../../src/store/sqlite/thread/database.ts';
import type { Driver } from '../../../../src/store/sqlite/thread/driver.ts';
import { Engine } from '../../../../src/store/sqlite/thread/engine.ts';
import { storedSession } from '../../../../src/testing/store-contract/case.ts';
import { DRIVERS, inFolder } from './drivers.ts';
import { LIST } from './sample-calls.ts';

// Few of each, so that they meet. The texts are such as a database might confuse or order otherwise.
const IDS = ['', 'A', 'a', 'b', 'é', '😀'];
const id = fc.constantFrom(...IDS);
const principal = fc.constantFrom(null, '', 'p');
const key = fc.constantFrom(null, '', 'k');
const owner = fc.constantFrom('o1', 'o2');
const state = fc.constantFrom('active' as const, 'idle' as const, 'terminated' as const);
const at = fc.constantFrom(-1.5, 0, 1, 1.25, 1_700_000_000_000.5);
const due = fc.option(
  fc.record({ at, deadline: fc.constantFrom('delay' as const, 'tombstone' as const) }),
);
const limit = fc.constantFrom(0, 1, 2, Number.POSITIVE_INFINITY);
/** Counted from the newest record, so that small numbers are often not stale. */
const held = fc.nat({ max: 4 });
const json = fc.constantFrom(null, 1.5, 'a\0b', '\ud800', [{ x: '😀' }]);

const change = fc.record(
  {
    id,
    state,
    due,
    n: fc.nat(9),
    snapshot: json,
    append: fc.array(json, { maxLength: 3 }),
    trimBefore: fc.nat(9),
  },
  { requiredKeys: [] },
);
const STEP = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('create' as const),
      id,
      principal,
      key,
      state,
      due,
      owner: fc.option(owner),
      snapshot: json,
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('commit' as const), held, change }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('claim' as const), id, owner }) },
  fc.record({ op: fc.constantFrom('release' as const, 'remove' as const), held }),
  fc.record({ op: fc.constant('load' as const), id }),
  fc.record({ op: fc.constant('find' as const), principal, key: fc.constantFrom('', 'k') }),
  fc.record({
    op: fc.constant('readJournal' as const),
    id,
    after: fc.integer({ min: -1, max: 5 }),
    limit,
  }),
  fc.record({
    op: fc.constant('list' as const),
    state: fc.option(state),
    principal: fc.oneof(principal, fc.constant(undefined)),
    cursor: fc.option(id),
    limit,
  }),
  fc.record({
    op: fc.constant('dueBefore' as const),
    at,
    limit,
    after: fc.option(fc.record({ at, id })),
  }),
  fc.record({
    op: fc.constant('count' as const),
    principal: fc.oneof(principal, fc.constant(undefined)),
  }),
  fc.record({ op: fc.constant('alive' as const), at }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;
type TableWrite = Parameters<RecordTable['apply']>[0];
type StepOf<Op extends Step['op']> = Extract<Step, { op: Op }>;

const toRefusal = (error: unknown): Answer => {
  if (error instanceof Fenced) return { refused: 'fenced' };
  if (!(error instanceof AlreadyExistsError)) throw error;
  return { refused: error.message.includes('key') ? 'key-taken' : 'id-taken' };
};

/** The reference: what each step does to a table in memory, as the call and the answer it must get. */
class Reference {
  table = new RecordTable();
  readonly #held: SessionRecord[] = [];
  /** The store's tokens, by those of the table. */
  readonly #tokens = new Map<string, string>();
  #minted = 0;

  /** The call, and the answer it must get. `null`: there is nothing to do it with. */
  take(step: Step): { call: Call; expected: Answer } | null {
    switch (step.op) {
      case 'create':
        return this.#create(step);
      case 'commit':
        return this.#commit(step);
      case 'claim': {
        const next = this.#mint();
        const write = () => this.table.toClaim(step.id, step.owner);
        return { call: { ...step, next }, expected: this.#done(write, next, []) };
      }
      case 'release':
      case 'remove':
        return this.#giveUp(step);
      case 'alive': {
        const value = this.table.aliveAt;
        this.table.apply(this.table.toNoteAlive(step.at));
        return { call: step, expected: { value } };
      }
      default:
        return { call: step, expected: { value: this.#read(step) } };
    }
  }

  all(): RowPage {
    return this.#page(this.table.list({ limit: 999 }).records, 999);
  }

  #create({ op, ...given }: StepOf<'create'>) {
    const token = this.#mint();
    const session = storedSession({ id: given.id });
    const record: NewRecord = { ...given, session, schema: 1 };
    const row = {
      ...record,
      token,
      session: JSON.stringify(session),
      snapshot: JSON.stringify(given.snapshot),
    };
    const expected = this.#done(() => this.table.toCreate(record), token, []);
    return { call: { op, row }, expected: 'value' in expected ? { value: null } : expected };
  }

  #commit({ op, held, change: { n, append, snapshot, ...change } }: StepOf<'commit'>) {
    const on = this.#heldAt(held);
    if (on === null) return null;
    const next = this.#mint();
    const session = n === undefined ? {} : { session: storedSession({ n }) };
    const big = { ...session, ...(snapshot === undefined ? {} : { snapshot }) };
    const entries = append === undefined ? {} : { append };
    const asJson = Object.fromEntries(
      Object.entries(big).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    const rowChange: RowChange = {
      ...change,
      ...asJson,
      ...(append === undefined ? {} : { append: append.map((one) => JSON.stringify(one)) }),
    };
    const call: Call = { op, id: on.id, token: this.#tokenOf(on), next, change: rowChange };
    const write = () => this.table.toCommit(on, { ...change, ...big, ...entries });
    return { call, expected: this.#done(write, next, Object.keys(big)) };
  }

  #giveUp({ op, held }: StepOf<'release' | 'remove'>) {
    const on = this.#heldAt(held);
    if (on === null) return null;
    const next = this.#mint();
    const call: Call = {
      op,
      id: on.id,
      token: this.#tokenOf(on),
      ...(op === 'release' ? { next } : {}),
    } as Call; // TypeScript does not follow `op`.
    const write = () => (op === 'release' ? this.table.toRelease(on) : this.table.toRemove(on));
    const expected = this.#done(write, next, []);
    return { call, expected: 'value' in expected ? { value: null } : expected };
  }

  #read(
    step: StepOf<'load' | 'find' | 'readJournal' | 'list' | 'dueBefore' | 'count'>,
  ): Values[keyof Values] {
    const rowOrNull = (one: SessionRecord | null) => (one === null ? null : this.#row(one));
    switch (step.op) {
      case 'load':
        return rowOrNull(this.table.load(step.id));
      case 'find':
        return rowOrNull(this.table.find(step.principal, step.key));
      case 'readJournal':
        return this.table
          .readJournal(step.id, step)
          .map((one) => ({ ...one, data: JSON.stringify(one.data) }));
      case 'list': {
        const whose = step.principal === undefined ? {} : { principal: step.principal };
        const states = step.state === null ? {} : { state: step.state };
        const filter = { ...whose, ...states, cursor: step.cursor, limit: step.limit + 1 };
        return this.#page(this.table.list(filter).records, step.limit);
      }
      case 'dueBefore':
        return this.#page(this.table.dueBefore(step.at, step.limit + 1, step.after), step.limit);
      case 'count':
        return this.table.count(step.principal === undefined ? {} : { principal: step.principal });
    }
  }

  /** What comes of one record more than was asked for. */
  #page(records: readonly SessionRecord[], limit: number): RowPage {
    const rows = records.slice(0, limit).map((one) => this.#row(one));
    return { rows, more: rows.length > 0 && records.length > rows.length };
  }

  /** Applies what is asked; `given` are the columns that are not answered with. */
  #done(write: () => TableWrite | null, token: string, given: readonly string[]): Answer {
    try {
      const made = write();
      if (made === null) return { value: null };
      this.table.apply(made);
      if ('aliveAt' in made || made.after === null) return { value: null };
      this.#tokens.set(made.after.token, token);
      this.#held.push(made.after);
      return {
        value: {
          ...this.#row(made.after),
          ...Object.fromEntries(given.map((name) => [name, null])),
        },
      };
    } catch (error) {
      return toRefusal(error);
    }
  }

  #row(record: SessionRecord): Row {
    const { session, snapshot } = record;
    const big = { session: JSON.stringify(session), snapshot: JSON.stringify(snapshot) };
    return { ...record, token: this.#tokenOf(record), ...big };
  }

  #heldAt(n: number): SessionRecord | null {
    return this.#held.at(-1 - n) ?? null;
  }

  #tokenOf({ token }: SessionRecord): string {
    return this.#tokens.get(token) ?? 'unknown';
  }

  #mint(): string {
    this.#minted += 1;
    return `token ${this.#minted}`;
  }
}

/** The words of steps done together; a `reopen` before them. */
const GROUP = fc.record({
  isReopened: fc.constantFrom(false, false, false, true),
  steps: fc.array(STEP, { minLength: 1, maxLength: 12 }),
});

const holdsAgainstTheTable = (
  driver: Driver,
  groups: readonly (typeof GROUP extends fc.Arbitrary<infer T> ? T : never)[],
) =>
  inFolder((folder) => {
    const open = () => new Engine(openDatabase(driver, join(folder, 'x.db')), driver);
    const reference = new Reference();
    let engine = open();
    try {
      for (const { isReopened, steps } of groups) {
        if (isReopened) {
          engine.close();
          engine = open();
          reference.table = reference.table.reopened();
        }
        const asked = steps.flatMap((step) => reference.take(step) ?? []);
        const answers = engine.run(asked.map(({ call }) => call));
        expect(answers).toEqual(asked.map(({ expected }) => expected));
      }
      expect(engine.run([LIST])).toEqual([{ value: reference.all() }]);
    } finally {
      engine.close();
    }
  });

describe.each(DRIVERS)('the engine with $name', (driver) => {
  test('answers as the table in memory does, in groups of any size, over openings', () => {
    const property = fc.property(fc.array(GROUP, { maxLength: 12 }), (groups) =>
      holdsAgainstTheTable(driver, groups),
    );
    fc.assert(property, { numRuns: 100 });
  }, 60_000);
});
