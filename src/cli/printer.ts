import type { LifecycleEvent, Listener } from '../observe/events.ts';
import { eventJson, eventLine, isPrinted } from './event-line.ts';
import type { Settings } from './settings.ts';

/** Where lines go. */
export interface Output {
  /** One line, without its end, to standard output. */
  print(line: string): void;
  /** One line, without its end, to standard error: what keeps a command from starting. */
  complain(line: string): void;
  readonly colours: boolean;
}

/** Prints each event it hears, in one line, as far as the settings ask for it. */
export const printer =
  (settings: Pick<Settings, 'json' | 'logLevel'>, output: Output): Listener<LifecycleEvent> =>
  (event) => {
    if (!isPrinted(event, settings.logLevel)) return;
    output.print(settings.json ? eventJson(event) : eventLine(event, output.colours));
  };
