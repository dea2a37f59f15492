import type { Arbitrary } from 'fast-check';
import {
  END_REASONS,
  type EndDeadline,
  REASON_OF_DEADLINE,
  type RegistryEvent,
  type SessionEvent,
} from '../../machines/index.ts';
import { LIMITS } from '../limits.ts';
import type { NewMessage } from '../runtime/conversation/conversation.ts';
import type { DeadlineOptions } from '../runtime/liveness/deadlines.ts';
import type { CreateOptions } from '../runtime/runtime.ts';
import type { Client } from '../runtime/session.ts';
import type { FastCheck } from './load-fast-check.ts';

/** What fast-check is to draw for a test of a runtime: all of it is let in where it belongs. */
export interface Arbitraries {
  /** A JSON object of a few small fields: metadata, or the data of a session. */
  json(): Arbitrary<Readonly<Record<string, unknown>>>;
  /** Whom a session belongs to, of a few; `null` is nobody. */
  principal(): Arbitrary<string | null>;
  client(): Arbitrary<Client>;
  /** What `create` takes, without data, a behaviour and a key, which are the application's own. */
  createOptions(): Arbitrary<CreateOptions & { readonly principal: string | null }>;
  /** Deadlines that do not contradict each other, from 1 ms to days, some left out, some off. */
  deadlines(): Arbitrary<DeadlineOptions>;
  message(): Arbitrary<NewMessage>;
  /** Messages, in the order of a conversation. */
  journal(): Arbitrary<readonly NewMessage[]>;
  /** What the chart of a session hears. */
  sessionEvent(): Arbitrary<SessionEvent>;
  /** What the chart of the registry hears. */
  registryEvent(): Arbitrary<RegistryEvent>;
}

/**
 * The arbitraries, made with your own copy of fast-check: `const { deadlines } = arbitraries(fc)`. Whatever they draw is
 * allowed where it belongs, by `createRuntime`, `create`, `append` or the charts.
 */
export const arbitraries = (fc: FastCheck): Arbitraries => {
  const json = () =>
    fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 4,
      noNullPrototype: true,
    });
  const principal = () => fc.constantFrom(null, 'ada', 'bob', 'eve');
  const client = () => clientOf(fc, json);
  const message = () => messageOf(fc, json);
  return {
    json,
    principal,
    client,
    createOptions: () =>
      fc.record(
        {
          principal: principal(),
          client: client(),
          metadata: json(),
          beats: fc.constantFrom('first', 'required', 'off'),
        },
        { requiredKeys: ['principal'] },
      ),
    deadlines: () => deadlinesOf(fc),
    message,
    journal: () => fc.array(message(), { maxLength: 20 }),
    sessionEvent: () => sessionEventOf(fc),
    registryEvent: () => registryEventOf(fc),
  };
};

type Json = () => Arbitrary<Readonly<Record<string, unknown>>>;

const clientOf = (fc: FastCheck, json: Json): Arbitrary<Client> => {
  const word = fc.string({ maxLength: LIMITS.clientNameLength });
  return fc.record(
    { id: fc.string(), name: word, version: word, capabilities: json(), metadata: json() },
    { requiredKeys: ['name', 'version'] },
  );
};

const messageOf = (fc: FastCheck, json: Json): Arbitrary<NewMessage> => {
  const part = fc.tuple(json(), fc.constantFrom('text', 'image', 'tool-call')).map(
    // The type last: chance may have drawn a field of that name.
    ([fields, type]) => ({ ...fields, type }),
  );
  return fc.record(
    {
      role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
      content: fc.oneof(fc.string(), fc.array(part, { minLength: 1, maxLength: 3 })),
      metadata: json(),
    },
    { requiredKeys: ['role', 'content'] },
  );
};

const DAY = 24 * 60 * 60_000;

const deadlinesOf = (fc: FastCheck): Arbitrary<DeadlineOptions> => {
  const span = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: DAY }));
  // The longer ones are drawn as what they are longer by.
  const lengths = fc
    .tuple(span, span, span, fc.nat({ max: DAY }))
    .map(([idle, more, paused, rest]) => ({
      idleAfterMs: idle,
      idleTimeoutMs: idle + more,
      pausedTimeoutMs: paused,
      maxLifetimeMs: Math.max(idle + more, paused) + rest,
    }));
  const names = ['idleAfterMs', 'idleTimeoutMs', 'pausedTimeoutMs', 'maxLifetimeMs'] as const;
  const kept = fc.tuple(lengths, fc.array(fc.constantFrom('set', 'off', 'unset'), FOUR)).map(
    ([values, choices]): DeadlineOptions =>
      Object.fromEntries(
        names.flatMap((name, at) => {
          if (choices[at] === 'unset') return [];
          return [[name, choices[at] === 'off' ? 'off' : values[name]]];
        }),
      ),
  );
  const others = fc.record(
    {
      heartbeatIntervalMs: fc.oneof(span, fc.constant<'off'>('off')),
      heartbeatMissed: fc.integer({ min: 1, max: 10 }),
      hibernateAfterMs: fc.oneof(fc.constant(0), span, fc.constant<'off'>('off')),
    },
    { requiredKeys: [] },
  );
  return fc.tuple(kept, others).map(([a, b]) => ({ ...a, ...b }));
};

const FOUR = { minLength: 4, maxLength: 4 };

const sessionEventOf = (fc: FastCheck): Arbitrary<SessionEvent> => {
  const at = fc.nat();
  const inFlight = fc.nat({ max: 3 });
  const deadline = fc.constantFrom(...(Object.keys(REASON_OF_DEADLINE) as EndDeadline[]));
  const bare = fc.constantFrom<SessionEvent>(
    { type: 'session.ready' },
    { type: 'session.failed' },
    { type: 'session.activity' },
    { type: 'session.pause' },
    { type: 'session.cleaned' },
  );
  return fc.oneof(
    { arbitrary: bare, weight: 5 },
    { arbitrary: fc.record({ type: fc.constant('session.quiet'), inFlight }), weight: 1 },
    { arbitrary: fc.record({ type: fc.constant('session.resume'), at }), weight: 1 },
    {
      arbitrary: fc.record({
        type: fc.constant('session.terminate'),
        reason: fc.constantFrom(...END_REASONS),
      }),
      weight: 1,
    },
    {
      arbitrary: fc.record({ type: fc.constant('session.due'), deadline, inFlight, at }),
      weight: 1,
    },
  );
};

const registryEventOf = (fc: FastCheck): Arbitrary<RegistryEvent> => {
  const few = fc.nat({ max: 3 });
  const bare = fc.constantFrom<RegistryEvent>(
    { type: 'registry.ready' },
    { type: 'registry.exited' },
    { type: 'registry.crashed' },
    { type: 'registry.drain' },
    { type: 'registry.stopped' },
  );
  const admit = fc.record({
    type: fc.constant('registry.admit'),
    resident: few,
    maxResident: few,
    ofPrincipal: few,
    maxPerPrincipal: few,
  });
  return fc.oneof({ arbitrary: bare, weight: 5 }, { arbitrary: admit, weight: 1 });
};
