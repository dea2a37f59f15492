import { createHash } from 'node:crypto';

/** What happened in one run, a line each, in order. The same seed gives the same lines. */
export class Trace {
  readonly lines: string[] = [];
  readonly #mono: () => number;

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** What somebody did. */
  did(what: string): void {
    this.#note('', what);
  }

  /** What came of it: shown under what was done. */
  saw(what: string): void {
    this.#note('    ', what);
  }

  last(count: number): string {
    return this.lines.slice(-count).join('\n');
  }

  get digest(): string {
    return createHash('sha256').update(this.lines.join('\n')).digest('hex');
  }

  #note(indent: string, what: string): void {
    this.lines.push(`${this.#mono().toFixed(2).padStart(11)}  ${indent}${what}`);
  }
}
