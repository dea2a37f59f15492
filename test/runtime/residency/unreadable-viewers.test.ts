import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
import type { Session } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after as answered, crash, durableRuntime, processOver } from './fixture.ts';
import { leftNewer } from './newer-record.ts';

// Why a session cannot be read names what is registered in the process: that is for its operator.

const SENTENCE = 'The session cannot be read by this process now, and stays as it is.';
const REASON = /"internal-billing-v7"/;

const machine = setup({}).createMachine({ id: 'm' });

/** A process that cannot read ada's session, which is stored. */
const unable = async () => {
  const first = durableRuntime({ behaviours: { mine: { logic: machine } } });
  const { clock, runtime } = first;
  const made = await answered(
    clock,
    runtime.as('ada').getOrCreate({ key: 'chat', behaviour: 'mine' }),
  );
  await answered(clock, runtime.drain());
  crash(first);
  const next = processOver(first, { behaviours: { 'internal-billing-v7': { logic: machine } } });
  await clock.advance(50);
  return { ...next, id: made.id };
};

const said = (session: Session) => JSON.stringify([session.info(), session.health()]);

test('the operator is told the reason: by a reference, a list and an error', async () => {
  const { clock, runtime, id } = await unable();
  for (const session of [
    await answered(clock, runtime.get(id)),
    await answered(clock, runtime.getOrCreate({ principal: 'ada', key: 'chat' })),
  ]) {
    expect(session.info().unreadable).toMatch(REASON);
    expect(session.health().problems).toEqual([session.info().unreadable]);
  }
  for (const options of [{}, { principal: 'ada' }]) {
    const { sessions } = await answered(clock, runtime.list(options));
    expect(sessions).toMatchObject([{ id, unreadable: expect.stringMatching(REASON) }]);
  }
});

test('a principal is told a sentence that is always the same, and can pass it on', async () => {
  const { clock, runtime, id } = await unable();
  const ada = runtime.as('ada');
  const sessions = [
    await answered(clock, ada.get(id)),
    await answered(clock, ada.getOrCreate({ key: 'chat' })),
    await answered(clock, ada.get(id)),
  ];
  for (const session of sessions) {
    expect(session.info().unreadable).toBe(SENTENCE);
    expect(session.health()).toMatchObject({ status: 'failing', problems: [SENTENCE] });
    expect(said(session)).not.toMatch(REASON);
    const error = await rejectionOf(answered(clock, session.touch()));
    expect(error).toMatchObject({ message: SENTENCE, reason: expect.stringMatching(REASON) });
  }
  const page = await answered(clock, ada.list());
  expect(page.sessions).toEqual([sessions[0]?.info()]);
});

describe('of a tombstone that a newer version left', () => {
  test('a principal hears the same, and the operator why', async () => {
    const parts = await leftNewer('terminated');
    const { clock, id } = parts;
    const { runtime } = processOver(parts);
    const own = await answered(clock, runtime.as('ada').get(id), 5);
    expect(own.info()).toMatchObject({ state: 'terminated', unreadable: SENTENCE });
    expect(own.health().problems).toEqual([SENTENCE]);
    const seen = await answered(clock, runtime.get(id), 5);
    expect(seen.info().unreadable).toMatch(/stored in schema/);
    const { sessions } = await answered(clock, runtime.as('ada').list(), 5);
    expect(sessions).toEqual([own.info()]);
  });
});
