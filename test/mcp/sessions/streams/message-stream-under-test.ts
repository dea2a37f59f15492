import { EventRing } from '../../../../src/mcp/sessions/streams/event-ring.ts';
import { keepAlives } from '../../../../src/mcp/sessions/streams/keep-alive.ts';
import {
  MessageStream,
  type MessageStreamOptions,
} from '../../../../src/mcp/sessions/streams/message-stream.ts';
import { patience } from '../../../../src/mcp/sessions/streams/outbox.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';

/** A stream on a clock of its own. */
export const streamOf = (
  options: Partial<MessageStreamOptions> & { readonly ring?: EventRing | null } = {},
) => {
  const clock = createVirtualClock();
  const { ring = new EventRing('post'), ...rest } = options;
  const tick = new Tick(clock);
  const line = keepAlives(tick);
  const full = patience(tick);
  return {
    clock,
    line,
    full,
    stream: new MessageStream(ring, { sessionId: 'ses', keepAlives: line, full, ...rest }),
  };
};
/** The answer of a request. */
export const answer = (n: number) => ({ jsonrpc: '2.0', id: n, result: {} });
/** A notification. */
export const note = (n: number) => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { n },
});
