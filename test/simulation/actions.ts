import * as client from './actions-client.ts';
import * as data from './actions-data.ts';
import * as server from './actions-world.ts';
import type { Action } from './clients.ts';
import type { Group, Setup } from './setup.ts';

type Weighted = readonly (readonly [number, Action])[];

/** What may happen, in groups that a seed has more or less of. */
const ACTIONS: Readonly<Record<Group, Weighted>> = {
  make: [[6, client.create]],
  signs: [
    [4, client.touch],
    [5, client.beat],
    [2, client.attach],
    [1, client.detach],
  ],
  work: [
    [4, client.run],
    [3, client.undertake],
    [1, client.abort],
  ],
  data: [
    [4, data.append],
    [3, data.update],
    [0.5, client.rotate],
  ],
  behaviour: [
    [4, data.add],
    [2, data.poke],
    [1, data.think],
    [1, data.crashBehaviour],
  ],
  pauses: [
    [2, client.pause],
    [2, client.resume],
  ],
  ends: [
    [1.5, client.terminate],
    [0.2, client.terminateAll],
  ],
  reads: [
    [1, server.get],
    [1, server.list],
    [1, server.read],
    [0.5, server.reap],
  ],
  time: [
    [7, server.moment],
    [8, server.second],
  ],
  quiet: [
    [4, server.while_],
    [1, server.long],
  ],
  gaps: [
    [1, server.stall],
    [1, server.suspend],
    [1, server.stepWall],
  ],
  store: [
    [1, server.breakStore],
    [2, server.breakOnce],
    [4, server.mendStore],
    [0.4, server.diskFull],
  ],
  process: [
    [2.5, server.crash],
    [0.6, server.rollOver],
  ],
  races: [
    [1.5, client.createRace],
    [5, client.rush],
  ],
  people: [
    [1.5, client.vanish],
    [1.5, client.comeBack],
  ],
};

/** The actions of one seed, weighted as its setup says. */
export const actionsOf = ({ emphasis }: Setup): readonly (readonly [number, Action])[] =>
  Object.entries(ACTIONS).flatMap(([group, actions]) =>
    actions.map(([weight, action]) => [weight * emphasis[group as Group], action] as const),
  );
