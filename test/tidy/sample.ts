import type { Rule } from './syntax.ts';

/** A path and a text, as short as it gets. */
type Sample = readonly [path: string, text: string];

/** A rule, with samples it must catch and samples it must leave alone. */
export interface Planted {
  readonly about: string;
  readonly rule: Rule;
  readonly caught: readonly Sample[];
  readonly fine: readonly Sample[];
}
