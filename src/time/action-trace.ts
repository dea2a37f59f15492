/** Where an action was scheduled from: a call stack that is not formatted before somebody asks. */
interface Site {
  readonly stack: { readonly stack?: string };
  /** The action that ran then, for one that libraries scheduled in its course: the repeat of a timer. */
  readonly parent: Site['stack'] | null;
  /** The first of that line. */
  readonly first: Site['stack'] | null;
}

/**
 * Notes where actions are scheduled from, so that one that is left, or that goes on for ever, can be named. Costs some
 * microseconds an action, so it is for tests.
 */
export class ActionTrace {
  /** Whether actions are noted from now on. */
  enabled: boolean;
  readonly #sites = new WeakMap<object, Site>();
  #running: object = NOBODY;

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  /** It is scheduled, or scheduled again. */
  taken(action: object): void {
    if (!this.enabled) return;
    // One that puts itself back in line is who it was.
    if (this.#sites.has(action)) return;
    const by = this.#sites.get(this.#running);
    this.#sites.set(action, {
      stack: capture(this.taken),
      parent: by?.stack ?? null,
      first: by?.first ?? by?.stack ?? null,
    });
  }

  /** It runs: what is scheduled meanwhile is scheduled by it. */
  runs(action: object): void {
    this.#running = action;
  }

  /** It is over, with the promise chains it began. */
  ran(): void {
    this.#running = NOBODY;
  }

  /** The calls that led to it, innermost first, in one line; `null`: not known. */
  callersOf(action: object): string | null {
    const site = this.#sites.get(action);
    for (const one of [site?.stack, site?.parent, site?.first]) {
      if (one?.stack === undefined) continue;
      const calls = callsIn(one.stack);
      if (calls.length > 0) return calls.slice(0, SHOWN).join(' < ');
    }
    return null;
  }
}

/** What runs between two actions. */
const NOBODY = {};

/** Frames that are captured: those of libraries in between count. */
const DEPTH = 20;
/** Calls that are shown. */
const SHOWN = 3;

const capture = (below: (action: object) => void): { readonly stack?: string } => {
  const holder: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEPTH;
  Error.captureStackTrace(holder, below);
  Error.stackTraceLimit = stackTraceLimit;
  return holder;
};

/** The clock's own part of a stack, and that of libraries. */
const NOT_OURS =
  /\/time\/(ticker|virtual-clock|lifted-clock|action-trace)\.[jt]s|\/node_modules\/(?!holdfast\/)|node:|<anonymous>/;

/** The calls of a stack, as they are shown: `name (path:line)`, from the folder of the process. */
export const callsIn = (stack: string): string[] =>
  stack
    .split('\n')
    .slice(1)
    .filter((line) => !NOT_OURS.test(line))
    .map((line) =>
      line
        .trim()
        .replace('at ', '')
        .replace('file://', '')
        .replace(`${process.cwd()}/`, '')
        .replace(/:\d+(\)?)$/, '$1'),
    );
