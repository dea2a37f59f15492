import type { SessionRecord } from '../contract.ts';
import type { RowPage } from './calls.ts';
import { recordOf } from './records.ts';

/** Records in the order in which they were read. */
export interface Records {
  readonly records: readonly SessionRecord[];
  /** There are more, or were when the last of these were read. */
  readonly more: boolean;
}

/**
 * Reads up to `limit` records. The thread ends each answer where it is long, so that no turn of the loop has more to read;
 * it is gone on with after the last record of it. What changes meanwhile may be found twice: its newer record stays.
 *
 * @param ask asks for at most `left` records behind `last`; `null`: from the start.
 */
export const readPages = async (
  limit: number,
  ask: (left: number, last: SessionRecord | null) => Promise<RowPage>,
): Promise<Records> => {
  const found = new Map<string, SessionRecord>();
  let last: SessionRecord | null = null;
  for (;;) {
    const { rows, more }: RowPage = await ask(limit - found.size, last);
    for (const row of rows) {
      last = recordOf(row);
      found.delete(last.id);
      found.set(last.id, last);
    }
    if (!more || found.size >= limit) return { records: [...found.values()], more };
  }
};
