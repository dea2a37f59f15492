import { SessionNotFoundError } from '../errors.ts';
import { assertSessionId } from '../identity/session-id.ts';
import type { SessionRecord } from '../store/contract.ts';
import { storeRead } from './commits/store-read.ts';
import { describeHost, describeRecord } from './describe.ts';
import { checkedPage } from './options.ts';
import { SessionReference } from './reference.ts';
import { untilOpen } from './residency/opening.ts';
import type { Viewer } from './residency/readable.ts';
import { storedHost } from './residency/stored-host.ts';
import type { ListOptions, SessionPage } from './runtime.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session, SessionInfo } from './session.ts';
import { Tombstone } from './tombstone.ts';

/** Whose sessions a caller sees: one principal's, the anonymous ones, or (`'everybody'`) all. */
export type Scope = { readonly principal: string | null } | 'everybody';

/**
 * The session of that id, for this caller. An unknown one and somebody else's are answered alike, by the
 * same look-ups: the table, then the store.
 */
export const getSession = async (
  context: RuntimeContext,
  scope: Scope,
  id: string,
): Promise<Session> => {
  assertSessionId(id);
  const host = context.hosts.get(id);
  if (host !== undefined && sees(scope, host.principal) && host.record !== null) {
    return new SessionReference(context, host, viewerOf(scope));
  }
  await untilOpen(context);
  const used = context.staleReads.begin();
  try {
    let record = await storeRead('the session', context.store.load(id));
    // It ended, or has another id, since it was asked for.
    if (context.staleReads.has(id)) record = await storeRead('the session', context.store.load(id));
    return referenceTo(context, scope, id, record);
  } finally {
    used();
  }
};

/** What a caller gets for what the store has under an id. */
const referenceTo = (
  context: RuntimeContext,
  scope: Scope,
  id: string,
  record: SessionRecord | null,
): Session => {
  if (record === null || !sees(scope, record.principal)) throw new SessionNotFoundError();
  const since = context.hosts.get(id);
  if (since !== undefined) {
    // Its record is there, but its `create` has not heard of it yet: no id leaves before that.
    if (since.record === null) throw new SessionNotFoundError();
    return new SessionReference(context, since, viewerOf(scope));
  }
  const isOver = record.state === 'terminated' && !endsHere(context, id);
  if (!isOver && context.store.durable) {
    // What a create left whose answer was lost: nobody was given it.
    // Nor was anybody told of an id whose record has no answer yet.
    if (context.takingBack.has(id) || context.newIds.has(id)) throw new SessionNotFoundError();
    return new SessionReference(context, storedHost(context, record), viewerOf(scope));
  }
  // Only the owner is told that and why it ended; an anonymous caller has no such standing.
  if (!isOver || (scope !== 'everybody' && scope.principal === null)) {
    throw new SessionNotFoundError();
  }
  return new Tombstone(context, record, viewerOf(scope));
};

/** A stored session whose end no answer of the store has confirmed yet: a read may know of it before that. */
const endsHere = ({ away, endingAway }: RuntimeContext, id: string): boolean => {
  const host = away.get(id);
  return host !== undefined && endingAway.has(host);
};

const viewerOf = (scope: Scope): Viewer => (scope === 'everybody' ? 'operator' : 'principal');

/**
 * One page of the sessions in that scope, as `viewer` may see them. The live state is laid over the stored one, then
 * filtered.
 */
export const listSessions = async (
  context: RuntimeContext,
  scope: Scope,
  options: ListOptions,
  viewer: Viewer,
): Promise<SessionPage> => {
  const { limit, cursor } = checkedPage(options);
  const whose = scope === 'everybody' ? {} : { principal: scope.principal };
  const used = context.staleReads.begin();
  try {
    const page = await storeRead('the list', context.store.list({ limit, cursor, ...whose }));
    const records = await Promise.all(page.records.map((record) => newest(context, record)));
    const sessions = records
      .filter((record) => record !== null)
      // What a create left whose answer was lost was given to nobody.
      .filter(({ id }) => !context.takingBack.has(id))
      .map((record) => overlaid(context, record, viewer))
      .filter((session) => options.state === undefined || session.state === options.state);
    return { sessions, cursor: page.cursor };
  } finally {
    used();
  }
};

/** The record, asked for again where the session ended, or got another id, since it was read. */
const newest = (
  context: RuntimeContext,
  record: SessionRecord,
): SessionRecord | null | Promise<SessionRecord | null> =>
  context.staleReads.has(record.id) ? storeRead('the list', context.store.load(record.id)) : record;

const sees = (scope: Scope, principal: string | null): boolean =>
  scope === 'everybody' || scope.principal === principal;

const overlaid = (context: RuntimeContext, record: SessionRecord, viewer: Viewer): SessionInfo => {
  if (record.state === 'terminated') return describeRecord(context, record, viewer);
  const { hosts, newIds, away } = context;
  const host = hosts.get(record.id) ?? newIds.get(record.id) ?? away.get(record.id);
  return host === undefined
    ? describeRecord(context, record, viewer)
    : describeHost(context, host, viewer);
};
