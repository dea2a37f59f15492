import { OpenStreams } from '../../../../src/mcp/sessions/streams/open-streams.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';
import type { Listening } from './listening.ts';

/** How often a stream is pinged, ms. */
export const WINDOW_MS = 90_000;

/** The open streams of an endpoint, on a clock of their own. */
export const opened = (pingWindowMs = WINDOW_MS) => {
  const clock = createVirtualClock();
  const tick = new Tick(clock);
  return { clock, tick, streams: new OpenStreams({ tick, pingWindowMs }) };
};

/** A session as far as a stream is concerned. */
export const sessionOf = (id = 'ses') => ({
  id,
  presences: 0,
  beats: 0,
  attach() {
    this.presences += 1;
    return () => {
      this.presences -= 1;
    };
  },
  beat() {
    this.beats += 1;
  },
});

/** A message of the server. */
export const json = (n: number): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });
const isPing = (message: unknown): message is { id: string } =>
  (message as { method?: string }).method === 'ping';
/** The ids of the pings a client was sent. */
export const pingsOf = (client: Listening): string[] =>
  client
    .messages()
    .filter(isPing)
    .map(({ id }) => id);
