import { type Asked, type Command, onSession } from './command.ts';
import { open, wasActive } from './commands-signs.ts';
import type { Life } from './life.ts';
import { type Model, refused } from './model.ts';
import { BOUNDS } from './numbers.ts';
import type { Data, Slot } from './slot.ts';
import type { World } from './world.ts';

let said = 0;

/** Says so many things at once. */
export const append = (who: number, times: number): Command =>
  onSession(`append ${times} at once`, who, (world, slot, life, model) => {
    let asked: Asked | null = null;
    for (let left = times; left > 0; left -= 1) asked = appendOne(world, slot, life, model);
    return asked;
  });

const appendOne = (world: World, slot: Slot, life: Life | null, model: Model | null): Asked => {
  said += 1;
  const content = `message ${said}`;
  if (!slot.isOver) wasActive(world, slot);
  slot.asked.push(content);
  const asked = slot.session.append({ role: 'user', content });
  const outcome = world.call(asked, ({ seq }) => {
    slot.appended.push({ content, seq });
    const kept = world.watch.has(slot.session.id, (change) => {
      const entries = 'append' in change ? (change.append ?? []) : [];
      return entries.some((entry) => (entry as { content?: string }).content === content);
    });
    if (!kept) world.broken.push('NOT TRUE: an append is acknowledged once it is recorded');
  });
  asked.catch((error: { code?: string }) => {
    if (error.code !== 'ERR_HOLDFAST_OUTCOME_UNKNOWN') slot.refused.push(content);
    // A runtime that is closed in between cannot say either.
    else if (world.store.lost === 0 && !world.context.draining) {
      world.broken.push('NOT TRUE: an append is only unknown where an answer was lost');
    }
  });
  const expected = open(model, life, (m, l) => {
    l.activity(m.now);
    if (world.setup.onFull === 'refuse' && l.messages.length >= BOUNDS.maxEntries) {
      return refused('JOURNAL_FULL');
    }
    l.child?.commit();
    l.messages = [...l.messages, content].slice(-BOUNDS.maxEntries);
    return undefined;
  });
  return { outcome, expected };
};

/** Puts two marks into the data, both asked for at once: each is there once, or it is not. */
export const update = (who: number): Command =>
  onSession('update twice at once', who, (world, slot, life, model) => {
    said += 2;
    const both = [said - 1, said];
    if (!slot.isOver) wasActive(world, slot);
    const [, outcome] = both.map((mark) => {
      const asked = slot.session.update(({ marks }) => ({ marks: [...marks, mark] }));
      return world.call(asked, () => {
        slot.marks.push(mark);
        const kept = world.watch.has(
          slot.session.id,
          ({ session }) => (session?.data as Data | undefined)?.marks.includes(mark) === true,
        );
        if (!kept) world.broken.push('NOT TRUE: an update is acknowledged once it is recorded');
      });
    });
    const expected = open(model, life, (m, l) => {
      l.activity(m.now);
      l.marks.push(...both);
      l.child?.commit();
    });
    return outcome === undefined ? null : { outcome, expected };
  });

/** Reads the conversation, page by page. */
export const read = (who: number): Command =>
  onSession('messages', who, (world, slot, life) => {
    const all = async (): Promise<string[]> => {
      const found: string[] = [];
      for (let after: number | null = 0; after !== null; ) {
        const page = await slot.session.messages({ after, limit: 2 });
        found.push(...page.messages.map(({ content }) => String(content)));
        after = page.cursor;
      }
      return found;
    };
    const outcome = world.call(all(), (found) => {
      if (life === null || life.gone) return;
      const wanted = life.isOver && !life.buried ? [] : life.messages;
      if (found.join() !== wanted.join()) {
        world.broken.push(`messages() is ${found.join()}, but should be ${wanted.join()}`);
      }
    });
    return { outcome, expected: null };
  });
