import type { Session, SessionLifecycleEvent } from '../../src/index.ts';
import type { State } from './numbers.ts';

/** The data of a session: marks, each of them put there by one `update`. */
export interface Data {
  readonly marks: readonly number[];
}

/** When beats are watched. */
export type Beats = 'first' | 'required' | 'off';

/** Work that somebody asked for: it ends when its command says so. */
export interface Work {
  readonly id: string;
  /** Its function was called. */
  started: boolean;
  over: boolean;
  readonly finish: () => void;
  readonly fail: () => void;
}

/** One session as its client knows it: what it did, and what it was promised. Mono times unless said. */
export class Slot {
  readonly index: number;
  readonly session: Session<Data>;
  key: string | null = null;
  beats: Beats | null = null;
  readonly jobs = new Map<string, Work>();
  readonly detachers: (() => void)[] = [];
  /** Ids it had before. */
  readonly oldIds: string[] = [];
  /** Messages in the order in which they were asked for, and the ones that were acknowledged. */
  readonly asked: string[] = [];
  readonly appended: { readonly content: string; readonly seq: number }[] = [];
  /** Messages whose `append` was rejected with a certain no. */
  readonly refused: string[] = [];
  readonly marks: number[] = [];
  /** The last moment its client did something, and the last sign of life at all, as far as the client knows. */
  lastActivity: number;
  lastSign: number;
  /** The last beat while a stream of it was attached. */
  lastProof = Number.NEGATIVE_INFINITY;
  /** The end of its last work. */
  lastJobEnd = Number.NEGATIVE_INFINITY;
  /** Whether its beats are watched by now. */
  watched = false;
  /** Its last `pause` was acknowledged, and no `resume` asked for since. */
  staysPaused = false;
  presences = 0;

  constructor(index: number, session: Session<Data>, mono: number) {
    this.index = index;
    this.session = session;
    this.lastActivity = mono;
    this.lastSign = mono;
  }

  /** Who asked for it has it, for the first time. */
  isMade({ key, beats }: { key: string | null; beats: Beats }, mono: number): void {
    if (this.beats !== null) return;
    this.key = key;
    this.beats = beats;
    this.lastActivity = mono;
    this.lastSign = mono;
    this.watched = beats === 'required' || (beats === 'first' && this.watched);
  }

  /** What its actor shows: at once, durable or not. */
  get decided(): State {
    return this.session.actor.getSnapshot().value;
  }

  get isOver(): boolean {
    return this.decided === 'terminating' || this.decided === 'terminated';
  }

  /** Work taken on and not over. */
  get inFlight(): Work[] {
    return [...this.jobs.values()].filter(({ over }) => !over);
  }
}

/** What one session told, in order. */
export interface Stream {
  readonly firstId: string;
  readonly events: SessionLifecycleEvent[];
}
