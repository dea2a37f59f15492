import type { MessagePage, Runtime, Session, SessionInfo, Store } from '../../src/index.ts';
import { isOperationEntry } from '../../src/runtime/work/operation-entries.ts';
import { tagOf } from './application.ts';
import type { Found, Report } from './protocol.ts';

type Messages = NonNullable<Found['messages']>;
type Journal = NonNullable<Found['journal']>;

/** Everything there is, as a caller and (the journal) the store find it. Wakes nobody. */
export const readAll = async (
  runtime: Runtime,
  store: Store,
  oldIds: readonly string[],
): Promise<Report> => {
  const infos: SessionInfo[] = [];
  for (let cursor: string | null = null; ; ) {
    // A small page: so that there is more than one.
    const page = await runtime.list({ limit: 10, cursor });
    infos.push(...page.sessions);
    cursor = page.cursor;
    if (cursor === null) break;
  }
  const at = Date.now();
  const found: Found[] = [];
  for (const info of infos) found.push(await read(runtime, store, info));
  const led: string[] = [];
  for (const id of oldIds) if (!(await isUnknown(runtime, id))) led.push(id);
  return { at, found, led };
};

const isUnknown = async (runtime: Runtime, id: string): Promise<boolean> => {
  try {
    await runtime.get(id);
    return false;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_HOLDFAST_NOT_FOUND') throw error;
    return true;
  }
};

const read = async (runtime: Runtime, store: Store, info: SessionInfo): Promise<Found> => {
  const { id, principal, key, state, reason } = info;
  const head = { tag: tagOf(info), id, principal, key, state, reason };
  const gone: Found = { ...head, data: null, messages: null, journal: null };
  let session: Session;
  try {
    session = await runtime.get(id);
  } catch {
    // Whether it may be gone is judged where it is known what it was asked.
    return gone;
  }
  const messages = await messagesOf(session);
  const journal = await journalOf(store, id);
  const record = await store.load(id);
  // Its tombstone may be removed in the middle of this.
  if (record === null) return gone;
  return { ...head, data: session.data as Found['data'], messages, journal };
};

const messagesOf = async (session: Session): Promise<Messages> => {
  const found: (readonly [number, string, number])[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: MessagePage = await session.messages({ after, limit: 25 });
    for (const { seq, content } of page.messages) found.push([seq, ...taken(String(content))]);
    after = page.cursor;
  }
  return found;
};

const FILLING = 'x';

/** What a message of that mark says. */
export const contentOf = (mark: string, length: number): string =>
  `${mark}:${FILLING.repeat(length)}`;

/** The mark of a message and how long it is; -1 where it is not what was written. */
const taken = (content: string): readonly [mark: string, length: number] => {
  const [mark = '', filling = ''] = content.split(':');
  const length = filling.length;
  return [mark, content === contentOf(mark, length) ? length : -1];
};

const journalOf = async (store: Store, id: string): Promise<Journal> => {
  const ops: Record<string, 'started' | 'interrupted' | 'finished'> = {};
  let [first, last, entries] = [0, 0, 0];
  for (let more = true; more; ) {
    const page = await store.readJournal(id, { after: last, limit: 50 });
    for (const { seq, data } of page) {
      first ||= seq;
      last = seq;
      entries += 1;
      if (isOperationEntry(data)) ops[data.operation] = data.phase;
    }
    more = page.length === 50;
  }
  return { first, last, entries, ops };
};
