import type { EndReason } from '../../../machines/index.ts';
import type { StoredDeadline } from '../../store/contract.ts';
import { counted, fromNow, howLong, oneLine, timeOf } from '../in-words.ts';
import type { Happening, Story } from './story.ts';

/** So many happenings are told; before them, how many more there were. */
const TOLD = 40;

const WHY: Readonly<Record<EndReason, string>> = {
  client: 'its client ended it',
  operator: 'an operator ended it',
  'idle-timeout': 'nothing was heard of its client for too long',
  'heartbeat-lost': 'its client beat, and then missed too many beats',
  'paused-timeout': 'it was paused for too long',
  'max-lifetime': 'it had lived for as long as a session may',
  'init-failed': 'it could not be made ready, or its process did not live to do so',
  crashed: 'what ran in it failed again and again',
  evicted: 'it was idle, and made room for another one of its principal',
  shutdown: 'its server shut down without a place to keep it',
};

const NEXT: Readonly<Record<StoredDeadline['deadline'], string>> = {
  idleTimeout: 'it ends with idle-timeout, if nothing is heard of its client until then',
  heartbeat: 'it ends with heartbeat-lost, if its client does not beat until then',
  pausedTimeout: 'it ends with paused-timeout, if it is not resumed until then',
  maxLifetime: 'it ends with max-lifetime',
  delay: 'its behaviour is due to go on, and it is woken for that',
  tombstone: 'its record and its journal are removed',
  unfinished: 'a server goes on with what was left unfinished',
};

/** The story as a person reads it: plain lines. `now` is wall time. */
export const storyLines = (story: Story, now: number): readonly string[] => {
  const { unreadable } = story;
  return [
    `${story.id}: ${inShort(story, now)}`,
    ...(unreadable === null ? [] : [`  cannot be read  ${oneLine(unreadable)}`]),
    ...facts(story, now).map(([what, told]) => `  ${what.padEnd(14)}  ${told}`),
    ...happeningLines(story),
  ];
};

const inShort = ({ state, reason, endedAt, place }: Story, now: number): string => {
  if (reason !== null) {
    const when = endedAt === null ? '' : ` ${fromNow(endedAt, now)}`;
    return state === 'terminated' ? `ended${when} (${reason})` : `is ending (${reason})`;
  }
  if (state === 'initializing') return 'was being made ready';
  if (state === 'paused') return 'paused';
  // Between these two it changes without a record.
  return place === 'resident' ? 'active or idle' : 'idle, until it is needed';
};

const facts = (story: Story, now: number): readonly (readonly [string, string])[] => {
  const { client, key, principal, behaviour, reason, pausedAt, endedAt, expiresAt } = story;
  const at = (time: number): string => `${timeOf(time)} UTC, ${fromNow(time, now)}`;
  if (story.unreadable !== null) return [['belongs to', whose(principal)], ...nextOf(story, now)];
  return [
    ['belongs to', whose(principal)],
    ...(key === null ? [] : [['key', oneLine(key)] as const]),
    ...(client === null
      ? []
      : [['client', oneLine(`${client.name} ${client.version}`.trim())] as const]),
    ...(behaviour === null ? [] : [['behaviour', behaviourLine(behaviour, story)] as const]),
    ['made', at(story.createdAt)],
    ['last active', `${at(story.lastActivityAt)}, as far as it is recorded`],
    ...(pausedAt === null ? [] : [['paused', at(pausedAt)] as const]),
    ...(endedAt === null || reason === null
      ? []
      : [['ended', `${at(endedAt)}: ${WHY[reason]}`] as const]),
    ['where', placeLine(story, now)],
    ...nextOf(story, now),
    ...(reason !== null || expiresAt === null ? [] : [['lives until', at(expiresAt)] as const]),
    ['journal', journalLine(story)],
    ...story.unfinished.map(
      ({ name }) => ['unfinished', `operation ${oneLine(name)}, when this was recorded`] as const,
    ),
  ];
};

const whose = (principal: string | null): string =>
  principal === null ? 'nobody (anonymous)' : oneLine(principal);

/** The version by which a migration that is missing shows. */
const behaviourLine = (name: string, { behaviourVersion }: Story): string =>
  behaviourVersion === null
    ? oneLine(name)
    : `${oneLine(name)}, stored in version ${behaviourVersion}`;

/** How sure it is that a server is no more. */
const WHAT_LEFT_IT = new Map<boolean | null, string>([
  [true, 'held up'],
  [false, 'gone'],
]);

const placeLine = ({ place, serverAliveAt, folderHeld }: Story, now: number): string => {
  const seen = serverAliveAt === null ? '' : `, last seen ${fromNow(serverAliveAt, now)}`;
  if (place === 'resident') return 'in the memory of a server that lives';
  if (place === 'left')
    return `left by a server that is ${WHAT_LEFT_IT.get(folderHeld) ?? 'gone or held up'}${seen}`;
  return `in the folder${serverAliveAt === null ? '' : ` (its server was${seen.slice(1)})`}`;
};

const nextOf = ({ due }: Story, now: number): readonly (readonly [string, string])[] => {
  if (due === null) return [['waits for', 'no deadline: it is kept until somebody asks for it']];
  const { at, deadline } = due;
  const what = `(${timeOf(at)} UTC): ${NEXT[deadline]}`;
  return at >= now
    ? [['waits for', `${fromNow(at, now)} ${what}`]]
    : [['overdue', `for ${howLong(now - at)} ${what}`]];
};

const rolesIn = (roles: Readonly<Record<string, number>>): string =>
  Object.entries(roles)
    .map(([role, n]) => `${n} ${oneLine(role)}`)
    .join(', ');

const journalLine = ({ journal }: Story): string => {
  const { entries, bytes, messages, byRole, first } = journal;
  const trimmed = first > 1 ? `; the ${first - 1} before them were dropped` : '';
  const roles = messages === 0 ? '' : ` (${rolesIn(byRole)})`;
  return `${counted(entries, 'entry', 'entries')}, ${bytes} bytes: ${counted(messages, 'message')}${roles}${trimmed}`;
};

const happeningLines = ({ happenings }: Story): readonly string[] => {
  if (happenings.length === 0) return [];
  const left = Math.max(0, happenings.length - TOLD);
  return [
    'In its journal (UTC):',
    ...(left === 0 ? [] : [`  … ${left} earlier`]),
    ...happenings.slice(left).map((one) => `  ${timeOf(one.at)}  ${happeningLine(one)}`),
  ];
};

const happeningLine = (one: Happening): string => {
  if (one.kind === 'messages') {
    const n = Object.values(one.roles).reduce((sum, count) => sum + count, 0);
    const until = one.until === one.at ? '' : `, until ${timeOf(one.until)}`;
    return `${counted(n, 'message')} (${rolesIn(one.roles)})${until}`;
  }
  const outcome = one.outcome === undefined ? '' : `: ${oneLine(one.outcome)}`;
  return `operation ${oneLine(one.name)} ${one.phase}${outcome}`;
};
