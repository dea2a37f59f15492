import { mintSessionId } from '../../src/index.ts';
import { type Command, command, onSession } from './command.ts';
import { DONE, type Model, refused } from './model.ts';
import type { Slot } from './slot.ts';
import type { World } from './world.ts';

export const list = (principal: 'ada' | 'bob' | null): Command =>
  command(`list for ${principal ?? 'the runtime'}`, (world, model) => {
    world.say('list');
    const asked = principal === null ? world.runtime.list() : world.runtime.as(principal).list();
    const outcome = world.call(asked, ({ sessions }) => {
      if (model === null) return;
      const found = sessions.map(({ id, state }) => `${id} ${state}`).sort();
      const wanted = listed(world, model, principal).sort();
      if (found.join() !== wanted.join()) {
        world.broken.push(
          `list is\n  ${found.join('\n  ')}\nbut should be\n  ${wanted.join('\n  ')}`,
        );
      }
    });
    return { outcome, expected: model && DONE };
  });

/** The living, and the dead as long as their tombstones stand. */
const listed = ({ slots }: World, { lives }: Model, principal: string | null): string[] =>
  lives
    .filter((life) => principal === null || life.principal === principal)
    .filter((life) => !life.isOver || life.buried)
    .map((life) => `${slots[lives.indexOf(life)]?.session.id} ${life.state}`);

/** Asks for a session as its owner, as somebody else, and for an id it has no more. */
export const get = (who: number): Command =>
  onSession('get', who, (world, slot, life, model) => {
    const { runtime } = world;
    const { id, principal } = slot.session;
    const foreign = world.call(runtime.as(principal === 'ada' ? 'bob' : 'ada').get(id), () =>
      world.broken.push('NOT TRUE: a session is its own principal’s only'),
    );
    for (const old of [...slot.oldIds, mintSessionId()]) {
      world.call(runtime.get(old), () => world.broken.push(`${old} is nobody's, but was found`));
    }
    const outcome = world.call(runtime.as(principal).get(id), (found) =>
      sameAs(world, slot, found),
    );
    if (model === null || life === null) return { outcome: foreign, expected: null };
    const unknown = life.isOver && (!life.buried || principal === null);
    return { outcome, expected: unknown ? refused('NOT_FOUND') : DONE };
  });

const sameAs = (world: World, slot: Slot, found: Slot['session']): void => {
  if (found.id !== slot.session.id || found.state !== slot.session.state) {
    world.broken.push(`get gives ${found.id} ${found.state}`);
  }
};

export const validate = (who: number): Command =>
  onSession('validate', who, (world, slot, life) => {
    const { runtime } = world;
    const { id, principal } = slot.session;
    const say = (what: Promise<{ valid: boolean; problem?: string }>, wanted: string | null) =>
      world.call(what, ({ valid, problem }) => {
        if (wanted === null || (valid ? 'valid' : problem) === wanted) return;
        world.broken.push(`validate says ${problem ?? valid}, but should say ${wanted}`);
      });
    say(runtime.validate('ses_x'), 'malformed');
    say(runtime.validate(id, { principal: 'mallory' }), 'unknown');
    const gone = life?.buried && principal !== null ? 'ended' : 'unknown';
    const wanted = life === null ? null : life.isOver ? gone : 'valid';
    return { outcome: say(runtime.as(principal).validate(id), wanted), expected: null };
  });
