import type { SessionRecord } from '../store/contract.ts';
import type { TakenRecord } from '../store/sqlite/owned-folder.ts';
import type { FolderReader } from '../store/sqlite/reader.ts';
import { type ExportLine, FORMAT, FORMAT_VERSION } from './export-format.ts';
import { version } from './version.ts';

/** What has been written so far. */
export interface Totals {
  sessions: number;
  entries: number;
}

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
    yield line({ kind: 'session', record: taken(record) });
    totals.sessions += 1;
    for (const entry of reader.entries(record.id)) {
      yield line({ kind: 'entry', ...entry });
      totals.entries += 1;
    }
    onSession();
  }
  yield line({ kind: 'end', ...totals });
}

const line = (data: ExportLine): string => `${JSON.stringify(data)}\n`;

/** Tokens and owners are of the store it comes from: where it is taken in, it gets its own. */
const taken = ({ token: _, owner: __, ...record }: SessionRecord): TakenRecord => record;
