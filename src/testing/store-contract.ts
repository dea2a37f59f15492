import type { Store } from '../store/contract.ts';
import { ALIVENESS } from './store-contract/aliveness.ts';
import { CLOSING } from './store-contract/closing.ts';
import { COMMITS } from './store-contract/commits.ts';
import { COUNTING } from './store-contract/counting.ts';
import { DUE } from './store-contract/due.ts';
import { JOURNAL } from './store-contract/journal.ts';
import { KEYS } from './store-contract/keys.ts';
import { LISTING } from './store-contract/listing.ts';
import { NUMBERS } from './store-contract/numbers.ts';
import { OWNERSHIP } from './store-contract/ownership.ts';
import { RECORDS } from './store-contract/records.ts';
import { RENAMING } from './store-contract/renaming.ts';
import { TEXTS } from './store-contract/texts.ts';
import { TRIMMING } from './store-contract/trimming.ts';

/** One thing every store must do. `run` rejects with an AssertionError that says what it did instead. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** A store of its own for one case: empty, and open. */
export interface OpenedStore {
  readonly store: Store;
  /** Clears away what the store left behind; called last, after `store.close()`. */
  cleanup?(): Promise<void>;
}

const CASES = [
  ...RECORDS,
  ...KEYS,
  ...TEXTS,
  ...NUMBERS,
  ...COMMITS,
  ...JOURNAL,
  ...TRIMMING,
  ...RENAMING,
  ...OWNERSHIP,
  ...LISTING,
  ...DUE,
  ...COUNTING,
  ...ALIVENESS,
  ...CLOSING,
];

/**
 * The contract of a `Store` as tests, for any test framework:
 *
 *     for (const { name, run } of storeContract(open)) test(name, run);
 *
 * `open` is called once a case and must give an empty store each time. A case closes its store. The trap:
 * durability is not in here, because only a killed process can tell; test it apart.
 */
export const storeContract = (open: () => Promise<OpenedStore>): readonly ContractCase[] =>
  CASES.map(({ name, run }) => ({
    name,
    run: async () => {
      const { store, cleanup } = await open();
      try {
        await run(store);
      } finally {
        await store.close();
        await cleanup?.();
      }
    },
  }));
