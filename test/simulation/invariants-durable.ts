import { isDeepStrictEqual } from 'node:util';
import type { JournalEntry, SessionRecord } from '../../src/index.ts';
import { firstOf } from './journal-account.ts';
import type { Slot } from './slot.ts';
import type { Kept, Written } from './truth.ts';
import type { World } from './world.ts';

/** The kinds of entries in a journal, as far as the world looks at them. */
type Entry =
  | { readonly kind: 'message'; readonly content: string }
  | {
      readonly kind: 'operation';
      readonly phase: 'started' | 'finished' | 'interrupted';
      readonly operation: string;
      readonly outcome?: string;
    };

export const messagesOf = ({ journal }: Kept): { seq: number; content: string }[] =>
  journal.flatMap(({ seq, data }) => {
    const entry = data as Entry; // Only the runtime writes entries.
    return entry.kind === 'message' ? [{ seq, content: entry.content }] : [];
  });

export const phasesOf = ({ journal }: Kept, operation: string): string[] =>
  journal.flatMap(({ data }) => {
    const entry = data as Entry;
    return entry.kind === 'operation' && entry.operation === operation ? [entry.phase] : [];
  });

export const marksOf = ({ record }: Kept): readonly number[] =>
  (record.session.data as { marks: readonly number[] }).marks; // As `create` was given it, and `update` leaves it.

/** What its behaviour would go on from; `null`: nothing, or from its input. */
export const countedOf = ({ record }: Kept) =>
  (
    record.snapshot as {
      checkpoint: {
        snapshot: { value: string; context: { adds: readonly number[]; fired: number } };
      } | null;
    } | null
  )?.checkpoint?.snapshot ?? null;

const some = (...found: readonly (string | false)[]): string[] =>
  found.filter((one) => one !== false);

export const nothingIsTakenBack = (
  world: World,
  { slot, written }: { slot: Slot; written: Written },
): readonly string[] => {
  const { before, after } = written;
  if (after === null) return [];
  const name = `#${slot.index}`;
  const mayDrop = world.setup.onFull === 'drop-oldest';
  const faults = slot.journal.faultsOf(after, mayDrop).map((fault) => `${name} ${fault}`);
  if (before === null) return faults;
  const first = firstOf(after);
  const wanted = before.journal.filter(({ seq }) => seq >= first);
  const had = new Map(after.journal.map(({ seq, data }) => [seq, data]));
  const gone = wanted.filter(({ seq, data }) => !sameJson(had.get(seq), data));
  const marks = marksOf(after);
  return some(
    ...faults,
    after.record.journalSeq < before.record.journalSeq && `${name} has fewer journal entries`,
    gone.length > 0 && `${name} lost the journal entries ${gone.map(({ seq }) => seq)}`,
    !marksOf(before).every((mark) => marks.includes(mark)) && `${name} lost data: ${marks}`,
    after.record.epoch < before.record.epoch && `${name} has an older epoch`,
  );
};

const sameJson = (one: unknown, other: unknown): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

export const startedFirst = (
  _world: World,
  { slot, operation }: { slot: Slot; operation: string },
): readonly string[] => {
  const { kept } = slot;
  const calls = slot.undertakings.get(operation)?.calls ?? 0;
  const phases = kept === null ? [] : phasesOf(kept, operation);
  const name = `#${slot.index} ${operation}`;
  const interruptions = slot.journal.interruptions(operation);
  return some(
    !phases.includes('started') && `${name} is called, and its start is not recorded`,
    slot.journal.had(operation, 'finished') && `${name} is called again, and it is finished`,
    calls > 1 + interruptions && `${name} is called ${calls} times, interrupted ${interruptions}`,
  );
};

/** A new process finds nothing that anybody holds. */
export const takenBack = (world: World): readonly string[] =>
  world.disk
    .records()
    .filter(({ owner }) => owner !== null)
    .map(({ id, owner }) => `${nameOf(world, id)} is still held by ${owner}`);

/** What a read answered with is neither lost nor overtaken by what was read as not done. */
export const readIsDurable = (world: World): readonly string[] =>
  world.truth.changedUnasked.map((id) => `${nameOf(world, id)} is not as it was read`);

/** The store, read past the process, has what it answered with. */
export const storedAsTold = (world: World): readonly string[] => {
  const { disk, truth } = world;
  const records = disk.records();
  const there = new Set(records.map(({ id }) => id));
  const gone = [...truth.kept.keys()].filter((id) => !there.has(id));
  return [
    ...gone.map((id) => `${nameOf(world, id)} is not in the store`),
    ...records.flatMap((record) => {
      const kept = truth.kept.get(record.id);
      const name = nameOf(world, record.id);
      if (kept === undefined) return [`${name} is in the store, and nobody was told`];
      const journal = disk.journal(record.id);
      return some(
        !isSame(record, kept.record) && `${name} is not in the store as it was told`,
        !isSameJournal(journal, kept.journal) &&
          `${name} has the entries ${journal.map(({ seq }) => seq)}, told were ${kept.journal.map(({ seq }) => seq)}`,
      );
    }),
  ];
};

const nameOf = (world: World, id: string): string => `#${world.slotOf(id)?.index ?? id}`;

/** Who holds it may have been taken back since it was told. */
const isSame = (one: SessionRecord, other: SessionRecord): boolean =>
  one.token === other.token &&
  isDeepStrictEqual({ ...one, owner: null }, { ...other, owner: null });

const isSameJournal = (one: readonly JournalEntry[], other: readonly JournalEntry[]): boolean =>
  one.length === other.length && isDeepStrictEqual(one, other);

/** Everything that a client was promised, held against what is durable. */
export const ledgersHold = (world: World): readonly string[] =>
  world.slots.flatMap((slot) => (slot.forgotten ? [] : ledgerHolds(slot)));

const ledgerHolds = (slot: Slot): string[] => {
  const { kept } = slot;
  const name = `#${slot.index}`;
  if (kept === null) {
    // Its tombstone is gone: that it was one is seen to where it is removed.
    const ended = slot.buriedAt !== null;
    if (ended) slot.forgotten = true;
    return some(!ended && slot.given && `${name} was given to its client, and has no record`);
  }
  const { record } = kept;
  const isOver = record.state === 'terminated' || record.state === 'terminating';
  return [
    ...appendsHold(slot, kept),
    ...updatesHold(slot, kept),
    // Of one that ends no snapshot is kept.
    ...(isOver ? [] : behaviourHolds(slot, kept)),
    ...undertakingsHold(slot, kept),
    ...some(
      slot.stays === 'paused' &&
        !isOver &&
        record.state !== 'paused' &&
        `${name} was paused, and is recorded as ${record.state}`,
      slot.stays === 'resumed' && record.state === 'paused' && `${name} was resumed, and is paused`,
      slot.ended !== null &&
        record.state !== 'terminated' &&
        `${name} has ended (${slot.ended}), and is recorded as ${record.state}`,
      slot.ended !== null &&
        record.session.reason !== slot.ended &&
        `${name} has ended for ${slot.ended}, recorded is ${record.session.reason}`,
    ),
  ];
};

const appendsHold = (slot: Slot, kept: Kept): string[] => {
  if (slot.asked.length === 0) return [];
  const messages = messagesOf(kept);
  const { first } = slot.journal;
  const bySeq = new Map(messages.map(({ seq, content }) => [seq, content]));
  const lost = slot.appended.filter(
    ({ seq, content }) => seq >= first && bySeq.get(seq) !== content,
  );
  const contents = messages.map(({ content }) => content);
  const name = `#${slot.index}`;
  return some(
    lost.length > 0 && `${name} lost the messages ${lost.map(({ content }) => content)}`,
    new Set(contents).size !== contents.length && `${name} has a message twice: ${contents}`,
    slot.refused.some((one) => contents.includes(one)) &&
      `${name} has what it refused: ${contents}`,
    contents.some((one) => !slot.asked.includes(one)) &&
      `${name} has what nobody sent: ${contents}`,
  );
};

const updatesHold = (slot: Slot, kept: Kept): string[] => {
  if (slot.marksAsked.length === 0) return [];
  const marks = marksOf(kept);
  const name = `#${slot.index}`;
  return some(
    slot.marks.some((mark) => !marks.includes(mark)) &&
      `${name} was told ${slot.marks}, and has ${marks}`,
    new Set(marks).size !== marks.length && `${name} was updated twice: ${marks}`,
    marks.some((mark) => !slot.marksAsked.includes(mark)) && `${name} has marks nobody made`,
  );
};

/** A behaviour that never fails keeps everything that it acknowledged; one that fails may begin anew. */
const behaviourHolds = (slot: Slot, kept: Kept): string[] => {
  if (slot.ask.behaviour !== 'counter' || slot.addsAsked.length === 0) return [];
  const counted = countedOf(kept);
  const name = `#${slot.index}`;
  if (counted === null) {
    return some(slot.adds.length > 0 && `${name} was told ${slot.adds}, and has no snapshot`);
  }
  const { adds } = counted.context;
  return some(
    slot.adds.some((add) => !adds.includes(add)) && `${name} was told ${slot.adds}, has ${adds}`,
    new Set(adds).size !== adds.length && `${name} counted twice: ${adds}`,
    adds.some((add) => !slot.addsAsked.includes(add)) && `${name} counts what nobody sent: ${adds}`,
  );
};

const undertakingsHold = (slot: Slot, kept: Kept): string[] => {
  const found: string[] = [];
  for (const { id, told, calls } of slot.undertakings.values()) {
    const phases = phasesOf(kept, id);
    const finished = phases.filter((phase) => phase === 'finished').length;
    if (told && !slot.journal.had(id, 'finished')) {
      found.push(`#${slot.index} ${id} is done, and its outcome is not recorded`);
    }
    if (finished > 1) found.push(`#${slot.index} ${id} is finished ${finished} times`);
    if (calls > 0 && !slot.journal.had(id, 'started')) {
      found.push(`#${slot.index} ${id} was begun, and nothing of it is recorded`);
    }
  }
  return found;
};
