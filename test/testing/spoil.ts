import type { SessionRecord, Store } from '../../src/store/contract.ts';

/** Methods done wrong, over a store that does them right. */
export type Spoil = (right: Store) => Partial<Store>;

/** The record as the store has it now, whatever the caller holds: what ignoring the token comes to. */
export const newest = async (right: Store, held: SessionRecord): Promise<SessionRecord> =>
  (await right.load(held.id)) ?? held;

/** One rule broken, and a word of the case that must notice. */
export interface Broken {
  readonly rule: string;
  readonly noticed: RegExp;
  readonly spoil: Spoil;
}
