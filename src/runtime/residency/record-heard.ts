import { LIMITS } from '../../limits.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Contact } from './contact.ts';
import { recordSigns } from './record-signs.ts';
import { checkpointMs } from './stored-due.ts';
import { storedHost } from './stored-host.ts';

/*
 * What is heard of stored sessions is recorded now and then, so that a crash loses little of it: with all of them in turn,
 * at most so many at once. What stands for one meanwhile is made from its record, and goes again.
 */

/** Records what was heard of stored sessions, where it is time. Called at each tick of the wheel. */
export const recordHeardInTime = (context: RuntimeContext, now: number): void => {
  const { hearing } = context;
  if (now < hearing.nextAt || context.draining) return;
  hearing.nextAt = now + checkpointMs(context);
  recordHeard(context);
};

/** Records all that was heard of stored sessions and that no record has. */
export const recordHeard = (context: RuntimeContext): void => {
  for (const contact of context.away.unrecorded()) context.hearing.waiting.add(contact);
  recordNext(context);
};

/** What was heard of stored sessions, on its way into their records. */
export class Hearing {
  /** When it is looked for the next time, mono. */
  nextAt = Number.NEGATIVE_INFINITY;
  readonly waiting = new Set<Contact>();
  underWay = 0;

  /** Nothing is on its way. */
  get isOver(): boolean {
    return this.waiting.size + this.underWay === 0;
  }
}

const recordNext = (context: RuntimeContext): void => {
  const { hearing } = context;
  for (const contact of hearing.waiting) {
    if (hearing.underWay >= LIMITS.storedEnds) return;
    hearing.waiting.delete(contact);
    if (context.closed) continue;
    hearing.underWay += 1;
    void recordOf(context, contact).finally(() => {
      hearing.underWay -= 1;
      recordNext(context);
      if (hearing.isOver) context.onQuiet?.();
    });
  }
};

/** Records what was heard of one. Never rejects. */
const recordOf = async (context: RuntimeContext, contact: Contact): Promise<void> => {
  if (context.away.contact(contact.id) !== contact || !contact.unrecorded) return;
  const used = context.staleReads.begin();
  try {
    // Whether something stands for it still is up to the garbage collector: what is asked of the store is not.
    const record = await context.store.load(contact.id);
    // It was woken, has ended, or is another one meanwhile: then it is not for this to say anything of it.
    const { away, staleReads } = context;
    if (away.contact(contact.id) !== contact || staleReads.has(contact.id)) return;
    if (record === null || record.state === 'terminated') away.forget(contact);
    else await recordSigns(context, storedHost(context, record));
  } catch {
    // The store fails, and that is told where it matters: it is tried again in its time.
  } finally {
    used();
  }
};
