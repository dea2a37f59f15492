import { StoreError } from '../../src/index.ts';
import { type Action, activity, on, withSession } from './clients.ts';
import type { Data } from './slot.ts';

export const append = on('appends', (act, slot, session) => {
  const { world } = act;
  const content = `m${world.nextNumber()}`;
  slot.asked.push(content);
  slot.journal.asks(content);
  activity(world, slot, `append ${content}`, () => session.append({ role: 'user', content }), {
    resolved: ({ seq }) => {
      slot.journal.answered(content);
      slot.appended.push({ content, seq });
    },
    rejected: (error) => {
      slot.journal.refused(content);
      // Certain: what may have got there is `OutcomeUnknown`.
      if (error instanceof StoreError && error.code === 'ERR_HOLDFAST_STORE')
        slot.refused.push(content);
      if (error instanceof StoreError) slot.storeFailed = true;
    },
  });
});

export const update = on('updates its data', (act, slot, session) => {
  const { world } = act;
  const mark = world.nextNumber();
  slot.marksAsked.push(mark);
  const change = ({ marks }: Data): Data => ({ marks: [...marks, mark] });
  activity(world, slot, `update ${mark}`, () => session.update(change), {
    resolved: () => slot.marks.push(mark),
    rejected: () => {
      slot.storeFailed = true;
    },
  });
});

export const add = on('adds', (act, slot, session) => {
  if (slot.ask.behaviour === null) return;
  const { world } = act;
  const by = world.nextNumber();
  slot.addsAsked.push(by);
  activity(world, slot, `add ${by}`, () => session.send({ type: 'add', by }), {
    resolved: () => slot.adds.push(by),
  });
});

export const poke = on('pokes', (act, slot, session) => {
  if (slot.ask.behaviour === null) return;
  const { world } = act;
  const poked = (): void => {
    slot.poked = { at: world.clock.mono(), fallenMs: world.wallSeen.fallenMs };
  };
  activity(world, slot, 'poke', () => session.send({ type: 'poke' }), {
    resolved: poked,
    // It was taken, though that could not be recorded at once: it may be armed since then.
    rejected: (error) => {
      if (error instanceof StoreError) poked();
    },
  });
});

export const think = on('sends a thought', (act, slot, session) => {
  if (slot.ask.behaviour === null) return;
  activity(act.world, slot, 'think', () => session.send({ type: 'think' }));
});

export const crashBehaviour: Action = (act) => {
  const fragile = act.world.slots.filter(
    (slot) => slot.ask.behaviour === 'fragile' && slot.given && !slot.isOver,
  );
  if (fragile.length === 0) return;
  const slot = act.chance.one(fragile);
  withSession(act.world, slot, 'crashes its behaviour', (session) =>
    activity(act.world, slot, 'crash', () => session.send({ type: 'crash' })),
  );
};
