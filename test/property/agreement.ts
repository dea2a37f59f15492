import { HoldfastError, SessionTerminatedError } from '../../src/index.ts';
import type { Child } from './child.ts';
import type { Life } from './life.ts';
import type { Expected, Model } from './model.ts';
import type { Slot } from './slot.ts';
import type { Outcome, World } from './world.ts';

/** How a call came out otherwise than the model says; `null`: it did not. */
export const differs = (outcome: Outcome, expected: Expected): string | null => {
  if ('resolves' in expected) {
    if (outcome.is === 'resolved') return null;
    return `should have resolved, but is ${shown(outcome)}`;
  }
  const wanted = `${expected.rejects} ${expected.reasons?.join(' or ') ?? ''}`;
  if (outcome.is !== 'rejected') return `should be rejected with ${wanted}, but is ${outcome.is}`;
  const { error } = outcome;
  const code = error instanceof HoldfastError ? error.code : null;
  const reason = error instanceof SessionTerminatedError ? error.reason : null;
  const right =
    expected.reasons === undefined || reason === null || expected.reasons.includes(reason);
  return code === expected.rejects && right
    ? null
    : `should be ${wanted}, but is ${shown(outcome)}`;
};

const shown = (outcome: Outcome): string =>
  outcome.is === 'rejected' ? `rejected with ${String(outcome.error)}` : outcome.is;

/** Everywhere the runtime and the model say different things. */
export const disagreements = (world: World, model: Model): string[] => {
  const found: string[] = [];
  for (const [index, life] of model.lives.entries()) {
    const slot = world.slots[index];
    if (slot === undefined) continue;
    for (const [what, real, wanted] of compared(world, model, slot, life)) {
      if (real === wanted) continue;
      found.push(`#${index} ${what} is ${String(real)}, but should be ${String(wanted)}`);
    }
    const { reason, state } = slot.session.info();
    const right = life.isOver ? reason !== null && life.reasons.includes(reason) : reason === null;
    if (!right) found.push(`#${index} (${state}) ended for ${reason}, not ${life.reasons}`);
  }
  const { living } = model;
  const stats = world.runtime.stats();
  const counts: readonly [string, number, number][] = [
    ['resident', stats.resident, living.length],
    ['created', stats.created, model.created],
    ['beats', stats.beats, model.beats],
    ['misses', stats.misses, model.misses],
    ['in flight', stats.operations.inFlight, living.reduce((sum, l) => sum + l.jobs.length, 0)],
    ['ended', sum(Object.values(stats.ended)), model.lives.length - living.length],
    ...(['active', 'idle', 'paused', 'terminating'] as const).map(
      (state): [string, number, number] => [
        state,
        stats.byState[state],
        living.filter((life) => life.state === state).length,
      ],
    ),
  ];
  for (const [what, real, wanted] of counts) {
    if (real !== wanted) found.push(`stats: ${what} is ${real}, but should be ${wanted}`);
  }
  return found;
};

const compared = (
  { clock }: World,
  model: Model,
  { session }: Slot,
  life: Life,
): readonly (readonly [string, unknown, unknown])[] => {
  const info = session.info();
  const both = [
    ['mono', clock.mono(), model.mono],
    ['state', session.state, life.state],
    ['info().state', info.state, life.state],
    ['the actor', session.actor.getSnapshot().value, life.state],
    ['in flight', info.inFlight, life.inFlight],
    ['the end of its lifetime', info.expiresAt, life.expiresAt],
    ['its data', JSON.stringify(session.data), JSON.stringify({ marks: life.marks })],
  ] as const;
  if (life.isOver) return [...both, ['its end', info.endedAt, life.endedAt]];
  const operations = session.operations().map(({ id, state }) => `${id} ${state}`);
  const since = Math.round(clock.wall() - (clock.mono() - life.quietSince));
  return [
    ...both,
    ['presences', info.presences, life.presences],
    ['last activity', info.lastActivityAt, since],
    ['its behaviour', childOf(session), life.child && modelled(life.child)],
    ['its work', operations.join(), life.jobs.map(({ id, state }) => `${id} ${state}`).join()],
    ['silence', session.health().silentMs, Math.max(0, Math.round(clock.mono() - life.lastSign))],
  ];
};

const childOf = ({ behaviour }: Slot['session']): string | null => {
  if (behaviour === null) return null;
  const { status, incarnation } = behaviour;
  // While it waits for its restart it shows how it failed.
  const sum = status === 'running' ? behaviour.getSnapshot().context.sum : '';
  return `${status} ${incarnation} ${sum}`;
};

const modelled = ({ status, incarnation, sum }: Child): string =>
  `${status} ${incarnation} ${status === 'running' ? sum : ''}`;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
