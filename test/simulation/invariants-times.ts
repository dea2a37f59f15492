import type { EndReason } from '../../src/index.ts';
import { DEADLINES, FRESH_MS, GRACE_MS, LIMITS, RETRY_MS, TICK_MS, WINDOW_MS } from './numbers.ts';
import type { SimProcess } from './process.ts';
import type { Move, Slot } from './slot.ts';
import type { Written } from './truth.ts';
import type { World } from './world.ts';

/** Times are stored as whole milliseconds, and looked up on another axis: so much may be lost. */
const ROUNDING_MS = 2;

const isSilence = (reason: EndReason | null): boolean =>
  reason === 'idle-timeout' || reason === 'heartbeat-lost';

interface Moved {
  readonly slot: Slot;
  readonly move: Move;
  readonly process: SimProcess;
}

export const workIsSafe = (_world: World, { slot, move, process }: Moved): readonly string[] => {
  const bySilence =
    move.to === 'idle' ||
    (move.to === 'terminating' && (isSilence(move.reason) || move.reason === 'evicted'));
  if (!bySilence) return [];
  const jobs = slot.inFlight(process.number).filter(({ started }) => started);
  return jobs.length === 0
    ? []
    : [`#${slot.index} ${move.to} (${move.reason}) with ${jobs.map(({ id }) => id)} in flight`];
};

export const notEarly = (world: World, { slot, move, process }: Moved): readonly string[] => {
  if (move.to === 'idle' && move.from !== null) {
    // A drain lets nothing wait: what is quiet is put away.
    if (process.draining) return [];
    const forMs = world.clock.mono() - slot.activeAt;
    // What the record says of its activity is older, where that is all there is.
    const lost = slot.storedSince >= slot.activeAt || slot.crashedSince >= slot.activeAt;
    return lost || forMs >= DEADLINES.idleAfterMs - ROUNDING_MS
      ? []
      : [`#${slot.index} is idle after ${forMs} ms`];
  }
  return move.to === 'terminating' && move.from !== null ? tooEarly(world, slot, move.reason) : [];
};

/** A stored session has no actor: its end is seen where it is recorded. */
export const storedNotEarly = (
  world: World,
  { slot, written: { before, after, what } }: { slot: Slot; written: Written },
): readonly string[] => {
  if (before === null || after === null || what === 'survived') return [];
  const { reason } = after.record.session;
  if (reason === null || before.record.session.reason !== null || slot.actor !== null) return [];
  // Decided when it says so; durable a little later, with a disturbance in between perhaps.
  const decidedAt = after.record.session.endedAt ?? Number.POSITIVE_INFINITY;
  const decidedBefore = world.wall() - decidedAt > world.clock.mono() - world.gapFrom;
  const own = decidedBefore ? [] : ownFault(world, slot, reason);
  return [...tooEarly(world, slot, reason), ...own];
};

const tooEarly = (world: World, slot: Slot, reason: EndReason | null): readonly string[] => {
  const mono = world.clock.mono();
  const wall = world.wall();
  const least = (forMs: number, lengthMs: number): readonly string[] =>
    forMs >= lengthMs - ROUNDING_MS
      ? []
      : [`#${slot.index} ${reason} after ${forMs} of ${lengthMs} ms`];
  switch (reason) {
    case 'max-lifetime':
      return least(wall - slot.bornWall, DEADLINES.maxLifetimeMs);
    case 'paused-timeout':
      return least(wall - (pausedSince(slot) ?? wall), DEADLINES.pausedTimeoutMs);
    case 'idle-timeout': {
      const stored = slot.storedSince >= slot.activeAt;
      const quietMs = Math.max(mono - slot.activeAt, stored ? wall - slot.activeWall : 0);
      // Of two processes with a step of the wall clock between them nobody can say how long it was.
      if (stored && world.wallMoved) return [];
      if (slot.crashedSince < slot.activeAt) return least(quietMs, DEADLINES.idleTimeoutMs);
      // What it did just before its process died may be lost; of what was before that, a tenth of the time. One whose loop
      // is held up looks at nothing, and so records nothing.
      const looked = slot.lookedMs > DEADLINES.idleTimeoutMs / 10 + TICK_MS;
      const known = world.setup.store === 'calm' && looked ? 0.9 : 0;
      return least(quietMs, known * DEADLINES.idleTimeoutMs - TICK_MS);
    }
    case 'heartbeat-lost': {
      if (!slot.maybeWatched) return [`#${slot.index} ${reason}, and nobody asked it to beat`];
      const since = Math.max(slot.signAt, slot.activeAt);
      const stored = slot.storedSince >= since;
      const silentMs = stored ? wall - Math.max(slot.signWall, slot.activeWall) : 0;
      return least(Math.max(mono - since, silentMs), WINDOW_MS);
    }
    default:
      return [];
  }
};

/** Of one that is not in memory it is what its record says: what was not recorded of a later pause is not known. */
const pausedSince = ({ actor, kept, pausedWall }: Slot): number | null =>
  actor === null ? (kept?.record.session.pausedAt ?? pausedWall) : pausedWall;

export const ownSilence = (world: World, { slot, move }: Moved): readonly string[] =>
  move.to === 'terminating' && move.from !== null ? ownFault(world, slot, move.reason) : [];

const ownFault = (world: World, slot: Slot, reason: EndReason | null): readonly string[] => {
  if (!isSilence(reason)) return [];
  const sinceMs = world.clock.mono() - world.gapFrom;
  return sinceMs >= FRESH_MS - ROUNDING_MS
    ? []
    : [`#${slot.index} ${reason} ${sinceMs} ms after the server was away`];
};

export const notLate = (world: World): readonly string[] => {
  const { process } = world;
  if (process === null || process.draining) return [];
  // It knows that its store is gone for good, and has let its sessions go: another process sees to them.
  if (process.context.storeTrouble?.final === true) return [];
  const mono = world.clock.mono();
  if (process.context.registry.actor.getSnapshot().value === 'starting') {
    world.disturbed(false);
    return [];
  }
  return world.slots.flatMap((slot) => {
    if (slot.isOver || !slot.given || slot.pending > 0) return [];
    // To decide about interrupted work is work, and that waits for the store.
    if (process.context.hosts.get(slot.kept?.record.id ?? '')?.deciding === true) return [];
    const slackMs = slackOf(world, slot);
    if (slackMs === null) return [];
    return duesOf(world, slot, process).flatMap(({ reason, by }) =>
      mono <= by + slackMs ? [] : [`#${slot.index} outlives ${reason} by ${mono - by} ms`],
    );
  });
};

/** How late it may be: two ticks; what is stored must be read and written too. `null`: the store does not answer. */
const slackOf = (world: World, slot: Slot): number | null => {
  const ticksMs = 2 * TICK_MS;
  if (slot.residency === 'resident') return ticksMs;
  if (world.healthySince === null) return null;
  return ticksMs + 8 * world.setup.latencyMs;
};

const duesOf = (
  world: World,
  slot: Slot,
  process: SimProcess,
): { reason: EndReason; by: number }[] => {
  const mono = world.clock.mono();
  const { disturbedAt, healthySince } = world;
  const stored = slot.residency === 'stored';
  // Where the store failed, or the process has just started, the next look may be a sweep away.
  const sweptAt = stored
    ? Math.max(disturbedAt + LIMITS.sweepIntervalMs, (healthySince ?? mono) + RETRY_MS)
    : disturbedAt + TICK_MS;
  const onMono = (wall: number): number => wall - process.context.clock.wall() + mono;
  const running = slot.inFlight(process.number).length > 0 || slot.restarts > 0;
  const dues: { reason: EndReason; by: number }[] = [];
  const promise = (reason: EndReason, at: number): void => {
    const by = Math.max(at, slot.jobEndedAt, sweptAt) + (running ? GRACE_MS : 0);
    dues.push({ reason, by });
  };
  const { record } = slot.kept ?? {};
  if (record === undefined || record.session.expiresAt === null) return dues;
  promise('max-lifetime', onMono(record.session.expiresAt));
  const pausedAt = pausedSince(slot);
  if (slot.actor === 'paused' || (stored && record.state === 'paused')) {
    if (pausedAt !== null) promise('paused-timeout', onMono(pausedAt + DEADLINES.pausedTimeoutMs));
    return dues;
  }
  if (running || slot.recorded === 'paused' || slot.ask.behaviour === 'fragile') return dues;
  // What is stored of its silence is wall time: set back, it comes later.
  if (stored && world.wallMoved) return dues;
  const silent = (reason: EndReason, since: number, lengthMs: number): void => {
    const fresh = disturbedAt + 2 * TICK_MS + Math.min(lengthMs, FRESH_MS);
    dues.push({ reason, by: Math.max(since + lengthMs, fresh, stored ? sweptAt : 0) });
  };
  const quiet = Math.max(slot.maybeActiveAt, slot.jobEndedAt);
  silent('idle-timeout', Math.max(quiet, slot.maybeProvenAt), DEADLINES.idleTimeoutMs);
  // What a process that died knew of beats is not all recorded.
  if (slot.watched && slot.crashedSince < slot.toldAt && slot.crashedSince < slot.bornAt) {
    silent('heartbeat-lost', Math.max(quiet, slot.maybeSignAt), WINDOW_MS);
  }
  return dues;
};
