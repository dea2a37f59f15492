import { mintSessionId } from '../../../src/identity/session-id.ts';
import { call, messagesOf } from '../sessions/endpoint-under-test.ts';
import { Reading } from '../sessions/reading.ts';
import { type AttackedEndpoint, type Caller, type Kept, STORED_MS } from './attacked-endpoint.ts';
import type { Learnt } from './verbs.ts';

/** A session of ada's, or what looks like one. */
export interface Target {
  readonly id: string;
  readonly learnt: Learnt;
  /** Her open streams. */
  readonly streams: readonly Reading[];
}

/** Where a session can be when somebody else names it. */
export interface Position {
  readonly kept: readonly Kept[];
  /** Whether nobody can have been given such an id: then nothing is looked for in the store. */
  readonly malformed?: boolean;
  prepare(under: AttackedEndpoint, owner: Caller): Promise<Target>;
}

const BOTH: readonly Kept[] = ['on disk', 'in memory'];
const ON_DISK: readonly Kept[] = ['on disk'];
const REVISION = '2025-11-25';
export const CALL_ID = 'hers';

const headersOf = (id: string) => ({ 'mcp-session-id': id, 'mcp-protocol-version': REVISION });

/** Her standing stream. */
const listen = async (under: AttackedEndpoint, owner: Caller, id: string): Promise<Reading> =>
  new Reading(await under.send(owner, 'GET', headersOf(id)));

const ask = async (under: AttackedEndpoint, owner: Caller, id: string, body: unknown) =>
  new Reading(await under.send(owner, 'POST', headersOf(id), body));

const NOTHING: Learnt = {
  ofPost: 'pAAAAAAAAAAAAAAAA_1',
  ofStanding: 'sAAAAAAAAAAAAAAAA_1',
  callId: CALL_ID,
  pingId: 'holdfast-ping-1',
  questionId: 0,
};

/** One that has had an answer, a question on its open stream and a ping there; its stream stays open, its call runs. */
const busy = async (under: AttackedEndpoint, owner: Caller): Promise<Target> => {
  const id = await under.open(owner);
  const standing = await listen(under, owner, id);
  const asked = await ask(under, owner, id, call('before', 'ask_later'));
  await under.bench.settle();
  // The window of pings: no heartbeat is expected of these clients.
  await under.bench.advance(100_000);
  const running = await ask(under, owner, id, call(CALL_ID, 'hold'));
  await under.bench.settle();
  const [question] = standing.messages;
  const learnt = {
    ofPost: asked.eventIds.at(0) ?? '',
    ofStanding: standing.eventIds.at(-1) ?? '',
    callId: CALL_ID,
    pingId: standing.pings.at(-1) ?? '',
    questionId: question?.['id'],
  };
  if (Object.values(learnt).some((one) => one === '' || one === undefined)) {
    throw new Error(`Something of it is not to be learnt: ${JSON.stringify(learnt)}`);
  }
  return { id, learnt, streams: [standing, running] };
};

/** One that has nothing to do, and what was learnt of it while it had. */
const quiet = async (under: AttackedEndpoint, owner: Caller): Promise<Target> => {
  const id = await under.open(owner);
  const standing = await listen(under, owner, id);
  const answered = await ask(under, owner, id, call('before', 'announce'));
  await under.bench.settle();
  await standing.leave();
  const ofPost = answered.eventIds.at(0) ?? '';
  const ofStanding = standing.eventIds.at(-1) ?? '';
  if (standing.messages.length === 0 || ofPost === '') throw new Error('It was told nothing.');
  return { id, learnt: { ...NOTHING, ofPost, ofStanding }, streams: [] };
};

const stored = async (under: AttackedEndpoint, owner: Caller): Promise<Target> => {
  const target = await quiet(under, owner);
  await under.bench.advance(STORED_MS);
  const { residency } = (await under.runtime.get(target.id)).info();
  if (residency !== 'stored') throw new Error(`It is ${residency}.`);
  return target;
};

const among = async (
  under: AttackedEndpoint,
  target: Target,
  wanted: 'waking' | 'hibernating',
): Promise<Target> => {
  await under.bench.settle();
  const { residency } = (await under.runtime.get(target.id)).info();
  if (residency !== wanted) throw new Error(`It is ${residency}.`);
  return target;
};

const unknown = (idOf: (hers: string) => string): Position => ({
  kept: BOTH,
  malformed: true,
  prepare: async (under, owner) => ({
    id: idOf(await under.open(owner)),
    learnt: NOTHING,
    streams: [],
  }),
});

/** Every place a session of somebody else's can be in, by its name. */
export const POSITIONS: Readonly<Record<string, Position>> = {
  'at work, its stream open': { kept: BOTH, prepare: busy },
  idle: {
    kept: BOTH,
    prepare: async (under, owner) => {
      const target = await quiet(under, owner);
      await under.bench.advance(11_000);
      return target;
    },
  },
  'paused, its call running, its stream open': {
    kept: BOTH,
    prepare: async (under, owner) => {
      const target = await busy(under, owner);
      await (await under.runtime.get(target.id)).pause();
      return target;
    },
  },
  stored: { kept: ON_DISK, prepare: stored },
  'stored, its stream open': {
    kept: ON_DISK,
    prepare: async (under, owner) => {
      const target = await quiet(under, owner);
      const standing = await listen(under, owner, target.id);
      await under.bench.advance(100_000);
      const pingId = standing.pings.at(-1);
      const { residency } = (await under.runtime.get(target.id)).info();
      if (residency !== 'stored' || pingId === undefined) throw new Error(`It is ${residency}.`);
      return { ...target, learnt: { ...target.learnt, pingId }, streams: [standing] };
    },
  },
  'stored, and not to be read here': {
    kept: ON_DISK,
    prepare: async (under, owner) => {
      const target = await stored(under, owner);
      under.spoil(target.id);
      return target;
    },
  },
  'being woken': {
    kept: ON_DISK,
    prepare: async (under, owner) => {
      const target = await stored(under, owner);
      under.stallNext('claim', target.id);
      void under.send(owner, 'POST', headersOf(target.id), call('w', 'echo', { text: 'x' }));
      return among(under, target, 'waking');
    },
  },
  'being put away': {
    kept: ON_DISK,
    prepare: async (under, owner) => {
      const target = await quiet(under, owner);
      await under.bench.advance(11_000);
      under.stallNext('commit', target.id);
      await under.bench.advance(STORED_MS);
      return among(under, target, 'hibernating');
    },
  },
  'in the middle of its end': {
    kept: BOTH,
    prepare: async (under, owner) => {
      const target = await quiet(under, owner);
      under.stallNext('commit', target.id);
      void under.send(owner, 'DELETE', headersOf(target.id));
      await under.bench.settle();
      return target;
    },
  },
  'woken again': {
    kept: ON_DISK,
    prepare: async (under, owner) => {
      const target = await stored(under, owner);
      await messagesOf(
        await under.send(owner, 'POST', headersOf(target.id), call('w', 'echo', { text: 'x' })),
      );
      return target;
    },
  },
  'ended by its owner': {
    kept: BOTH,
    prepare: async (under, owner) => {
      const target = await quiet(under, owner);
      await under.send(owner, 'DELETE', headersOf(target.id));
      return target;
    },
  },
  'ended while it was stored': {
    kept: ON_DISK,
    prepare: async (under, owner) => {
      const target = await stored(under, owner);
      await under.runtime.terminate(target.id, 'operator');
      return target;
    },
  },
  'under the id it had before': {
    kept: BOTH,
    prepare: async (under, owner) => {
      const target = await quiet(under, owner);
      await (await under.runtime.get(target.id)).rotateId();
      return target;
    },
  },
  'no session of an MCP client': {
    kept: BOTH,
    prepare: async (under, owner) => {
      const { id } = await under.runtime.create({ principal: owner });
      return { id, learnt: NOTHING, streams: [] };
    },
  },
  'never there': {
    kept: BOTH,
    prepare: async () => ({ id: mintSessionId(), learnt: NOTHING, streams: [] }),
  },
  'malformed: short': unknown(() => 'x'),
  'malformed: cut': unknown((hers) => hers.slice(0, -1)),
  'malformed: with something after it': unknown((hers) => `${hers}x`),
  'malformed: in capitals': unknown((hers) => hers.toUpperCase()),
  'malformed: twice': unknown((hers) => `${hers}, ${hers}`),
  'malformed: long': unknown(() => 'x'.repeat(10_000)),
};
