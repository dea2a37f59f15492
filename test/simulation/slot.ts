import type { EndReason, Session, SessionLifecycleEvent, SessionState } from '../../src/index.ts';
import { JournalAccount } from './journal-account.ts';
import type { SimProcess } from './process.ts';
import type { Kept } from './truth.ts';

/** The data of a session: marks, each of them put there by one `update`. */
export interface Data {
  readonly marks: readonly number[];
}

/** What a session was asked for with. */
export interface Ask {
  readonly n: number;
  readonly principal: string | null;
  readonly key: string | null;
  readonly beats: 'first' | 'required' | 'off';
  readonly behaviour: 'counter' | 'fragile' | null;
  /** What `initialize` is to do with it. */
  readonly initialize: 'succeed' | 'throw' | 'hang' | 'slow';
  /** The reasons for which somebody asked for its end: refused or not, it may come. */
  readonly endsAsked: Set<EndReason>;
}

/** Work whose end its caller or its time decides. */
export interface Job {
  readonly id: string;
  /** Number of the process that runs it. */
  readonly process: number;
  started: boolean;
  over: boolean;
  /** Lets it come to its end. */
  finish: () => void;
}

export const newJob = (id: string, process: number): Job => ({
  id,
  process,
  started: false,
  over: false,
  finish: () => undefined,
});

/** A durable operation as its caller and its handler know it. */
export interface Undertaking {
  readonly id: string;
  /** How often its handler was called. */
  calls: number;
  /** Its caller was given its result: then it is recorded. The error of its own work is told in any case. */
  told: boolean;
}

/** One move of a session's actor, as XState's own observers saw it. */
export interface Move {
  /** `null`: the actor has just been made. */
  readonly from: SessionState | null;
  readonly to: SessionState;
  readonly reason: EndReason | null;
  /** Its place in the one order of moves and writes. */
  readonly order: number;
}

/**
 * One session as the world knows it: what its client did and was promised, what was told of it, and what is durable.
 * Times are of the world's monotonic axis, which no crash interrupts.
 */
export class Slot {
  readonly index: number;
  readonly ask: Ask;
  /** The ids it had, the one it has last. */
  readonly ids: string[];
  kept: Kept | null;
  /** The reference that its client has, good for one process. */
  session: Session<Data> | null = null;
  sessionOf = 0;
  /** Its client does nothing for now. */
  vanished = false;
  /** Somebody was given it. */
  given = false;
  /** It is over and its tombstone is gone: nothing of it can be looked up. */
  forgotten = false;

  // What was asked for, and what was acknowledged.
  readonly journal = new JournalAccount();
  readonly asked: string[] = [];
  readonly appended: { readonly content: string; readonly seq: number }[] = [];
  readonly refused: string[] = [];
  readonly marksAsked: number[] = [];
  readonly marks: number[] = [];
  readonly addsAsked: number[] = [];
  readonly adds: number[] = [];
  readonly undertakings = new Map<string, Undertaking>();
  /** Of `pause` and `resume`, what was acknowledged last, if nothing else was asked for since. */
  stays: 'paused' | 'resumed' | null = null;
  /** How often each was asked for, and how often its actor went there. */
  pausesAsked = 0;
  pauses = 0;
  resumesAsked = 0;
  resumes = 0;
  /** An end that was acknowledged or told. */
  ended: EndReason | null = null;
  jobs: Job[] = [];
  readonly detachers: (() => void)[] = [];
  /** Calls about it that were not answered yet. */
  pending = 0;

  // Its times.
  readonly bornAt: number;
  readonly bornWall: number;
  /** The last activity that was acknowledged: when it was asked for. */
  activeAt: number;
  activeWall: number;
  /** The last moment at which anything may have counted as activity. */
  maybeActiveAt: number;
  /** The last sign of life that was acknowledged, and that may have been. */
  signAt: number;
  signWall: number;
  maybeSignAt: number;
  /** Whether its beats are watched by now. */
  watched = false;
  maybeWatched = false;
  presences = 0;
  /** The last beat that may have counted while a stream was attached. */
  maybeProvenAt = Number.NEGATIVE_INFINITY;
  /** The end of its last work, as far as it may have taken. */
  jobEndedAt = Number.NEGATIVE_INFINITY;
  /** Wall time at which a pause was asked for that may have counted; the earliest since the last resume. */
  pausedWall: number | null = null;
  /** A commit of it may have failed: less is recorded than was known. */
  storeFailed = false;
  /** The last poke of its behaviour that was acknowledged, or may have been taken: mono time, and `WallSeen.fallenMs` then. */
  poked: { readonly at: number; readonly fallenMs: number } | null = null;
  /** The last change of residency or process: numbers from before may be older in the record. */
  storedSince = Number.NEGATIVE_INFINITY;
  crashedSince = Number.NEGATIVE_INFINITY;
  /** The first time that its process died after its last activity. */
  cutOffAt = Number.NEGATIVE_INFINITY;
  /** For how long that process could have looked at it since its last activity, ms. */
  lookedMs = 0;

  // What was seen of it.
  /** Moves that are shown only once they are recorded, and were not shown yet. */
  readonly unshown: Move[] = [];
  /** When the last write of it that is durable was asked for, in the one order of moves and writes. */
  lastBegan = 0;
  lastWrote: string | null = null;
  /** The state of its actor in the process that runs; `null`: it has none. */
  actor: SessionState | null = null;
  /** Number of the process it is in. */
  actorOf = 0;
  reason: EndReason | null = null;
  residency: 'resident' | 'stored' = 'resident';
  seq = 0;
  /** What the record said of `seq` when a process that had it died. */
  seqAtCrash = 0;
  /** When anything was told of it last, mono. */
  toldAt = Number.NEGATIVE_INFINITY;
  shown: SessionState = 'initializing';
  /** When that was told, mono. */
  shownAt = Number.NEGATIVE_INFINITY;
  ends = 0;
  /** Number of the process that recorded the reason of its end. */
  endingIn = 0;
  /** Runs of `cleanup` and `onTerminated`, by the number of the process. */
  readonly cleanups: number[] = [];
  readonly terminations: number[] = [];
  /** How often its behaviour was started anew, as far as was told. */
  restarts = 0;
  /** How it was when it was put away. */
  putAway: { readonly marks: string } | null = null;
  /** When its tombstone was written: wall. */
  buriedAt: number | null = null;

  constructor(index: number, ask: Ask, kept: Kept, mono: number, wall: number) {
    this.index = index;
    this.ask = ask;
    this.kept = kept;
    this.ids = [kept.record.id];
    this.bornAt = mono;
    this.bornWall = wall;
    this.activeAt = mono;
    this.activeWall = wall;
    this.maybeActiveAt = mono;
    this.signAt = mono;
    this.signWall = wall;
    this.maybeSignAt = mono;
    this.watched = ask.beats === 'required';
    this.maybeWatched = this.watched;
  }

  get id(): string {
    const id = this.kept?.record.id ?? this.ids.at(-1);
    if (id === undefined) throw new Error('a session without an id');
    return id;
  }

  /** Notes what is durable of it; `null`: nothing any more. */
  keep(kept: Kept | null): void {
    this.kept = kept;
    if (kept !== null) this.journal.note(kept);
  }

  /** What the store says it is. */
  get recorded(): SessionState | null {
    return this.kept?.record.state ?? null;
  }

  /** The data of its record: as `create` was given it, and `update` left it. */
  get recordedMarks(): readonly number[] {
    const { data } = this.kept?.record.session ?? {};
    return (data as Data | undefined)?.marks ?? [];
  }

  /** How often it was asked to pause or to resume. */
  get switches(): number {
    return this.pausesAsked + this.resumesAsked;
  }

  /** Its end is decided, as far as anybody can see. */
  get isOver(): boolean {
    const { recorded, actor } = this;
    if (recorded === null || recorded === 'terminating' || recorded === 'terminated') return true;
    return actor === 'terminating' || actor === 'terminated';
  }

  inFlight(process: number): Job[] {
    return this.jobs.filter((job) => !job.over && job.process === process);
  }

  /** Who asked for it was refused: nobody knows it, and it is being taken back. */
  wasRefused(): void {
    this.storeFailed = true;
  }

  /** The client did something: asked for at that moment, and by now it has counted. */
  wasActive(asked: number, askedWall: number): void {
    if (asked <= this.activeAt) return;
    this.activeAt = asked;
    this.activeWall = askedWall;
    this.lookedMs = 0;
  }

  gaveSign(asked: number, askedWall: number): void {
    if (asked <= this.signAt) return;
    this.signAt = asked;
    this.signWall = askedWall;
  }

  /** The process that had it is gone, and could not put it away; `null`: none had it. */
  wasCutOff(mono: number, process: SimProcess | null): void {
    this.crashedSince = mono;
    if (this.cutOffAt < this.activeAt) {
      this.cutOffAt = mono;
      this.lookedMs = mono - this.activeAt - (process?.heldUpSince(this.activeAt) ?? 0);
    }
    this.seqAtCrash = Math.min(this.seq, this.kept?.record.session.eventSeq ?? 0);
  }

  /** Notes what is told of it, after it was held against what must be true. */
  hear(event: SessionLifecycleEvent, mono: number): void {
    const isCutOff = this.crashedSince >= this.shownAt;
    this.seq = event.seq;
    this.toldAt = mono;
    switch (event.type) {
      case 'session.state-changed':
        this.shown = event.to;
        this.shownAt = mono;
        if (this.unshown[0]?.to === event.to) this.unshown.shift();
        break;
      case 'session.ended':
        this.ends += 1;
        this.ended ??= event.reason;
        break;
      case 'session.hibernated':
        this.residency = 'stored';
        this.storedSince = mono;
        this.putAway = { marks: JSON.stringify(this.recordedMarks) };
        this.actor = null;
        this.unshown.length = 0;
        break;
      case 'session.woken':
        this.residency = 'resident';
        this.putAway = null;
        // What a process that died had decided and not recorded was not told, and is not so. What it had recorded, that it
        // was put away included, it may not have lived to tell, whatever the next one has told of the session since.
        if (event.from === 'crash' || isCutOff) this.shown = this.recorded ?? this.shown;
        this.shownAt = mono;
        this.maybeSignAt = Math.max(this.maybeSignAt, mono);
        this.maybeActiveAt = Math.max(this.maybeActiveAt, mono);
        break;
      case 'session.operation-finished':
        this.jobEndedAt = mono;
        break;
      case 'session.restarted':
        this.restarts += 1;
        break;
      default:
    }
  }
}
