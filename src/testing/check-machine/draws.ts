import type { Arbitrary } from 'fast-check';
import type { EventObject } from 'xstate';
import type { FastCheck } from '../load-fast-check.ts';
import { type EventPayload, isArbitrary } from './options.ts';

/**
 * What chance proposes as a step; a shy one is not taken where it ends most of what there is to see. How long a wait is, is known where it is made: until something is due, half of that,
 * or all but a moment.
 */
export type Draw =
  | { readonly send: EventObject; readonly shy: boolean }
  | { readonly wait: 'due' | 'half' | 'almost' };

type Events = Readonly<Record<string, EventPayload | undefined>>;

/** Of so many and one proposals one is taken even where it ends most of what there is to see. */
const SHY = 7;

/** Events of each type a dead end is tried with. */
const PROBES = 50;

/** Rows of proposals for runs of so many steps. */
export const drawsFor = (
  fc: FastCheck,
  events: Events,
  maxSteps: number,
): Arbitrary<readonly Draw[]> => {
  const waits = fc.constantFrom<Draw>({ wait: 'due' }, { wait: 'half' }, { wait: 'almost' });
  const sends = Object.entries(events).map(([type, payload]) =>
    fc
      .record({ send: eventOf(fc, type, payload ?? {}), shy: fc.nat({ max: SHY }) })
      .map(({ send, shy }): Draw => ({ send, shy: shy > 0 })),
  );
  const weight = Math.max(1, Math.ceil(sends.length / 2));
  const draw = fc.oneof(...sends.map((arbitrary) => ({ arbitrary, weight: 1 })), {
    arbitrary: waits,
    weight,
  });
  // Many more than steps: those a run has no use for, in the state it is in, are passed over.
  const row = fc.array(draw, { maxLength: maxSteps * (sends.length + 2), size: 'max' });
  // Bias draws short rows and the ends of ranges: good for one half, but whoever goes far needs a long row.
  return fc.oneof(fc.noBias(row), row);
};

/** Events of each type to try a dead end with: always the same ones, so that a replay finds what the check found. */
export const probesOf = (fc: FastCheck, events: Events): readonly EventObject[] =>
  Object.entries(events).flatMap(([type, payload = {}]) =>
    fc.sample(eventOf(fc, type, payload), { numRuns: PROBES, seed: 1 }),
  );

const eventOf = (fc: FastCheck, type: string, payload: EventPayload): Arbitrary<EventObject> => {
  const fields = isArbitrary(payload) ? payload : fc.record(arbitraries(fc, payload));
  return fields.map((carried) => Object.assign({ type }, carried, { type }));
};

const arbitraries = (
  fc: FastCheck,
  payload: Readonly<Record<string, unknown>>,
): Record<string, Arbitrary<unknown>> =>
  Object.fromEntries(
    Object.entries(payload).map(([field, value]) => [
      field,
      isArbitrary(value) ? value : fc.constant(value),
    ]),
  );
