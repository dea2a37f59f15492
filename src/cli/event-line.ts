import { SessionUnreadableError } from '../errors.ts';
import type { LifecycleEvent } from '../observe/events.ts';
import { counted, oneLine } from './in-words.ts';
import { LOG_LEVELS, type LogLevel } from './setting-kinds.ts';

type EventType = LifecycleEvent['type'];

/** From which level on an event is printed. What only repeats another line is left for `debug`. */
const LEVEL_OF: Readonly<Record<EventType, Exclude<LogLevel, 'silent'>>> = {
  'session.created': 'info',
  'session.ready': 'debug',
  'session.state-changed': 'info',
  'session.attached': 'debug',
  'session.detached': 'debug',
  'session.beat-missed': 'debug',
  'session.late': 'info',
  'session.hibernated': 'info',
  'session.woken': 'info',
  'session.recovered': 'info',
  'session.operation-started': 'debug',
  'session.operation-finished': 'debug',
  'session.interrupted': 'warn',
  'session.appended': 'debug',
  'session.updated': 'debug',
  'session.behaviour-failed': 'warn',
  'session.restarted': 'info',
  'session.behaviour-done': 'info',
  'session.emitted': 'debug',
  'session.rotated': 'info',
  'session.paused': 'info',
  'session.resumed': 'info',
  'session.ended': 'info',
  'runtime.draining': 'info',
  'runtime.store-failing': 'error',
  'runtime.store-recovered': 'warn',
  'runtime.time-gap': 'warn',
  'runtime.error': 'error',
};

/** Whether an event is printed at this level. */
export const isPrinted = (event: LifecycleEvent, level: LogLevel): boolean => {
  let least: LogLevel = LEVEL_OF[event.type];
  // Of the changes of state, only those between active and idle have no event of their own.
  if (event.type === 'session.state-changed') {
    const quiet = (event.from === 'active' && event.to === 'idle') || event.from === 'idle';
    if (!quiet || (event.to !== 'idle' && event.to !== 'active')) least = 'debug';
  }
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
};

const ANSI = { grey: 90, green: 32, yellow: 33, red: 31, cyan: 36 } as const;

type Colour = keyof typeof ANSI;

/** What an event says: a short verb with a colour, what it is about, and the rest. */
const wordsOf = (event: LifecycleEvent): readonly [verb: string, Colour, rest: string] => {
  switch (event.type) {
    case 'session.created':
      return ['created', 'green', ''];
    case 'session.ready':
      return ['ready', 'grey', ''];
    case 'session.state-changed':
      return [event.to, event.to === 'active' ? 'green' : 'grey', ''];
    case 'session.attached':
      return ['attached', 'grey', counted(event.presences, 'stream')];
    case 'session.detached':
      return ['detached', 'grey', counted(event.presences, 'stream')];
    case 'session.beat-missed':
      return ['missed', 'yellow', counted(event.missed, 'beat')];
    case 'session.late':
      return ['late', 'yellow', 'a beat is missing'];
    case 'session.recovered':
      return ['recovered', 'green', ''];
    case 'session.operation-started':
      return ['working', 'grey', event.name];
    case 'session.operation-finished':
      return ['worked', 'grey', `${event.name} ${event.outcome}`];
    case 'session.interrupted':
      return ['interrupted', 'yellow', event.name];
    case 'session.appended':
      return ['appended', 'grey', `entry ${event.journalSeq}`];
    case 'session.updated':
      return ['updated', 'grey', ''];
    case 'session.behaviour-failed':
      return ['failed', 'red', failureOf(event)];
    case 'session.restarted':
      return ['restarted', 'yellow', `incarnation ${event.incarnation}`];
    case 'session.behaviour-done':
      return ['done', 'green', 'its behaviour is over'];
    case 'session.emitted':
      return ['emitted', 'grey', event.event.type];
    case 'session.rotated':
      return ['rotated', 'cyan', 'it has a new id'];
    case 'session.paused':
      return ['paused', 'yellow', ''];
    case 'session.resumed':
      return ['resumed', 'green', ''];
    case 'session.hibernated':
      return ['hibernated', 'grey', ''];
    case 'session.woken':
      return ['woken', 'grey', `after ${event.from === 'crash' ? 'a crash' : 'hibernation'}`];
    case 'session.ended':
      return ['ended', 'cyan', event.reason];
    case 'runtime.draining':
      return ['draining', 'yellow', 'nothing new is taken'];
    case 'runtime.store-failing':
      return ['store', 'red', `failing: ${messageOf(event.error)}`];
    case 'runtime.store-recovered':
      return ['store', 'green', 'recovered'];
    case 'runtime.time-gap':
      return ['gap', 'yellow', gapOf(event)];
    case 'runtime.error':
      return ['error', 'red', `in ${event.where}: ${messageOf(event.error)}`];
  }
};

const failureOf = (
  event: Extract<LifecycleEvent, { type: 'session.behaviour-failed' }>,
): string => {
  const { error, incarnation, restartInMs } = event;
  const next =
    restartInMs === null ? 'not started again' : `again in ${Math.round(restartInMs)} ms`;
  return `incarnation ${incarnation}: ${messageOf(error)} (${next})`;
};

const gapOf = ({ kind, gapMs }: Extract<LifecycleEvent, { type: 'runtime.time-gap' }>): string =>
  kind === 'downtime'
    ? `no process was here for ${Math.round(gapMs)} ms`
    : `${kind} of ${Math.round(gapMs)} ms`;

/** Whoever reads this may know what its message, which a client may see as well, leaves out. */
const messageOf = (error: unknown): string => {
  if (error instanceof SessionUnreadableError) return `${error.message} ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
};

const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 23);

/** One line for a person: the time (UTC), a verb, the whole id, the rest. Without its line end. */
export const eventLine = (event: LifecycleEvent, colours: boolean): string => {
  const [verb, colour, rest] = wordsOf(event);
  const shown = colours ? `\u001b[${ANSI[colour]}m${verb}\u001b[0m` : verb;
  const about = 'id' in event ? event.id : '';
  return [timeOf(event.at), shown, about, oneLine(rest)].filter((word) => word !== '').join(' ');
};

/** One line for a program: the event as JSON. Without its line end. */
export const eventJson = (event: LifecycleEvent): string =>
  JSON.stringify(event, (_key, value: unknown) =>
    value instanceof Error ? { name: value.name, message: value.message } : value,
  );
