import type { SessionRecord } from '../../store/contract.ts';
import { DAMAGED_SCHEMA, readRecord } from '../../store/envelope/read-record.ts';
import type { TakenRecord } from '../../store/sqlite/owned-folder.ts';
import { DAMAGED_ENTRY, type FolderReader } from '../../store/sqlite/reader.ts';
import { harmless } from '../harmless.ts';
import { version } from '../version.ts';
import { type ExportLine, FORMAT, FORMAT_VERSION } from './export-format.ts';

/** What has been written so far. */
export interface Totals {
  sessions: number;
  entries: number;
  /** Sessions among them that this version cannot read: they are written as they are. */
  unreadable: number;
  /** What is damaged, each a sentence. A session of which nothing can be made out is left out. */
  readonly damages: string[];
}

/** Before the first line. */
export const noTotals = (): Totals => ({ sessions: 0, entries: 0, unreadable: 0, damages: [] });

/**
 * The lines of an export, each with its end, read as they are asked for.
 *
 * @param at wall time of the export
 * @param totals is counted up
 * @param onSession called after each session
 */
export function* exportLines(
  reader: Pick<FolderReader, 'records' | 'entries'>,
  at: number,
  totals: Totals,
  onSession: () => void = () => undefined,
): Generator<string, void, undefined> {
  const header = { format: FORMAT, version: FORMAT_VERSION, holdfast: version(), at } as const;
  yield line({ kind: 'header', ...header });
  for (const record of reader.records()) {
    if (isDamaged(record)) {
      totals.damages.push(`What is stored of ${record.id} is damaged: it is left out.`);
      continue;
    }
    if (readRecord(record).unreadable !== null) totals.unreadable += 1;
    yield line({ kind: 'session', record: taken(record) });
    totals.sessions += 1;
    for (const entry of reader.entries(record.id)) {
      if (entry.data === DAMAGED_ENTRY) {
        totals.damages.push(
          `Entry ${entry.seq} in the journal of ${record.id} is damaged: its content is left out.`,
        );
      }
      yield line({ kind: 'entry', ...entry });
      totals.entries += 1;
    }
    onSession();
  }
  const { sessions, entries } = totals;
  yield line({ kind: 'end', sessions, entries });
}

/** Nothing of it can be made out, by any version. */
const isDamaged = ({ schema, session }: SessionRecord): boolean =>
  schema === DAMAGED_SCHEMA || session === null;

/** Somebody may look at it in a terminal. */
const line = (data: ExportLine): string => `${harmless(JSON.stringify(data))}\n`;

/** Tokens and owners are of the store it comes from: where it is taken in, it gets its own. */
const taken = ({ token: _, owner: __, ...record }: SessionRecord): TakenRecord => record;
