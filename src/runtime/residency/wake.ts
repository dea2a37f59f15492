import { CapacityError, DrainingError, Fenced, SessionTerminatedError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { planted } from '../../planted.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { listKey } from '../admission/key-index.ts';
import { occupancyForWake, reserveSlot } from '../admission/slot.ts';
import type { SessionHost } from '../host.ts';
import { enterMemory } from '../lifecycle/in-memory.ts';
import { fileNext } from '../liveness/filing.ts';
import { tell } from '../plane/plane.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { claim, giveUp } from './claim.ts';
import { beginEnd, overdue } from './end-stored.ts';
import { decideInterrupted } from './interrupted.ts';
import { untilOpen } from './opening.ts';
import { unreadableError } from './readable.ts';
import { keptBehaviour } from './reading.ts';
import { storedState } from './stored-host.ts';
import { assertWakes } from './unreadable.ts';

/**
 * Takes a stored session into memory: once, however many ask. Where many are being woken it waits its turn; its slot is
 * reserved as that comes, before the first await. Rejects with `CapacityError`, `DrainingError`, `SessionTerminatedError`
 * where its end came first, `StoreError`, `SessionUnreadableError`: then it stays stored.
 */
export const wake = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  // It may have made room for another one before whoever asked for it has had a turn.
  while (host.isAway) {
    assertNotOver(host);
    if (planted('woken-twice')) host.waking = null;
    host.waking ??= wakeOnce(context, host).finally(() => {
      host.waking = null;
    });
    await host.waking;
  }
};

const wakeOnce = (context: RuntimeContext, host: SessionHost): Promise<void> => {
  const step = async (): Promise<void> => {
    assertNotOver(host);
    if (!host.isAway && !planted('woken-twice')) return;
    assertTakes(context);
    host.residency = 'waking';
    try {
      await takeIn(context, host);
    } finally {
      if (host.residency === 'waking') {
        host.residency = 'stored';
        // What is due of it is looked at as before.
        if (host.reason === null && !host.released) fileNext(context, host);
      }
    }
  };
  if (planted('wake-without-lane')) return step();
  return context.wakes.run(() => context.lanes.run(host, step));
};

const takeIn = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (host.unreadable !== null) {
    // First of all: nobody is to make room for what is not woken.
    await assertWakes(context, host);
    assertNotOver(host);
  }
  const giveBack = await reserveSlot(context);
  let record: SessionRecord;
  try {
    await untilOpen(context);
    record = await claim(context, host);
    await assertGoesOn(context, host, record);
  } finally {
    giveBack();
  }
  // The slot that was given back is taken before anybody else has a turn.
  enter(context, host, record);
};

/** Throws where what was claimed is not to be woken: its end came first, or a drain did. */
const assertGoesOn = async (
  context: RuntimeContext,
  host: SessionHost,
  record: SessionRecord,
): Promise<void> => {
  if (beginEnd(context, host, record, () => overdue(context, host))) assertNotOver(host);
  if (host.unreadable !== null) {
    await giveUp(context, record);
    throw unreadableError(host.unreadable);
  }
  if (!context.draining) return;
  await giveUp(context, record);
  assertTakes(context);
};

/** It is in memory from here on: its actor stands where its chart stood, and its behaviour goes on. */
const enter = (context: RuntimeContext, host: SessionHost, record: SessionRecord): void => {
  const { id, principal, expiresAt } = host;
  const state = storedState(record.state);
  const actor = context.registry.spawn(
    id,
    { id, principal, expiresAt },
    occupancyForWake(context),
    state,
  );
  if (actor === null) {
    throw new CapacityError('maxResident', context.settings.maxResident, LIMITS.retryAfterMs);
  }
  host.actor = actor;
  host.residency = 'resident';
  context.away.delete(host);
  enterMemory(context, host);
  listKey(context, host);
  const now = context.clock.mono();
  host.watched ||= record.session.watched;
  host.contact.lastSign = now;
  host.restingSince = now;
  host.missed = 0;
  host.contact.unrecorded = false;
  context.idle.shown(host, host.shown);
  if (!planted('timer-forgotten')) fileNext(context, host);
  context.counters.woken += 1;
  const from = record.session.putAway === true ? 'hibernation' : 'crash';
  tell(context, host, { type: 'session.woken', from }, false);
  resumeBehaviour(host, record, from);
  decideInterrupted(context, host);
};

const resumeBehaviour = (
  host: SessionHost,
  record: SessionRecord,
  from: 'hibernation' | 'crash',
): void => {
  const kept = keptBehaviour(record);
  // A listener that heard of the wake may have ended it.
  if (kept !== null && host.reason === null) host.behaviour?.resume(kept, from);
};

const assertTakes = (context: RuntimeContext): void => {
  if (context.draining) throw new DrainingError(LIMITS.retryAfterMs);
};

const assertNotOver = (host: SessionHost): void => {
  if (host.released) throw new Fenced(host.id);
  const { reason } = host;
  if (reason !== null) throw new SessionTerminatedError(reason);
};
