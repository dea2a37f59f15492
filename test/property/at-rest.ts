import type { SessionRecord } from '../../src/index.ts';
import type { Invariant } from './invariants.ts';
import type { State } from './numbers.ts';
import type { Slot } from './slot.ts';
import type { World } from './world.ts';

/*
 * What must be true once the store has healed and everything that was asked for is done. The store behind the faults is
 * read directly: it is what counts.
 */

/** Each session, its record behind the faults, and what is in its journal. */
export interface Kept {
  readonly slot: Slot;
  /** `null`: its tombstone is gone. */
  readonly record: SessionRecord | null;
  readonly messages: readonly { readonly seq: number; readonly content: string }[];
}

export const kept = (world: World): Promise<Kept[]> =>
  Promise.all(
    world.slots.map(async (slot) => {
      const { id } = slot.session;
      const record = await world.memory.load(id);
      const journal = await world.memory.readJournal(id, { after: 0, limit: 1_000 });
      const messages = journal.flatMap(({ seq, data }) => {
        const { kind, content } = data as { kind: string; content: string };
        return kind === 'message' ? [{ seq, content }] : [];
      });
      return { slot, record, messages };
    }),
  );

const each =
  (check: (kept: Kept, world: World) => readonly (string | false)[]) =>
  (world: World, all: readonly Kept[]): readonly string[] =>
    all.flatMap((one) =>
      check(one, world).flatMap((found) =>
        found === false ? [] : [`#${one.slot.index} ${found}`],
      ),
    );

type AtRest = Invariant<[readonly Kept[]]>;

const appendsAreKept: AtRest = {
  sentence:
    'Acknowledged appends are in the journal, in order, exactly once; refused ones are not.',
  check: each(({ slot, record, messages }) => {
    if (record === null) return [];
    const contents = messages.map(({ content }) => content);
    const order = contents.map((content) => slot.asked.indexOf(content));
    // What was trimmed had its time: it is older than everything that is kept.
    const first = messages[0]?.seq ?? record.journalSeq + 1;
    const due = slot.appended.filter(({ seq }) => seq >= first);
    return [
      new Set(contents).size !== contents.length && `twice: ${contents}`,
      order.some((at, index) => at <= (order[index - 1] ?? -1)) && `out of order: ${contents}`,
      due.some((one) => !messages.some((m) => m.seq === one.seq && m.content === one.content)) &&
        `acknowledged ${due.map(({ content }) => content)}, kept ${contents}`,
      slot.refused.some((one) => contents.includes(one)) && `refused, but kept: ${slot.refused}`,
    ];
  }),
};

const updatesAreKept: AtRest = {
  sentence: 'Acknowledged updates are in the record, each once.',
  check: each(({ slot, record }) => {
    if (record === null) return [];
    const { marks } = record.session.data as { marks: number[] };
    return [
      new Set(marks).size !== marks.length && `an update was made twice: ${marks}`,
      slot.marks.some((mark) => !marks.includes(mark)) && `${slot.marks} told, ${marks} recorded`,
      JSON.stringify(slot.session.data) !== JSON.stringify({ marks }) && 'data is not the record’s',
    ];
  }),
};

const pausesAreKept: AtRest = {
  sentence: 'An acknowledged pause is in the store until a resume or an end.',
  check: each(({ slot, record }) => {
    if (record === null || !slot.staysPaused) return [];
    const stands = record.state === 'paused' || record.state === 'terminated';
    return [!stands && `paused, but recorded as ${record.state}`];
  }),
};

/** Between active and idle nothing is recorded. */
const inRecord = (state: string): string => (state === 'idle' ? 'active' : state);

const planesAgree: AtRest = {
  sentence: 'At rest the actor, the session plane and the record show one state and one reason.',
  check: each(({ slot, record }) => {
    const { state } = slot.session;
    const { reason } = slot.session.info();
    if (record === null) return [state !== 'terminated' && `is ${state}, but has no record`];
    return [
      slot.decided !== state && `decided ${slot.decided}, shown ${state}`,
      inRecord(record.state) !== inRecord(state) && `recorded ${record.state}, shown ${state}`,
      record.session.reason !== reason && `recorded ${record.session.reason}, told ${reason}`,
    ];
  }),
};

const endsOnce: AtRest = {
  sentence: 'A session ends exactly once, with one reason.',
  check: each(({ slot }, world) => {
    const events = world.streamOf(slot.session).events;
    const ends = events.filter((event) => event.type === 'session.ended');
    const moves = world.watch.moves.get(world.watch.firstId(slot.session.id)) ?? [];
    const reasons = new Set(moves.flatMap(({ reason }) => reason ?? []));
    for (const { reason } of ends) reasons.add(reason);
    const over = slot.session.state === 'terminated';
    return [
      ends.length !== (over ? 1 : 0) && `is ${slot.session.state}, told ${ends.length} ends`,
      reasons.size > 1 && `has the reasons ${[...reasons]}`,
    ];
  }),
};

const toldOnce: AtRest = {
  sentence: '`cleanup` and `onTerminated` run once for each session that ends, and for no other.',
  check: (world) => {
    if (world.setup.hooks === 'none') return [];
    const found: string[] = [];
    for (const [id, { events }] of world.streams) {
      const ends = events.filter(({ type }) => type === 'session.ended').length;
      const counts = [world.told.cleanup.get(id) ?? 0, world.told.terminated.get(id) ?? 0];
      if (counts.some((count) => count !== ends)) found.push(`${id}: ${ends} ends, told ${counts}`);
    }
    return found;
  },
};

const nothingIsWrong: AtRest = {
  sentence: 'At rest validateAll finds nothing.',
  check: ({ runtime }) =>
    runtime.validateAll().map(({ id, problem, detail }) => `${id} ${problem}: ${detail}`),
};

const nobodyIsForgotten: AtRest = {
  sentence: 'At rest every record is of a session that somebody was given, or that has ended.',
  check: (world) => {
    const hosts = [...world.context.hosts.values()];
    const known = new Set(world.slots.map(({ session }) => session.id));
    return hosts.filter(({ id }) => !known.has(id)).map(({ id }) => `${id} is nobody's`);
  },
};

const allAnswered: AtRest = {
  sentence: 'Every call is answered in the end, but for work that its caller has not ended.',
  check: ({ pending, slots }) => {
    const calls = [...pending.values()];
    const running = slots.some(({ inFlight }) => inFlight.length > 0);
    return running ? calls.filter((call) => !/ run \d+ jobs /.test(call)) : calls;
  },
};

export const AT_REST: readonly AtRest[] = [
  allAnswered,
  appendsAreKept,
  updatesAreKept,
  pausesAreKept,
  planesAgree,
  endsOnce,
  toldOnce,
  nothingIsWrong,
  nobodyIsForgotten,
];

type Those = readonly { readonly id: string; readonly state: string }[];

/** `list`, `get` and `messages` say of every session what it shows and what the store has. */
export const readsAgree = async (
  { runtime, memory, slots }: World,
  all: readonly Kept[],
): Promise<string[]> => {
  // Sessions go idle, end, and lose their tombstones while the faults hold back an answer: it may be of then or of now.
  const states = (): Map<string, State> =>
    new Map(slots.map(({ session }) => [session.id, session.state]));
  const before = states();
  const { sessions } = await runtime.list();
  const after = states();
  const { records } = await memory.list({ limit: 1_000 });
  const found: string[] = [];
  // The end of one may be in the store, and its answer on the way; and the tombstone of one may have gone meanwhile.
  const missing = (from: Those, those: Those): string[] =>
    from
      .filter(({ state }) => state !== 'terminated')
      .flatMap(({ id }) => (those.some((one) => one.id === id) ? [] : id));
  found.push(...missing(sessions, records).map((id) => `${id} is listed, but not kept`));
  found.push(...missing(records, sessions).map((id) => `${id} is kept, but not listed`));
  for (const { id, state } of sessions) {
    const own = [before.get(id) ?? state, after.get(id) ?? state];
    if (!own.includes(state))
      found.push(`${id} is listed as ${state}, and is ${own.join(', then ')}`);
  }
  const gets = sessions.map(async ({ id }) => {
    const given = await runtime.get(id).catch(() => null);
    const real = slots.find(({ session }) => session.id === id)?.session.state;
    const kept = await memory.load(id);
    if (given !== null && real !== undefined && given.state !== real) {
      found.push(`${id} is given as ${given.state}, and is ${real}`);
    }
    if (given === null && kept !== null) found.push(`${id} is kept, but not given`);
  });
  const reads = all.map(async ({ slot, record, messages }) => {
    const page = await slot.session.messages();
    const same = page.messages.map(({ content }) => content).join();
    if (record === null || same === messages.map(({ content }) => content).join()) return;
    if ((await memory.load(slot.session.id)) === null) return;
    found.push(`#${slot.index} messages() are ${same}`);
  });
  await Promise.all([...gets, ...reads]);
  return found;
};

/** What is left of a runtime that has drained: nothing. */
export const leftovers = ({ context, clock, store, unsubscribe }: World): string[] => {
  unsubscribe();
  const { hosts, perPrincipal, keyed, takingBack, rotated, reserved, idle, registry } = context;
  const counts = {
    'actions on the clock': clock.pending,
    'sessions in memory': hosts.size,
    'principals with a session': perPrincipal.size,
    'keys taken': keyed.size,
    // While the store fails, what became of a create may not be known in time.
    'creates to take back': store.lost > 0 ? 0 : takingBack.size,
    'rotated names': rotated.size,
    'slots reserved': reserved.size,
    'idle candidates': idle.size,
    'actors in the registry': registry.size,
    'children in its snapshot': Object.keys(registry.actor.getSnapshot().children).length,
    'entries in the wheel': context.wheel.size,
    'operations in flight': context.inFlight,
    listeners: context.listeners.length,
  };
  return Object.entries(counts).flatMap(([what, count]) =>
    count === 0 ? [] : [`${count} ${what}`],
  );
};
