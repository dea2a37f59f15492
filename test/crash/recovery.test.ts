import { expect, test } from 'vitest';
import { temporaryFolder } from '../cli/holdfast-process.ts';
import { Remote, until } from './remote.ts';

/*
 * What a process leaves half done when it is killed, and what the next one over its folder makes of that. Each is killed
 * at an instant that is known: its callback was called, and never comes to an end.
 */

const REAL_PROCESSES = { timeout: 60_000 };

test(
  'an end that was under way goes on in the next process, with its reason and its cleanup',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const first = await Remote.start(home, { cleanup: 'hang' });
    const [ending, living] = [await first.create(), await first.create()];
    first.order({ do: 'end', id: ending });
    await first.hears('cleanup', ending);
    await first.kill();

    const second = await Remote.start(home, { cleanup: 'quick' });
    expect((await second.hears('cleanup', ending)).detail).toBe('operator');
    expect((await second.hears('ended', ending)).detail).toBe('operator');
    expect(await second.look(ending)).toEqual({
      id: ending,
      state: 'terminated',
      reason: 'operator',
    });
    expect(await second.look(living)).toMatchObject({ state: 'idle' });
    await second.kill();

    // It is over for good.
    const third = await Remote.start(home, { cleanup: 'quick', sweepIntervalMs: 50 });
    expect(await third.look(ending)).toMatchObject({ state: 'terminated', reason: 'operator' });
    expect(await third.tell({ do: 'touch', id: living })).toBeNull();
    expect(third.told('cleanup')).toEqual([]);
    expect(await third.problems()).toEqual([]);
  },
);

test(
  'a session whose process died while it was made ends with init-failed, and is cleaned up',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const first = await Remote.start(home, { initialize: 'hang', cleanup: 'quick' });
    first.order({ do: 'create' });
    const { id } = await first.hears('initialize');
    expect(await first.list()).toMatchObject([{ id, state: 'initializing' }]);
    await first.kill();

    const second = await Remote.start(home, { cleanup: 'quick' });
    expect((await second.hears('ended', id)).detail).toBe('init-failed');
    expect(second.told('cleanup')).toMatchObject([{ id, detail: 'init-failed' }]);
    expect(second.told('initialize')).toEqual([]);
    expect(await second.look(id)).toMatchObject({ state: 'terminated', reason: 'init-failed' });
  },
);

test(
  'an operation that was cut short is told when its session is woken, and done again where that is decided',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const first = await Remote.start(home);
    const id = await first.create();
    first.order({ do: 'run', id, op: 'one', hang: true });
    await first.hears('handler', id);
    expect(await first.tell({ do: 'run', id, op: 'other', hang: false })).toBe('other');
    await first.kill();

    const second = await Remote.start(home, { interrupted: 'again', sweepIntervalMs: 50 });
    expect(await second.look(id)).toMatchObject({ state: 'idle' });
    expect((await second.counts()).woken).toBe(0);
    await second.tell({ do: 'touch', id });
    expect((await second.hears('interrupted', id)).detail).toBe('one');
    // It hangs here as well, and is cut short once more.
    expect((await second.hears('handler', id)).detail).toBe('one');
    await second.kill();

    const third = await Remote.start(home);
    await third.tell({ do: 'touch', id });
    expect((await third.hears('interrupted', id)).detail).toBe('one');
    // Nobody wants it again: once that is recorded, it is over.
    await until(
      async () => (await third.counts()).resident === 1 && third.told('interrupted').length === 1,
    );
    await third.tell({ do: 'pause', id });
    await third.kill();

    const fourth = await Remote.start(home);
    await fourth.tell({ do: 'touch', id });
    expect(await fourth.tell({ do: 'look', id })).toMatchObject({ state: 'paused' });
    expect(fourth.told('interrupted')).toEqual([]);
    expect(await fourth.problems()).toEqual([]);
  },
);

test(
  'a process that is killed while another one waits for its folder gives that one all of it',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const first = await Remote.start(home);
    const id = await first.create();
    const second = Remote.begin(home);
    // Nobody is let in twice: it waits, and knows for whom.
    expect((await second.hears('waiting')).detail).toBe(String(first.pid));
    expect(await first.tell({ do: 'touch', id })).toBeNull();
    await first.kill();
    await second.opened();
    expect(await second.look(id)).toMatchObject({ state: 'idle' });
  },
);
