import type { Chance } from './chance.ts';
import type { CommitFault, DiskFault, Faults, WriteFault } from './failing-database.ts';

/** What the world lets happen now. */
export interface Allowed {
  /** The store may fail, and its thread may die. */
  readonly failures: boolean;
  /** The process may be killed. */
  readonly kills: boolean;
}

/** What comes between a group and its answer. */
export type Over =
  | 'killed after COMMIT'
  | 'killed while its disk fails'
  | 'its thread ended after the group';

/** What becomes of one group, besides what its statements meet. */
export interface Fate {
  /** `null`: the group is spared. */
  readonly faults: Faults | null;
  /** What happens when it is done; `null`: it is answered. */
  readonly over: Over | null;
  /** The thread ends before it has begun. */
  readonly endsFirst: boolean;
}

const DISK: readonly DiskFault[] = ['full', 'I/O error'];

/** Share of groups whose statements may fail, of one call that writes and of more. */
const HURT = 0.06;
const MORE_HURT = 0.25;
/** Share of groups with which the process is killed, before or after its COMMIT. */
const KILLED = 0.006;
/** Share of groups with which the thread ends. */
const ENDS = 0.003;
/** The most groups that a disk which left a COMMIT in the log goes on failing for: then the process is killed. */
const FAILING = 6;

/** Draws what befalls groups, and tells of each that did. */
export class SqliteFaults {
  readonly #chance: Chance;
  readonly #met: (what: string) => void;
  /** For so many groups the disk takes nothing. */
  #failing = 0;

  constructor(chance: Chance, met: (what: string) => void) {
    this.#chance = chance;
    this.#met = met;
  }

  /** What becomes of the next group, of so many calls that write. */
  next({ failures, kills }: Allowed, writes: number): Fate {
    const chance = this.#chance;
    if (this.#failing > 0 && failures && kills) return this.#goesOnFailing();
    this.#failing = 0;
    const hurt = chance.flip(writes > 1 ? MORE_HURT : HURT) && failures;
    const killed = chance.flip(KILLED) && kills && writes > 0;
    const ends = chance.flip(ENDS) && failures && kills;
    const first = chance.flip(0.5);
    const over = ends ? 'its thread ended after the group' : null;
    return {
      faults: hurt || (killed && first) ? this.#faults(hurt, kills, killed && first) : null,
      over: killed && !first && !hurt ? 'killed after COMMIT' : over,
      endsFirst: ends && first,
    };
  }

  /** The process is gone. */
  restarted(): void {
    this.#failing = 0;
  }

  /** A disk without space: nothing that writes can be done. */
  get full(): Faults {
    const write = (): WriteFault => this.#write({ fault: 'full', rollsBack: false });
    return { write, commit: () => null };
  }

  #goesOnFailing(): Fate {
    this.#failing -= 1;
    const write = (): WriteFault => this.#write({ fault: 'I/O error', rollsBack: false });
    const over = this.#failing === 0 ? 'killed while its disk fails' : null;
    return { faults: { write, commit: () => null }, over, endsFirst: false };
  }

  #faults(hurt: boolean, kills: boolean, killedAtCommit: boolean): Faults {
    const chance = this.#chance;
    return {
      write: () => {
        if (!hurt || !chance.flip(0.2)) return null;
        if (kills && chance.flip(0.05)) return this.#write('crash');
        return this.#write({ fault: chance.one(DISK), rollsBack: chance.flip(0.3) });
      },
      commit: () => {
        if (killedAtCommit) return this.#commit('crash');
        if (!hurt || !chance.flip(0.6)) return null;
        const fault = chance.one(['full', 'I/O error', 'I/O error', 'I/O error'] as const);
        const outcome = fault === 'full' ? 'lost' : chance.one(['lost', 'there', 'later'] as const);
        if (outcome === 'later' && chance.flip(0.5)) this.#failing = 1 + chance.below(FAILING);
        return this.#commit({ fault, outcome, rollsBack: chance.flip(0.5) });
      },
    };
  }

  #write(fault: WriteFault): WriteFault {
    this.#met(
      fault === 'crash' ? 'sqlite: killed before COMMIT' : `sqlite: ${fault.fault} at a statement`,
    );
    return fault;
  }

  #commit(fault: CommitFault): CommitFault {
    const what = (): string => {
      if (fault === 'crash') return 'killed before COMMIT';
      if (fault.fault === 'full') return 'full at COMMIT';
      return `I/O error at COMMIT, ${SHOWN[fault.outcome]}`;
    };
    this.#met(`sqlite: ${what()}`);
    return fault;
  }
}

const SHOWN = {
  lost: 'which is not done',
  there: 'which is done',
  later: 'which is left in the log',
} as const;

/** What a run over enough seeds has to meet of these. */
export const SQLITE_FAULTS: readonly string[] = [
  'sqlite: full at a statement',
  'sqlite: I/O error at a statement',
  'sqlite: full at COMMIT',
  'sqlite: I/O error at COMMIT, which is not done',
  'sqlite: I/O error at COMMIT, which is done',
  'sqlite: I/O error at COMMIT, which is left in the log',
  'sqlite: found in the log after a crash',
  'sqlite: killed before COMMIT',
  'sqlite: killed after COMMIT',
  'sqlite: killed while its disk fails',
  'sqlite: refused together, done one by one',
  'sqlite: its thread ended before the group',
  'sqlite: its thread ended after the group',
  'done, and the outcome unknown',
  'not done, and the outcome unknown',
];
